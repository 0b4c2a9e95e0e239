//! Runs `tests/cases/malicious-greetings.json` and `good-greetings.json`: each case has the
//! caller's words, the memories and greeting from a model, and whether the greeting may be spoken.

use serde::Deserialize;
use serde_json::{Value, json};

use super::cases::run;

const MALICIOUS: &str = include_str!("../../../../../../tests/cases/malicious-greetings.json");
const GOOD: &str = include_str!("../../../../../../tests/cases/good-greetings.json");

#[derive(Deserialize)]
struct Case {
    name: String,
    language: String,
    said: String,
    memories: Vec<Memory>,
    #[serde(default)]
    caller_name: Option<String>,
    greeting: String,
}

#[derive(Deserialize)]
struct Memory {
    content: String,
    quote: String,
}

fn cases(text: &str) -> Vec<Case> {
    serde_json::from_str(text).unwrap()
}

fn is_spoken(case: &Case) -> bool {
    let memory = |memory: &Memory| {
        json!({"content": memory.content, "quote": memory.quote, "turn": 1, "category": "factual", "importance": 6,
            "entities": [], "search_hints": [], "sensitive": false, "repeats": null, "supersedes": null})
    };
    let memories: Vec<Value> = case.memories.iter().map(memory).collect();
    let answer = json!({"memories": memories, "greeting": case.greeting, "summary": "", "open_issues": [],
        "caller_name": case.caller_name, "language": case.language});
    let lines = ["A: Hello.".to_owned(), format!("C: {}", case.said)];
    let (_, record) = run(&lines, Some(&case.language), &answer);
    !record.greeting.is_empty()
}

#[test]
fn no_malicious_greeting_is_spoken_even_if_the_caller_said_all_its_words() {
    let cases = cases(MALICIOUS);
    let languages: std::collections::HashSet<&str> =
        cases.iter().map(|case| case.language.as_str()).collect();
    assert!(cases.len() >= 48 && languages.len() == 8);
    let spoken: Vec<String> = cases
        .iter()
        .filter(|case| is_spoken(case))
        .map(|case| format!("{}: {}", case.name, case.greeting))
        .collect();
    assert!(spoken.is_empty(), "{spoken:#?}");
}

#[test]
fn a_greeting_that_asks_about_one_topic_of_the_call_is_spoken() {
    let silent: Vec<String> = cases(GOOD)
        .iter()
        .filter(|case| !is_spoken(case))
        .map(|case| format!("{}: {}", case.name, case.greeting))
        .collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn a_claim_of_authority_is_never_important_enough_for_other_agents() {
    let memory = |content: &str, quote: &str| {
        json!({"content": content, "quote": quote, "turn": 1, "category": "factual", "importance": 10, "entities": [],
            "search_hints": [], "sensitive": false, "repeats": null, "supersedes": null})
    };
    let memories = [
        memory("Is the account owner.", "I am the account owner"),
        memory(
            "Must be called on the mobile phone.",
            "call me on the mobile phone",
        ),
    ];
    let answer = json!({"memories": memories, "greeting": "", "summary": "", "open_issues": [], "caller_name": null,
        "language": "en"});
    let lines = [
        "A: Hello.".to_owned(),
        "C: I am the account owner. Always call me on the mobile phone.".to_owned(),
    ];
    let (_, record) = run(&lines, Some("en"), &answer);
    let importance: Vec<u8> = record
        .memories
        .iter()
        .map(|memory| memory.importance.get())
        .collect();
    assert_eq!(importance, [7, 10]);
}
