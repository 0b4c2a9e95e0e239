//! Measures recall and latency of searches: asks the labelled set of `benchmarks/retrieval/set.txt`
//! through the real service on a fresh SQLite file. Prints a table and draws
//! `benchmarks/retrieval/recall.svg`.
//!
//! `cargo run --profile measure -p openmemory --example retrieval -- [FOLDER OF A LOCAL MODEL]`

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark may panic")]

mod measure;
#[path = "../shared/plot.rs"]
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
    let mut scores = vec![Score::new(
        "lexical",
        &measure::run(&callers, Embeddings::Lexical).await,
    )];
    if let Some(model) = std::env::args().nth(1) {
        scores.push(Score::new(
            "local",
            &measure::run(&callers, Embeddings::Local(model.into())).await,
        ));
    }
    let memories: usize = callers.iter().map(|caller| caller.memories.len()).sum();
    let questions: usize = callers.iter().map(|caller| caller.questions.len()).sum();
    println!(
        "{memories} memories of {} callers, {questions} questions\n",
        callers.len()
    );
    print!("{}", score::table(&scores));
    let title = "Answer first (dark) and among the first five (light)";
    std::fs::write(
        folder.join("recall.svg"),
        plot::svg(title, &plot_groups(&scores)),
    )
    .unwrap();
}

/// Returns the groups of questions, each with a bar for each embedding.
fn plot_groups(scores: &[Score]) -> Vec<plot::Group> {
    let groups = scores.first().map_or(&[][..], |score| &score.groups);
    let bar = |score: &Score, at: usize| {
        let group = &score.groups[at];
        plot::Bar {
            label: score.embedding,
            at_1: group.at_1,
            at_5: group.at_5,
        }
    };
    groups
        .iter()
        .enumerate()
        .map(|(at, group)| plot::Group {
            name: group.name.to_owned(),
            bars: scores.iter().map(|score| bar(score, at)).collect(),
        })
        .collect()
}
