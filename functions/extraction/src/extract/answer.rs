//! Reading what a model answered. Models wrap, fence and rename; what can be read exactly is read, anything else is
//! refused whole: half an answer is never stored.

use common::memory::Category;
use serde::Deserialize;
use serde_json::Value;

/// The answer of a model, not yet held against what was said.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Answer {
    pub(super) memories: Vec<Claim>,
    pub(super) greeting: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) open_issues: Option<Vec<String>>,
    pub(super) caller_name: Option<String>,
    pub(super) language: Option<String>,
}

/// A memory as a model claims it.
#[derive(Debug, PartialEq, Deserialize)]
pub(super) struct Claim {
    pub(super) content: String,
    pub(super) category: Category,
    pub(super) importance: i64,
    #[serde(default)]
    pub(super) entities: Option<Vec<String>>,
    #[serde(default)]
    pub(super) search_hints: Option<Vec<String>>,
    #[serde(default)]
    pub(super) turn: Option<i64>,
    #[serde(default)]
    pub(super) quote: Option<String>,
    #[serde(default)]
    pub(super) sensitive: Option<bool>,
    #[serde(default)]
    pub(super) repeats: Option<i64>,
    #[serde(default)]
    pub(super) supersedes: Option<i64>,
}

/// An answer that is not what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer is not of the schema")]
pub(super) struct Unreadable;

pub(super) fn read(text: &str) -> Result<Answer, Unreadable> {
    let json = unfenced(text.trim());
    let value: Value = serde_json::from_str(json).map_err(|_| Unreadable)?;
    match value {
        Value::Array(claims) => from_claims(Value::Array(claims)),
        Value::Object(mut object) => {
            if object.contains_key("memories") {
                return serde_json::from_value(Value::Object(object)).map_err(|_| Unreadable);
            }
            let wrapped = ["results", "data"].iter().find_map(|name| object.remove(*name)).ok_or(Unreadable)?;
            match wrapped {
                claims @ Value::Array(_) => from_claims(claims),
                Value::Object(inner) if inner.contains_key("memories") => {
                    serde_json::from_value(Value::Object(inner)).map_err(|_| Unreadable)
                }
                _ => Err(Unreadable),
            }
        }
        _ => Err(Unreadable),
    }
}

fn from_claims(claims: Value) -> Result<Answer, Unreadable> {
    let memories = serde_json::from_value(claims).map_err(|_| Unreadable)?;
    Ok(Answer { memories, ..Answer::default() })
}

/// The inside of a Markdown fence, with or without a language; the text itself where there is none.
fn unfenced(text: &str) -> &str {
    let Some(inside) = text.strip_prefix("```").and_then(|rest| rest.trim_end().strip_suffix("```")) else {
        return text;
    };
    let inside = inside.strip_prefix("json").or_else(|| inside.strip_prefix("JSON")).unwrap_or(inside);
    inside.trim()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CLAIM: &str =
        r#"{"content":"Wants express shipping.","category":"preference","importance":7,"turn":1,"quote":"express"}"#;

    #[test]
    fn fences_bare_lists_and_wrappings_are_read() {
        for text in [
            format!(r#"{{"memories":[{CLAIM}]}}"#),
            format!("```json\n{{\"memories\":[{CLAIM}]}}\n```"),
            format!("```\n[{CLAIM}]\n```\n"),
            format!("[{CLAIM}]"),
            format!(r#"{{"results":[{CLAIM}]}}"#),
            format!(r#"{{"data":[{CLAIM}]}}"#),
            format!(r#"{{"data":{{"memories":[{CLAIM}]}}}}"#),
        ] {
            assert_eq!(read(&text).map(|answer| answer.memories.len()), Ok(1), "{text}");
        }
    }

    #[test]
    fn an_answer_of_which_a_part_cannot_be_read_is_refused_whole() {
        for text in [
            String::new(),
            "Here are the memories:".to_owned(),
            format!(r#"{{"memories":[{CLAIM}"#),
            format!(r#"{{"memories":[{CLAIM},{{"content":7}}]}}"#),
            r#"{"memories":[{"content":"x","category":"rumour","importance":7}]}"#.to_owned(),
            r#"{"greeting":"Hi"}"#.to_owned(),
            "null".to_owned(),
        ] {
            assert_eq!(read(&text), Err(Unreadable), "{text}");
        }
    }

    #[test]
    fn nothing_worth_keeping_is_a_good_answer() {
        let answer = read(
            r#"{"memories":[],"greeting":"Hi","summary":"","open_issues":null,"caller_name":null,"language":"en"}"#,
        )
        .unwrap();
        assert!(answer.memories.is_empty());
    }

    proptest! {
        #[test]
        fn no_answer_makes_the_reader_panic(text in "\\PC{0,200}") {
            let _ = read(&text);
        }
    }
}
