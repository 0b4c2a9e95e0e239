//! Retrieval and likeness with the real sentence model, and without one, held to what is promised.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod likeness;
#[path = "../../examples/retrieval/measure.rs"]
mod measure;
#[path = "../../examples/retrieval/score.rs"]
mod score;
#[path = "../../examples/retrieval/set.rs"]
mod set;

use std::io::Write;

use openmemory::Embeddings;

use likeness::Kind;
use score::Score;

/// The set that nothing was chosen on.
const SET: &str = include_str!("../../benchmarks/retrieval/set.txt");
/// The set that the scale was chosen on.
const FIT: &str = include_str!("../../benchmarks/retrieval/fit.txt");

/// The folder of the English model that `tests/model/run` installed.
fn model() -> Option<String> {
    installed("OPENMEMORY_TEST_MODEL")
}

#[expect(clippy::disallowed_methods, reason = "tests have no settings")]
fn installed(variable: &str) -> Option<String> {
    let folder = std::env::var(variable)
        .ok()
        .filter(|folder| !folder.is_empty());
    if folder.is_none() {
        // Not through `println!`, which cargo keeps to itself when a test passes.
        std::io::stderr()
            .write_all(b"SKIPPED: no sentence model; openmemory/tests/model/run installs it\n")
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
async fn words_alone_find_what_shares_words() {
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
async fn a_real_model_finds_paraphrases_and_seldom_claims_an_answer_that_is_not_there() {
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
async fn a_multilingual_model_on_another_scale_finds_in_all_languages_and_claims_as_seldom() {
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
async fn the_set_that_the_scale_was_chosen_on_tells_the_same() {
    let Some(folder) = model() else { return };
    let score = asked("local, fit.txt", Embeddings::Local(folder.into()), FIT).await;
    assert!(score.false_answers <= 0.05, "false answers");
    assert!(
        score.groups[0].sure >= 0.95 && score.groups[1].sure >= 0.28,
        "right answers with 0.7 or more"
    );
}

#[tokio::test]
async fn by_words_no_two_facts_become_one_and_repetitions_do() {
    let rates = likeness::rates(Embeddings::Lexical).await;
    println!("{}", rates.table("lexical"));
    assert_eq!(rates.lost, Vec::<String>::new(), "facts that were lost");
    assert!(rates.share(Kind::SameWords) >= 0.9);
}

#[cfg(feature = "local-embeddings")]
#[tokio::test]
async fn with_a_model_no_two_facts_become_one_and_repetitions_do() {
    let Some(folder) = model() else { return };
    let rates = likeness::rates(Embeddings::Local(folder.into())).await;
    println!("{}", rates.table("local"));
    assert_eq!(rates.lost, Vec::<String>::new(), "facts that were lost");
    assert!(rates.share(Kind::SameWords) >= 0.9);
    assert!(rates.share(Kind::SameMeaning) >= 0.3);
}

#[cfg(feature = "local-embeddings")]
#[tokio::test]
async fn the_command_line_opens_a_local_model_and_names_what_is_missing_of_one() {
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
