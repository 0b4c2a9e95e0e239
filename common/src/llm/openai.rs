//! OpenAI's Chat Completions API, which many other servers implement too.

use std::borrow::Cow;

use reqwest::RequestBuilder;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use super::request_options::{LimitName, OutputFormat, RequestOptions};
use super::tokens::count;
use super::{Completion, LlmError, Prompt, Target, Usage};
use crate::http_client::{HttpResponse, join};
use crate::settings::Effort;

/// OpenAI's own endpoint.
pub(super) const DEFAULT_BASE: &str = "https://api.openai.com/v1";

pub(super) fn get(http: &reqwest::Client, base: &Url, key: &str, path: &[&str]) -> RequestBuilder {
    http.get(join(base, path)).bearer_auth(key)
}

pub(super) fn request(
    http: &reqwest::Client,
    target: &Target<'_>,
    prompt: &Prompt<'_>,
    options: RequestOptions,
) -> RequestBuilder {
    http.post(join(target.base, &["chat", "completions"]))
        .bearer_auth(target.key)
        .json(&body(target, prompt, options))
}

/// The body of a request. The schema is raw text, because a map would sort its fields, and a model
/// writes its answer in their order.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<Effort>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    messages: [Message<'a>; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_options: Option<Mode>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: Content<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(Cow<'a, str>),
    Parts([Part<'a>; 1]),
}

#[derive(Serialize)]
struct Part<'a> {
    r#type: &'static str,
    text: Cow<'a, str>,
    prompt_cache_breakpoint: Mode,
}

#[derive(Serialize)]
struct Mode {
    mode: &'static str,
}

const EXPLICIT: Mode = Mode { mode: "explicit" };

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ResponseFormat<'a> {
    JsonSchema { json_schema: JsonSchema<'a> },
    JsonObject,
}

#[derive(Serialize)]
struct JsonSchema<'a> {
    name: &'a str,
    strict: bool,
    schema: &'a RawValue,
}

/// Builds the body of a request.
///
/// `temperature` is never sent, because newer models reject it. A breakpoint marks the end of the
/// instructions for OpenAI's cache, see [`has_breakpoints`].
pub(super) fn body<'a>(
    target: &Target<'a>,
    prompt: &Prompt<'a>,
    options: RequestOptions,
) -> Body<'a> {
    let limit = |name: LimitName| (options.limit == name).then_some(target.max_output_tokens);
    let cache = options.has_breakpoint;
    let instructions = match options.format {
        OutputFormat::Schema => Cow::Borrowed(prompt.system),
        OutputFormat::Loose | OutputFormat::PromptOnly => Cow::Owned(prompt.system_with_schema()),
    };
    let system = if cache {
        Content::Parts([Part {
            r#type: "text",
            text: instructions,
            prompt_cache_breakpoint: EXPLICIT,
        }])
    } else {
        Content::Text(instructions)
    };
    let schema = JsonSchema {
        name: prompt.name,
        strict: true,
        schema: prompt.schema,
    };
    Body {
        model: target.model,
        reasoning_effort: target.effort.filter(|_| options.has_effort),
        max_completion_tokens: limit(LimitName::CompletionTokens),
        max_tokens: limit(LimitName::Tokens),
        messages: [
            Message {
                role: "system",
                content: system,
            },
            Message {
                role: "user",
                content: Content::Text(Cow::Borrowed(prompt.user)),
            },
        ],
        response_format: match options.format {
            OutputFormat::Schema => Some(ResponseFormat::JsonSchema {
                json_schema: schema,
            }),
            OutputFormat::Loose => Some(ResponseFormat::JsonObject),
            OutputFormat::PromptOnly => None,
        },
        prompt_cache_key: cache.then_some(prompt.name),
        prompt_cache_options: cache.then_some(EXPLICIT),
    }
}

