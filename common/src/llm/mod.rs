//! The client of language models: sends one prompt and returns one JSON answer, which follows a
//! schema.

mod anthropic;
mod bedrock;
mod error_response;
mod openai;
mod request_options;
mod retry;
mod tokens;
mod usage;

pub use retry::{MAX_TRIES, retry_delay};
pub use usage::Usage;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;
use reqwest::RequestBuilder;
use serde_json::value::RawValue;
use url::Url;

use crate::call::{CallerHash, CallerId};
use crate::http_client::{CallError, HttpResponse, send};
use crate::measure;
use crate::secrets::Secrets;
use crate::settings::{Effort, LlmSettings, Price, Provider};
use crate::trace;

use error_response::ErrorResponse;
use request_options::{
    LimitName, NegotiatedOptions, OutputFormat, RejectionReason, RequestOptions,
};

/// A prompt for a model.
pub struct Prompt<'a> {
    /// The instructions. They come first and are the same for every conversation, so that providers
    /// can cache them.
    pub system: &'a str,
    /// The data to process.
    pub user: &'a str,
    /// A short name of the answer.
    pub name: &'a str,
    /// JSON schema of the answer, in the strict subset: all properties are required, and no others
    /// are allowed. It is raw text, because models write the fields in the order of the schema.
    pub schema: &'a RawValue,
    /// Maximum number of tokens of the answer.
    pub max_output_tokens: u32,
    /// Whether the limit applies even if `LLM_MAX_OUTPUT_TOKENS` is higher.
    pub is_short: bool,
}

impl<'a> Prompt<'a> {
    /// Returns the instructions for providers whose looser format is a tool.
    fn system_for_tool(&self, format: OutputFormat) -> Cow<'a, str> {
        match format {
            OutputFormat::Schema => Cow::Borrowed(self.system),
            OutputFormat::Loose => Cow::Owned(format!(
                "{}\n\nAnswer by calling the tool `{}` once.",
                self.system, self.name
            )),
            OutputFormat::PromptOnly => Cow::Owned(self.system_with_schema()),
        }
    }

    /// Returns the instructions with the schema appended, for models that do not enforce a schema.
    fn system_with_schema(&self) -> String {
        format!(
            "{}\n\nAnswer with one JSON object of this schema and nothing else:\n{}",
            self.system, self.schema
        )
    }
}

/// The model to ask, and the parameters that do not depend on the prompt.
#[derive(Clone, Copy)]
struct Target<'a> {
    base: &'a Url,
    key: &'a str,
    model: &'a str,
    effort: Option<Effort>,
    max_output_tokens: u32,
}

/// The answer of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// The text, which should be JSON that follows the schema.
    pub text: String,
    /// The tokens that it used.
    pub usage: Usage,
}

/// A failed request to a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LlmError {
    /// A provider is configured, but no credentials for it.
    #[error(
        "no credentials for the model provider: set LLM_API_KEY or, for bedrock, provide a Bedrock API key or AWS credentials"
    )]
    NoKey,
    /// The model does not exist, or the account may not use it.
    #[error("the provider does not offer the model that LLM_MODEL names")]
    UnknownModel,
    /// The account has no credit left.
    #[error("the account at the provider has no credit left")]
    QuotaUsedUp,
    /// The model refused to answer. The tokens are billed.
    #[error("the model refused to answer")]
    Refused(Usage),
    /// The provider's content filter stopped the answer. The tokens are billed.
    #[error("the content filter stopped the answer")]
    Filtered(Usage),
    /// The answer was cut off, and its tokens are billed; or the prompt was too long for the model.
    #[error("prompt or answer reached the token limit")]
    TokenLimitReached(Usage),
    /// The response was successful but has an unknown format. Contains the billed tokens, if known.
    #[error("the provider sent a response that cannot be read")]
    Unreadable(Usage),
    /// The request failed, was rejected or could not be sent.
    #[error("the provider {0}")]
    Call(#[from] CallError),
}

