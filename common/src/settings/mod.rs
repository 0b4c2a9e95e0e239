//! Settings from environment variables, with the names of the deployment guide. They are read once
//! and parsed into types. One error names everything that is wrong.

mod allow_list;
mod changes;
mod cloud;
pub mod dotenv;
mod entries;
mod events;
mod machine;
mod prices;
mod reader;
mod redirections;
mod retired;

pub use allow_list::AllowList;
pub use changes::Changes;
pub use cloud::{
    Monitoring, MonitoringSettings, StorageSettings, dead_letter_queue, payload_bucket,
};
pub use entries::{ENTRY_NAMES, entries, entry, is_setting_name, with_entries};
pub use events::{EventBusSettings, EventSettings};
pub use machine::{MachineSettings, RateLimitSettings};
pub use prices::{InvalidPrices, Price, Prices};
pub use reader::{Problem, SettingsError};
pub use redirections::redirections;
pub use retired::{retired, retired_on_lambda};

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::memory::{Importance, Retention, StoreSensitive};
use crate::signed::{self, Identity};
use reader::Reader;

/// Address of ElevenLabs' public API.
const ELEVENLABS_API: &str = "https://api.elevenlabs.io/v1";

/// All settings that are not secret.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The memory store.
    pub openmemory: OpenMemorySettings,
    /// The model that extracts memories.
    pub llm: LlmSettings,
    /// What is stored.
    pub memory: MemorySettings,
    /// Recall of memories.
    pub recall: RecallSettings,
    /// How callers are greeted.
    pub greeting: GreetingSettings,
    /// Who counts as a caller.
    pub caller: CallerSettings,
    /// Who may send webhooks.
    pub auth: AuthSettings,
    /// Outgoing events.
    pub events: EventSettings,
    /// `ELEVENLABS_API_URL`: base URL of ElevenLabs' API.
    pub elevenlabs_api_url: Url,
    /// `EXTRACTION_CONCURRENCY`: calls that one machine extracts at once. On Lambda the function's
    /// configuration sets this.
    pub extraction_concurrency: usize,
    /// `PAYLOAD_RETENTION_DAYS`: how long calls are stored. 0 stores them forever.
    pub payload_retention: Option<Duration>,
}

/// The memory store.
#[derive(Debug, Clone)]
pub struct OpenMemorySettings {
    /// `OPENMEMORY_API_URL`: its base URL.
    pub url: Url,
    /// `OPENMEMORY_DIALECT`: its API.
    pub dialect: DialectSetting,
    /// `OPENMEMORY_AUTH`: the AWS identity that signs requests with `iam`, for a store that is a
    /// function on AWS. `None` with `key`.
    pub signer: Option<Identity>,
    /// `SIMILARITY_THRESHOLD`, 0 to 1: above it a memory counts as a duplicate. Servers of the
    /// documented contract have a threshold of their own.
    pub similarity_threshold: f64,
    /// `MEMORY_RETENTION_DAYS`: how long memories and caller cards last after the last call that
    /// confirmed them.
    pub retention: Retention,
}

/// `OPENMEMORY_DIALECT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DialectSetting {
    /// Detected by asking the server.
    Auto,
    /// The documented contract.
    V1,
    /// The API of the public OpenMemory project.
    Cavira,
}

/// `OPENMEMORY_AUTH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StoreAuth {
    /// The API key only.
    Key,
    /// The API key and an AWS signature.
    Iam,
}

