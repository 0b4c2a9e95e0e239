//! The providers of language models: one prompt in, one JSON answer out, which a schema forces.

mod anthropic;
mod openai;
mod price;
mod retry;
mod usage;

pub use price::{InvalidPrices, Price, Prices};
pub use retry::{MAX_TRIES, pause};
pub use usage::Usage;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::Value;
use url::Url;

use crate::http_client::{Answer, CallError, send};
use crate::measure;
use crate::secrets::Secrets;
use crate::settings::{LlmSettings, Provider};

/// What a model is asked.
pub struct Prompt<'a> {
    /// What to do. The same for every conversation and first, so that providers can cache it.
    pub system: &'a str,
    /// The data to do it with.
    pub user: &'a str,
    /// A short name of the answer.
    pub name: &'a str,
    /// JSON schema of the answer, in the strict subset: every property required, nothing additional.
    pub schema: &'a Value,
    /// Most tokens the answer may have.
    pub max_output_tokens: u32,
}

/// What a model answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// The answer, which should be JSON of the schema.
    pub text: String,
    /// What it cost in tokens.
    pub usage: Usage,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LlmError {
    /// The provider is set, its key is not.
    #[error("no LLM_API_KEY is configured")]
    NoKey,
    /// The account has no credit left.
    #[error("the provider's quota is used up")]
    QuotaUsedUp,
    /// The model declined to answer, and was paid for it.
    #[error("the model refused")]
    Refused(Usage),
    /// The provider's content policy stopped the answer, which was paid for.
    #[error("the content filter stopped the answer")]
    Filtered(Usage),
    /// The answer was cut off, and what came of it was paid for; or the prompt alone was more than the model takes.
    #[error("prompt or answer reached the token limit")]
    CutOff(Usage),
    /// The provider failed, refused the request or the key, or could not be reached.
    #[error("the provider {0}")]
    Call(#[from] CallError),
}

impl LlmError {
    /// Whether the provider will say the same however often it is asked.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::NoKey | Self::QuotaUsedUp | Self::Refused(_) | Self::Filtered(_) | Self::CutOff(_) => true,
            Self::Call(error) => !error.is_passing(),
        }
    }

    /// What was paid all the same.
    #[must_use]
    pub fn usage(&self) -> Usage {
        match self {
            Self::Refused(usage) | Self::Filtered(usage) | Self::CutOff(usage) => *usage,
            Self::NoKey | Self::QuotaUsedUp | Self::Call(_) => Usage::default(),
        }
    }

    /// A fixed name for metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoKey => "no_key",
            Self::QuotaUsedUp => "quota_used_up",
            Self::Refused(_) => "model_refused",
            Self::Filtered(_) => "filtered",
            Self::CutOff(_) => "cut_off",
            Self::Call(error) => error.kind(),
        }
    }
}

/// A client of the configured provider; cheap to clone.
#[derive(Debug, Clone)]
pub struct Llm(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    provider: Provider,
    model: String,
    base: Url,
    timeout: Duration,
    part_tokens: usize,
    price: Option<Price>,
    secrets: Secrets,
    /// Some servers of the OpenAI dialect know no `json_schema`; asked once, remembered.
    without_schema: AtomicBool,
}

impl Llm {
    /// A client, or `None` when no model is to be used.
    #[must_use]
    pub fn new(http: reqwest::Client, settings: &LlmSettings, secrets: Secrets) -> Option<Self> {
        let default = match settings.provider {
            Provider::None => return None,
            Provider::Openai => openai::DEFAULT_BASE,
            Provider::Anthropic => anthropic::DEFAULT_BASE,
        };
        let base = settings.url.clone().or_else(|| Url::parse(default).ok())?;
        Some(Self(Arc::new(Inner {
            http,
            provider: settings.provider,
            model: settings.model.clone(),
            base,
            timeout: settings.timeout,
            part_tokens: settings.part_tokens,
            price: settings.prices.of(&settings.model),
            secrets,
            without_schema: AtomicBool::new(false),
        })))
    }

    /// What tokens cost in US dollars, where the model's price is known.
    #[must_use]
    pub fn cost(&self, usage: Usage) -> Option<f64> {
        self.0.price.map(|price| price.of(usage))
    }

    /// How many tokens of a transcript one prompt may hold.
    #[must_use]
    pub fn part_tokens(&self) -> usize {
        self.0.part_tokens
    }

