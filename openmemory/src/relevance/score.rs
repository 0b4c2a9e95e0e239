//! From shared words to one number.

use super::question::Term;
use super::{Passage, Question, rarity};

/// How a memory compares with a question, word by word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct WordScore {
    /// Relevance in 0..=1, to four decimals, so that equal coverage really is a tie. `None` when
    /// the memory shares no meaning word with the question.
    pub(crate) relevance: Option<f64>,
    /// For the order: the share of the question's words that it covers, words that few memories
    /// have counting far more. 0..=1.
    pub(crate) covered: f64,
    /// Whether it has each word that names what the question is after.
    pub(crate) covers_all: bool,
    /// Whether the question names a person of whom several memories tell, and this one does not.
    pub(crate) misses_person: bool,
}

/// How much rarer words weigh more: a word that no memory has counts this much extra.
const RARITY: f64 = 0.3;
/// The part of the score that depends on the question's words standing together.
const CLOSENESS: f64 = 0.06;
/// The share of the memories from which on a name in them is somebody whom they are about.
const OFTEN_NAMED: f64 = 0.2;
/// What is left of a relevance where the question names such a person and the memory does not.
const ABOUT_ANOTHER: f64 = 0.8;

/// Compares each passage with the question, in their order. They are those of `among` memories that
/// may share a word with it, and each stands for as many as `sample_weights` says.
///
/// The relevance is the share of the question's meaning words that a passage covers, rare words
/// counting more. Full coverage by content gives at least 0.94.
pub(crate) fn rank(
    question: &Question,
    passages: &[Passage],
    sample_weights: &[f64],
    among: usize,
) -> Vec<WordScore> {
    let strengths: Vec<Vec<f64>> = passages
        .iter()
        .map(|passage| {
            question
                .terms
                .iter()
                .map(|term| passage.strength(term))
                .collect()
        })
        .collect();
    let among = among.max(passages.len()) as f64;
    let document_count = |at: usize| {
        let have = strengths
            .iter()
            .zip(sample_weights)
            .filter(|(found, _)| found[at] > 0.0);
        have.map(|(_, times)| times).sum::<f64>()
    };
    let weights = weights(question, document_count, |term, document_count| {
        term_weight(term, document_count, among)
    });
    let for_order = order_weights(question, document_count, among);
    let is_person =
        |at: &usize| question.terms[*at].word.is_name && document_count(*at) >= OFTEN_NAMED * among;
    let people: Vec<usize> = (0..question.terms.len()).filter(is_person).collect();
    let scored = |(passage, found): (&Passage, &Vec<f64>)| {
        let misses_person = people.iter().any(|at| found[*at] <= 0.0);
        let person = if misses_person { ABOUT_ANOTHER } else { 1.0 };
        let relevance = || {
            let close = 1.0 - CLOSENESS + CLOSENESS * passage.closeness(question);
            to_four_decimals(covered(found, &weights) * close * person)
        };
        let shares_meaning = shares_meaning(question, found);
        WordScore {
            relevance: shares_meaning.then(relevance),
            covered: if shares_meaning {
                covered(found, &for_order)
            } else {
                0.0
            },
            covers_all: shares_meaning && has_all(question, found),
            misses_person,
        }
    };
    passages.iter().zip(&strengths).map(scored).collect()
}

/// What each word of the question counts for the order, of which `having` tells how many of `among`
/// memories have it.
pub(crate) fn order_weights(
    question: &Question,
    document_count: impl Fn(usize) -> f64,
    among: f64,
) -> Vec<f64> {
    weights(question, document_count, |term, document_count| {
        term.weight * rarity(document_count, among)
    })
}

fn weights(
    question: &Question,
    document_count: impl Fn(usize) -> f64,
    weight: impl Fn(&Term, f64) -> f64,
) -> Vec<f64> {
    question
        .terms
        .iter()
        .enumerate()
        .map(|(at, term)| weight(term, document_count(at)))
        .collect()
}

fn covered(found: &[f64], weights: &[f64]) -> f64 {
    let covered: f64 = found
        .iter()
        .zip(weights)
        .map(|(strength, weight)| strength * weight)
        .sum();
    covered / weights.iter().sum::<f64>().max(f64::EPSILON)
}

/// What a word of a question counts that so many of the memories have: rare words a little more
/// than common ones.
fn term_weight(term: &Term, document_count: f64, among: f64) -> f64 {
    let commonness = document_count.ln_1p() / among.max(1.0).ln_1p();
    term.weight * (1.0 + RARITY * (1.0 - commonness))
}

fn shares_meaning(question: &Question, found: &[f64]) -> bool {
    question
        .terms
        .iter()
        .zip(found)
        .any(|(term, strength)| term.decides && *strength > 0.0)
}

fn has_all(question: &Question, found: &[f64]) -> bool {
    question
        .terms
        .iter()
        .zip(found)
        .all(|(term, strength)| !term.decides || *strength > 0.0)
}