/// The model and its provider.
#[derive(Debug, Clone)]
pub struct LlmSettings {
    /// `LLM_PROVIDER`.
    pub provider: Provider,
    /// `LLM_MODEL`. Empty for [`Provider::None`].
    pub model: String,
    /// `LLM_API_URL`: base URL. The provider's own unless set.
    pub url: Option<Url>,
    /// `LLM_TIMEOUT_MS`: timeout of one request.
    pub timeout: Duration,
    /// `LLM_PART_TOKENS`: most tokens of a transcript in one prompt. Longer calls are split.
    pub part_tokens: usize,
    /// `LLM_CONTEXT_TOKENS`: the model's context window in tokens, prompt and output together, if
    /// known.
    pub context_tokens: Option<usize>,
    /// `LLM_MAX_OUTPUT_TOKENS`: most output tokens, reasoning included. The extraction's own limit
    /// unless set.
    pub max_output_tokens: Option<u32>,
    /// `LLM_REASONING_EFFORT`: how much the model reasons first. The model's default unless set.
    pub effort: Option<Effort>,
    /// `LLM_MAX_ATTEMPTS`: attempts per call with the model when the model times out or the process
    /// dies.
    pub max_attempts: u32,
    /// `LLM_DAILY_CALLS_PER_CALLER`: most model requests per caller and day. No limit if 0.
    pub daily_calls_per_caller: Option<u32>,
    /// `LLM_CALLS_PER_CONVERSATION`: most model requests per call.
    pub calls_per_conversation: u32,
    /// `LLM_VERIFY`: whether a second model request checks that the call supports the extracted
    /// memories.
    pub verify: bool,
    /// `LLM_PRICES`: prices of tokens.
    pub prices: Prices,
    /// Region and credentials for [`Provider::Bedrock`].
    pub bedrock: Option<BedrockSettings>,
}

/// AWS region and credentials for Bedrock.
#[derive(Debug, Clone)]
pub struct BedrockSettings {
    /// The region of a model given as an ARN, or else `AWS_REGION`.
    pub region: String,
    /// The function's role or an AWS access key in the environment. Not needed with a Bedrock API
    /// key.
    pub identity: Option<Identity>,
}

/// `LLM_PROVIDER`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// OpenAI and servers with a compatible API.
    Openai,
    /// Anthropic.
    Anthropic,
    /// Amazon Bedrock.
    Bedrock,
    /// No model. Memories come from ElevenLabs' own analysis.
    None,
}

/// `LLM_REASONING_EFFORT`. Not every model supports every value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// No reasoning.
    None,
    /// The least possible.
    Minimal,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Very high.
    Xhigh,
    /// The most possible.
    Max,
}

/// What is stored as a memory.
#[derive(Debug, Clone)]
pub struct MemorySettings {
    /// `MIN_IMPORTANCE_TO_STORE`, 1 to 10: less important memories are not stored.
    pub min_importance: Importance,
    /// `STORE_SENSITIVE`: which private facts may be stored, by agent and kind.
    pub store_sensitive: StoreSensitive,
    /// `STORE_KEYPAD_INPUT`: whether keypad input is used.
    pub store_keypad_input: bool,
    /// `PSEUDONYMOUS_CALLERS`: whether the store receives only a caller's pseudonym.
    pub pseudonymous_callers: bool,
    /// `CALLER_CARD_TTL_HOURS`: how long after the last call an agent still greets the caller
    /// personally.
    pub caller_card_ttl_hours: u32,
    /// `AGENT_PROFILE_TTL_HOURS`: after this time an agent's profile is fetched again.
    pub agent_profile_ttl_hours: u32,
}

/// How memories are recalled.
#[derive(Debug, Clone)]
pub struct RecallSettings {
    /// `MEMORY_RELEVANCE_THRESHOLD`, 0 to 1: if one agent's memories are less relevant, those of
    /// all agents are searched.
    pub relevance_threshold: f64,
    /// `HIGH_IMPORTANCE_THRESHOLD`, 1 to 10: memories from here on are shared with every agent.
    pub high_importance: Importance,
    /// `CROSS_AGENT_MEMORY`: whether agents share memories.
    pub cross_agent: bool,
    /// `SEARCH_DEADLINE_MS`: time limit of a search.
    pub deadline: Duration,
}

/// How callers are greeted.
#[derive(Debug, Clone)]
pub struct GreetingSettings {
    /// `GREETING_DELIVERY`.
    pub delivery: GreetingDelivery,
    /// `DEFAULT_GREETING`: the greeting of unknown callers if the agent has no first message.
    pub default_greeting: String,
    /// `CLIENT_DATA_DEADLINE_MS`: time limit of a client-data response.
    pub deadline: Duration,
    /// `MEMORY_CONTEXT_CHARS`: longest `memory_context` in characters.
    pub memory_context_chars: usize,
}

