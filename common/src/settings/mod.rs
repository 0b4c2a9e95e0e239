//! Settings: read once, by the names of the deployment guide, into types. All that is wrong is
//! named in one error.

mod allow_list;
mod cloud;
pub mod dotenv;
mod machine;
mod reader;
mod redirections;
mod retired;

pub use allow_list::AllowList;
pub use cloud::{StorageSettings, dead_letter_queue};
pub use machine::{MachineSettings, RateLimitSettings};
pub use reader::{Problem, SettingsError};
pub use redirections::redirections;
pub use retired::{retired, retired_on_lambda};

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::llm::Prices;
use crate::memory::{Importance, Retention, StoreSensitive};
use crate::signed::Identity;
use reader::Reader;

/// Where the public API of ElevenLabs is.
const ELEVENLABS_API: &str = "https://api.elevenlabs.io/v1";

/// Every setting that is no secret.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who is asked for memories.
    pub openmemory: OpenMemorySettings,
    /// Which model extracts them.
    pub llm: LlmSettings,
    /// What is stored.
    pub memory: MemorySettings,
    /// What is found again.
    pub recall: RecallSettings,
    /// How callers are greeted.
    pub greeting: GreetingSettings,
    /// Who counts as a caller.
    pub caller: CallerSettings,
    /// Who may knock.
    pub auth: AuthSettings,
    /// `ELEVENLABS_API_URL`: base of ElevenLabs' API.
    pub elevenlabs_api_url: Url,
    /// `EXTRACTION_CONCURRENCY`: how many calls one machine works on at once. On Lambda it is a
    /// property of the function.
    pub extraction_concurrency: usize,
    /// `PAYLOAD_RETENTION_DAYS`: how long calls are kept; for ever with 0.
    pub payload_retention: Option<Duration>,
    /// `STAGE`: `dev`, `staging`, `prod` or any other word; only shown in metrics.
    pub stage: String,
}

/// The memory store.
#[derive(Debug, Clone)]
pub struct OpenMemorySettings {
    /// `OPENMEMORY_API_URL`: its base.
    pub url: Url,
    /// `OPENMEMORY_DIALECT`: how it is spoken to.
    pub dialect: DialectSetting,
    /// `OPENMEMORY_AUTH`: in whose name requests are signed with `iam`, where it is a function on
    /// AWS; `None` with `key`.
    pub signer: Option<Identity>,
    /// `SIMILARITY_THRESHOLD`, 0 to 1: above it a memory repeats another. The documented contract's
    /// servers have their own.
    pub similarity_threshold: f64,
    /// `MEMORY_RETENTION_DAYS`: how long after the last call that confirmed them memories and
    /// caller cards last.
    pub retention: Retention,
}

/// `OPENMEMORY_DIALECT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DialectSetting {
    /// Found out by asking.
    Auto,
    /// The documented contract.
    V1,
    /// The public OpenMemory's.
    Cavira,
}

/// `OPENMEMORY_AUTH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StoreAuth {
    /// The key alone.
    Key,
    /// A signature of AWS besides the key.
    Iam,
}

/// The model's provider.
#[derive(Debug, Clone)]
pub struct LlmSettings {
    /// `LLM_PROVIDER`.
    pub provider: Provider,
    /// `LLM_MODEL`; empty for [`Provider::None`].
    pub model: String,
    /// `LLM_API_URL`: its base, the provider's own unless set.
    pub url: Option<Url>,
    /// `LLM_TIMEOUT_MS`: how long one answer may take.
    pub timeout: Duration,
    /// `LLM_PART_TOKENS`: how much of a transcript goes into one prompt, in tokens; longer calls
    /// are split.
    pub part_tokens: usize,
    /// `LLM_CONTEXT_TOKENS`: how many tokens the model takes, prompt and answer together, where
    /// that is known.
    pub context_tokens: Option<usize>,
    /// `LLM_MAX_OUTPUT_TOKENS`: how many tokens an answer may have, thoughts included; the
    /// extraction's own limit unless set.
    pub max_output_tokens: Option<u32>,
    /// `LLM_REASONING_EFFORT`: how much the model thinks first; the model's own unless set.
    pub effort: Option<Effort>,
    /// `LLM_MAX_ATTEMPTS`: how often one call is tried with the model when the model times out or
    /// the process dies.
    pub max_attempts: u32,
    /// `LLM_DAILY_CALLS_PER_CALLER`: how often the model is asked about one caller's calls within a
    /// day; without a limit when 0.
    pub daily_calls_per_caller: Option<u32>,
    /// `LLM_CALLS_PER_CONVERSATION`: how often the model is asked about one call at most.
    pub calls_per_conversation: u32,
    /// `LLM_VERIFY`: whether the model is asked once more whether the words of the call support
    /// what it wrote down.
    pub verify: bool,
    /// `LLM_PRICES`: what tokens cost.
    pub prices: Prices,
    /// Which Bedrock is asked, and in whose name, with [`Provider::Bedrock`].
    pub bedrock: Option<BedrockSettings>,
}

