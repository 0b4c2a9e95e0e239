//! Anthropic's messages. The answer is asked for as a structured output, of older models through a
//! tool that the model is free to use: current models refuse a forced one.

use std::borrow::Cow;

use reqwest::RequestBuilder;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use super::format::{Form, Format};
use super::tokens::count;
use super::{Completion, LlmError, Prompt, Target, Usage};
use crate::http_client::{HttpResponse, join};
use crate::settings::Effort;

/// Where Anthropic is.
pub(super) const DEFAULT_BASE: &str = "https://api.anthropic.com/v1";
const VERSION: &str = "2023-06-01";

pub(super) fn get(http: &reqwest::Client, base: &Url, key: &str, path: &[&str]) -> RequestBuilder {
    http.get(join(base, path))
        .header("x-api-key", key)
        .header("anthropic-version", VERSION)
}

pub(super) fn request(
    http: &reqwest::Client,
    target: &Target<'_>,
    prompt: &Prompt<'_>,
    form: Form,
) -> RequestBuilder {
    let request = http
        .post(join(target.base, &["messages"]))
        .header("x-api-key", target.key);
    request
        .header("anthropic-version", VERSION)
        .json(&body(target, prompt, form))
}

/// The request as it is sent. Field by field, because a map would sort the fields of the schema,
/// and a model writes its answer in their order.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    max_tokens: u32,
    system: [SystemBlock<'a>; 1],
    messages: [Message<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<[Tool<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Typed>,
}

#[derive(Serialize)]
struct SystemBlock<'a> {
    r#type: &'static str,
    text: Cow<'a, str>,
    cache_control: Typed,
}

#[derive(Serialize)]
struct Typed {
    r#type: &'static str,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct OutputConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<Effort>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<JsonSchema<'a>>,
}

#[derive(Serialize)]
struct JsonSchema<'a> {
    r#type: &'static str,
    schema: &'a RawValue,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    description: &'static str,
    input_schema: &'a RawValue,
}

/// The instructions are marked for the provider's cache: they are the same for every conversation.
/// A model whose minimum they do not reach reads them at its usual price; `docs/settings.md` names
/// those that cache them.
pub(super) fn body<'a>(target: &Target<'a>, prompt: &Prompt<'a>, form: Form) -> Body<'a> {
    let format = form.format;
    let text = prompt.system_for_tool(format);
    let schema = JsonSchema {
        r#type: "json_schema",
        schema: prompt.schema,
    };
    let config = OutputConfig {
        effort: target.effort.filter(|_| form.has_effort),
        format: (format == Format::Schema).then_some(schema),
    };
    let tool = Tool {
        name: prompt.name,
        description: "Records the answer.",
        input_schema: prompt.schema,
    };
    Body {
        model: target.model,
        max_tokens: target.max_output_tokens,
        system: [SystemBlock {
            r#type: "text",
            text,
            cache_control: Typed {
                r#type: "ephemeral",
            },
        }],
        messages: [Message {
            role: "user",
            content: prompt.user,
        }],
        output_config: Some(config)
            .filter(|config| config.effort.is_some() || config.format.is_some()),
        tools: (format == Format::Loose).then_some([tool]),
        tool_choice: (format == Format::Loose).then_some(Typed { r#type: "auto" }),
    }
}

/// An answer without content is an empty one, which no reader takes for JSON.
pub(super) fn read(answer: &HttpResponse) -> Result<Completion, LlmError> {
    let response: Value = answer
        .json()
        .map_err(|_| LlmError::Unreadable(Usage::default()))?;
    let usage = usage(&response["usage"]);
    match response["stop_reason"].as_str() {
        Some("max_tokens" | "model_context_window_exceeded") => {
            return Err(LlmError::CutOff(usage));
        }
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
        written,
    }
}

fn tool_input(blocks: &[Value]) -> Option<String> {
    blocks
        .iter()
        .find(|block| block["type"] == "tool_use")
        .map(|block| block["input"].to_string())
}

/// What is not thought or a tool: a structured output, or JSON that a model wrote as words.
fn words(blocks: &[Value]) -> String {
    blocks
        .iter()
        .filter(|block| block["type"] == "text")
        .filter_map(|block| block["text"].as_str())
        .collect()
}
