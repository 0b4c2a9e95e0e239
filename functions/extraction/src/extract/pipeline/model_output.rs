//! Parses the answer of a model. Models wrap, fence, comment and rename. Every item that can be
//! parsed is used; an item that cannot is dropped and counted; an answer without any parseable item
//! is rejected.

use common::memory::Category;
use serde_json::{Map, Value};
use text::nfc;

use super::lenient_fields::{Fields, category, flag, list, number, text};
use super::lenient_json::{JsonScan, scan_json, whole_string};

/// Importance of a memory whose own value cannot be parsed.
const UNKNOWN_IMPORTANCE: i64 = 5;
/// Most layers of wrapping around an answer.
const MAX_WRAPPERS: usize = 4;
/// Field names that identify an answer.
const KNOWN_FIELDS: [&str; 6] = [
    "memories",
    "greeting",
    "summary",
    "open_issues",
    "caller_name",
    "language",
];
/// Other names that models give to the list of memories.
const LIST_NAMES: [&str; 2] = ["results", "data"];

/// The parsed answer of a model, not yet checked against the transcript.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ModelOutput {
    pub(crate) memories: Vec<ClaimedMemory>,
    pub(crate) greeting: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) open_issues: Vec<String>,
    pub(crate) caller_name: Option<String>,
    pub(crate) language: Option<String>,
    /// Number of memories that could not be parsed.
    pub(crate) unreadable: usize,
}

/// A memory in a model's answer, not yet checked against the transcript.
#[derive(Debug, PartialEq)]
pub(crate) struct ClaimedMemory {
    pub(crate) content: String,
    pub(crate) category: Category,
    pub(crate) importance: i64,
    pub(crate) entities: Vec<String>,
    pub(crate) search_hints: Vec<String>,
    pub(crate) turn: Option<i64>,
    pub(crate) quote: Option<String>,
    pub(crate) sensitive: Option<bool>,
    /// Whether the model itself marked it as assumed, or as not about the caller.
    pub(crate) is_unfounded: bool,
    pub(crate) repeats: Option<i64>,
    pub(crate) supersedes: Option<i64>,
}

/// No part of an answer could be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer does not match the schema")]
pub(crate) struct UnparseableAnswer;

pub(crate) fn parse(text: &str) -> Result<ModelOutput, UnparseableAnswer> {
    let object = find_answer(text, MAX_WRAPPERS).ok_or(UnparseableAnswer)?;
    let answer = from_object(object);
    let is_empty = answer
        == ModelOutput {
            unreadable: answer.unreadable,
            ..ModelOutput::default()
        };
    if answer.unreadable > 0 && is_empty {
        Err(UnparseableAnswer)
    } else {
        Ok(answer)
    }
}

/// Finds the answer object in a text: after reasoning, between prose, in a code fence, or inside a
/// JSON string.
fn find_answer(text: &str, wrappers: usize) -> Option<Map<String, Value>> {
    let wrappers = wrappers.checked_sub(1)?;
    let text = text.trim();
    if let Some(inside) = whole_string(text) {
        return find_answer(&inside, wrappers);
    }
    after_reasoning(text)
        .and_then(|answer| best(scan_json(answer), wrappers))
        .or_else(|| best(scan_json(text), wrappers))
        .or_else(|| unescaped(text).and_then(|text| find_answer(&text, wrappers)))
}

/// Returns the text after the last closing tag of a reasoning block.
fn after_reasoning(text: &str) -> Option<&str> {
    let ends = ["</think>", "</thinking>", "</thought>", "</reasoning>"]
        .map(|tag| Some(text.rfind(tag)? + tag.len()));
    ends.into_iter().flatten().max().map(|end| &text[end..])
}

/// Unescapes JSON whose quotes are escaped although it is not inside a string.
fn unescaped(text: &str) -> Option<String> {
    text.contains("{\\\"")
        .then(|| whole_string(&format!("\"{text}\"")))
        .flatten()
}

/// Returns the object with the most known fields; the last one wins a tie, because reasoning and
/// examples come first. If the text ends inside a value, only a complete answer object counts.
fn best(found: JsonScan, wrappers: usize) -> Option<Map<String, Value>> {
    let values = if found.is_unfinished {
        found.in_unfinished
    } else {
        found.values
    };
    let answers = values
        .iter()
        .filter_map(|value| unwrap_answer(value, wrappers));
    if let Some(answer) = answers.max_by_key(known_fields) {
        return Some(answer);
    }
    if found.is_unfinished {
        return None;
    }
    let is_only_one = values.len() == 1;
    let list = values
        .iter()
        .rev()
        .find_map(|value| unwrap_list(value, is_only_one));
    let claims = list.or_else(|| {
        Some(values.into_iter().filter(is_claim).collect()).filter(|all: &Vec<_>| !all.is_empty())
    })?;
    Some(Map::from_iter([(
        "memories".to_owned(),
        Value::Array(claims),
    )]))
}