/// What the environment of AWS says.
#[derive(Debug, Clone)]
pub struct BedrockSettings {
    /// The region: that of a model given as an ARN, or `AWS_REGION`.
    pub region: String,
    /// The role of the function, or a key of AWS in the environment. None is needed with an API key
    /// of Bedrock.
    pub identity: Option<Identity>,
}

/// `LLM_PROVIDER`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// OpenAI and every server that speaks its dialect.
    Openai,
    /// Anthropic.
    Anthropic,
    /// Amazon Bedrock.
    Bedrock,
    /// No model: memories come from ElevenLabs' own analysis.
    None,
}

/// `LLM_REASONING_EFFORT`. Not every model knows every one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// It does not think first.
    None,
    /// As little as it can.
    Minimal,
    /// Little.
    Low,
    /// More.
    Medium,
    /// Much.
    High,
    /// Very much.
    Xhigh,
    /// As much as it can.
    Max,
}

/// What becomes a memory.
#[derive(Debug, Clone)]
pub struct MemorySettings {
    /// `MIN_IMPORTANCE_TO_STORE`, 1 to 10.
    pub min_importance: Importance,
    /// `STORE_SENSITIVE`: which private facts may be stored, by agent and kind.
    pub store_sensitive: StoreSensitive,
    /// `STORE_KEYPAD_INPUT`: whether what callers type on their keypad is read.
    pub store_keypad_input: bool,
    /// `PSEUDONYMOUS_CALLERS`: whether the store sees only a caller's pseudonym.
    pub pseudonymous_callers: bool,
    /// `CALLER_CARD_TTL_HOURS`: how long an agent greets a caller it has not heard of again.
    pub caller_card_ttl_hours: u32,
    /// `AGENT_PROFILE_TTL_HOURS`: after which an agent's profile is fetched again.
    pub agent_profile_ttl_hours: u32,
}

/// What is found again.
#[derive(Debug, Clone)]
pub struct RecallSettings {
    /// `MEMORY_RELEVANCE_THRESHOLD`, 0 to 1: below it all agents are asked.
    pub relevance_threshold: f64,
    /// `HIGH_IMPORTANCE_THRESHOLD`, 1 to 10: what every agent should know.
    pub high_importance: Importance,
    /// `CROSS_AGENT_MEMORY`: whether one agent may learn what was told to another.
    pub cross_agent: bool,
    /// `SEARCH_DEADLINE_MS`.
    pub deadline: Duration,
}

/// How callers are greeted.
#[derive(Debug, Clone)]
pub struct GreetingSettings {
    /// `GREETING_DELIVERY`.
    pub delivery: GreetingDelivery,
    /// `DEFAULT_GREETING`: for callers nobody knows, where the agent has no first message of its
    /// own.
    pub default_greeting: String,
    /// `CLIENT_DATA_DEADLINE_MS`.
    pub deadline: Duration,
    /// `MEMORY_CONTEXT_CHARS`: the longest `memory_context`, in characters.
    pub memory_context_chars: usize,
}

/// `GREETING_DELIVERY`: how a greeting reaches the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GreetingDelivery {
    /// As the dynamic variable `greeting`; safe with every agent.
    Variable,
    /// As an override of the first message, which the agent must allow.
    Override,
    /// Both.
    Both,
}