impl LlmError {
    /// Returns whether a retry would fail with the same error.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::NoKey
            | Self::UnknownModel
            | Self::QuotaUsedUp
            | Self::Refused(_)
            | Self::Filtered(_)
            | Self::TokenLimitReached(_)
            | Self::Unreadable(_) => true,
            Self::Call(error) => !error.is_transient(),
        }
    }

    /// Returns whether the prompt rather than the provider may have caused the error. The number of
    /// retries is then limited.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(
            self,
            Self::Call(CallError::TimedOut | CallError::Failing(StatusCode::FAILED_DEPENDENCY))
        )
    }

    /// Returns the tokens that are billed in spite of the error.
    #[must_use]
    pub fn usage(&self) -> Usage {
        match self {
            Self::Refused(usage)
            | Self::Filtered(usage)
            | Self::TokenLimitReached(usage)
            | Self::Unreadable(usage) => *usage,
            Self::NoKey | Self::UnknownModel | Self::QuotaUsedUp | Self::Call(_) => {
                Usage::default()
            }
        }
    }

    /// Returns the HTTP status of a permanent rejection by the provider.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Call(CallError::Unauthorised(status) | CallError::Refused(status)) => {
                Some(*status)
            }
            Self::UnknownModel => Some(StatusCode::NOT_FOUND),
            Self::QuotaUsedUp => Some(StatusCode::TOO_MANY_REQUESTS),
            _ => None,
        }
    }

    /// Returns the name of the error in metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoKey => "no_key",
            Self::UnknownModel => "unknown_model",
            Self::QuotaUsedUp => "quota_used_up",
            Self::Refused(_) => "model_refused",
            Self::Filtered(_) => "filtered",
            Self::TokenLimitReached(_) => "cut_off",
            Self::Unreadable(_) => "unreadable",
            Self::Call(error) => error.kind(),
        }
    }
}

/// Minimum size of a part of a transcript, in tokens. A model with a smaller context cannot do the
/// task.
const MIN_PART_TOKENS: usize = 256;

/// Maximum number of characters in a token, averaged over a whole prompt, in any language.
const MAX_CHARS_PER_TOKEN: u64 = 8;
/// A prompt with fewer counted tokens was not truncated, because contexts of fewer than 2,048
/// tokens are not in use.
const MIN_TRUNCATED_TOKENS: u64 = 1500;

/// A client of the configured provider; cheap to clone.
#[derive(Debug, Clone)]
pub struct Llm(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    provider: Provider,
    model: String,
    base: Url,
    bedrock: Option<bedrock::Client>,
    timeout: Duration,
    part_tokens: usize,
    context_tokens: Option<usize>,
    max_output_tokens: Option<u32>,
    effort: Option<Effort>,
    price: Option<Price>,
    secrets: Secrets,
    max_attempts: u32,
    daily_calls_per_caller: Option<u32>,
    calls_per_conversation: u32,
    verify: bool,
    /// The request options that this model accepts.
    negotiated: NegotiatedOptions,
}

impl Inner {
    /// Sends a request within the time limit, with the headers that continue the current trace.
    async fn send(&self, request: RequestBuilder) -> Result<HttpResponse, CallError> {
        send(trace::propagate(request.timeout(self.timeout))).await
    }
}

impl Llm {
    /// Creates a client, or returns `None` if no model is configured.
    #[must_use]
    pub fn new(http: reqwest::Client, settings: &LlmSettings, secrets: Secrets) -> Option<Self> {
        let base_or = |default: &str| settings.url.clone().or_else(|| Url::parse(default).ok());
        let bedrock = settings.bedrock.as_ref().and_then(|bedrock| {
            bedrock::Client::new(
                &bedrock.region,
                settings.url.as_ref(),
                bedrock.identity.clone(),
            )
        });
        let base = match settings.provider {
            Provider::None => return None,
            Provider::Openai => base_or(openai::DEFAULT_BASE)?,
            Provider::Anthropic => base_or(anthropic::DEFAULT_BASE)?,
            Provider::Bedrock => bedrock.as_ref()?.runtime.clone(),
        };
        let price = settings.prices.for_model(&settings.model);
        if price.is_none() {
            let model = &settings.model;
            tracing::warn!(
                model,
                "no price is known for this model, its cost is not counted: set LLM_PRICES"
            );
        }
        let is_openai = settings.provider == Provider::Openai;
        let best = RequestOptions {
            format: OutputFormat::Schema,
            // Anthropic requires a limit and has only one name for it.
            limit: if is_openai && settings.max_output_tokens.is_some() {
                LimitName::CompletionTokens
            } else {
                LimitName::Unset
            },
            has_effort: settings.effort.is_some()
                && (settings.provider != Provider::Bedrock || bedrock::has_effort(&settings.model)),
            has_breakpoint: match settings.provider {
                Provider::Openai => openai::has_breakpoints(&base, &settings.model),
                Provider::Bedrock => bedrock::has_cache_points(&settings.model),
                Provider::Anthropic | Provider::None => false,
            },
        };
        Some(Self(Arc::new(Inner {
            http,
            provider: settings.provider,
            model: settings.model.clone(),
            base,
            bedrock,
            timeout: settings.timeout,
            part_tokens: settings.part_tokens,
            context_tokens: settings.context_tokens,
            max_output_tokens: settings.max_output_tokens,
            effort: settings.effort,
            max_attempts: settings.max_attempts,
            daily_calls_per_caller: settings.daily_calls_per_caller,
            calls_per_conversation: settings.calls_per_conversation,
            verify: settings.verify,
            price,
            secrets,
            negotiated: NegotiatedOptions::new(best),
        })))
    }

