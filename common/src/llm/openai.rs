//! OpenAI's chat completions, and every server that speaks the same.

use reqwest::RequestBuilder;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{Completion, LlmError, Prompt, Usage};
use crate::http_client::{Answer, join};

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

/// An answer without content is an empty one, which no reader takes for JSON.
pub(super) fn read(answer: &Answer) -> Result<Completion, LlmError> {
    let response: Response = answer.json()?;
    let usage = response.usage.counted();
    let Some(choice) = response.choices.into_iter().next() else {
        return Ok(Completion { text: String::new(), usage });
    };
    match choice.finish_reason.as_deref() {
        Some("length") => return Err(LlmError::CutOff(usage)),
        Some("content_filter") => return Err(LlmError::Filtered(usage)),
        _ => {}
    }
    if choice.message.refusal.is_some_and(|refusal| !refusal.is_empty()) {
        return Err(LlmError::Refused(usage));
    }
    Ok(Completion { text: choice.message.content.unwrap_or_default(), usage })
}

impl Tokens {
    fn counted(self) -> Usage {
        let cached = self.prompt_tokens_details.and_then(|details| details.cached_tokens).unwrap_or_default();
        Usage { input: self.prompt_tokens, output: self.completion_tokens, cached }
    }
}
