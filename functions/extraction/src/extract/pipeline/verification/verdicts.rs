//! Parses the answer to the verification request in any form: fenced, wrapped, a bare list, or with
//! booleans.

use std::collections::HashMap;

use serde_json::Value;

use crate::extract::pipeline::lenient_fields::{Fields, number};
use crate::extract::pipeline::lenient_json::{scan_json, whole_string};

/// Most layers of wrapping around an answer.
const MAX_WRAPPERS: usize = 4;
/// Names that models give to their verdict.
const VERDICT_NAMES: [&str; 3] = ["supported", "answer", "verdict"];

/// Returns the numbers that were answered with "no" and never with "yes". Returns `None` if the
/// answer has no verdict.
pub(super) fn denied(text: &str) -> Option<Vec<usize>> {
    let mut verdicts = Vec::new();
    parse(text, MAX_WRAPPERS, &mut verdicts);
    let mut of_number: HashMap<usize, bool> = HashMap::new();
    for (number, is_supported) in &verdicts {
        *of_number.entry(*number).or_default() |= is_supported;
    }
    let mut denied: Vec<usize> = of_number
        .into_iter()
        .filter(|(_, is_supported)| !is_supported)
        .map(|(number, _)| number)
        .collect();
    denied.sort_unstable();
    (!verdicts.is_empty()).then_some(denied)
}

fn parse(text: &str, wrappers: usize, verdicts: &mut Vec<(usize, bool)>) {
    let Some(wrappers) = wrappers.checked_sub(1) else {
        return;
    };
    let text = text.trim();
    if let Some(inside) = whole_string(text) {
        return parse(&inside, wrappers, verdicts);
    }
    // If the answer is cut off, the verdicts before the cut count.
    let found = scan_json(text);
    for value in found.values.iter().chain(&found.in_unfinished) {
        collect(value, wrappers, verdicts);
    }
}

fn collect(value: &Value, wrappers: usize, verdicts: &mut Vec<(usize, bool)>) {
    match value {
        Value::Array(entries) => entries
            .iter()
            .for_each(|entry| collect(entry, wrappers, verdicts)),
        Value::Object(object) => match verdict(object) {
            Some(verdict) => verdicts.push(verdict),
            None => object.values().for_each(|inner| match inner {
                Value::String(text) => parse(text, wrappers, verdicts),
                inner => collect(inner, wrappers, verdicts),
            }),
        },
        _ => {}
    }
}

fn verdict(object: &serde_json::Map<String, Value>) -> Option<(usize, bool)> {
    let fields = Fields::new(object.clone());
    let number = usize::try_from(number(fields.get("number")?)?).ok()?;
    let is_supported = match VERDICT_NAMES.iter().find_map(|name| fields.get(name))? {
        Value::Bool(flag) => *flag,
        Value::String(word) => match word.trim().to_lowercase().trim_end_matches('.') {
            "yes" | "true" => true,
            "no" | "false" => false,
            _ => return None,
        },
        _ => return None,
    };
    Some((number, is_supported))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_no_denies_a_memory_whatever_its_form() {
        for (text, expected) in [
            (
                r#"{"checks":[{"number":1,"supported":"yes"},{"number":2,"supported":"no"}]}"#,
                Some(vec![2]),
            ),
            (
                "```json\n{\"checks\":[{\"number\":1,\"supported\":\"No\"}]}\n```",
                Some(vec![1]),
            ),
            (
                r#"[{"number":"3","supported":false},{"number":4,"supported":true}]"#,
                Some(vec![3]),
            ),
            (
                r#"Here: {"result":{"checks":[{"Number":2,"Supported":"NO."}]}}"#,
                Some(vec![2]),
            ),
            (
                r#""{\"checks\":[{\"number\":1,\"supported\":\"no\"}]}""#,
                Some(vec![1]),
            ),
            (
                r#"{"checks":[{"number":1,"supported":"no"},{"number":1,"supported":"yes"}]}"#,
                Some(vec![]),
            ),
            (
                r#"{"checks":[{"number":1,"supported":"maybe"},{"number":2,"supported":"yes"}]}"#,
                Some(vec![]),
            ),
            (r#"{"checks":[{"number":-1,"supported":"no"}]}"#, None),
            (r#"{"checks":[]}"#, None),
            ("no", None),
            ("", None),
        ] {
            assert_eq!(denied(text), expected, "{text}");
        }
    }
}
