//! Anthropic's Messages API.
//!
//! The model is asked for a structured output. Older models are given a tool instead. The tool is
//! optional, because current models reject a forced tool.

use std::borrow::Cow;

use reqwest::RequestBuilder;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use super::request_options::{OutputFormat, RequestOptions};
use super::tokens::count;
use super::{Completion, LlmError, Prompt, Target, Usage};
use crate::http_client::{HttpResponse, join};
use crate::settings::Effort;

/// Anthropic's own endpoint.
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
    options: RequestOptions,
) -> RequestBuilder {
    let request = http
        .post(join(target.base, &["messages"]))
        .header("x-api-key", target.key);
    request
        .header("anthropic-version", VERSION)
        .json(&body(target, prompt, options))
}

/// The body of a request. The schema is raw text, because a map would sort its fields, and a model
/// writes its answer in their order.
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

/// Builds the body of a request.
///
/// The instructions are the same for every conversation, so they are marked for the provider's
/// cache. If they are too short to be cached, the model charges its usual price. `docs/settings.md`
/// lists the models that cache them.
pub(super) fn body<'a>(
    target: &Target<'a>,
    prompt: &Prompt<'a>,
    options: RequestOptions,
) -> Body<'a> {
    let format = options.format;
    let text = prompt.system_for_tool(format);
    let schema = JsonSchema {
        r#type: "json_schema",
        schema: prompt.schema,
    };
    let config = OutputConfig {
        effort: target.effort.filter(|_| options.has_effort),
        format: (format == OutputFormat::Schema).then_some(schema),
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
        tools: (format == OutputFormat::Loose).then_some([tool]),
        tool_choice: (format == OutputFormat::Loose).then_some(Typed { r#type: "auto" }),
    }
}

/// Reads a successful response. A response without content gives an empty text, which is not JSON.
pub(super) fn read(response: &HttpResponse) -> Result<Completion, LlmError> {
    let json: Value = response
        .json()
        .map_err(|_| LlmError::Unreadable(Usage::default()))?;
    let usage = usage(&json["usage"]);
    match json["stop_reason"].as_str() {
        Some("max_tokens" | "model_context_window_exceeded") => {
            return Err(LlmError::TokenLimitReached(usage));
        }
        Some("refusal") => return Err(LlmError::Refused(usage)),
        _ => {}
    }
    let text = match &json["content"] {
        Value::Array(blocks) => tool_input(blocks).unwrap_or_else(|| text_blocks(blocks)),
        Value::String(text) => text.clone(),
        _ => return Err(LlmError::Unreadable(usage)),
    };
    Ok(Completion { text, usage })
}

/// Anthropic does not include cached tokens in the input tokens, so they are added here.
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

/// Returns the text blocks: a structured output, or JSON that the model wrote as text. Thinking
/// blocks are left out.
fn text_blocks(blocks: &[Value]) -> String {
    blocks
        .iter()
        .filter(|block| block["type"] == "text")
        .filter_map(|block| block["text"].as_str())
        .collect()
}
