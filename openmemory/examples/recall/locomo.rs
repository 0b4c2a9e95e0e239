//! Reads LoCoMo as callers with labelled questions.
//!
//! Each conversation becomes one caller. Each fact of its `observation` part becomes a memory, said
//! at the time of its session. A question of categories 1 to 4 is answered by the facts that name
//! one of its evidence turns; it is skipped if there is no such fact. A question of category 5
//! (adversarial) has no answer.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::fmt::strtime;
use serde::Deserialize;
use serde_json::Value;

use crate::labelled::{Caller, LabelledMemory, Question};

/// One conversation of the file.
#[derive(Deserialize)]
struct Sample {
    sample_id: String,
    /// `session_1`, `session_1_date_time`, ...
    conversation: BTreeMap<String, Value>,
    /// The facts of each speaker with their turns, by `session_1_observation`, ...
    observation: BTreeMap<String, BTreeMap<String, Vec<(String, Value)>>>,
    qa: Vec<QaEntry>,
}

/// A question about a conversation.
#[derive(Deserialize)]
struct QaEntry {
    question: String,
    #[serde(default)]
    evidence: Vec<String>,
    category: usize,
}

/// Names of the categories 1 to 5.
const CATEGORIES: [&str; 5] = [
    "multi-hop",
    "temporal",
    "open-domain",
    "single-hop",
    "adversarial",
];
const ADVERSARIAL: usize = 5;
/// LoCoMo does not state the importance of a fact.
const IMPORTANCE: u8 = 5;

/// A turn of a conversation: the number of its session, and its number in the session.
type Turn = (usize, usize);

/// Reads `locomo10.json`.
pub(crate) fn read(file: &[u8]) -> serde_json::Result<Vec<Caller>> {
    let samples: Vec<Sample> = serde_json::from_slice(file)?;
    Ok(samples.into_iter().map(caller).collect())
}

fn caller(sample: Sample) -> Caller {
    let (memories, turns): (Vec<LabelledMemory>, Vec<Vec<Turn>>) =
        facts(&sample).into_iter().unzip();
    let questions = sample
        .qa
        .iter()
        .filter_map(|asked| question(asked, &turns))
        .collect();
    Caller {
        id: sample.sample_id,
        language: "en".to_owned(),
        memories,
        questions,
    }
}

/// Returns the facts in the order of their sessions, each with its turns.
fn facts(sample: &Sample) -> Vec<(LabelledMemory, Vec<Turn>)> {
    let mut facts = Vec::new();
    for (name, speakers) in &sample.observation {
        let said_on = name
            .strip_suffix("_observation")
            .and_then(|session| time(sample, session));
        let said_on = said_on.unwrap_or_default();
        for (text, evidence) in speakers.values().flatten() {
            let memory = LabelledMemory {
                text: text.clone(),
                importance: IMPORTANCE,
                said_on: said_on.clone(),
            };
            facts.push((memory, turns(&evidence.to_string())));
        }
    }
    facts.sort_by(|(one, _), (other, _)| one.said_on.cmp(&other.said_on));
    facts
}

/// Converts `1:56 pm on 8 May, 2023` to a timestamp in UTC.
fn time(sample: &Sample, session: &str) -> Option<String> {
    let text = sample
        .conversation
        .get(&format!("{session}_date_time"))?
        .as_str()?;
    let time: DateTime = strtime::parse("%I:%M %p on %d %B, %Y", text)
        .ok()?
        .to_datetime()
        .ok()?;
    Some(format!("{time}Z"))
}

/// Parses turns such as `D8:6; D9:17`. Some are written `D:11:26` or `D30:05`.
fn turns(text: &str) -> Vec<Turn> {
    let parts = text.split(|letter: char| !letter.is_ascii_digit() && !matches!(letter, 'D' | ':'));
    let turn = |part: &str| {
        let (session, turn) = part
            .strip_prefix('D')?
            .trim_start_matches(':')
            .split_once(':')?;
        Some((session.parse().ok()?, turn.parse().ok()?))
    };
    parts.filter_map(turn).collect()
}

fn question(asked: &QaEntry, turns_of_memories: &[Vec<Turn>]) -> Option<Question> {
    let evidence: Vec<Turn> = asked.evidence.iter().flat_map(|text| turns(text)).collect();
    let shares = |turns: &Vec<Turn>| turns.iter().any(|turn| evidence.contains(turn));
    let numbered = turns_of_memories.iter().zip(1..);
    let is_adversarial = asked.category == ADVERSARIAL;
    let right: Vec<usize> = if is_adversarial {
        Vec::new()
    } else {
        numbered
            .filter(|(turns, _)| shares(turns))
            .map(|(_, number)| number)
            .collect()
    };
    let category = CATEGORIES.get(asked.category.checked_sub(1)?).copied();
    let question = Question {
        query: asked.question.clone(),
        right,
        asked_in: None,
        category,
    };
    (is_adversarial || !question.right.is_empty()).then_some(question)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample() -> Vec<Caller> {
        let file = json!([{
            "sample_id": "talk-1",
            "conversation": {
                "speaker_a": "Ida", "session_2_date_time": "9:05 am on 3 June, 2022",
                "session_10_date_time": "12:30 pm on 14 October, 2022",
                "session_2": [{ "speaker": "Ida", "dia_id": "D2:1", "text": "I bought a kayak." }],
            },
            "observation": {
                "session_10_observation": { "Ida": [["Ida sold the kayak.", ["D10:3", "D10:5"]]] },
                "session_2_observation": {
                    "Ida": [["Ida bought a kayak.", "D2:1"]],
                    "Ole": [["Ole cannot swim.", "D2:4, D2:6"]],
                },
            },
            "qa": [
                { "question": "What does Ida own?", "answer": "x", "evidence": ["D2:1", "D10:5"], "category": 1 },
                { "question": "Who cannot swim?", "answer": "Ole", "evidence": ["D:2:06; D1:1"], "category": 4 },
                { "question": "What is missing?", "answer": "x", "evidence": ["D7:1"], "category": 2 },
                { "question": "When did Ole sell it?", "evidence": ["D10:3"], "category": 5 },
            ],
        }]);
        read(file.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn facts_become_memories_in_the_order_of_their_sessions() {
        let caller = &sample()[0];
        let memories: Vec<(&str, &str)> = caller
            .memories
            .iter()
            .map(|memory| (memory.text.as_str(), memory.said_on.as_str()))
            .collect();
        assert_eq!(
            memories,
            [
                ("Ida bought a kayak.", "2022-06-03T09:05:00Z"),
                ("Ole cannot swim.", "2022-06-03T09:05:00Z"),
                ("Ida sold the kayak.", "2022-10-14T12:30:00Z"),
            ]
        );
    }

    #[test]
    fn questions_without_a_fact_for_their_evidence_are_skipped() {
        let caller = &sample()[0];
        let asked: Vec<(&str, &[usize], Option<&str>)> = caller
            .questions
            .iter()
            .map(|question| {
                (
                    question.query.as_str(),
                    question.right.as_slice(),
                    question.category,
                )
            })
            .collect();
        assert_eq!(
            asked,
            [
                ("What does Ida own?", [1, 3].as_slice(), Some("multi-hop")),
                ("Who cannot swim?", &[2], Some("single-hop")),
                ("When did Ole sell it?", &[], Some("adversarial")),
            ]
        );
    }
}
