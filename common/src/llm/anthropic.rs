//! Anthropic's messages. The answer is asked for as a structured output, of older models through a tool that the model is free
//! to use: current models refuse a forced one.

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use url::Url;

use super::format::Format;
use super::tokens::count;
use super::{Completion, LlmError, Prompt, Usage};
use crate::http_client::{Answer, join};

/// Where Anthropic is.
pub(super) const DEFAULT_BASE: &str = "https://api.anthropic.com/v1";
const VERSION: &str = "2023-06-01";

pub(super) fn models(http: &reqwest::Client, base: &Url, key: &str) -> RequestBuilder {
    http.get(join(base, &["models"])).header("x-api-key", key).header("anthropic-version", VERSION)
}

pub(super) fn request(
    http: &reqwest::Client,
    base: &Url,
    key: &str,
    model: &str,
    prompt: &Prompt<'_>,
    format: Format,
) -> RequestBuilder {
    let url = join(base, &["messages"]);
    http.post(url).header("x-api-key", key).header("anthropic-version", VERSION).json(&body(model, prompt, format))
}

/// The instructions are marked for the provider's cache: they are the same for every conversation.
pub(super) fn body(model: &str, prompt: &Prompt<'_>, format: Format) -> Value {
    let system = match format {
        Format::Schema => prompt.system.to_owned(),
        Format::Loose => format!("{}\n\nAnswer by calling the tool `{}` once.", prompt.system, prompt.name),
        Format::Words => prompt.system_with_schema(),
    };
    let mut body = json!({
        "model": model,
        "max_tokens": prompt.max_output_tokens,
        "system": [{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": prompt.user}],
    });
    match format {
        Format::Schema => body["output_config"] = json!({"format": {"type": "json_schema", "schema": prompt.schema}}),
        Format::Loose => {
            body["tools"] = json!([{"name": prompt.name, "description": "Records the answer.",
                "input_schema": prompt.schema}]);
            body["tool_choice"] = json!({"type": "auto"});
        }
        Format::Words => {}
    }
    body
}

/// An answer without content is an empty one, which no reader takes for JSON.
pub(super) fn read(answer: &Answer) -> Result<Completion, LlmError> {
    let response: Value = answer.json().map_err(|_| LlmError::Unreadable(Usage::default()))?;
    let usage = usage(&response["usage"]);
    match response["stop_reason"].as_str() {
        Some("max_tokens" | "model_context_window_exceeded") => return Err(LlmError::CutOff(usage)),
        Some("refusal") => return Err(LlmError::Refused(usage)),
        _ => {}
    }
    let text = match &response["content"] {
        Value::Array(blocks) => tool_input(blocks).unwrap_or_else(|| words(blocks)),
        Value::String(text) => text.clone(),
        _ => return Err(LlmError::Unreadable(usage)),
    };
    Ok(Completion { text, usage })
}

/// Anthropic counts cached tokens beside the input, not within it.
fn usage(usage: &Value) -> Usage {
    let cached = count(usage, &["cache_read_input_tokens"]);
    let written = count(usage, &["cache_creation_input_tokens"]);
    Usage {
        input: count(usage, &["input_tokens"]) + cached + written,
        output: count(usage, &["output_tokens"]),
        cached,
    }
}

fn tool_input(blocks: &[Value]) -> Option<String> {
    blocks.iter().find(|block| block["type"] == "tool_use").map(|block| block["input"].to_string())
}

/// What is not thought or a tool: a structured output, or JSON that a model wrote as words.
fn words(blocks: &[Value]) -> String {
    blocks.iter().filter(|block| block["type"] == "text").filter_map(|block| block["text"].as_str()).collect()
}
