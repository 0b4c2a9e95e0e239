//! What a provider's refusal means. Providers word the same refusal differently and answer it with
//! different statuses, so the fields for codes count first, then what the message is about.

use http::StatusCode;
use serde_json::Value;

use super::format::{Evidence, Form, Format, Limit, Parameter};
use crate::http_client::HttpResponse;

/// Most characters of a refusal that are looked at.
const MAX_TEXT: usize = 4000;
/// Fields whose value is a code and no sentence.
const CODES: [&str; 5] = ["code", "type", "status", "reason", "__type"];

/// What a refusal says, in lower case: codes, and all texts together.
pub(super) struct Refusal {
    status: StatusCode,
    codes: Vec<String>,
    text: String,
}

impl Refusal {
    /// A refusal, or `None` for an answer that is none.
    pub(super) fn of(answer: &HttpResponse) -> Option<Self> {
        if answer.status.is_success() {
            return None;
        }
        let mut refusal = Self {
            status: answer.status,
            codes: Vec::new(),
            text: String::new(),
        };
        match answer.json::<Value>() {
            Ok(body) => refusal.collect(&body, None),
            Err(_) => refusal.text = String::from_utf8_lossy(answer.body()).into_owned(),
        }
        let text: String = refusal
            .text
            .chars()
            .take(MAX_TEXT)
            .flat_map(char::to_lowercase)
            .collect();
        refusal.text = without_separators(&text);
        Some(refusal)
    }

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

    /// The account has no credit left.
    pub(super) fn is_quota(&self) -> bool {
        let is_named = self
            .codes
            .iter()
            .any(|code| code == "insufficient_quota" || code == "billing_error");
        self.status == StatusCode::PAYMENT_REQUIRED || is_named
    }

    /// The prompt is more than the model takes, now and whenever it is asked again.
    pub(super) fn is_too_long(&self) -> bool {
        match self.status.as_u16() {
            413 => true,
            429 => self.never_fits(),
            400 | 422 | 500 => {
                self.has_length_code() || (!self.names_format() && self.speaks_of_length())
            }
            _ => false,
        }
    }

    /// Whether and how sure the refusal is one of the form in which JSON was asked for.
    pub(super) fn of_format(&self) -> Option<Evidence> {
        if self.is_too_long() || self.is_quota() || self.is_of_model() {
            return None;
        }
        match self.status.as_u16() {
            400 | 404 | 415 | 422 | 501 => Some(if self.names_format() {
                Evidence::Named
            } else {
                Evidence::Unnamed
            }),
            500 => self.names_format().then_some(Evidence::Named),
            _ => None,
        }
    }

    /// The parameter of this form that the refusal names.
    pub(super) fn of_parameter(&self, form: Form) -> Option<Parameter> {
        if !matches!(self.status.as_u16(), 400 | 422)
            || self.is_too_long()
            || self.is_quota()
            || self.is_of_model()
        {
            return None;
        }
        let names = |list: &[&str]| self.words().any(|word| list.contains(&word));
        // Anthropic's effort is part of `output_config`, which older models do not know at all.
        let is_in_config = form.format != Format::Schema && names(&["output_config"]);
        let names_cache = self
            .words()
            .any(|word| word.starts_with("prompt_cache") || word == "cachepoint")
            || self.text.contains("prompt caching");
        if form.has_breakpoint && names_cache {
            Some(Parameter::Breakpoint)
        } else if form.has_effort && (is_in_config || names(&["effort", "reasoning_effort"])) {
            Some(Parameter::Effort)
        } else if form.limit != Limit::Unset && names(&["max_tokens", "max_completion_tokens"]) {
            Some(Parameter::Limit)
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

    /// A sentence about the input that says how much it is and that this is too much.
    fn speaks_of_length(&self) -> bool {
        let any = |list: &[&str]| self.words().any(|word| list.contains(&word));
        let begins = |list: &[&str]| {
            self.words()
                .any(|word| list.iter().any(|start| word.starts_with(start)))
        };
        let is_of_input = any(&INPUT);
        let has_measure =
            any(&MEASURES) || self.text.contains("too long") || self.text.contains("too large");
        let is_beyond = begins(&BEYOND)
            || BEYOND_PHRASES
                .iter()
                .any(|phrase| self.text.contains(phrase));
        // vLLM counts what is left for the answer, which is less than nothing.
        let leaves_nothing = any(&["max_tokens"]) && self.text.contains("got -");
        leaves_nothing || (is_of_input && has_measure && is_beyond)
    }

    /// A limit for a minute that one request alone exceeds. Waiting does not help against it.
    fn never_fits(&self) -> bool {
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

    /// The words that only a refusal of the format holds.
    fn names_format(&self) -> bool {
        self.words().any(|word| FORMAT.contains(&word))
            || FORMAT_PHRASES
                .iter()
                .any(|phrase| self.text.contains(phrase))
    }

    /// The model is not there: no other form helps.
    pub(super) fn is_of_model(&self) -> bool {
        let is_code = self
            .codes
            .iter()
            .any(|code| code.contains("model") && code.contains("not"));
        let says_so = NOT_THERE.iter().any(|phrase| self.text.contains(phrase));
        let is_bedrocks = matches!(self.status.as_u16(), 400 | 404)
            && OF_BEDROCK.iter().any(|phrase| self.text.contains(phrase));
        let names_model = self.words().any(|word| word == "model");
        is_code || is_bedrocks || (self.status == StatusCode::NOT_FOUND && names_model && says_so)
    }

    /// The address has no such operation: it is another service of AWS.
    pub(super) fn is_of_operation(&self) -> bool {
        self.codes
            .iter()
            .any(|code| code.contains("unknownoperation"))
            || self.text.contains("unknownoperation")
    }

    /// Words with `_` in them are names of parameters and stay whole.
    fn words(&self) -> impl Iterator<Item = &str> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        self.text
            .split(move |c: char| !is_part(c))
            .filter(|word| !word.is_empty())
    }
}

/// A text whose numbers have no commas.
fn without_separators(text: &str) -> String {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let is_separator =
        |at: usize, c: char| c == ',' && at > 0 && is_digit(at - 1) && is_digit(at + 1);
    text.char_indices()
        .filter(|(at, c)| !is_separator(*at, *c))
        .map(|(_, c)| c)
        .collect()
}

/// What a prompt is called.
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
/// In what it is measured.
const MEASURES: [&str; 7] = [
    "token",
    "tokens",
    "context",
    "length",
    "size",
    "characters",
    "window",
];
/// How words begin that say that it is too much.
const BEYOND: [&str; 6] = ["exceed", "maximum", "overflow", "limit", "longer", "larger"];
const BEYOND_PHRASES: [&str; 14] = [
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
/// Names of the parameters that ask for a format, and of what serves them.
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
const FORMAT_PHRASES: [&str; 7] = [
    "tool use",
    "response format",
    "structured output",
    "json schema",
    "json mode",
    "output format",
    "tool choice",
];
const NOT_THERE: [&str; 5] = [
    "not found",
    "not_found",
    "not exist",
    "unknown",
    "no access",
];
/// Bedrock says with 400 that a model is not there, or not to be had under this name.
const OF_BEDROCK: [&str; 3] = [
    "model identifier is invalid",
    "of an inference profile",
    "end of its life",
];
