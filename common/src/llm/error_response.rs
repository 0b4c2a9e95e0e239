//! Interprets the error responses of providers.
//!
//! Providers use different words and statuses for the same error. The error codes are checked
//! first, then the topic of the message.

use http::StatusCode;
use serde_json::Value;

use super::request_options::{LimitName, OutputFormat, Parameter, RejectionReason, RequestOptions};
use crate::http_client::HttpResponse;

/// Maximum number of characters of an error response that are read.
const MAX_TEXT: usize = 4000;
/// Fields that contain an error code rather than a sentence.
const CODES: [&str; 5] = ["code", "type", "status", "reason", "__type"];

/// An error response of a provider: its status, its error codes and all its text, in lower case.
pub(super) struct ErrorResponse {
    status: StatusCode,
    codes: Vec<String>,
    text: String,
}

impl ErrorResponse {
    /// Parses an error response. Returns `None` for a successful one.
    pub(super) fn from_response(response: &HttpResponse) -> Option<Self> {
        if response.status.is_success() {
            return None;
        }
        let mut error = Self {
            status: response.status,
            codes: Vec::new(),
            text: String::new(),
        };
        match response.json::<Value>() {
            Ok(body) => error.collect(&body, None),
            Err(_) => error.text = String::from_utf8_lossy(response.body()).into_owned(),
        }
        let text: String = error
            .text
            .chars()
            .take(MAX_TEXT)
            .flat_map(char::to_lowercase)
            .collect();
        error.text = without_separators(&text);
        Some(error)
    }

    /// Collects all strings of a JSON value as text, and the error codes among them.
    fn collect(&mut self, value: &Value, name: Option<&str>) {
        match value {
            Value::Object(object) => object
                .iter()
                .for_each(|(name, value)| self.collect(value, Some(name))),
            Value::Array(values) => values.iter().for_each(|value| self.collect(value, name)),
            Value::String(text) => {
                if name.is_some_and(|name| CODES.contains(&name)) {
                    self.codes.push(text.to_lowercase());
                }
                self.text.push_str(text);
                self.text.push('\n');
            }
            _ => {}
        }
    }

    /// Returns whether the account has no credit left.
    pub(super) fn is_quota_exceeded(&self) -> bool {
        let is_named = self
            .codes
            .iter()
            .any(|code| code == "insufficient_quota" || code == "billing_error");
        self.status == StatusCode::PAYMENT_REQUIRED || is_named
    }

    /// Returns whether the prompt is too long for the model, so that a retry cannot succeed.
    pub(super) fn is_too_long(&self) -> bool {
        match self.status.as_u16() {
            413 => true,
            429 => self.exceeds_limit_alone(),
            400 | 422 | 500 => {
                self.has_length_code() || (!self.mentions_format() && self.mentions_length())
            }
            _ => false,
        }
    }

    /// Returns whether the output format may have been rejected, and whether the error says so.
    pub(super) fn format_rejection(&self) -> Option<RejectionReason> {
        if self.is_too_long() || self.is_quota_exceeded() || self.is_unknown_model() {
            return None;
        }
        match self.status.as_u16() {
            400 | 404 | 415 | 422 | 501 => Some(if self.mentions_format() {
                RejectionReason::Named
            } else {
                RejectionReason::Unnamed
            }),
            500 => self.mentions_format().then_some(RejectionReason::Named),
            _ => None,
        }
    }

    /// Returns the parameter of these options that the error names.
    pub(super) fn rejected_parameter(&self, options: RequestOptions) -> Option<Parameter> {
        if !matches!(self.status.as_u16(), 400 | 422)
            || self.is_too_long()
            || self.is_quota_exceeded()
            || self.is_unknown_model()
        {
            return None;
        }
        let names = |list: &[&str]| self.words().any(|word| list.contains(&word));
        // Anthropic's effort is part of `output_config`, which older models do not support.
        let is_in_config = options.format != OutputFormat::Schema && names(&["output_config"]);
        let names_cache = self
            .words()
            .any(|word| word.starts_with("prompt_cache") || word == "cachepoint")
            || self.text.contains("prompt caching");
        if options.has_breakpoint && names_cache {
            Some(Parameter::Breakpoint)
        } else if options.has_effort && (is_in_config || names(&["effort", "reasoning_effort"])) {
            Some(Parameter::Effort)
        } else if options.limit != LimitName::Unset
            && names(&["max_tokens", "max_completion_tokens"])
        {
            Some(Parameter::OutputLimit)
        } else {
            None
        }
    }

    fn has_length_code(&self) -> bool {
        self.codes.iter().any(|code| {
            let has = |word: &str| code.contains(word);
            (has("context") && (has("length") || has("size") || has("window") || has("exceed")))
                || has("request_too_large")
                || has("string_above_max_length")
        })
    }

