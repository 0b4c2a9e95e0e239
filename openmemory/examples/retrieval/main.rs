//! How well and how fast memories are found: the labelled set of `benchmarks/retrieval/set.txt` asked through the
//! real service on a fresh SQLite file. Prints a table and draws `benchmarks/retrieval/recall.svg`.
//!
//! `cargo run --profile measure -p openmemory --example retrieval -- [FOLDER OF A LOCAL MODEL]`

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot go on ends")]

mod measure;
mod plot;
mod score;
mod set;

use std::path::Path;

use openmemory::Embeddings;

use score::Score;

#[tokio::main]
async fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benchmarks/retrieval");
    let callers = set::read(&std::fs::read_to_string(folder.join("set.txt")).unwrap());
    let mut scores = vec![Score::of("lexical", &measure::run(&callers, Embeddings::Lexical).await)];
    if let Some(model) = std::env::args().nth(1) {
        scores.push(Score::of("local", &measure::run(&callers, Embeddings::Local(model.into())).await));
    }
    let memories: usize = callers.iter().map(|caller| caller.memories.len()).sum();
    let questions: usize = callers.iter().map(|caller| caller.questions.len()).sum();
    println!("{memories} memories of {} callers, {questions} questions\n", callers.len());
    print!("{}", score::table(&scores));
    std::fs::write(folder.join("recall.svg"), plot::svg(&scores)).unwrap();
}