    /// Returns the cost of tokens in US dollars, if the model's price is known.
    #[must_use]
    pub fn cost(&self, usage: Usage) -> Option<f64> {
        self.0.price.map(|price| usage.cost(price))
    }

    /// Returns how many tokens of a transcript fit into one prompt, next to `other_tokens` of
    /// instructions, schema and known memories. If the size of the model's context is known, room
    /// is left for the answer.
    #[must_use]
    pub fn part_tokens(&self, other_tokens: usize, max_output_tokens: u32) -> usize {
        let Some(context) = self.0.context_tokens else {
            return self.0.part_tokens;
        };
        let output = usize::try_from(self.output_limit(max_output_tokens)).unwrap_or(usize::MAX);
        self.0
            .part_tokens
            .min(context.saturating_sub(other_tokens).saturating_sub(output))
            .max(MIN_PART_TOKENS)
    }

    /// Returns the maximum number of output tokens: the setting or else the requested number, and
    /// at most a quarter of the model's context.
    fn output_limit(&self, requested: u32) -> u32 {
        let limit = self.0.max_output_tokens.unwrap_or(requested);
        let quarter = self.0.context_tokens.map_or(u32::MAX, |context| {
            u32::try_from(context / 4).unwrap_or(u32::MAX)
        });
        limit.min(quarter)
    }

