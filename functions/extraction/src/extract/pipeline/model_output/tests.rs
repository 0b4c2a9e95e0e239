use proptest::prelude::*;
use serde_json::json;

use super::*;

const CLAIM: &str = r#"{"content":"Wants express shipping.","category":"preference","importance":7,"turn":1,"quote":"express"}"#;

fn kept(text: &str) -> Result<(usize, usize), UnparseableAnswer> {
    parse(text).map(|answer| (answer.memories.len(), answer.unreadable))
}

#[test]
fn fenced_wrapped_and_bare_answers_are_parsed() {
    let in_string = json!(format!(r#"{{"memories":[{CLAIM}]}}"#)).to_string();
    for text in [
        format!(r#"{{"memories":[{CLAIM}]}}"#),
        format!("```json\n{{\"memories\":[{CLAIM}]}}\n```"),
        format!("```\n[{CLAIM}]\n```\n"),
        format!("[{CLAIM}]"),
        format!(r#"{{"results":[{CLAIM}]}}"#),
        format!(r#"{{"data":[{CLAIM}]}}"#),
        format!(r#"{{"data":{{"memories":[{CLAIM}]}}}}"#),
        format!(r#"{{"name":"conversation_memories","arguments":{in_string}}}"#),
        format!(r#"[{{"memories":{CLAIM}}}]"#),
        in_string.clone(),
        json!(in_string).to_string(),
        CLAIM.to_owned(),
        format!("Here you are:\n{{\"memories\":[{CLAIM},],}}\nIs {{that}} right?"),
    ] {
        assert_eq!(kept(&text), Ok((1, 0)), "{text}");
    }
}

#[test]
fn only_the_item_that_cannot_be_parsed_is_dropped_and_counted() {
    for item in [
        r#"{"content":7}"#,
        "null",
        "[null]",
        "NaN",
        r#""a rumour""#,
        r#"{"content":"x","category":"goal"}"#,
    ] {
        assert_eq!(
            kept(&format!(r#"{{"memories":[{item},{CLAIM}]}}"#)),
            Ok((1, 1)),
            "{item}"
        );
    }
}

#[test]
fn an_answer_that_cannot_be_parsed_at_all_is_rejected() {
    for text in [
        String::new(),
        "Here are the memories:".to_owned(),
        format!(r#"{{"memories":[{CLAIM}"#),
        format!(r#"<think>{{"memories":[]}}</think>{{"memories":[{CLAIM},{{"content""#),
        r#"{"memories":[{"content":"x","category":"rumour","importance":7}]}"#.to_owned(),
        r#"{"greeting":"Hi"}"#.to_owned(),
        "null".to_owned(),
    ] {
        assert_eq!(parse(&text), Err(UnparseableAnswer), "{text}");
    }
}

#[test]
fn the_last_complete_answer_counts_and_reasoning_does_not() {
    let whole = format!(r#"{{"memories":[{CLAIM}],"summary":"S.","language":"en"}}"#);
    for text in [
        format!(r#"<think>Perhaps {{"memories":[]}}?</think>{whole}"#),
        format!(r#"Perhaps {{"memories":[]}}? No: {whole}"#),
        format!(r#"{whole} I kept to {{"memories":[]}} as the form."#),
        format!(
            r#"thoughts {{"memories":[],"summary":"","language":"","greeting":""}}</think>{whole}"#
        ),
    ] {
        assert_eq!(kept(&text), Ok((1, 0)), "{text}");
    }
}

#[test]
fn fields_are_parsed_in_all_forms_that_models_use() {
    let answer = parse(
        r#"{"Memories":[{"content":"C.","category":"PREFERENCES","importance":"8/10","turn":"turn 3","quote":["a b","c"],
            "entities":"Dana, Mill Lane","searchHints":[null,"x",7],"sensitive":"false","repeats":"none","supersedes":2.0}],
            "open_issues":"none","caller_name":"null","language":"pt_BR","summary":["One.","Two."]}"#,
    )
    .unwrap();
    let claim = ClaimedMemory {
        content: "C.".to_owned(),
        category: Category::Preference,
        importance: 8,
        entities: vec!["Dana".to_owned(), "Mill Lane".to_owned()],
        search_hints: vec!["x".to_owned(), "7".to_owned()],
        turn: Some(3),
        quote: Some("a b c".to_owned()),
        sensitive: Some(false),
        is_unfounded: false,
        repeats: None,
        supersedes: Some(2),
    };
    let rest = ModelOutput {
        summary: Some("One. Two.".to_owned()),
        language: Some("pt-br".to_owned()),
        memories: vec![claim],
        ..ModelOutput::default()
    };
    assert_eq!(answer, rest);
}

#[test]
fn an_answer_without_memories_is_valid() {
    for text in [
        r#"{"memories":[],"greeting":"Hi","summary":"","open_issues":null}"#,
        "[]",
        r#"{"memories":"none"}"#,
        r#"{"data":[]}"#,
    ] {
        assert_eq!(kept(text), Ok((0, 0)), "{text}");
    }
}

proptest! {
    #[test]
    fn no_answer_makes_the_parser_panic(text in "\\PC{0,200}", json in "[\\[\\]{}\"',:0-9a\\\\u ]{0,200}") {
        let _ = (parse(&text), parse(&json), parse(&format!("{{\"memories\":{json}}}")));
    }
}
