//! The providers of language models: one prompt in, one JSON answer out, which a schema forces.

mod anthropic;
mod bedrock;
mod format;
mod openai;
mod price;
mod refusal;
mod retry;
mod tokens;
mod usage;

pub use price::{InvalidPrices, Price, Prices};
pub use retry::{MAX_TRIES, pause};
pub use usage::Usage;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::value::RawValue;
use url::Url;

use crate::call::{CallerHash, CallerId};
use crate::http_client::{CallError, HttpResponse, send};
use crate::measure;
use crate::secrets::Secrets;
use crate::settings::{Effort, LlmSettings, Provider};

use format::{Evidence, Form, Format, Limit, Negotiated};
use refusal::Refusal;

/// What a model is asked.
pub struct Prompt<'a> {
    /// What to do. The same for every conversation and first, so that providers can cache it.
    pub system: &'a str,
    /// The data to do it with.
    pub user: &'a str,
    /// A short name of the answer.
    pub name: &'a str,
    /// JSON schema of the answer, in the strict subset: every property required, nothing
    /// additional. As text, because models write the fields of their answer in the order of the
    /// schema.
    pub schema: &'a RawValue,
    /// Most tokens the answer may have.
    pub max_output_tokens: u32,
    /// Whether the limit holds although `LLM_MAX_OUTPUT_TOKENS` allows more.
    pub is_short: bool,
}

impl<'a> Prompt<'a> {
    /// The instructions for a provider that takes looser JSON through a tool.
    fn system_for_tool(&self, format: Format) -> Cow<'a, str> {
        match format {
            Format::Schema => Cow::Borrowed(self.system),
            Format::Loose => Cow::Owned(format!(
                "{}\n\nAnswer by calling the tool `{}` once.",
                self.system, self.name
            )),
            Format::Words => Cow::Owned(self.system_with_schema()),
        }
    }

    /// The instructions with the schema in words, for a model that no schema can be set for.
    fn system_with_schema(&self) -> String {
        format!(
            "{}\n\nAnswer with one JSON object of this schema and nothing else:\n{}",
            self.system, self.schema
        )
    }
}

/// Who is asked, and with what that is the same for every prompt.
#[derive(Clone, Copy)]
struct Target<'a> {
    base: &'a Url,
    key: &'a str,
    model: &'a str,
    effort: Option<Effort>,
    max_output_tokens: u32,
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
    #[error(
        "no LLM_API_KEY is configured; with bedrock neither an API key of Bedrock nor a key of AWS"
    )]
    NoKey,
    /// The provider does not know the model, or does not let this account use it.
    #[error("the provider does not know the model that LLM_MODEL names")]
    UnknownModel,
    /// The account has no credit left.
    #[error("the provider's quota is used up")]
    QuotaUsedUp,
    /// The model declined to answer, and was paid for it.
    #[error("the model refused")]
    Refused(Usage),
    /// The provider's content policy stopped the answer, which was paid for.
    #[error("the content filter stopped the answer")]
    Filtered(Usage),
    /// The answer was cut off, and what came of it was paid for; or the prompt alone was more than
    /// the model takes.
    #[error("prompt or answer reached the token limit")]
    CutOff(Usage),
    /// The provider answered with success, but not in a form that can be read. What is known of its
    /// cost.
    #[error("the provider sent an answer that cannot be read")]
    Unreadable(Usage),
    /// The provider failed, refused the request or the key, or could not be reached.
    #[error("the provider {0}")]
    Call(#[from] CallError),
}

impl LlmError {
    /// Whether the provider will say the same however often it is asked.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::NoKey
            | Self::UnknownModel
            | Self::QuotaUsedUp
            | Self::Refused(_)
            | Self::Filtered(_)
            | Self::CutOff(_)
            | Self::Unreadable(_) => true,
            Self::Call(error) => !error.is_transient(),
        }
    }

    /// Whether this may be the fault of what was asked rather than of the provider: then it is not
    /// waited for without end.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(
            self,
            Self::Call(CallError::TimedOut | CallError::Failing(StatusCode::FAILED_DEPENDENCY))
        )
    }

    /// What was paid all the same.
    #[must_use]
    pub fn usage(&self) -> Usage {
        match self {
            Self::Refused(usage)
            | Self::Filtered(usage)
            | Self::CutOff(usage)
            | Self::Unreadable(usage) => *usage,
            Self::NoKey | Self::UnknownModel | Self::QuotaUsedUp | Self::Call(_) => {
                Usage::default()
            }
        }
    }

    /// The status by which the provider refused for good.
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

    /// A fixed name for metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoKey => "no_key",
            Self::UnknownModel => "unknown_model",
            Self::QuotaUsedUp => "quota_used_up",
            Self::Refused(_) => "model_refused",
            Self::Filtered(_) => "filtered",
            Self::CutOff(_) => "cut_off",
            Self::Unreadable(_) => "unreadable",
            Self::Call(error) => error.kind(),
        }
    }
}