    /// Returns how often the model is tried for one call if it times out or the process dies.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.0.max_attempts
    }

    /// Returns the maximum number of requests for one caller's calls in a day, if limited.
    #[must_use]
    pub fn daily_requests_per_caller(&self) -> Option<u32> {
        self.0.daily_calls_per_caller
    }

    /// Returns the maximum number of requests for one call.
    #[must_use]
    pub fn max_requests_per_call(&self) -> u32 {
        self.0.calls_per_conversation
    }

    /// Returns the pseudonym under which a caller's requests are counted, or `None` without a
    /// pepper.
    pub async fn pseudonym(&self, caller: &CallerId) -> Option<CallerHash> {
        let secrets = self.0.secrets.current().await;
        secrets.caller_id_pepper().map(|pepper| caller.hash(pepper))
    }

    /// Returns whether the model should verify the extracted memories in a second request.
    #[must_use]
    pub fn is_verification_enabled(&self) -> bool {
        self.0.verify
    }

    /// Returns the model's name, as stored in extraction records.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.0.model
    }

    /// Returns the provider's name.
    #[must_use]
    pub fn provider(&self) -> &'static str {
        match self.0.provider {
            Provider::Openai => "openai",
            Provider::Anthropic => "anthropic",
            Provider::Bedrock => "bedrock",
            Provider::None => "none",
        }
    }

    /// Sends a prompt, at most [`MAX_TRIES`] times if there are transient errors.
    ///
    /// If the provider answers with status 500, the last try uses a looser output format. Some
    /// servers answer a schema that they do not support with 500 and no reason.
    ///
    /// # Errors
    /// The [`LlmError`] of the last try.
    pub async fn complete(&self, prompt: &Prompt<'_>) -> Result<Completion, LlmError> {
        let mut tries = 1;
        let mut rejected = None;
        loop {
            let error = match self.request_measured(prompt, rejected).await {
                Ok(completion) => return Ok(completion),
                Err(error) => error,
            };
            match retry_delay(&error, tries) {
                Some(delay) => tokio::time::sleep(delay).await,
                None => return Err(error),
            }
            tries += 1;
            let is_500 =
                error == LlmError::Call(CallError::Failing(StatusCode::INTERNAL_SERVER_ERROR));
            rejected = (is_500 && tries == MAX_TRIES).then_some(RejectionReason::Unnamed);
        }
    }

    /// Sends a prompt without retries, for an answer that is not essential.
    ///
    /// # Errors
    /// [`LlmError`]
    pub async fn complete_once(&self, prompt: &Prompt<'_>) -> Result<Completion, LlmError> {
        self.request_measured(prompt, None).await
    }

    /// Requests the description of the model, which is free.
    ///
    /// Success proves that the provider is reachable, accepts the key and offers the model. Many
    /// servers do not describe single models. They are asked for their list of models, which proves
    /// only the first two.
    ///
    /// # Errors
    /// [`LlmError`]
    pub async fn check(&self) -> Result<(), LlmError> {
        let key = self.key().await?;
        let request = match self.0.provider {
            Provider::Bedrock => return self.check_bedrock(&key).await,
            Provider::Anthropic => {
                anthropic::get(&self.0.http, &self.0.base, &key, &["models", self.model()])
            }
            Provider::Openai | Provider::None => {
                openai::get(&self.0.http, &self.0.base, &key, &["models", self.model()])
            }
        };
        let response = self.0.send(request).await?;
        match ErrorResponse::from_response(&response) {
            None => Ok(()),
            Some(error) if error.is_unknown_model() => Err(LlmError::UnknownModel),
            Some(_) if is_unknown_route(response.status) => self.check_list(&key).await,
            Some(_) => Ok(response.success().map(|_| ())?),
        }
    }

    async fn check_list(&self, key: &str) -> Result<(), LlmError> {
        let request = match self.0.provider {
            Provider::Anthropic => anthropic::get(&self.0.http, &self.0.base, key, &["models"]),
            Provider::Openai | Provider::Bedrock | Provider::None => {
                openai::get(&self.0.http, &self.0.base, key, &["models"])
            }
        };
        self.0.send(request).await?.success()?;
        Ok(())
    }

    /// Looks for the model among foundation models and inference profiles. An endpoint that
    /// supports neither counts as healthy.
    async fn check_bedrock(&self, key: &str) -> Result<(), LlmError> {
        let inner = &self.0;
        let bedrock = inner.bedrock.as_ref().ok_or(LlmError::NoKey)?;
        for collection in bedrock::collections(&inner.model) {
            let request = bedrock
                .describe(&inner.http, key, collection, &inner.model)
                .ok_or(LlmError::NoKey)?;
            let response = inner.send(request).await?;
            match response.status {
                StatusCode::BAD_REQUEST => {}
                StatusCode::NOT_FOUND
                    if ErrorResponse::from_response(&response)
                        .is_some_and(|error| error.is_unknown_operation()) =>
                {
                    return Ok(());
                }
                StatusCode::NOT_FOUND => {}
                _ => return Ok(response.success().map(|_| ())?),
            }
        }
        Err(LlmError::UnknownModel)
    }

    async fn request_measured(
        &self,
        prompt: &Prompt<'_>,
        rejected: Option<RejectionReason>,
    ) -> Result<Completion, LlmError> {
        let started = Instant::now();
        let result = self.negotiate(prompt, rejected).await;
        let provider = self.provider();
        let model = self.model();
        let outcome = result.as_ref().err().map_or("ok", LlmError::kind);
        measure::llm_call(provider, model, outcome, started.elapsed());
        let usage = result
            .as_ref()
            .map_or_else(LlmError::usage, |completion| completion.usage);
        if usage != Usage::default() {
            measure::llm_tokens(provider, model, usage.input, usage.output, usage.cached);
            measure::llm_cost(provider, model, self.cost(usage).unwrap_or_default());
        }
        result
    }

    /// Sends the prompt with the options that the model accepts, and with the next ones as long as
    /// the provider rejects them. With `rejected`, the schema counts as rejected from the start.
    async fn negotiate(
        &self,
        prompt: &Prompt<'_>,
        mut rejected: Option<RejectionReason>,
    ) -> Result<Completion, LlmError> {
        let key = self.key().await?;
        let mut options = self.0.negotiated.current(Instant::now());
        rejected = rejected.filter(|_| options.format == OutputFormat::Schema);
        if rejected.is_some() {
            options.format = OutputFormat::Loose;
        }
        loop {
            let response = self.send(&key, prompt, options).await?;
            match ErrorResponse::from_response(&response)
                .and_then(|error| next_options(&error, options))
            {
                // A rejection without a reason is worth one further request, not two.
                Some((reason, next)) if reason == RejectionReason::Named || rejected.is_none() => {
                    rejected =
                        Some(rejected.map_or(reason, |earlier| weaker_reason(earlier, reason)));
                    options = next;
                }
                _ => {
                    if let Some(failure) = bedrock::prompt_failure(&response)
                        .filter(|_| self.0.provider == Provider::Bedrock)
                    {
                        return Err(failure);
                    }
                    let response = check_response(response)?;
                    self.record_options(options, rejected);
                    return self.check_not_truncated(prompt, self.read(&response)?);
                }
            }
        }
    }

    async fn send(
        &self,
        key: &str,
        prompt: &Prompt<'_>,
        options: RequestOptions,
    ) -> Result<HttpResponse, LlmError> {
        let inner = &self.0;
        let allowed = self.output_limit(prompt.max_output_tokens);
        let max_output_tokens = if prompt.is_short {
            allowed.min(prompt.max_output_tokens)
        } else {
            allowed
        };
        let target = Target {
            base: &inner.base,
            key,
            model: &inner.model,
            effort: inner.effort,
            max_output_tokens,
        };
        let request = match inner.provider {
            Provider::Anthropic => anthropic::request(&inner.http, &target, prompt, options),
            Provider::Bedrock => {
                let bedrock = inner.bedrock.as_ref().ok_or(LlmError::NoKey)?;
                bedrock
                    .converse(&inner.http, &target, prompt, options)
                    .ok_or(LlmError::NoKey)?
            }
            Provider::Openai | Provider::None => {
                openai::request(&inner.http, &target, prompt, options)
            }
        };
        match inner.send(request).await {
            Err(CallError::Unreadable) => Err(LlmError::Unreadable(Usage::default())),
            result => Ok(result?),
        }
    }

    fn read(&self, response: &HttpResponse) -> Result<Completion, LlmError> {
        match self.0.provider {
            Provider::Anthropic => anthropic::read(response),
            Provider::Bedrock => bedrock::read(response),
            Provider::Openai | Provider::None => openai::read(response),
        }
    }

    /// Fails if the server counted so few input tokens that it cannot have read the whole prompt.
    /// Some servers silently drop the beginning of a long prompt, and with it the instructions.
    fn check_not_truncated(
        &self,
        prompt: &Prompt<'_>,
        completion: Completion,
    ) -> Result<Completion, LlmError> {
        let counted = completion.usage.input;
        let chars = prompt.system.chars().count() + prompt.user.chars().count();
        let is_truncated =
            counted >= MIN_TRUNCATED_TOKENS && chars as u64 > counted * MAX_CHARS_PER_TOKEN;
        if self.0.provider != Provider::Openai || !is_truncated {
            return Ok(completion);
        }
        let model = self.model();
        tracing::warn!(
            model,
            counted,
            "prompt truncated by the server: set LLM_CONTEXT_TOKENS to the server's context size"
        );
        Err(LlmError::TokenLimitReached(completion.usage))
    }

    /// Records the options that the model accepted, and logs them if they are new.
    fn record_options(&self, options: RequestOptions, rejected: Option<RejectionReason>) {
        if self
            .0
            .negotiated
            .record_success(options, rejected, Instant::now())
        {
            tracing::info!(
                provider = self.provider(),
                model = self.model(),
                format = options.format.name(),
                parameters = options.parameters(),
                "model accepted the request options"
            );
        }
    }

    async fn key(&self) -> Result<String, LlmError> {
        let secrets = self.0.secrets.current().await;
        let configured = match self.0.provider {
            Provider::Bedrock => secrets.bedrock_api_key(),
            Provider::Openai | Provider::Anthropic | Provider::None => secrets.llm_api_key(),
        };
        let key = configured.map(str::to_owned);
        let can_sign = self
            .0
            .bedrock
            .as_ref()
            .is_some_and(bedrock::Client::can_sign);
        // A signed request needs no key.
        key.or_else(|| can_sign.then(String::new))
            .ok_or(LlmError::NoKey)
    }
}

