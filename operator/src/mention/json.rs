//! Finds callers in JSON, including JSON, forms and URLs nested in its strings.

use common::call::CallerId;
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::{Scope, text};

/// How deep to follow JSON, forms and URLs nested in one another.
const MAX_DEPTH: usize = 4;
/// Fields that hold speech, or text derived from it.
const SPEECH_FIELDS: [&str; 2] = ["transcript", "analysis"];
/// Words that occur in the names of fields about the called side.
const CALLED_SIDE: [&str; 3] = ["agent", "called", "transfer"];

/// Returns whether the body names the caller.
pub(super) fn names(body: &Value, caller: &CallerId, scope: Scope) -> bool {
    CallerSearch { caller, scope }.is_in("", body, MAX_DEPTH, false)
}

/// Returns the string values of all fields with this name, at any depth.
pub(super) fn fields(value: &Value, name: &str) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().flat_map(|value| fields(value, name)).collect(),
        Value::Object(map) => {
            let here = map.get(name).and_then(Value::as_str).map(str::to_owned);
            here.into_iter()
                .chain(map.values().flat_map(|value| fields(value, name)))
                .collect()
        }
        _ => Vec::new(),
    }
}

struct CallerSearch<'a> {
    caller: &'a CallerId,
    scope: Scope,
}

impl CallerSearch<'_> {
    /// Returns whether a value names the caller. `name` is the name of the field that holds it.
    fn is_in(&self, name: &str, value: &Value, depth: usize, is_speech: bool) -> bool {
        match value {
            Value::String(text) => self.is_text(name, text, depth, is_speech),
            Value::Number(number) => self.is_caller(name, &number.to_string()),
            Value::Array(list) => list
                .iter()
                .any(|value| self.is_in(name, value, depth, is_speech)),
            Value::Object(fields) => fields.iter().any(|(name, value)| {
                let is_speech = is_speech || SPEECH_FIELDS.contains(&name.as_str());
                !self.is_excluded(name, is_speech)
                    && (self.is_caller("", name) || self.is_in(name, value, depth, is_speech))
            }),
            _ => false,
        }
    }

    fn is_excluded(&self, name: &str, is_speech: bool) -> bool {
        let name = name.to_ascii_lowercase();
        self.scope == Scope::PartiesOnly
            && (is_speech || CALLED_SIDE.iter().any(|word| name.contains(word)))
    }

    /// Returns whether a string is the caller, contains the caller's number, or nests a value that
    /// names the caller.
    fn is_text(&self, name: &str, text: &str, depth: usize, is_speech: bool) -> bool {
        self.is_caller(name, text)
            || !is_speech && text::is_written_in(text, self.caller)
            || depth > 0 && self.is_nested(name, text, depth - 1, is_speech)
    }

    /// Searches a string that is JSON, a URL with a query, or a form.
    fn is_nested(&self, name: &str, text: &str, depth: usize, is_speech: bool) -> bool {
        let text = text.trim();
        if text.starts_with(['{', '[', '"']) {
            return serde_json::from_str(text)
                .is_ok_and(|inner| self.is_in(name, &inner, depth, is_speech));
        }
        let url = Url::parse(text).ok();
        let form = url.as_ref().and_then(Url::query).unwrap_or(text);
        form.contains('=')
            && form_urlencoded::parse(form.as_bytes()).any(|(name, value)| {
                !self.is_excluded(&name, is_speech) && self.is_text(&name, &value, depth, is_speech)
            })
    }

    /// Returns whether the whole text is the caller's id.
    fn is_caller(&self, name: &str, text: &str) -> bool {
        if let Some(id) = self.caller.as_str().strip_prefix("user:") {
            return name == "user_id" && text.trim() == id;
        }
        let as_whatsapp = || CallerId::from_whatsapp_id(text.trim()).as_ref() == Some(self.caller);
        CallerId::from_phone(text).as_ref() == Some(self.caller)
            || CallerId::from_international(text).as_ref() == Some(self.caller)
            || name.contains("whatsapp") && as_whatsapp()
    }
}
