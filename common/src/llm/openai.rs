//! OpenAI's chat completions, and every server that speaks the same.

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use url::Url;

use super::format::Format;
use super::tokens::count;
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
    format: Format,
) -> RequestBuilder {
    http.post(join(base, &["chat", "completions"])).bearer_auth(key).json(&body(model, prompt, format))
}

/// Neither `max_tokens` nor `temperature`: newer models refuse them.
pub(super) fn body(model: &str, prompt: &Prompt<'_>, format: Format) -> Value {
    let system = match format {
        Format::Schema => prompt.system.to_owned(),
        Format::Loose | Format::Words => prompt.system_with_schema(),
    };
    let mut body = json!({
        "model": model,
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": prompt.user}],
    });
    match format {
        Format::Schema => {
            let schema = json!({"name": prompt.name, "strict": true, "schema": prompt.schema});
            body["response_format"] = json!({"type": "json_schema", "json_schema": schema});
        }
        Format::Loose => body["response_format"] = json!({"type": "json_object"}),
        Format::Words => {}
    }
    body
}

/// An answer without content is an empty one, which no reader takes for JSON.
pub(super) fn read(answer: &Answer) -> Result<Completion, LlmError> {
    let response: Value = answer.json().map_err(|_| LlmError::Unreadable(Usage::default()))?;
    let usage = usage(&response["usage"]);
    let Some(choices) = response["choices"].as_array() else { return Err(LlmError::Unreadable(usage)) };
    let Some(choice) = choices.first() else { return Ok(Completion { text: String::new(), usage }) };
    let reason = choice["finish_reason"].as_str().unwrap_or_default().to_lowercase();
    match reason.as_str() {
        "length" | "max_tokens" | "model_length" => return Err(LlmError::CutOff(usage)),
        "content_filter" | "safety" => return Err(LlmError::Filtered(usage)),
        _ => {}
    }
    let message = &choice["message"];
    if message["refusal"].as_str().is_some_and(|refusal| !refusal.is_empty()) {
        return Err(LlmError::Refused(usage));
    }
    Ok(Completion { text: text_of(message), usage })
}

fn usage(usage: &Value) -> Usage {
    Usage {
        input: count(usage, &["prompt_tokens"]),
        output: count(usage, &["completion_tokens"]),
        cached: count(usage, &["prompt_tokens_details", "cached_tokens"]),
    }
}

/// The content, or failing that the arguments of a tool, or the thoughts into which some servers put everything.
fn text_of(message: &Value) -> String {
    let arguments = &message["tool_calls"][0]["function"]["arguments"];
    let sources = [&message["content"], arguments, &message["reasoning_content"], &message["reasoning"]];
    sources.into_iter().map(content).find(|text| !text.trim().is_empty()).unwrap_or_default()
}

/// A text, the texts of several parts without the model's thoughts, or JSON that is no text yet.
fn content(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) if parts.iter().any(|part| part["type"].is_string()) => {
            let texts = parts.iter().filter(|part| part["type"] == "text" || part["type"] == "output_text");
            texts.filter_map(|part| part["text"].as_str()).collect()
        }
        Value::Array(parts) if parts.iter().all(Value::is_string) => parts.iter().filter_map(Value::as_str).collect(),
        Value::Array(_) | Value::Object(_) => content.to_string(),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}