    /// The model's name, as records keep it.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.0.model
    }

    /// The provider's name.
    #[must_use]
    pub fn provider(&self) -> &'static str {
        match self.0.provider {
            Provider::Openai => "openai",
            Provider::Anthropic => "anthropic",
            Provider::None => "none",
        }
    }

    /// Asks, at most [`MAX_TRIES`] times while the provider stumbles.
    ///
    /// # Errors
    /// [`LlmError`], the last one.
    pub async fn complete(&self, prompt: &Prompt<'_>) -> Result<Completion, LlmError> {
        let mut tries = 1;
        loop {
            let error = match self.ask_measured(prompt).await {
                Ok(completion) => return Ok(completion),
                Err(error) => error,
            };
            match pause(&error, tries) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            }
            tries += 1;
        }
    }

    /// Asks the provider for its list of models: free, and proof that it is there and takes the key.
    ///
    /// # Errors
    /// [`LlmError`]
    pub async fn check(&self) -> Result<(), LlmError> {
        let key = self.key().await?;
        let request = match self.0.provider {
            Provider::Anthropic => anthropic::models(&self.0.http, &self.0.base, &key),
            Provider::Openai | Provider::None => openai::models(&self.0.http, &self.0.base, &key),
        };
        send(request.timeout(self.0.timeout)).await?.success()?;
        Ok(())
    }

    async fn ask_measured(&self, prompt: &Prompt<'_>) -> Result<Completion, LlmError> {
        let started = Instant::now();
        let result = self.ask(prompt).await;
        let (provider, model) = (self.provider(), self.model());
        let outcome = result.as_ref().err().map_or("ok", LlmError::kind);
        measure::llm_call(provider, model, outcome, started.elapsed());
        let usage = result.as_ref().map_or_else(LlmError::usage, |completion| completion.usage);
        if usage != Usage::default() {
            measure::llm_tokens(provider, model, usage.input, usage.output, usage.cached);
            measure::llm_cost(provider, model, self.cost(usage).unwrap_or_default());
        }
        result
    }

    async fn ask(&self, prompt: &Prompt<'_>) -> Result<Completion, LlmError> {
        let key = self.key().await?;
        match self.0.provider {
            Provider::Anthropic => {
                let request = anthropic::request(&self.0.http, &self.0.base, &key, &self.0.model, prompt);
                anthropic::read(&accepted(send(request.timeout(self.0.timeout)).await?)?)
            }
            Provider::Openai | Provider::None => self.ask_openai(&key, prompt).await,
        }
    }

    async fn ask_openai(&self, key: &str, prompt: &Prompt<'_>) -> Result<Completion, LlmError> {
        let with_schema = !self.0.without_schema.load(Ordering::Relaxed);
        let answer = self.send_openai(key, prompt, with_schema).await?;
        if answer.status == StatusCode::BAD_REQUEST && with_schema && !is_too_long(&answer) {
            let answer = accepted(self.send_openai(key, prompt, false).await?)?;
            self.0.without_schema.store(true, Ordering::Relaxed);
            return openai::read(&answer);
        }
        openai::read(&accepted(answer)?)
    }

    async fn send_openai(&self, key: &str, prompt: &Prompt<'_>, with_schema: bool) -> Result<Answer, CallError> {
        let request = openai::request(&self.0.http, &self.0.base, key, &self.0.model, prompt, with_schema);
        send(request.timeout(self.0.timeout)).await
    }

    async fn key(&self) -> Result<String, LlmError> {
        self.0.secrets.current().await.llm_api_key().map(str::to_owned).ok_or(LlmError::NoKey)
    }
}

/// An answer of status 200, or what its status means. A 429 may be a pause or an empty account, a 400 a prompt that is too long.
fn accepted(answer: Answer) -> Result<Answer, LlmError> {
    if answer.status == StatusCode::TOO_MANY_REQUESTS && says(&answer, "insufficient_quota") {
        return Err(LlmError::QuotaUsedUp);
    }
    if is_too_long(&answer) {
        return Err(LlmError::CutOff(Usage::default()));
    }
    Ok(answer.success()?)
}

/// OpenAI's code for a prompt beyond the model's context, and the words of Anthropic and vLLM for it.
fn is_too_long(answer: &Answer) -> bool {
    let is_refused = matches!(answer.status, StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE);
    is_refused && TOO_LONG.iter().any(|words| says(answer, words))
}

const TOO_LONG: [&str; 3] = ["context_length_exceeded", "prompt is too long", "maximum context length"];

fn says(answer: &Answer, words: &str) -> bool {
    answer.body().windows(words.len()).any(|window| window == words.as_bytes())
}

#[cfg(test)]
mod tests;
