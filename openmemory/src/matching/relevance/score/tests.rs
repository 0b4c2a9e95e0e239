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
fn a_memory_is_found_by_its_words() {
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
fn covering_half_of_the_question_gives_about_half_the_score() {
    let half = score("order lampshade", ORDER);
    assert!((0.4..=0.6).contains(&half), "{half}");
}

#[test]
fn a_memory_without_shared_words_has_no_score() {
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
fn stems_match_in_three_languages() {
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
fn covering_more_of_the_question_scores_higher() {
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
fn a_rare_word_has_more_weight_than_a_common_one() {
    let found = scores(
        "order lamp",
        &["order one", "order two", "order three", "a lamp"],
    );
    assert!(found[3] > found[0]);
}

#[test]
fn a_memory_that_represents_many_makes_its_words_common() {
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
        "the word of the memory that represents fifty has less weight"
    );
}

#[test]
fn a_memory_about_another_person_scores_lower() {
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
    let of_unnamed = scores(
        "What did Ann paint for the exhibition?",
        &["She had to paint a lake for the exhibition"],
    );
    assert!(of_unnamed[0] > found[0], "no person is named often");
}

proptest! {
    #[test]
    fn scores_are_between_0_and_1(question in ".{0,60}", contents in prop::collection::vec(".{0,80}", 0..6)) {
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