/// `GREETING_DELIVERY`: how a greeting reaches the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GreetingDelivery {
    /// As the dynamic variable `greeting`. Works with every agent.
    Variable,
    /// As an override of the first message. The agent must allow it.
    Override,
    /// Both.
    Both,
}

/// Who counts as a caller.
#[derive(Debug, Clone)]
pub struct CallerSettings {
    /// `TRUST_USER_ID`: whether the `user_id` of a web session identifies a caller. A browser can
    /// send any id.
    pub trust_user_id: bool,
}

/// Who may send webhooks.
#[derive(Debug, Clone, Default)]
pub struct AuthSettings {
    /// `ALLOWED_CIDRS`: networks that may send webhooks. Empty for all.
    pub allowed: AllowList,
}

impl Settings {
    /// Reads all settings through `lookup`, which returns a variable's value.
    ///
    /// # Errors
    /// [`SettingsError`] with everything that is missing or wrong.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(&lookup);
        reader.check_entries();
        let llm = reader.llm();
        let settings = Self {
            openmemory: reader.openmemory(),
            llm,
            memory: MemorySettings {
                min_importance: reader.importance("MIN_IMPORTANCE_TO_STORE", Importance::MIN),
                store_sensitive: reader.store_sensitive("STORE_SENSITIVE"),
                store_keypad_input: reader.flag("STORE_KEYPAD_INPUT", false),
                pseudonymous_callers: reader.flag("PSEUDONYMOUS_CALLERS", false),
                caller_card_ttl_hours: reader.number("CALLER_CARD_TTL_HOURS", 8760, 1..=876_000),
                agent_profile_ttl_hours: reader.number("AGENT_PROFILE_TTL_HOURS", 24, 1..=8760),
            },
            recall: RecallSettings {
                relevance_threshold: reader.fraction("MEMORY_RELEVANCE_THRESHOLD", 0.7),
                high_importance: reader
                    .importance("HIGH_IMPORTANCE_THRESHOLD", Importance::clamped(8)),
                cross_agent: reader.flag("CROSS_AGENT_MEMORY", true),
                deadline: reader.milliseconds("SEARCH_DEADLINE_MS", 2500),
            },
            greeting: GreetingSettings {
                delivery: reader.choice(
                    "GREETING_DELIVERY",
                    "variable",
                    "variable, override or both",
                ),
                default_greeting: reader
                    .text("DEFAULT_GREETING")
                    .unwrap_or_else(|| "Hello! How can I help you today?".to_owned()),
                deadline: reader.milliseconds("CLIENT_DATA_DEADLINE_MS", 1000),
                memory_context_chars: reader.number("MEMORY_CONTEXT_CHARS", 2000, 200..=8000),
            },
            caller: reader.caller(),
            auth: AuthSettings {
                allowed: reader.allow_list("ALLOWED_CIDRS"),
            },
            events: reader.events(),
            elevenlabs_api_url: reader.service_url("ELEVENLABS_API_URL", ELEVENLABS_API),
            extraction_concurrency: reader.number("EXTRACTION_CONCURRENCY", 10, 1..=1000),
            payload_retention: reader.payload_retention(),
        };
        reader.finish(settings)
    }
}

impl CallerSettings {
    /// Reads only these settings.
    ///
    /// # Errors
    /// [`SettingsError`] with everything that is wrong.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(&lookup);
        let settings = reader.caller();
        reader.finish(settings)
    }
}

