//! OpenAI's chat completions, and every server that speaks the same.

use reqwest::RequestBuilder;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{Completion, LlmError, Prompt, Usage};
use crate::http_client::{Answer, CallError, join};

/// Where OpenAI itself is.
pub(super) const DEFAULT_BASE: &str = "https://api.openai.com/v1";

pub(super) fn models(http: &reqwest::Client, base: &Url, key: &str) -> RequestBuilder {
    http.get(join(base, &["models"])).bearer_auth(key)
}

pub(super) fn request(
    http: &reqwest::Client,
    base: &Url,
    key: &str,
    model: &str,
    prompt: &Prompt<'_>,
    with_schema: bool,
) -> RequestBuilder {
    http.post(join(base, &["chat", "completions"])).bearer_auth(key).json(&body(model, prompt, with_schema))
}

/// Neither `max_tokens` nor `temperature`: newer models refuse them.
pub(super) fn body(model: &str, prompt: &Prompt<'_>, with_schema: bool) -> Value {
    let (system, format) = if with_schema {
        (
            prompt.system.to_owned(),
            json!({"type": "json_schema", "json_schema": {"name": prompt.name, "strict": true, "schema": prompt.schema}}),
        )
    } else {
        (
            format!(
                "{}\n\nAnswer with one JSON object of this schema and nothing else:\n{}",
                prompt.system, prompt.schema
            ),
            json!({"type": "json_object"}),
        )
    };
    json!({
        "model": model,
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": prompt.user}],
        "response_format": format,
    })
}

#[derive(Deserialize)]
struct Response {
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Tokens,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tokens {
    prompt_tokens: u64,
    completion_tokens: u64,
    prompt_tokens_details: Option<Details>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    cached_tokens: Option<u64>,
}

pub(super) fn read(answer: &Answer) -> Result<Completion, LlmError> {
    let response: Response = answer.json()?;
    let choice = response.choices.into_iter().next().ok_or(CallError::Unreadable)?;
    match choice.finish_reason.as_deref() {
        Some("length") => return Err(LlmError::CutOff),
        Some("content_filter") => return Err(LlmError::Filtered),
        _ => {}
    }
    if choice.message.refusal.is_some_and(|refusal| !refusal.is_empty()) {
        return Err(LlmError::Refused);
    }
    let text = choice.message.content.ok_or(CallError::Unreadable)?;
    let cached = response.usage.prompt_tokens_details.and_then(|details| details.cached_tokens).unwrap_or_default();
    Ok(Completion {
        text,
        usage: Usage { input: response.usage.prompt_tokens, output: response.usage.completion_tokens, cached },
    })
}
