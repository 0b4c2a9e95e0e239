//! Callers with labelled questions, and the format of their files.

use serde::Deserialize;

/// Content of a file with labelled callers.
#[derive(Deserialize)]
pub(crate) struct Cases {
    pub(crate) callers: Vec<Caller>,
}

/// A caller with memories and questions.
#[derive(Deserialize)]
pub(crate) struct Caller {
    pub(crate) id: String,
    pub(crate) language: String,
    pub(crate) memories: Vec<LabelledMemory>,
    pub(crate) questions: Vec<Question>,
}

/// A memory of a labelled caller.
#[derive(Deserialize)]
pub(crate) struct LabelledMemory {
    pub(crate) text: String,
    pub(crate) importance: u8,
    /// Date, or timestamp in UTC, at which it was said.
    pub(crate) said_on: String,
}

/// A question with the memories that answer it.
#[derive(Deserialize)]
pub(crate) struct Question {
    pub(crate) query: String,
    /// Numbers, from 1, of the memories that answer. Empty if none does.
    pub(crate) right: Vec<usize>,
    /// Language of the question, if it is not the caller's.
    #[serde(default)]
    pub(crate) asked_in: Option<String>,
    /// Table row that counts the question, if it is not that of its language.
    #[serde(skip)]
    pub(crate) category: Option<&'static str>,
}

impl LabelledMemory {
    /// Returns the time at which it was said: noon if only the day is known.
    pub(crate) fn timestamp(&self) -> String {
        if self.said_on.contains('T') {
            self.said_on.clone()
        } else {
            format!("{}T12:00:00Z", self.said_on)
        }
    }
}

impl Caller {
    /// Returns the table rows that count a question.
    pub(crate) fn groups(&self, question: &Question) -> Vec<String> {
        let mut groups = vec![question.category.unwrap_or(&self.language).to_owned()];
        groups.extend(
            question
                .asked_in
                .as_ref()
                .map(|asked| format!("{asked}, other memories")),
        );
        groups.push("all".to_owned());
        groups
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    const OPEN: &str = include_str!("../../benchmarks/recall/callers.json");
    const HELD_BACK: &str = include_str!("../../benchmarks/recall/held-back.json");

    fn callers() -> Vec<Caller> {
        let read = |file| serde_json::from_str::<Cases>(file).unwrap().callers;
        [OPEN, HELD_BACK].into_iter().flat_map(read).collect()
    }

    #[test]
    fn the_callers_of_both_files_speak_eight_languages() {
        let count = |file| {
            let mut languages: BTreeMap<String, usize> = BTreeMap::new();
            for caller in serde_json::from_str::<Cases>(file).unwrap().callers {
                *languages.entry(caller.language).or_default() += 1;
            }
            languages
        };
        let counts = |counts: [usize; 8]| {
            let languages = ["de", "en", "es", "fr", "it", "nl", "pl", "pt"];
            languages
                .map(str::to_owned)
                .into_iter()
                .zip(counts)
                .collect::<BTreeMap<_, _>>()
        };
        assert_eq!(count(OPEN), counts([8, 12, 8, 7, 7, 6, 6, 6]));
        assert_eq!(count(HELD_BACK), counts([2, 2, 2, 2, 1, 1, 1, 1]));
    }

    #[test]
    fn answers_refer_to_memories_and_nothing_is_repeated() {
        let callers = callers();
        let ids: BTreeSet<&str> = callers.iter().map(|caller| caller.id.as_str()).collect();
        assert_eq!(ids.len(), callers.len(), "two callers have the same id");
        for caller in &callers {
            let texts: BTreeSet<&str> = caller
                .memories
                .iter()
                .map(|memory| memory.text.as_str())
                .collect();
            assert_eq!(texts.len(), caller.memories.len(), "{}", caller.id);
            let asked: BTreeSet<&str> = caller
                .questions
                .iter()
                .map(|question| question.query.as_str())
                .collect();
            assert_eq!(asked.len(), caller.questions.len(), "{}", caller.id);
            for question in &caller.questions {
                let all = 1..=caller.memories.len();
                let is_memory = |number: &usize| all.contains(number);
                assert!(
                    question.right.iter().all(is_memory),
                    "{}: {}",
                    caller.id,
                    question.query
                );
            }
        }
    }

    #[test]
    fn every_caller_has_an_unanswerable_question() {
        for caller in callers() {
            let unanswerable = caller
                .questions
                .iter()
                .filter(|question| question.right.is_empty())
                .count();
            assert!((1..=2).contains(&unanswerable), "{}", caller.id);
            assert!((6..=9).contains(&caller.questions.len()), "{}", caller.id);
        }
    }

    #[test]
    fn callers_of_other_languages_also_have_english_questions() {
        for caller in callers() {
            let english = caller
                .questions
                .iter()
                .filter(|question| question.asked_in.as_deref() == Some("en"))
                .count();
            assert_eq!(english >= 2, caller.language != "en", "{}", caller.id);
        }
    }

    #[test]
    fn memories_come_from_several_calls_in_order() {
        for caller in callers() {
            let days: Vec<jiff::civil::Date> = caller
                .memories
                .iter()
                .map(|memory| memory.said_on.parse().unwrap())
                .collect();
            assert!(days.is_sorted(), "{}", caller.id);
            assert!(
                days.iter().collect::<BTreeSet<_>>().len() >= 2,
                "{}",
                caller.id
            );
            assert!(
                caller
                    .memories
                    .iter()
                    .all(|memory| (1..=10).contains(&memory.importance)),
                "{}",
                caller.id
            );
        }
    }

    #[test]
    fn a_question_counts_in_its_group_and_in_all() {
        let asked = |category, asked_in: Option<&str>| {
            let caller = Caller {
                id: "a".into(),
                language: "pl".into(),
                memories: Vec::new(),
                questions: Vec::new(),
            };
            caller.groups(&Question {
                query: "q".into(),
                right: Vec::new(),
                asked_in: asked_in.map(str::to_owned),
                category,
            })
        };
        assert_eq!(asked(None, None), ["pl", "all"]);
        assert_eq!(asked(None, Some("en")), ["pl", "en, other memories", "all"]);
        assert_eq!(asked(Some("temporal"), None), ["temporal", "all"]);
    }

    #[test]
    fn a_date_becomes_noon_and_a_timestamp_stays() {
        let at = |said_on: &str| {
            LabelledMemory {
                text: String::new(),
                importance: 5,
                said_on: said_on.to_owned(),
            }
            .timestamp()
        };
        assert_eq!(at("2026-03-02"), "2026-03-02T12:00:00Z");
        assert_eq!(at("2026-03-02T08:30:00Z"), "2026-03-02T08:30:00Z");
    }
}
