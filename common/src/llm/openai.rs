//! OpenAI's chat completions, and every server that speaks the same.

use std::borrow::Cow;

use reqwest::RequestBuilder;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use super::format::{Form, Format, Limit};
use super::tokens::count;
use super::{Completion, LlmError, Prompt, Target, Usage};
use crate::http_client::{HttpResponse, join};
use crate::settings::Effort;

/// Where OpenAI itself is.
pub(super) const DEFAULT_BASE: &str = "https://api.openai.com/v1";

pub(super) fn get(http: &reqwest::Client, base: &Url, key: &str, path: &[&str]) -> RequestBuilder {
    http.get(join(base, path)).bearer_auth(key)
}

pub(super) fn request(
    http: &reqwest::Client,
    target: &Target<'_>,
    prompt: &Prompt<'_>,
    form: Form,
) -> RequestBuilder {
    http.post(join(target.base, &["chat", "completions"]))
        .bearer_auth(target.key)
        .json(&body(target, prompt, form))
}

/// The request as it is sent. Field by field, because a map would sort the fields of the schema,
/// and a model writes its answer in their order.
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

/// No `temperature`: newer models refuse it. A breakpoint marks the end of the instructions for
/// OpenAI's cache, see [`has_breakpoints`].
pub(super) fn body<'a>(target: &Target<'a>, prompt: &Prompt<'a>, form: Form) -> Body<'a> {
    let limit = |name: Limit| (form.limit == name).then_some(target.max_output_tokens);
    let cache = form.has_breakpoint;
    let system = match form.format {
        Format::Schema => Cow::Borrowed(prompt.system),
        Format::Loose | Format::Words => Cow::Owned(prompt.system_with_schema()),
    };
    let system = match cache {
        true => Content::Parts([Part {
            r#type: "text",
            text: system,
            prompt_cache_breakpoint: EXPLICIT,
        }]),
        false => Content::Text(system),
    };
    let schema = JsonSchema {
        name: prompt.name,
        strict: true,
        schema: prompt.schema,
    };
    Body {
        model: target.model,
        reasoning_effort: target.effort.filter(|_| form.has_effort),
        max_completion_tokens: limit(Limit::CompletionTokens),
        max_tokens: limit(Limit::Tokens),
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
        response_format: match form.format {
            Format::Schema => Some(ResponseFormat::JsonSchema {
                json_schema: schema,
            }),
            Format::Loose => Some(ResponseFormat::JsonObject),
            Format::Words => None,
        },
        prompt_cache_key: cache.then_some(prompt.name),
        prompt_cache_options: cache.then_some(EXPLICIT),
    }
}

/// Whether OpenAI caches this model's prompts up to marked places. From GPT-5.6 on a cached prefix
/// ends at a breakpoint, and without a marked one OpenAI puts it behind the last message: behind
/// the transcript, which never comes again, so that every call would pay 1.25 times the price of
/// its input for a cache that nobody reads. Earlier models cache any prefix from 1,024 tokens on,
/// and do not know the parameters. (OpenAI's guide to prompt caching, November 2026.)
pub(super) fn has_breakpoints(base: &Url, model: &str) -> bool {
    let version = model
        .strip_prefix("gpt-")
        .and_then(|rest| rest.split('-').next())
        .unwrap_or_default();
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    let version = major.parse::<u32>().ok().zip(minor.parse::<u32>().ok());
    base.host_str() == Some("api.openai.com") && version.is_some_and(|version| version >= (5, 6))
}

/// An answer without content is an empty one, which no reader takes for JSON.
pub(super) fn read(answer: &HttpResponse) -> Result<Completion, LlmError> {
    let response: Value = answer
        .json()
        .map_err(|_| LlmError::Unreadable(Usage::default()))?;
    let usage = usage(&response["usage"]);
    let Some(choices) = response["choices"].as_array() else {
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
        "length" | "max_tokens" | "model_length" => return Err(LlmError::CutOff(usage)),
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

/// The content, or failing that the arguments of a tool, or the thoughts into which some servers
/// put everything.
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

/// A text, the texts of several parts without the model's thoughts, or JSON that is no text yet.
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
    fn only_models_of_openai_that_know_breakpoints_are_sent_one() {
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
