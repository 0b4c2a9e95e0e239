//! Anthropic's messages, with one tool whose input is the answer.

use reqwest::RequestBuilder;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

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
) -> RequestBuilder {
    let url = join(base, &["messages"]);
    http.post(url).header("x-api-key", key).header("anthropic-version", VERSION).json(&body(model, prompt))
}

/// The instructions are marked for the provider's cache: they are the same for every conversation.
pub(super) fn body(model: &str, prompt: &Prompt<'_>) -> Value {
    json!({
        "model": model,
        "max_tokens": prompt.max_output_tokens,
        "system": [{"type": "text", "text": prompt.system, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": prompt.user}],
        "tools": [{"name": prompt.name, "description": "Records the answer.", "input_schema": prompt.schema}],
        "tool_choice": {"type": "tool", "name": prompt.name},
    })
}

#[derive(Deserialize)]
struct Response {
    content: Vec<Block>,
    stop_reason: Option<String>,
    #[serde(default)]
    usage: Tokens,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    ToolUse {
        input: Box<Value>,
    },
    Text {
        text: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tokens {
    input_tokens: u64,
    output_tokens: u64,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
}

/// An answer without content is an empty one, which no reader takes for JSON.
pub(super) fn read(answer: &Answer) -> Result<Completion, LlmError> {
    let response: Response = answer.json()?;
    let usage = response.usage.counted();
    match response.stop_reason.as_deref() {
        Some("max_tokens") => return Err(LlmError::CutOff(usage)),
        Some("refusal") => return Err(LlmError::Refused(usage)),
        _ => {}
    }
    let text = tool_input(&response.content).or_else(|| first_text(&response.content)).unwrap_or_default();
    Ok(Completion { text, usage })
}

impl Tokens {
    /// Anthropic counts cached tokens beside the input, not within it.
    fn counted(self) -> Usage {
        let cached = self.cache_read_input_tokens.unwrap_or_default();
        let input = self.input_tokens + cached + self.cache_creation_input_tokens.unwrap_or_default();
        Usage { input, output: self.output_tokens, cached }
    }
}

fn tool_input(blocks: &[Block]) -> Option<String> {
    blocks.iter().find_map(|block| match block {
        Block::ToolUse { input } => Some(input.to_string()),
        _ => None,
    })
}

/// A model that answers in words all the same may have written the JSON there.
fn first_text(blocks: &[Block]) -> Option<String> {
    blocks.iter().find_map(|block| match block {
        Block::Text { text } => Some(text.clone()),
        _ => None,
    })
}