/// A score within 0..=1, to four decimals.
pub(crate) fn to_four_decimals(score: f64) -> f64 {
    (score.clamp(0.0, 1.0) * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    fn scores(question: &str, contents: &[&str]) -> Vec<f64> {
        let metadata = Map::new();
        let memories: Vec<_> = contents
            .iter()
            .map(|content| (*content, &metadata))
            .collect();
        scores_of(question, &memories)
    }

    fn scores_of(question: &str, memories: &[(&str, &Map<String, Value>)]) -> Vec<f64> {
        let question = Question::parse(question);
        let passages: Vec<_> = memories
            .iter()
            .map(|(content, metadata)| Passage::new(content, metadata, question.language))
            .collect();
        let scored = rank(
            &question,
            &passages,
            &vec![1.0; passages.len()],
            passages.len(),
        );
        scored
            .into_iter()
            .map(|scored| scored.relevance.unwrap_or_default())
            .collect()
    }

    fn score(question: &str, content: &str) -> f64 {
        scores(question, &[content])[0]
    }

    const ORDER: &str = r#"The caller said: "I want to order product XYZ-789""#;

    #[test]
    fn a_word_of_the_memory_finds_it() {
        assert!(score("order", ORDER) >= 0.85);
        assert!(score("shipping", "I prefer express shipping") >= 0.85);
        assert!(
            score(
                "What is the customer's shipping preference?",
                "Customer prefers express shipping for all orders"
            ) >= 0.85
        );
    }

    #[test]
    fn half_of_the_question_is_about_half_of_the_score() {
        let half = score("order lampshade", ORDER);
        assert!((0.4..=0.6).contains(&half), "{half}");
    }

    #[test]
    fn nothing_shared_is_no_answer() {
        assert_eq!(score("dentist appointment", ORDER), 0.0);
        assert_eq!(
            score(
                "What does the caller want to eat?",
                "The caller wants express shipping"
            ),
            0.0
        );
    }

    #[test]
    fn a_code_is_found_in_every_spelling() {
        for question in ["XYZ-789", "xyz789", "XYZ 789", "product xyz-789", "789"] {
            assert!(score(question, ORDER) >= 0.85, "{question}");
        }
        assert!(score("ho 7712", "Order HO-7712 is late") >= 0.85);
        assert!(score("HO7712", "Order HO 7712 is late") >= 0.85);
        assert!(score("HO-7721", "Order HO-7712 is late") < 0.5);
    }

    #[test]
    fn stems_meet_in_three_languages() {
        assert!(score("orders", "Ordered a lamp") >= 0.7);
        assert!(score("¿Cuáles son los pedidos?", "El cliente hizo un pedido") >= 0.7);
        assert!(score("Welche Bestellungen?", "Die Bestellung kam zu spät") >= 0.7);
        assert!(score("envío", "El cliente prefiere envíos urgentes") >= 0.7);
    }

    #[test]
    fn hints_count_less_than_content() {
        let metadata = json!({"tags": ["delivery"], "entities": [{"name": "Lisbon"}]});
        let hinted = scores_of(
            "delivery",
            &[("Prefers express shipping", metadata.as_object().unwrap())],
        )[0];
        assert!(hinted > 0.7 && hinted < score("delivery", "Prefers express delivery"));
        let nested = scores_of(
            "lisbon",
            &[("Prefers express shipping", metadata.as_object().unwrap())],
        )[0];
        assert!(nested > 0.7);
    }

    #[test]
    fn more_of_the_question_is_better() {
        let found = scores(
            "late delivery of the lamp",
            &[
                "The lamp is blue",
                "The delivery of the lamp was late",
                "Delivery on Monday",
            ],
        );
        assert!(found[1] > found[0] && found[1] > found[2]);
    }

    #[test]
    fn a_rare_word_says_more_than_a_common_one() {
        let found = scores(
            "order lamp",
            &["order one", "order two", "order three", "a lamp"],
        );
        assert!(found[3] > found[0]);
    }

    #[test]
    fn a_memory_that_stands_for_many_makes_its_words_common() {
        let question = Question::parse("order lamp");
        let metadata = Map::new();
        let passages: Vec<_> = ["order one", "a lamp"]
            .iter()
            .map(|text| Passage::new(text, &metadata, question.language))
            .collect();
        let of = |sample_weights: [f64; 2]| {
            rank(&question, &passages, &sample_weights, 100)
                .into_iter()
                .map(|scored| scored.relevance.unwrap())
                .collect::<Vec<_>>()
        };
        assert!(of([1.0, 1.0])[0] >= of([1.0, 1.0])[1]);
        assert!(
            of([50.0, 1.0])[0] < of([50.0, 1.0])[1],
            "the word of the memory that stands for fifty says less"
        );
    }

    #[test]
    fn a_memory_about_another_person_answers_less_surely() {
        let found = scores(
            "What did Ann paint for the exhibition?",
            &[
                "Bob had to paint a lake for the exhibition",
                "With Ann it rained",
                "Today Ann went home",
                "Nothing else",
            ],
        );
        assert!((0.3..0.7).contains(&found[0]), "{found:?}");
        let of_nobody = scores(
            "What did Ann paint for the exhibition?",
            &["She had to paint a lake for the exhibition"],
        );
        assert!(of_nobody[0] > found[0], "nobody is named often");
    }

    proptest! {
        #[test]
        fn a_score_stays_between_nothing_and_all(question in ".{0,60}", contents in prop::collection::vec(".{0,80}", 0..6)) {
            let contents: Vec<&str> = contents.iter().map(String::as_str).collect();
            for score in scores(&question, &contents) {
                prop_assert!((0.0..=1.0).contains(&score));
            }
        }

        #[test]
        fn a_memory_answers_its_own_words(words in prop::collection::vec("[b-z]{5,9}", 1..6)) {
            let text = words.join(" ");
            prop_assert!(score(&text, &text) >= 0.85 || Question::parse(&text).terms.is_empty());
        }
    }
}
