//! Amazon Bedrock's Converse: one form of request for the models of all vendors, signed with the
//! function's role, or with an API key of Bedrock as a bearer token.
//!
//! Sources: Amazon Bedrock API Reference (`Converse`, `OutputConfig`, `ToolConfiguration`,
//! `GetFoundationModel`, `GetInferenceProfile`) and User Guide (structured outputs, prompt caching,
//! inference profiles), November 2026.

use std::borrow::Cow;
use std::time::SystemTime;

use http::{Method, StatusCode};
use reqwest::RequestBuilder;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use super::format::{Form, Format};
use super::tokens::count;
use super::{Completion, LlmError, Prompt, Target, Usage};
use crate::http_client::{CallError, HttpResponse};
use crate::settings::Effort;
use crate::signed::{Identity, public_endpoint};

/// Whose requests are signed, and where Bedrock is.
#[derive(Debug)]
pub(super) struct Access {
    /// Where models answer.
    pub(super) runtime: Url,
    /// Where models are listed.
    control: Url,
    /// Signs where no API key is set.
    identity: Option<Identity>,
}

impl Access {
    /// Bedrock of a region, or all of it behind one URL of an operator's own.
    pub(super) fn new(region: &str, url: Option<&Url>, identity: Option<Identity>) -> Option<Self> {
        let at = |service| url.cloned().or_else(|| public_endpoint(region, service));
        Some(Self {
            runtime: at("bedrock-runtime")?,
            control: at("bedrock")?,
            identity,
        })
    }

    pub(super) fn can_sign(&self) -> bool {
        self.identity.is_some()
    }

    /// Asks a model.
    pub(super) fn converse(
        &self,
        http: &reqwest::Client,
        target: &Target<'_>,
        prompt: &Prompt<'_>,
        form: Form,
    ) -> Option<RequestBuilder> {
        let body = serde_json::to_string(&body(target, prompt, form)).ok()?;
        let url = joined(
            &self.runtime,
            &format!("model/{}/converse", encoded(target.model)),
        )?;
        self.request(http, Method::POST, &url, target.key, body)
    }

    /// Asks for what is known of a model: free, and proof that the name is right. `collection` is
    /// one of [`collections`].
    pub(super) fn describe(
        &self,
        http: &reqwest::Client,
        key: &str,
        collection: &str,
        model: &str,
    ) -> Option<RequestBuilder> {
        let url = joined(&self.control, &format!("{collection}/{}", encoded(model)))?;
        self.request(http, Method::GET, &url, key, String::new())
    }

    fn request(
        &self,
        http: &reqwest::Client,
        method: Method,
        url: &Url,
        key: &str,
        body: String,
    ) -> Option<RequestBuilder> {
        const JSON: (&str, &str) = ("content-type", "application/json");
        if !key.is_empty() {
            return Some(
                http.request(method, url.clone())
                    .header(JSON.0, JSON.1)
                    .bearer_auth(key)
                    .body(body),
            );
        }
        let request =
            self.identity
                .as_ref()?
                .request(method, "bedrock", url, &[JSON], body, now())?;
        Some(RequestBuilder::from_parts(
            http.clone(),
            reqwest::Request::try_from(request).ok()?,
        ))
    }
}

/// Where a model of this name is described: as an inference profile (`eu.anthropic.…`, an ARN) or
/// as a model. The other place is looked at when it is not in the first.
pub(super) fn collections(model: &str) -> [&'static str; 2] {
    const MODELS: &str = "foundation-models";
    const PROFILES: &str = "inference-profiles";
    let is_regional = model
        .split_once('.')
        .is_some_and(|(first, _)| PROFILE_REGIONS.contains(&first));
    let is_profile = is_regional || model.contains("inference-profile/");
    if is_profile {
        [PROFILES, MODELS]
    } else {
        [MODELS, PROFILES]
    }
}

/// How the ids of inference profiles across regions begin.
const PROFILE_REGIONS: [&str; 9] = [
    "global", "us", "eu", "apac", "jp", "au", "ca", "us-gov", "sa",
];

/// Vendors whose models cache what stands before a cache point.
const CACHING: [&str; 2] = ["anthropic.", "amazon.nova"];

/// Whether this model caches prompts. The minimum lengths are those of the vendor.
pub(super) fn has_cache_points(model: &str) -> bool {
    CACHING.iter().any(|vendor| model.contains(vendor))
}

/// Whether the effort of this model can be set, as the vendor names it.
pub(super) fn has_effort(model: &str) -> bool {
    model.contains("anthropic.") || model.contains("openai.")
}

/// The request as it is sent, field by field, because a map would sort the fields of the schema.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body<'a> {
    system: Vec<SystemBlock<'a>>,
    messages: [Message<'a>; 1],
    inference_config: InferenceConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_config: Option<ToolConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_model_request_fields: Option<OwnFields>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum SystemBlock<'a> {
    Text(Cow<'a, str>),
    CachePoint(Typed),
}

#[derive(Serialize)]
struct Typed {
    r#type: &'static str,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: [Text<'a>; 1],
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InferenceConfig {
    max_tokens: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OutputConfig<'a> {
    text_format: TextFormat<'a>,
}

#[derive(Serialize)]
struct TextFormat<'a> {
    r#type: &'static str,
    structure: Structure<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Structure<'a> {
    json_schema: JsonSchema<'a>,
}

/// The schema is a text here, not an object.
#[derive(Serialize)]
struct JsonSchema<'a> {
    name: &'a str,
    schema: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToolConfig<'a> {
    tools: [Tool<'a>; 1],
    tool_choice: ToolChoice,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tool<'a> {
    tool_spec: ToolSpec<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToolSpec<'a> {
    name: &'a str,
    description: &'static str,
    input_schema: InputSchema<'a>,
}

#[derive(Serialize)]
struct InputSchema<'a> {
    json: &'a RawValue,
}