/// Returns whether OpenAI caches this model's prompts up to an explicit breakpoint.
///
/// From GPT-5.6 on, the cached prefix ends at a breakpoint. Without an explicit one, OpenAI puts it
/// after the last message, which is the transcript. Every call would then pay 1.25 times the input
/// price for a cache entry that is never read. Earlier models cache any prefix of at least 1,024
/// tokens and do not support the parameters. (OpenAI's guide to prompt caching, November 2026.)
pub(super) fn has_breakpoints(base: &Url, model: &str) -> bool {
    let number = model
        .strip_prefix("gpt-")
        .and_then(|rest| rest.split('-').next())
        .unwrap_or_default();
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    let version = major.parse::<u32>().ok().zip(minor.parse::<u32>().ok());
    base.host_str() == Some("api.openai.com") && version.is_some_and(|version| version >= (5, 6))
}

/// Reads a successful response. A response without content gives an empty text, which is not JSON.
pub(super) fn read(response: &HttpResponse) -> Result<Completion, LlmError> {
    let json: Value = response
        .json()
        .map_err(|_| LlmError::Unreadable(Usage::default()))?;
    let usage = usage(&json["usage"]);
    let Some(choices) = json["choices"].as_array() else {
        return Err(LlmError::Unreadable(usage));
    };
    let Some(choice) = choices.first() else {
        return Ok(Completion {
            text: String::new(),
            usage,
        });
    };
    let reason = choice["finish_reason"]
        .as_str()
        .unwrap_or_default()
        .to_lowercase();
    match reason.as_str() {
        "length" | "max_tokens" | "model_length" => return Err(LlmError::TokenLimitReached(usage)),
        "content_filter" | "safety" => return Err(LlmError::Filtered(usage)),
        _ => {}
    }
    let message = &choice["message"];
    if message["refusal"]
        .as_str()
        .is_some_and(|refusal| !refusal.is_empty())
    {
        return Err(LlmError::Refused(usage));
    }
    Ok(Completion {
        text: text_of(message),
        usage,
    })
}

fn usage(usage: &Value) -> Usage {
    Usage {
        input: count(usage, &["prompt_tokens"]),
        output: count(usage, &["completion_tokens"]),
        cached: count(usage, &["prompt_tokens_details", "cached_tokens"]),
        written: count(usage, &["prompt_tokens_details", "cache_write_tokens"]),
    }
}

/// Returns the message's content or, if it is empty, the arguments of a tool call or the reasoning.
/// Some servers put the whole answer into the reasoning.
fn text_of(message: &Value) -> String {
    let arguments = &message["tool_calls"][0]["function"]["arguments"];
    let sources = [
        &message["content"],
        arguments,
        &message["reasoning_content"],
        &message["reasoning"],
    ];
    sources
        .into_iter()
        .map(content)
        .find(|text| !text.trim().is_empty())
        .unwrap_or_default()
}

/// Returns the text of a content value: a string, the text parts of an array without the reasoning,
/// or a JSON value as text.
fn content(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) if parts.iter().any(|part| part["type"].is_string()) => {
            let texts = parts
                .iter()
                .filter(|part| part["type"] == "text" || part["type"] == "output_text");
            texts.filter_map(|part| part["text"].as_str()).collect()
        }
        Value::Array(parts) if parts.iter().all(Value::is_string) => {
            parts.iter().filter_map(Value::as_str).collect()
        }
        Value::Array(_) | Value::Object(_) => content.to_string(),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breakpoint_is_sent_only_to_openai_models_that_support_it() {
        for (base, model, expected) in [
            (DEFAULT_BASE, "gpt-6-luna", true),
            (DEFAULT_BASE, "gpt-6.1-terra", true),
            (DEFAULT_BASE, "gpt-5.6-luna", true),
            (DEFAULT_BASE, "gpt-5.5", false),
            (DEFAULT_BASE, "gpt-4.1-mini", false),
            (DEFAULT_BASE, "gpt-4o", false),
            (DEFAULT_BASE, "o4-mini", false),
            ("https://api.groq.com/openai/v1", "gpt-6-luna", false),
            ("http://127.0.0.1:8080/v1", "gpt-oss-20b", false),
        ] {
            assert_eq!(
                has_breakpoints(&Url::parse(base).unwrap(), model),
                expected,
                "{base} {model}"
            );
        }
    }
}