impl Reader<'_> {
    fn payload_retention(&mut self) -> Option<Duration> {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        let days = self.number("PAYLOAD_RETENTION_DAYS", 90, 0..=36_500);
        (days > 0).then(|| DAY * days)
    }

    fn caller(&mut self) -> CallerSettings {
        CallerSettings {
            trust_user_id: self.flag("TRUST_USER_ID", false),
        }
    }

    fn openmemory(&mut self) -> OpenMemorySettings {
        let url = self.required_service_url("OPENMEMORY_API_URL");
        OpenMemorySettings {
            signer: self.signer(&url),
            url,
            dialect: self.choice("OPENMEMORY_DIALECT", "v1", "auto, v1 or cavira"),
            similarity_threshold: self.fraction("SIMILARITY_THRESHOLD", 0.85),
            retention: Retention::from_days(self.number("MEMORY_RETENTION_DAYS", 0, 0..=36_500)),
        }
    }

    fn signer(&mut self, url: &Url) -> Option<Identity> {
        match self.choice("OPENMEMORY_AUTH", "key", "key or iam") {
            StoreAuth::Key => return None,
            StoreAuth::Iam => (),
        }
        let region = region_of_function_url(url)
            .map(str::to_owned)
            .or_else(|| self.region());
        let signer = region.and_then(|region| Identity::read(&region, |name| self.text(name)));
        if signer.is_none() {
            self.problem(
                "OPENMEMORY_AUTH",
                "is iam, which needs AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            );
        }
        signer
    }

    fn region(&self) -> Option<String> {
        signed::region(|name| self.text(name))
    }

    fn bedrock(&mut self, model: &str) -> BedrockSettings {
        let configured = signed::model_region(model, |name| self.text(name));
        if configured.is_none() {
            self.problem("AWS_REGION", "is required when LLM_PROVIDER is bedrock");
        }
        let region = configured.unwrap_or_default();
        BedrockSettings {
            identity: Identity::read(&region, |name| self.text(name)),
            region,
        }
    }

    fn llm(&mut self) -> LlmSettings {
        let provider = self.choice("LLM_PROVIDER", "none", "openai, anthropic, bedrock or none");
        let model = self.text("LLM_MODEL").unwrap_or_default();
        if provider != Provider::None && model.is_empty() {
            self.problem("LLM_MODEL", "is required when LLM_PROVIDER is set");
        }
        LlmSettings {
            bedrock: (provider == Provider::Bedrock).then(|| self.bedrock(&model)),
            provider,
            model,
            url: self.optional_service_url("LLM_API_URL"),
            timeout: self.milliseconds("LLM_TIMEOUT_MS", 60_000),
            part_tokens: self.number("LLM_PART_TOKENS", 60_000, 1000..=2_000_000),
            context_tokens: self.optional_number("LLM_CONTEXT_TOKENS", 4096..=100_000_000),
            max_output_tokens: self.optional_number("LLM_MAX_OUTPUT_TOKENS", 64..=1_000_000),
            effort: self.optional_choice(
                "LLM_REASONING_EFFORT",
                "none, minimal, low, medium, high, xhigh or max",
            ),
            max_attempts: self.number("LLM_MAX_ATTEMPTS", 3, 1..=100),
            daily_calls_per_caller: Some(self.number(
                "LLM_DAILY_CALLS_PER_CALLER",
                200,
                0..=1_000_000,
            ))
            .filter(|most| *most > 0),
            calls_per_conversation: self.number("LLM_CALLS_PER_CONVERSATION", 20, 1..=1000),
            verify: self.flag("LLM_VERIFY", false),
            prices: self.prices("LLM_PRICES"),
        }
    }
}

/// Returns the region in a function URL like `https://ID.lambda-url.eu-central-1.on.aws`.
fn region_of_function_url(url: &Url) -> Option<&str> {
    let (_, rest) = url.host_str()?.split_once(".lambda-url.")?;
    rest.split('.').next().filter(|region| !region.is_empty())
}

/// Reads a setting from its environment variable, or from its entry in `SETTINGS`.
#[must_use]
pub fn environment(name: &str) -> Option<String> {
    with_entries(name, variable)
}

/// Reads an environment variable. No other code does.
#[expect(
    clippy::disallowed_methods,
    reason = "settings come from the environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests;
