//! Retrieval with the real sentence model, and without one, held to what is promised.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../../examples/retrieval/measure.rs"]
mod measure;
#[path = "../../examples/retrieval/score.rs"]
mod score;
#[path = "../../examples/retrieval/set.rs"]
mod set;

use std::io::Write;

use openmemory::Embeddings;

use score::Score;

/// The folder of the model that `tests/model/run` installed.
#[expect(clippy::disallowed_methods, reason = "tests have no settings")]
fn model() -> Option<String> {
    let folder = std::env::var("OPENMEMORY_TEST_MODEL").ok().filter(|folder| !folder.is_empty());
    if folder.is_none() {
        // Not through `println!`, which cargo keeps to itself when a test passes.
        std::io::stderr().write_all(b"SKIPPED: no sentence model; openmemory/tests/model/run installs it\n").unwrap();
    }
    folder
}

async fn asked(name: &'static str, embeddings: Embeddings) -> Score {
    let callers = set::read(include_str!("../../benchmarks/retrieval/set.txt"));
    let score = Score::of(name, &measure::run(&callers, embeddings).await);
    println!("{}", score::table(std::slice::from_ref(&score)));
    score
}

#[tokio::test]
async fn words_alone_find_what_shares_words() {
    let score = asked("lexical", Embeddings::Lexical).await;
    assert!(score.groups[0].at_5 >= 0.9);
    assert!(score.false_answers <= 0.05);
}

#[cfg(feature = "local-embeddings")]
#[tokio::test]
async fn a_real_model_finds_paraphrases_and_seldom_claims_an_answer_that_is_not_there() {
    let Some(folder) = model() else { return };
    let score = asked("local", Embeddings::Local(folder.into())).await;
    assert!(score.groups[0].at_5 >= 0.95, "shared words");
    assert!(score.groups[1].at_5 >= 0.85, "paraphrases in English");
    assert!(score.false_answers <= 0.05, "false answers");
}

#[cfg(feature = "local-embeddings")]
#[tokio::test]
async fn the_command_line_opens_a_local_model_and_names_what_is_missing_of_one() {
    use clap::Parser;

    let Some(folder) = model() else { return };
    let settings = |folder: &str| {
        let arguments = ["openmemory", "--database", "sqlite::memory:", "--embeddings", "local", "--embedding-model"];
        openmemory::Command::parse_from(arguments.into_iter().chain([folder])).settings()
    };
    let state = openmemory::open(&settings(&folder)).await.unwrap();
    state.close().await;
    let empty = tempfile::tempdir().unwrap();
    let error = openmemory::open(&settings(empty.path().to_str().unwrap())).await.unwrap_err();
    assert!(error.to_string().contains("config.json"), "{error}");
}