fn is_unknown_route(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED
    )
}

/// Returns the options for the next request after an error: without the parameter that the error
/// names, or with a looser format. `None` if other options cannot help.
fn next_options(
    error: &ErrorResponse,
    options: RequestOptions,
) -> Option<(RejectionReason, RequestOptions)> {
    match error.rejected_parameter(options) {
        Some(parameter) => Some((RejectionReason::Named, options.without(parameter))),
        None => error.format_rejection().zip(options.with_looser_format()),
    }
}

/// Several rejections are only as conclusive as the least conclusive one.
fn weaker_reason(one: RejectionReason, other: RejectionReason) -> RejectionReason {
    if one == RejectionReason::Named {
        other
    } else {
        one
    }
}

/// Returns a successful response, or the error that it means. A 429 may be throttling or an account
/// without credit, and a 400 may be a prompt that is too long. Some gateways send errors with
/// status 200.
fn check_response(response: HttpResponse) -> Result<HttpResponse, LlmError> {
    let response = response.with_status_of_error();
    if let Some(error) = ErrorResponse::from_response(&response) {
        if error.is_quota_exceeded() {
            return Err(LlmError::QuotaUsedUp);
        }
        if error.is_too_long() {
            return Err(LlmError::TokenLimitReached(Usage::default()));
        }
        if error.is_unknown_model() {
            return Err(LlmError::UnknownModel);
        }
    }
    Ok(response.success()?)
}

#[cfg(test)]
mod tests;
