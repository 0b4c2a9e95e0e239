//! How well the memories of a caller are found: a file of callers with labelled questions, asked through the real service.
//!
//! `cargo run --profile measure -p openmemory --example recall -- [FILE]
//! [lexical|static|local:FOLDER|openai:URL:MODEL] [MEMORIES]`
//!
//! The file has the form of `benchmarks/recall/callers.json`: `right` lists the numbers, from 1, of the memories that answer.
//! With a number of memories, each caller gets small talk up to that many.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on ends")]

mod measure;
mod padding;

use std::collections::BTreeMap;
use std::path::Path;

use openmemory::Embeddings;
use serde::Deserialize;

use measure::{Asked, run};

#[derive(Deserialize)]
struct Cases {
    callers: Vec<Caller>,
}

#[derive(Deserialize)]
struct Caller {
    id: String,
    language: String,
    memories: Vec<Remembered>,
    questions: Vec<Question>,
}

#[derive(Deserialize)]
struct Remembered {
    text: String,
    importance: u8,
    said_on: String,
}

#[derive(Deserialize)]
struct Question {
    query: String,
    right: Vec<usize>,
}

/// `local:FOLDER` or `openai:URL:MODEL`; the other variables of an embedding count as well.
fn model(choice: &str) -> Embeddings {
    if let Some(folder) = choice.strip_prefix("local:") {
        return Embeddings::Local(folder.to_owned().into());
    }
    let (url, model) = choice.strip_prefix("openai:").unwrap().rsplit_once(':').unwrap();
    let variables = |name: &str| match name {
        "EMBEDDINGS" => Some("openai".to_owned()),
        "EMBEDDING_API_URL" => Some(url.to_owned()),
        "EMBEDDING_MODEL" => Some(model.to_owned()),
        other => std::env::var_os(other).and_then(|value| value.into_string().ok()),
    };
    Embeddings::of_variables(variables).unwrap()
}

#[tokio::main]
async fn main() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("benchmarks/recall/callers.json");
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().map_or(own, Into::into);
    let embeddings = match arguments.next().as_deref() {
        None | Some("static") => Embeddings::Static,
        Some("lexical") => Embeddings::Lexical,
        Some(other) => model(other),
    };
    let memories = arguments.next().map_or(0, |number| number.parse().unwrap());
    let cases: Cases = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let asked = run(&cases.callers, embeddings, memories).await;
    let mut groups: BTreeMap<&str, Vec<&Asked>> = BTreeMap::new();
    for one in &asked {
        groups.entry(&one.language).or_default().push(one);
        groups.entry("all").or_default().push(one);
    }
    println!("| callers | questions | hit@1 | hit@3 | hit@5 | hit@10 | MRR | empty | false at 0.7 | p50 | p95 |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    groups.iter().for_each(|(name, asked)| println!("{}", measure::row(name, asked)));
    if std::env::var_os("MISSES").is_some() {
        let misses = asked.iter().filter(|one| one.is_answerable && one.place.is_none_or(|place| place >= 5));
        misses.for_each(|miss| println!("{}: {} ({:?})", miss.caller, miss.query, miss.place));
        let claims = asked.iter().filter(|one| !one.is_answerable && one.claims);
        claims.for_each(|claim| println!("false: {}: {}", claim.caller, claim.query));
    }
}