fn known_fields(object: &Map<String, Value>) -> usize {
    let fields = Fields::new(object.clone());
    KNOWN_FIELDS.iter().filter(|name| fields.has(name)).count()
}

/// Returns the object that has a `memories` field: the value itself, or one inside it.
fn unwrap_answer(value: &Value, wrappers: usize) -> Option<Map<String, Value>> {
    match value {
        Value::Object(object) if Fields::new(object.clone()).has("memories") => {
            Some(object.clone())
        }
        Value::Object(object) if !is_claim(value) => {
            let wrappers = wrappers.checked_sub(1)?;
            object
                .values()
                .find_map(|inner| unwrap_answer(inner, wrappers))
        }
        Value::Array(values) if values.len() == 1 => unwrap_answer(&values[0], wrappers),
        Value::String(text) if text.contains(['{', '[']) => find_answer(text, wrappers),
        _ => None,
    }
}

/// Returns a list of memories that has no answer object around it. An empty list counts only if it
/// is the only value.
fn unwrap_list(value: &Value, is_only_one: bool) -> Option<Vec<Value>> {
    let is_list =
        |values: &Vec<Value>| values.iter().any(is_claim) || (values.is_empty() && is_only_one);
    match value {
        Value::Array(values) => Some(values.clone()).filter(is_list),
        Value::Object(object) => {
            let mut named = LIST_NAMES
                .iter()
                .filter_map(|name| object.get(*name))
                .filter_map(Value::as_array);
            named.find(|values| is_list(values)).cloned()
        }
        _ => None,
    }
}

fn is_claim(value: &Value) -> bool {
    let Value::Object(object) = value else {
        return false;
    };
    let fields = Fields::new(object.clone());
    fields.has("content") && (fields.has("quote") || fields.has("category"))
}

fn from_object(object: Map<String, Value>) -> ModelOutput {
    let mut fields = Fields::new(object);
    let (memories, unreadable) = claims(fields.take("memories"));
    ModelOutput {
        memories,
        unreadable,
        greeting: text(fields.take("greeting"), " "),
        summary: text(fields.take("summary"), " "),
        open_issues: list(fields.take("open_issues"), &['\n', ';']),
        caller_name: text(fields.take("caller_name"), " "),
        language: text(fields.take("language"), " ")
            .map(|language| language.to_lowercase().replace('_', "-")),
    }
}

/// Returns the memories that could be parsed, and how many could not.
fn claims(value: Value) -> (Vec<ClaimedMemory>, usize) {
    let items: Vec<Value> = match value {
        Value::Array(items) => items.into_iter().flat_map(flattened).collect(),
        Value::Object(_) => vec![value],
        Value::String(text) => scan_json(&text)
            .values
            .into_iter()
            .flat_map(flattened)
            .collect(),
        _ => Vec::new(),
    };
    let all = items.len();
    let claims: Vec<ClaimedMemory> = items.into_iter().filter_map(claim).collect();
    let unreadable = all - claims.len();
    (claims, unreadable)
}

fn flattened(item: Value) -> Vec<Value> {
    match item {
        Value::Array(items) => items,
        other => vec![other],
    }
}

fn claim(value: Value) -> Option<ClaimedMemory> {
    let object = match value {
        Value::Object(object) => object,
        // The item is JSON inside a string.
        Value::String(text) => match scan_json(&text).values.into_iter().next() {
            Some(Value::Object(object)) => object,
            _ => return None,
        },
        _ => return None,
    };
    let mut fields = Fields::new(object);
    let has = |name: &str, value: &str| {
        fields
            .get(name)
            .and_then(Value::as_str)
            .is_some_and(|text| text.trim().eq_ignore_ascii_case(value))
    };
    let is_unfounded = has("basis", "assumed") || has("subject", "agent");
    Some(ClaimedMemory {
        is_unfounded,
        content: fields
            .take("content")
            .as_str()
            .map(|text| nfc(text.trim()))
            .filter(|text| !text.is_empty())?,
        category: category(&fields.take("category"))?,
        importance: number(&fields.take("importance")).unwrap_or(UNKNOWN_IMPORTANCE),
        entities: list(fields.take("entities"), &['\n', ';', ',']),
        search_hints: list(fields.take("search_hints"), &['\n', ';', ',']),
        turn: number(&fields.take("turn")),
        quote: text(fields.take("quote"), " "),
        sensitive: flag(&fields.take("sensitive")),
        repeats: number(&fields.take("repeats")),
        supersedes: number(&fields.take("supersedes")),
    })
}

#[cfg(test)]
mod tests;
