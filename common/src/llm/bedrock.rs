//! Amazon Bedrock's Converse API, which has one request format for the models of all vendors.
//!
//! Requests are signed with the function's role, or carry a Bedrock API key as a bearer token.
//!
//! Sources: Amazon Bedrock API Reference (`Converse`, `OutputConfig`, `ToolConfiguration`,
//! `GetFoundationModel`, `GetInferenceProfile`) and User Guide (structured outputs, prompt caching,
//! inference profiles), November 2026.

use std::borrow::Cow;

use http::{Method, StatusCode};
use reqwest::RequestBuilder;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use super::request_options::{OutputFormat, RequestOptions};
use super::tokens::count;
use super::{Completion, LlmError, Prompt, Target, Usage};
use crate::http_client::{CallError, HttpResponse};
use crate::settings::Effort;
use crate::signed::{Identity, join_path, now, path_segment, public_endpoint};

/// Builds authenticated requests to Bedrock's endpoints.
#[derive(Debug)]
pub(super) struct Client {
    /// The endpoint that runs models.
    pub(super) runtime: Url,
    /// The endpoint that describes models.
    control: Url,
    /// Signs requests if no API key is set.
    identity: Option<Identity>,
}

impl Client {
    /// Uses the endpoints of a region, or the operator's own URL for both endpoints.
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

    /// Builds a request to a model. Returns `None` if it cannot be authenticated.
    pub(super) fn converse(
        &self,
        http: &reqwest::Client,
        target: &Target<'_>,
        prompt: &Prompt<'_>,
        options: RequestOptions,
    ) -> Option<RequestBuilder> {
        let body = serde_json::to_string(&body(target, prompt, options)).ok()?;
        let url = join_path(
            &self.runtime,
            &format!("model/{}/converse", path_segment(target.model)),
        )?;
        self.request(http, Method::POST, &url, target.key, body)
    }

    /// Builds a request for the description of a model, which is free and verifies the model's
    /// name. `collection` is one of [`collections`]. Returns `None` if it cannot be authenticated.
    pub(super) fn describe(
        &self,
        http: &reqwest::Client,
        key: &str,
        collection: &str,
        model: &str,
    ) -> Option<RequestBuilder> {
        let url = join_path(
            &self.control,
            &format!("{collection}/{}", path_segment(model)),
        )?;
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

/// Returns the collections that may describe a model, the more likely one first: inference profiles
/// (for `eu.anthropic.…` or an ARN) or foundation models.
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

/// Prefixes of the ids of cross-region inference profiles.
const PROFILE_REGIONS: [&str; 9] = [
    "global", "us", "eu", "apac", "jp", "au", "ca", "us-gov", "sa",
];

/// Vendors whose models support cache points.
const CACHING_VENDORS: [&str; 2] = ["anthropic.", "amazon.nova"];

/// Returns whether this model caches the prompt up to a cache point. The vendor defines the minimum
/// length.
pub(super) fn has_cache_points(model: &str) -> bool {
    CACHING_VENDORS.iter().any(|vendor| model.contains(vendor))
}

/// Returns whether this model has a parameter for the reasoning effort.
pub(super) fn has_effort(model: &str) -> bool {
    model.contains("anthropic.") || model.contains("openai.")
}

/// The body of a request. The schema is raw text, because a map would sort its fields.
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
    additional_model_request_fields: Option<VendorFields>,
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

/// A schema. Bedrock expects it as a string, not as an object.
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
    auto: Empty,
}

#[derive(Serialize)]
struct Empty {}

/// Fields that Bedrock passes to the model unchanged.
#[derive(Serialize)]
#[serde(untagged)]
enum VendorFields {
    Anthropic { output_config: EffortField },
    Openai { reasoning_effort: Effort },
}

#[derive(Serialize)]
struct EffortField {
    effort: Effort,
}

pub(super) fn body<'a>(
    target: &Target<'a>,
    prompt: &Prompt<'a>,
    options: RequestOptions,
) -> Body<'a> {
    let format = options.format;
    let text = prompt.system_for_tool(format);
    let mut system = vec![SystemBlock::Text(text)];
    if options.has_breakpoint {
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
        tool_choice: ToolChoice { auto: Empty {} },
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
        output_config: (format == OutputFormat::Schema).then_some(OutputConfig { text_format }),
        tool_config: (format == OutputFormat::Loose).then_some(tool_config),
        additional_model_request_fields: target
            .effort
            .filter(|_| options.has_effort)
            .map(|effort| vendor_fields(target.model, effort)),
    }
}

fn vendor_fields(model: &str, effort: Effort) -> VendorFields {
    if model.contains("anthropic.") {
        VendorFields::Anthropic {
            output_config: EffortField { effort },
        }
    } else {
        VendorFields::Openai {
            reasoning_effort: effort,
        }
    }
}

/// Recognizes two errors that the prompt itself may cause, and whose retries are therefore limited:
/// `ModelTimeoutException` (408) and `ModelErrorException` (424).
pub(super) fn prompt_failure(response: &HttpResponse) -> Option<LlmError> {
    match response.status {
        StatusCode::REQUEST_TIMEOUT => Some(LlmError::Call(CallError::TimedOut)),
        status @ StatusCode::FAILED_DEPENDENCY => Some(LlmError::Call(CallError::Failing(status))),
        _ => None,
    }
}

/// Reads a successful response. A response without content gives an empty text, which is not JSON.
pub(super) fn read(response: &HttpResponse) -> Result<Completion, LlmError> {
    let json: Value = response
        .json()
        .map_err(|_| LlmError::Unreadable(Usage::default()))?;
    let usage = usage(&json["usage"]);
    match json["stopReason"].as_str() {
        Some("max_tokens" | "model_context_window_exceeded") => {
            return Err(LlmError::TokenLimitReached(usage));
        }
        Some("guardrail_intervened" | "content_filtered") => return Err(LlmError::Filtered(usage)),
        Some("refusal") => return Err(LlmError::Refused(usage)),
        _ => {}
    }
    let Some(blocks) = json["output"]["message"]["content"].as_array() else {
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

/// Bedrock does not include cached tokens in the input tokens, so they are added here.
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

#[cfg(test)]
mod tests;