/// A part of a transcript is never made smaller than this, in tokens: a model with less room cannot
/// do the task.
const LEAST_PART: usize = 256;

/// No language has more characters in a token, on the mean of a whole prompt.
const MOST_CHARS_PER_TOKEN: u64 = 8;
/// No server cuts a prompt to fewer tokens: smaller contexts than 2,048 tokens are not in use.
const LEAST_CLIPPED: u64 = 1500;

/// A client of the configured provider; cheap to clone.
#[derive(Debug, Clone)]
pub struct Llm(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    provider: Provider,
    model: String,
    base: Url,
    bedrock: Option<bedrock::Access>,
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
    /// In which form this model is asked for JSON.
    negotiated: Negotiated,
}

impl Llm {
    /// A client, or `None` when no model is to be used.
    #[must_use]
    pub fn new(http: reqwest::Client, settings: &LlmSettings, secrets: Secrets) -> Option<Self> {
        let own = |default: &str| settings.url.clone().or_else(|| Url::parse(default).ok());
        let bedrock = settings.bedrock.as_ref().and_then(|bedrock| {
            bedrock::Access::new(
                &bedrock.region,
                settings.url.as_ref(),
                bedrock.identity.clone(),
            )
        });
        let base = match settings.provider {
            Provider::None => return None,
            Provider::Openai => own(openai::DEFAULT_BASE)?,
            Provider::Anthropic => own(anthropic::DEFAULT_BASE)?,
            Provider::Bedrock => bedrock.as_ref()?.runtime.clone(),
        };
        let price = settings.prices.of(&settings.model);
        if price.is_none() {
            let model = &settings.model;
            tracing::warn!(
                model,
                "no price is known for this model, so its cost is not counted: set LLM_PRICES"
            );
        }
        let is_openai = settings.provider == Provider::Openai;
        let best = Form {
            format: Format::Schema,
            // Anthropic wants a limit in any case, under its only name.
            limit: if is_openai && settings.max_output_tokens.is_some() {
                Limit::CompletionTokens
            } else {
                Limit::Unset
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
            negotiated: Negotiated::new(best),
        })))
    }

    /// What tokens cost in US dollars, where the model's price is known.
    #[must_use]
    pub fn cost(&self, usage: Usage) -> Option<f64> {
        self.0.price.map(|price| price.of(usage))
    }

    /// How many tokens of a transcript one prompt may hold, when there are so many tokens `beside`
    /// it: instructions, schema, what is known. Where the size of the model's context is known, the
    /// answer needs room in it too.
    #[must_use]
    pub fn part_tokens(&self, beside: usize, max_output_tokens: u32) -> usize {
        let Some(context) = self.0.context_tokens else {
            return self.0.part_tokens;
        };
        let output = usize::try_from(self.output_limit(max_output_tokens)).unwrap_or(usize::MAX);
        self.0
            .part_tokens
            .min(context.saturating_sub(beside).saturating_sub(output))
            .max(LEAST_PART)
    }

    /// Most tokens of an answer: as many as asked for, or fewer by the settings, and at most a
    /// quarter of the context.
    fn output_limit(&self, asked: u32) -> u32 {
        let limit = self.0.max_output_tokens.unwrap_or(asked);
        let quarter = self.0.context_tokens.map_or(u32::MAX, |context| {
            u32::try_from(context / 4).unwrap_or(u32::MAX)
        });
        limit.min(quarter)
    }

    /// How often one call is tried with the model when the model times out or the process dies.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.0.max_attempts
    }

    /// How often the model is asked about one caller's calls within a day, where that is limited.
    #[must_use]
    pub fn daily_requests_per_caller(&self) -> Option<u32> {
        self.0.daily_calls_per_caller
    }

    /// How often the model is asked about one call at most.
    #[must_use]
    pub fn max_requests_per_call(&self) -> u32 {
        self.0.calls_per_conversation
    }

    /// The pseudonym by which a caller's requests are counted; `None` without a pepper.
    pub async fn pseudonym(&self, caller: &CallerId) -> Option<CallerHash> {
        let secrets = self.0.secrets.current().await;
        secrets.caller_id_pepper().map(|pepper| caller.hash(pepper))
    }

    /// Whether the model is to be asked once more about what it wrote down.
    #[must_use]
    pub fn verifies(&self) -> bool {
        self.0.verify
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
            Provider::Bedrock => "bedrock",
            Provider::None => "none",
        }
    }

    /// Asks, at most [`MAX_TRIES`] times while the provider stumbles. The last time after a 500 it
    /// asks in a form that more servers know: some answer a schema that they do not know with 500
    /// and no reason.
    ///
    /// # Errors
    /// [`LlmError`], the last one.
    pub async fn complete(&self, prompt: &Prompt<'_>) -> Result<Completion, LlmError> {
        let (mut tries, mut refused) = (1, None);
        loop {
            let error = match self.ask_measured(prompt, refused).await {
                Ok(completion) => return Ok(completion),
                Err(error) => error,
            };
            match pause(&error, tries) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            }
            tries += 1;
            let is_500 =
                error == LlmError::Call(CallError::Failing(StatusCode::INTERNAL_SERVER_ERROR));
            refused = (is_500 && tries == MAX_TRIES).then_some(Evidence::Unnamed);
        }
    }

    /// Asks a single time, for an answer that can be done without.
    ///
    /// # Errors
    /// [`LlmError`]
    pub async fn complete_once(&self, prompt: &Prompt<'_>) -> Result<Completion, LlmError> {
        self.ask_measured(prompt, None).await
    }

    /// Asks the provider for what it knows of the model: free, and proof that it is there, takes
    /// the key and has the model. Many servers describe no single model; they are asked for their
    /// list, which proves only the first two.
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
        let answer = send(request.timeout(self.0.timeout)).await?;
        match Refusal::of(&answer) {
            None => Ok(()),
            Some(refusal) if refusal.is_of_model() => Err(LlmError::UnknownModel),
            Some(_) if is_unknown_route(answer.status) => self.check_list(&key).await,
            Some(_) => Ok(answer.success().map(|_| ())?),
        }
    }

    async fn check_list(&self, key: &str) -> Result<(), LlmError> {
        let request = match self.0.provider {
            Provider::Anthropic => anthropic::get(&self.0.http, &self.0.base, key, &["models"]),
            Provider::Openai | Provider::Bedrock | Provider::None => {
                openai::get(&self.0.http, &self.0.base, key, &["models"])
            }
        };
        send(request.timeout(self.0.timeout)).await?.success()?;
        Ok(())
    }

    /// A model is described as such or as an inference profile. An endpoint that describes neither
    /// proves nothing.
    async fn check_bedrock(&self, key: &str) -> Result<(), LlmError> {
        let inner = &self.0;
        let access = inner.bedrock.as_ref().ok_or(LlmError::NoKey)?;
        for collection in bedrock::collections(&inner.model) {
            let request = access
                .describe(&inner.http, key, collection, &inner.model)
                .ok_or(LlmError::NoKey)?;
            let answer = send(request.timeout(inner.timeout)).await?;
            match answer.status {
                StatusCode::BAD_REQUEST => {}
                StatusCode::NOT_FOUND
                    if Refusal::of(&answer).is_some_and(|refusal| refusal.is_of_operation()) =>
                {
                    return Ok(());
                }
                StatusCode::NOT_FOUND => {}
                _ => return Ok(answer.success().map(|_| ())?),
            }
        }
        Err(LlmError::UnknownModel)
    }

    async fn ask_measured(
        &self,
        prompt: &Prompt<'_>,
        refused: Option<Evidence>,
    ) -> Result<Completion, LlmError> {
        let started = Instant::now();
        let result = self.ask(prompt, refused).await;
        let (provider, model) = (self.provider(), self.model());
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

    /// Asks in the form that the model is known to take, and in the next one for as long as it
    /// refuses the form. `refused` says that the best form is taken for refused already.
    async fn ask(
        &self,
        prompt: &Prompt<'_>,
        mut refused: Option<Evidence>,
    ) -> Result<Completion, LlmError> {
        let key = self.key().await?;
        let mut form = self.0.negotiated.current(Instant::now());
        refused = refused.filter(|_| form.format == Format::Schema);
        if refused.is_some() {
            form.format = Format::Loose;
        }
        loop {
            let answer = self.send(&key, prompt, form).await?;
            match Refusal::of(&answer).and_then(|refusal| next_form(&refusal, form)) {
                // A refusal that gives no reason is worth one more request, not two.
                Some((evidence, next)) if evidence == Evidence::Named || refused.is_none() => {
                    refused = Some(refused.map_or(evidence, |before| weaker(before, evidence)));
                    form = next;
                }
                _ => {
                    if let Some(failure) =
                        bedrock::failure(&answer).filter(|_| self.0.provider == Provider::Bedrock)
                    {
                        return Err(failure);
                    }
                    let answer = accepted(answer)?;
                    self.settle(form, refused);
                    return self.whole(prompt, self.read(&answer)?);
                }
            }
        }
    }

    async fn send(
        &self,
        key: &str,
        prompt: &Prompt<'_>,
        form: Form,
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
            Provider::Anthropic => anthropic::request(&inner.http, &target, prompt, form),
            Provider::Bedrock => {
                let access = inner.bedrock.as_ref().ok_or(LlmError::NoKey)?;
                access
                    .converse(&inner.http, &target, prompt, form)
                    .ok_or(LlmError::NoKey)?
            }
            Provider::Openai | Provider::None => {
                openai::request(&inner.http, &target, prompt, form)
            }
        };
        match send(request.timeout(inner.timeout)).await {
            Err(CallError::Unreadable) => Err(LlmError::Unreadable(Usage::default())),
            result => Ok(result?),
        }
    }

    fn read(&self, answer: &HttpResponse) -> Result<Completion, LlmError> {
        match self.0.provider {
            Provider::Anthropic => anthropic::read(answer),
            Provider::Bedrock => bedrock::read(answer),
            Provider::Openai | Provider::None => openai::read(answer),
        }
    }

    /// The same, unless the server counts so few tokens that it cannot have read the whole prompt:
    /// some drop its beginning without a word, and with it the instructions.
    fn whole(&self, prompt: &Prompt<'_>, completion: Completion) -> Result<Completion, LlmError> {
        let counted = completion.usage.input;
        let chars = prompt.system.chars().count() + prompt.user.chars().count();
        let is_clipped = counted >= LEAST_CLIPPED && chars as u64 > counted * MOST_CHARS_PER_TOKEN;
        if self.0.provider != Provider::Openai || !is_clipped {
            return Ok(completion);
        }
        let model = self.model();
        tracing::warn!(
            model,
            counted,
            "the server did not read the whole prompt: set LLM_CONTEXT_TOKENS to its context"
        );
        Err(LlmError::CutOff(completion.usage))
    }

    /// Remembers the form that the model took, and logs it once.
    fn settle(&self, form: Form, refused: Option<Evidence>) {
        if self.0.negotiated.answered(form, refused, Instant::now()) {
            let (provider, model, parameters) = (self.provider(), self.model(), form.parameters());
            tracing::info!(
                provider,
                model,
                format = form.format.name(),
                parameters,
                "the model answers in this form"
            );
        }
    }

    async fn key(&self) -> Result<String, LlmError> {
        let secrets = self.0.secrets.current().await;
        let key = match self.0.provider {
            Provider::Bedrock => secrets.bedrock_api_key(),
            Provider::Openai | Provider::Anthropic | Provider::None => secrets.llm_api_key(),
        };
        let key = key.map(str::to_owned);
        let can_sign = self
            .0
            .bedrock
            .as_ref()
            .is_some_and(bedrock::Access::can_sign);
        // What is signed needs no key.
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

/// The form to ask in after a refusal: without the parameter that it names, or in a looser format.
fn next_form(refusal: &Refusal, form: Form) -> Option<(Evidence, Form)> {
    match refusal.of_parameter(form) {
        Some(parameter) => Some((Evidence::Named, form.without(parameter))),
        None => refusal.of_format().zip(form.looser()),
    }
}

/// A refusal of the format is as sure as its least sure part.
fn weaker(one: Evidence, other: Evidence) -> Evidence {
    if one == Evidence::Named { other } else { one }
}

/// An answer of status 200, or what its status means. A 429 may be a pause or an empty account, a
/// 400 a prompt that is too long. Some gateways send their error with a 200.
fn accepted(answer: HttpResponse) -> Result<HttpResponse, LlmError> {
    let answer = answer.with_status_of_error();
    if let Some(refusal) = Refusal::of(&answer) {
        if refusal.is_quota() {
            return Err(LlmError::QuotaUsedUp);
        }
        if refusal.is_too_long() {
            return Err(LlmError::CutOff(Usage::default()));
        }
        if refusal.is_of_model() {
            return Err(LlmError::UnknownModel);
        }
    }
    Ok(answer.success()?)
}

#[cfg(test)]
mod tests;