/// Who counts as a caller.
#[derive(Debug, Clone)]
pub struct CallerSettings {
    /// `TRUST_USER_ID`: whether the `user_id` of a web session names a caller. A browser can send
    /// any.
    pub trust_user_id: bool,
}

/// Who may knock.
#[derive(Debug, Clone, Default)]
pub struct AuthSettings {
    /// `ALLOWED_CIDRS`: networks that webhooks may come from; empty for all.
    pub allowed: AllowList,
}

impl Settings {
    /// Reads every setting through `lookup`, which gives a variable's value by its name.
    ///
    /// # Errors
    /// [`SettingsError`] with everything that is missing or wrong.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(&lookup);
        let llm = reader.llm();
        let settings = Self {
            openmemory: reader.openmemory(),
            llm,
            memory: MemorySettings {
                min_importance: reader.importance("MIN_IMPORTANCE_TO_STORE", Importance::MIN),
                store_sensitive: reader.sensitive("STORE_SENSITIVE"),
                store_keypad_input: reader.flag("STORE_KEYPAD_INPUT", false),
                pseudonymous_callers: reader.flag("PSEUDONYMOUS_CALLERS", false),
                caller_card_ttl_hours: reader.number("CALLER_CARD_TTL_HOURS", 8760, 1..=876_000),
                agent_profile_ttl_hours: reader.number("AGENT_PROFILE_TTL_HOURS", 24, 1..=8760),
            },
            recall: RecallSettings {
                relevance_threshold: reader.share("MEMORY_RELEVANCE_THRESHOLD", 0.7),
                high_importance: reader
                    .importance("HIGH_IMPORTANCE_THRESHOLD", Importance::clamped(8)),
                cross_agent: reader.flag("CROSS_AGENT_MEMORY", true),
                deadline: reader.milliseconds("SEARCH_DEADLINE_MS", 2500),
            },
            greeting: GreetingSettings {
                delivery: reader.word(
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
            elevenlabs_api_url: reader.service_url("ELEVENLABS_API_URL", ELEVENLABS_API),
            extraction_concurrency: reader.number("EXTRACTION_CONCURRENCY", 10, 1..=1000),
            payload_retention: reader.payload_retention(),
            stage: reader.text("STAGE").unwrap_or_else(|| "dev".to_owned()),
        };
        reader.finish(settings)
    }
}

impl CallerSettings {
    /// Reads these alone, for whoever needs no others.
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
            dialect: self.word("OPENMEMORY_DIALECT", "v1", "auto, v1 or cavira"),
            similarity_threshold: self.share("SIMILARITY_THRESHOLD", 0.85),
            retention: Retention::of_days(self.number("MEMORY_RETENTION_DAYS", 0, 0..=36_500)),
        }
    }

    fn signer(&mut self, url: &Url) -> Option<Identity> {
        match self.word("OPENMEMORY_AUTH", "key", "key or iam") {
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
        self.text("AWS_REGION")
            .or_else(|| self.text("AWS_DEFAULT_REGION"))
    }

    fn bedrock(&mut self, model: &str) -> BedrockSettings {
        let of_arn = model
            .strip_prefix("arn:")
            .and_then(|arn| arn.split(':').nth(2))
            .map(str::to_owned);
        let region = of_arn
            .filter(|region| !region.is_empty())
            .or_else(|| self.region());
        if region.is_none() {
            self.problem("AWS_REGION", "is required when LLM_PROVIDER is bedrock");
        }
        let region = region.unwrap_or_default();
        BedrockSettings {
            identity: Identity::read(&region, |name| self.text(name)),
            region,
        }
    }

    fn llm(&mut self) -> LlmSettings {
        let provider = self.word("LLM_PROVIDER", "none", "openai, anthropic, bedrock or none");
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
            effort: self.optional_word(
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

/// The region in `https://ID.lambda-url.eu-central-1.on.aws`.
fn region_of_function_url(url: &Url) -> Option<&str> {
    let (_, behind) = url.host_str()?.split_once(".lambda-url.")?;
    behind.split('.').next().filter(|region| !region.is_empty())
}

/// Reads a variable of this process. The one place that does.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "this is where settings come from"
)]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests;
