//! Invented callers: their memories, all different, and questions.

use serde_json::{Value, json};

const THINGS: [&str; 20] = [
    "lamp", "sofa", "router", "invoice", "garden", "bicycle", "passport", "kitchen", "piano",
    "tent", "mortgage", "dentist", "window", "camera", "printer", "boiler", "carpet", "ticket",
    "parcel", "mirror",
];
const ACTIONS: [&str; 10] = [
    "asked about the",
    "complained about the",
    "ordered a new",
    "returned the broken",
    "was happy with the",
    "wants a discount for the",
    "forgot the password for the",
    "bought insurance for the",
    "recommended the",
    "cancelled the delivery of the",
];
const PLACES: [&str; 8] = [
    "Boston", "Denver", "Lisbon", "Leeds", "Kassel", "Valencia", "Oslo", "Turin",
];

const SYLLABLES: [&str; 20] = [
    "ba", "ce", "di", "fo", "gu", "ha", "ke", "li", "mo", "nu", "pa", "re", "si", "to", "vu", "wa",
    "ze", "bi", "co", "du",
];

pub(crate) fn caller(number: usize) -> String {
    format!("+1202555{number:04}")
}

pub(crate) fn memory(number: usize, at: usize) -> Value {
    let action = ACTIONS[at % 10];
    let thing = THINGS[at / 10 % 20];
    let place = PLACES[at % 8];
    json!({
        "agent_id": "support", "caller_id": caller(number), "importance": 1 + at % 10,
        "content": format!("Customer {action} {thing} from the shop in {place}, {}", reference(at)),
        "metadata": { "category": "factual", "conversation_id": format!("conv_{at}"), "tags": [thing] },
    })
}

/// The body of a request that stores memories `first` to `first + count` of a caller.
pub(crate) fn batch(number: usize, first: usize, count: usize) -> Value {
    let memories: Vec<Value> = (first..first + count)
        .map(|at| memory(number, at))
        .collect();
    json!({ "memories": memories })
}

/// Returns a case number for one half of the memories and a name for the other. With numbers alone,
/// most memories would be easy to tell apart.
fn reference(at: usize) -> String {
    if at.is_multiple_of(2) {
        return format!("case {at}");
    }
    let name: String = [at / 400 % 20, at / 20 % 20, at % 20]
        .iter()
        .map(|syllable| SYLLABLES[*syllable])
        .collect();
    format!("for Mr K{name}{}", SYLLABLES[at / 8_000 % 20])
}

pub(crate) fn question(number: usize, turn: usize) -> Value {
    let query = format!(
        "What happened with the {} in {}?",
        THINGS[turn % 20],
        PLACES[turn % 8]
    );
    json!({ "caller_id": caller(number), "query": query, "limit": 10 })
}