#[derive(Serialize)]
struct ToolChoice {
    auto: Nothing,
}

#[derive(Serialize)]
struct Nothing {}

/// What Bedrock passes on to the model as it is.
#[derive(Serialize)]
#[serde(untagged)]
enum OwnFields {
    Anthropic { output_config: EffortField },
    Openai { reasoning_effort: Effort },
}

#[derive(Serialize)]
struct EffortField {
    effort: Effort,
}

pub(super) fn body<'a>(target: &Target<'a>, prompt: &Prompt<'a>, form: Form) -> Body<'a> {
    let format = form.format;
    let text = prompt.system_for_tool(format);
    let mut system = vec![SystemBlock::Text(text)];
    if form.has_breakpoint {
        system.push(SystemBlock::CachePoint(Typed { r#type: "default" }));
    }
    let json_schema = JsonSchema {
        name: prompt.name,
        schema: prompt.schema.get(),
    };
    let text_format = TextFormat {
        r#type: "json_schema",
        structure: Structure { json_schema },
    };
    let input_schema = InputSchema {
        json: prompt.schema,
    };
    let tool_spec = ToolSpec {
        name: prompt.name,
        description: "Records the answer.",
        input_schema,
    };
    let tool_config = ToolConfig {
        tools: [Tool { tool_spec }],
        tool_choice: ToolChoice { auto: Nothing {} },
    };
    Body {
        system,
        messages: [Message {
            role: "user",
            content: [Text { text: prompt.user }],
        }],
        inference_config: InferenceConfig {
            max_tokens: target.max_output_tokens,
        },
        output_config: (format == Format::Schema).then_some(OutputConfig { text_format }),
        tool_config: (format == Format::Loose).then_some(tool_config),
        additional_model_request_fields: target
            .effort
            .filter(|_| form.has_effort)
            .map(|effort| own_fields(target.model, effort)),
    }
}

fn own_fields(model: &str, effort: Effort) -> OwnFields {
    if model.contains("anthropic.") {
        OwnFields::Anthropic {
            output_config: EffortField { effort },
        }
    } else {
        OwnFields::Openai {
            reasoning_effort: effort,
        }
    }
}

/// Two failures that may be the fault of the prompt, so that they are not waited for without end:
/// `ModelTimeoutException` (408) and `ModelErrorException` (424).
pub(super) fn failure(answer: &HttpResponse) -> Option<LlmError> {
    match answer.status {
        StatusCode::REQUEST_TIMEOUT => Some(LlmError::Call(CallError::TimedOut)),
        status @ StatusCode::FAILED_DEPENDENCY => Some(LlmError::Call(CallError::Failing(status))),
        _ => None,
    }
}

/// An answer without content is an empty one, which no reader takes for JSON.
pub(super) fn read(answer: &HttpResponse) -> Result<Completion, LlmError> {
    let response: Value = answer
        .json()
        .map_err(|_| LlmError::Unreadable(Usage::default()))?;
    let usage = usage(&response["usage"]);
    match response["stopReason"].as_str() {
        Some("max_tokens" | "model_context_window_exceeded") => {
            return Err(LlmError::CutOff(usage));
        }
        Some("guardrail_intervened" | "content_filtered") => return Err(LlmError::Filtered(usage)),
        Some("refusal") => return Err(LlmError::Refused(usage)),
        _ => {}
    }
    let Some(blocks) = response["output"]["message"]["content"].as_array() else {
        return Err(LlmError::Unreadable(usage));
    };
    let input = blocks
        .iter()
        .map(|block| &block["toolUse"]["input"])
        .find(|input| !input.is_null());
    // `reasoningContent` blocks have no `text` of their own.
    let text = || {
        blocks
            .iter()
            .filter_map(|block| block["text"].as_str())
            .collect()
    };
    Ok(Completion {
        text: input.map_or_else(text, Value::to_string),
        usage,
    })
}

/// Bedrock counts cached tokens beside the input, not within it.
fn usage(usage: &Value) -> Usage {
    let cached = count(usage, &["cacheReadInputTokens"]);
    let written = count(usage, &["cacheWriteInputTokens"]);
    let input = count(usage, &["inputTokens"]) + cached + written;
    Usage {
        input,
        output: count(usage, &["outputTokens"]),
        cached,
        written,
    }
}

/// The id of a model or the ARN of a profile as one segment of a path. AWS signs what is encoded as
/// its SDKs encode it: a colon is `%3A`, a slash `%2F`.
fn encoded(segment: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    segment
        .bytes()
        .map(|byte| {
            if is_plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn joined(base: &Url, path: &str) -> Option<Url> {
    Url::parse(&format!("{}/{path}", base.as_str().trim_end_matches('/'))).ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a request is signed with its time"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests;
