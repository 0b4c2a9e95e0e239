//! Callers with labelled questions, and the files that hold them.

use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Cases {
    pub(crate) callers: Vec<Caller>,
}

/// A caller, what is remembered of them, and what is asked about them.
#[derive(Deserialize)]
pub(crate) struct Caller {
    pub(crate) id: String,
    pub(crate) language: String,
    pub(crate) memories: Vec<Remembered>,
    pub(crate) questions: Vec<Question>,
}

#[derive(Deserialize)]
pub(crate) struct Remembered {
    pub(crate) text: String,
    pub(crate) importance: u8,
    /// A date, or a timestamp in UTC.
    pub(crate) said_on: String,
}

#[derive(Deserialize)]
pub(crate) struct Question {
    pub(crate) query: String,
    /// The numbers, from 1, of the memories that answer; none when nothing does.
    pub(crate) right: Vec<usize>,
    /// The language of a question that is not in the caller's language.
    #[serde(default)]
    pub(crate) asked_in: Option<String>,
    /// The row of the table that counts it, when it is not its language.
    #[serde(skip)]
    pub(crate) category: Option<&'static str>,
}

impl Remembered {
    /// When it was said: at noon, when only the day is known.
    pub(crate) fn timestamp(&self) -> String {
        if self.said_on.contains('T') {
            self.said_on.clone()
        } else {
            format!("{}T12:00:00Z", self.said_on)
        }
    }
}

impl Caller {
    /// The rows of the table that count a question.
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
    fn every_answer_is_a_memory_of_the_caller_and_nothing_is_there_twice() {
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
    fn every_caller_is_asked_something_that_was_never_said() {
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
    fn callers_of_other_languages_are_also_asked_about_in_english() {
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
    fn memories_are_told_over_several_calls_in_the_order_of_their_days() {
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
    fn a_question_counts_for_its_language_or_category_and_for_all() {
        let asked = |category, asked_in: Option<&str>| {
            let caller = Caller {
                id: "a".into(),
                language: "pl".into(),
                memories: Vec::new(),
                questions: Vec::new(),
            };
            let (query, right, asked_in) = ("q".into(), Vec::new(), asked_in.map(str::to_owned));
            caller.groups(&Question {
                query,
                right,
                asked_in,
                category,
            })
        };
        assert_eq!(asked(None, None), ["pl", "all"]);
        assert_eq!(asked(None, Some("en")), ["pl", "en, other memories", "all"]);
        assert_eq!(asked(Some("temporal"), None), ["temporal", "all"]);
    }

    #[test]
    fn a_day_is_told_at_noon_and_a_time_as_it_is() {
        let at = |said_on: &str| {
            Remembered {
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
