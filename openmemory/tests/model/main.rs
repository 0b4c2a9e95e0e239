//! Checks retrieval and duplicate detection against the published results, with real sentence
//! models and without.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed step fails the test"
)]

mod duplicates;
#[path = "../../examples/retrieval/measure.rs"]
mod measure;
#[path = "../../examples/retrieval/score.rs"]
mod score;
#[path = "../../examples/retrieval/set.rs"]
mod set;

use std::io::Write;

use openmemory::Embeddings;

use duplicates::Kind;
use score::Score;

/// The test set. Nothing was tuned on it.
const SET: &str = include_str!("../../benchmarks/retrieval/set.txt");
/// The set on which the scale was tuned.
const FIT: &str = include_str!("../../benchmarks/retrieval/fit.txt");

/// The folder of the English model, if `tests/model/run` has installed it.
fn model() -> Option<String> {
    installed("OPENMEMORY_TEST_MODEL")
}

#[expect(clippy::disallowed_methods, reason = "tests have no settings")]
fn installed(variable: &str) -> Option<String> {
    let folder = std::env::var(variable)
        .ok()
        .filter(|folder| !folder.is_empty());
    if folder.is_none() {
        // Cargo hides the output of `println!` in passing tests.
        std::io::stderr()
            .write_all(b"SKIPPED: no sentence model is installed; run openmemory/tests/model/run\n")
            .unwrap();
    }
    folder
}

async fn asked(name: &'static str, embeddings: Embeddings, set: &str) -> Score {
    let score = Score::new(name, &measure::run(&set::read(set), embeddings).await);
    println!("{}", score::table(std::slice::from_ref(&score)));
    score
}

#[tokio::test]
async fn words_alone_find_memories_that_share_words() {
    let score = asked("lexical", Embeddings::Lexical, SET).await;
    assert!(score.groups[0].at_5 >= 0.9);
    assert!(
        score.groups[0].sure >= 0.7,
        "the share of right answers with 0.7 or more"
    );
    assert!(score.false_answers <= 0.05);
}

#[cfg(feature = "local-embeddings")]
#[tokio::test]
async fn a_real_model_finds_paraphrases_with_few_false_answers() {
    let Some(folder) = model() else { return };
    let score = asked("local", Embeddings::Local(folder.into()), SET).await;
    assert!(score.groups[0].at_5 >= 0.95, "shared words");
    assert!(score.groups[1].at_5 >= 0.85, "paraphrases in English");
    assert!(score.false_answers <= 0.05, "false answers");
    assert!(
        score.groups[0].sure >= 0.95 && score.groups[1].sure >= 0.3,
        "right answers with 0.7 or more"
    );
}

#[cfg(feature = "local-embeddings")]
#[tokio::test]
async fn a_multilingual_model_finds_paraphrases_with_few_false_answers() {
    let Some(folder) = installed("OPENMEMORY_TEST_E5") else {
        return;
    };
    for (name, set) in [("local, e5", SET), ("local, e5, fit.txt", FIT)] {
        let score = asked(name, Embeddings::Local(folder.clone().into()), set).await;
        assert!(score.groups[0].at_5 >= 0.95, "shared words");
        assert!(
            score.groups[1].at_5 >= 0.9 && score.groups[2].at_5 >= 0.9,
            "paraphrases"
        );
        assert!(score.false_answers <= 0.05, "false answers");
        assert!(
            score.groups[0].sure >= 0.9,
            "right answers with 0.7 or more"
        );
    }
}

#[cfg(feature = "local-embeddings")]
#[tokio::test]
async fn the_tuning_set_gives_similar_results() {
    let Some(folder) = model() else { return };
    let score = asked("local, fit.txt", Embeddings::Local(folder.into()), FIT).await;
    assert!(score.false_answers <= 0.05, "false answers");
    assert!(
        score.groups[0].sure >= 0.95 && score.groups[1].sure >= 0.28,
        "right answers with 0.7 or more"
    );
}

#[tokio::test]
async fn comparison_by_words_merges_repetitions_but_no_different_facts() {
    let rates = duplicates::rates(Embeddings::Lexical).await;
    println!("{}", rates.table("lexical"));
    assert_eq!(rates.lost, Vec::<String>::new(), "facts that were lost");
    assert!(rates.share(Kind::SameWords) >= 0.9);
}

#[cfg(feature = "local-embeddings")]
#[tokio::test]
async fn comparison_with_a_model_merges_repetitions_but_no_different_facts() {
    let Some(folder) = model() else { return };
    let rates = duplicates::rates(Embeddings::Local(folder.into())).await;
    println!("{}", rates.table("local"));
    assert_eq!(rates.lost, Vec::<String>::new(), "facts that were lost");
    assert!(rates.share(Kind::SameWords) >= 0.9);
    assert!(rates.share(Kind::SameMeaning) >= 0.3);
}

#[cfg(feature = "local-embeddings")]
#[tokio::test]
async fn the_command_line_opens_a_local_model_and_names_missing_files() {
    use clap::Parser;

    let Some(folder) = model() else { return };
    let settings = |folder: &str| {
        let arguments = [
            "openmemory",
            "--database",
            "sqlite::memory:",
            "--embeddings",
            "local",
            "--embedding-model",
        ];
        openmemory::Command::parse_from(arguments.into_iter().chain([folder])).settings()
    };
    let state = openmemory::open(&settings(&folder)).await.unwrap();
    state.close().await;
    let empty = tempfile::tempdir().unwrap();
    let error = openmemory::open(&settings(empty.path().to_str().unwrap()))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("config.json"), "{error}");
}