    /// Returns whether the text says that the input is too long: it names the input, a measure and
    /// that a limit is exceeded.
    fn mentions_length(&self) -> bool {
        let is_of_input = self.has_word_of(&INPUT);
        let has_measure = self.has_word_of(&MEASURES)
            || self.text.contains("too long")
            || self.text.contains("too large");
        let is_exceeded = self.has_word_starting_with(&EXCEEDED)
            || EXCEEDED_PHRASES
                .iter()
                .any(|phrase| self.text.contains(phrase));
        // vLLM reports the tokens left for the output, which is a negative number.
        let leaves_no_output = self.has_word_of(&["max_tokens"]) && self.text.contains("got -");
        leaves_no_output || (is_of_input && has_measure && is_exceeded)
    }

    fn has_word_of(&self, list: &[&str]) -> bool {
        self.words().any(|word| list.contains(&word))
    }

    fn has_word_starting_with(&self, starts: &[&str]) -> bool {
        self.words()
            .any(|word| starts.iter().any(|start| word.starts_with(start)))
    }

    /// Returns whether the request alone exceeds the limit per minute, so that waiting does not
    /// help.
    fn exceeds_limit_alone(&self) -> bool {
        let number_after = |name: &str| {
            let words: Vec<&str> = self.words().collect();
            let named = words.windows(2).filter(|pair| pair[0] == name);
            named
                .filter_map(|pair| pair[1].parse::<u64>().ok())
                .next_back()
        };
        match (number_after("limit"), number_after("requested")) {
            (Some(limit), Some(requested)) => requested > limit,
            _ => self.text.contains("request too large"),
        }
    }

    /// Returns whether the text contains words that occur only if the output format is rejected.
    fn mentions_format(&self) -> bool {
        self.words().any(|word| FORMAT.contains(&word))
            || FORMAT_PHRASES
                .iter()
                .any(|phrase| self.text.contains(phrase))
    }

    /// Returns whether the model does not exist, so that other options do not help.
    pub(super) fn is_unknown_model(&self) -> bool {
        let is_code = self
            .codes
            .iter()
            .any(|code| code.contains("model") && code.contains("not"));
        let is_missing = NOT_FOUND_PHRASES
            .iter()
            .any(|phrase| self.text.contains(phrase));
        let is_from_bedrock = matches!(self.status.as_u16(), 400 | 404)
            && BEDROCK_MODEL_PHRASES
                .iter()
                .any(|phrase| self.text.contains(phrase));
        let names_model = self.words().any(|word| word == "model");
        is_code
            || is_from_bedrock
            || (self.status == StatusCode::NOT_FOUND && names_model && is_missing)
    }

    /// Returns whether the endpoint does not support the operation, as another AWS service would
    /// say.
    pub(super) fn is_unknown_operation(&self) -> bool {
        self.codes
            .iter()
            .any(|code| code.contains("unknownoperation"))
            || self.text.contains("unknownoperation")
    }

    /// Returns the words of the text. Parameter names with `_` count as one word.
    fn words(&self) -> impl Iterator<Item = &str> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        self.text
            .split(move |c: char| !is_part(c))
            .filter(|word| !word.is_empty())
    }
}

/// Removes the thousands separators from the numbers in a text.
fn without_separators(text: &str) -> String {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    text.char_indices()
        .filter(|&(at, c)| !(c == ',' && at > 0 && is_digit(at - 1) && is_digit(at + 1)))
        .map(|(_, c)| c)
        .collect()
}

/// Words for the prompt.
const INPUT: [&str; 12] = [
    "prompt",
    "prompts",
    "input",
    "inputs",
    "context",
    "message",
    "messages",
    "request",
    "requested",
    "conversation",
    "length",
    "sequence",
];
/// Words for its length.
const MEASURES: [&str; 7] = [
    "token",
    "tokens",
    "context",
    "length",
    "size",
    "characters",
    "window",
];
/// Beginnings of words that say that a limit is exceeded.
const EXCEEDED: [&str; 6] = ["exceed", "maximum", "overflow", "limit", "longer", "larger"];
/// Phrases that say that a limit is exceeded.
const EXCEEDED_PHRASES: [&str; 14] = [
    "too long",
    "too large",
    "too many",
    "too big",
    "at most",
    "up to",
    "only supports",
    "less than",
    "<=",
    " > ",
    "reduce the",
    "should be [",
    "greater than",
    "more than",
];
/// Names of the parameters that set the output format, and of features that implement them.
const FORMAT: [&str; 15] = [
    "outputconfig",
    "textformat",
    "toolconfig",
    "response_format",
    "json_schema",
    "json_object",
    "output_config",
    "output_format",
    "tool_choice",
    "tools",
    "input_schema",
    "guided_json",
    "grammar",
    "structured_outputs",
    "strict",
];
/// Phrases for the output format.
const FORMAT_PHRASES: [&str; 7] = [
    "tool use",
    "response format",
    "structured output",
    "json schema",
    "json mode",
    "output format",
    "tool choice",
];
/// Phrases that say that something does not exist.
const NOT_FOUND_PHRASES: [&str; 5] = [
    "not found",
    "not_found",
    "not exist",
    "unknown",
    "no access",
];
/// Phrases with which Bedrock says, with status 400, that a model does not exist or is not
/// available under this name.
const BEDROCK_MODEL_PHRASES: [&str; 3] = [
    "model identifier is invalid",
    "of an inference profile",
    "end of its life",
];
