use proptest::prelude::*;
use serde_json::json;

use super::*;

const CLAIM: &str = r#"{"content":"Wants express shipping.","category":"preference","importance":7,"turn":1,"quote":"express"}"#;

fn kept(text: &str) -> Result<(usize, usize), Unreadable> {
    read(text).map(|answer| (answer.memories.len(), answer.unreadable))
}

#[test]
fn fences_bare_lists_and_wrappings_are_read() {
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
fn an_item_that_cannot_be_read_is_dropped_alone_and_counted() {
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
fn an_answer_of_which_nothing_can_be_read_is_refused() {
    for text in [
        String::new(),
        "Here are the memories:".to_owned(),
        format!(r#"{{"memories":[{CLAIM}"#),
        format!(r#"<think>{{"memories":[]}}</think>{{"memories":[{CLAIM},{{"content""#),
        r#"{"memories":[{"content":"x","category":"rumour","importance":7}]}"#.to_owned(),
        r#"{"greeting":"Hi"}"#.to_owned(),
        "null".to_owned(),
    ] {
        assert_eq!(read(&text), Err(Unreadable), "{text}");
    }
}

#[test]
fn of_several_answers_the_last_whole_one_counts_and_thoughts_do_not() {
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
fn fields_are_read_in_the_forms_in_which_models_write_them() {
    let answer = read(
        r#"{"Memories":[{"content":"C.","category":"PREFERENCES","importance":"8/10","turn":"turn 3","quote":["a b","c"],
            "entities":"Dana, Mill Lane","searchHints":[null,"x",7],"sensitive":"false","repeats":"none","supersedes":2.0}],
            "open_issues":"none","caller_name":"null","language":"pt_BR","summary":["One.","Two."]}"#,
    )
    .unwrap();
    let claim = Claim {
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
fn nothing_worth_keeping_is_a_good_answer() {
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
    fn no_answer_makes_the_reader_panic(text in "\\PC{0,200}", json in "[\\[\\]{}\"',:0-9a\\\\u ]{0,200}") {
        let _ = (read(&text), read(&json), read(&format!("{{\"memories\":{json}}}")));
    }
}
