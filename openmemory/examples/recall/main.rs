//! Measures how well a caller's memories are found. Labelled questions are asked through the real
//! service, and of three baselines on the same memories: BM25, plain cosine of the embedding's
//! vectors, and their reciprocal rank fusion.
//!
//! `cargo run --profile measure -p openmemory --example recall -- [FILE] [EMBEDDINGS] [MEMORIES]
//! [--locomo FILE] [--only-locomo] [--plot FILE]`
//!
//! `FILE` has the format of `benchmarks/recall/callers.json`. `EMBEDDINGS` is `static`, `lexical`,
//! `local:FOLDER` or `openai:URL:MODEL`. `MEMORIES` lists the sizes to measure: each caller's
//! memories are filled up to that number with small talk. `MISSES=1` lists every question whose
//! answer the service ranks below a baseline or not among the first five.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

mod baselines;
mod labelled;
mod locomo;
mod measure;
mod metrics;
mod padding;
#[path = "../shared/plot.rs"]
mod plot;
mod small_talk;

use std::path::{Path, PathBuf};

use clap::Parser;
use openmemory::Embeddings;

use labelled::{Caller, Cases};
use measure::{Measurement, Outcome, QuestionResult, run};
use plot::Group;

#[derive(Parser)]
struct Arguments {
    /// Callers with labelled questions [default: those of this repository]
    file: Option<PathBuf>,
    #[arg(default_value = "static")]
    embeddings: String,
    /// Minimum number of memories of each caller
    #[arg(value_delimiter = ',', default_value = "0,100,200")]
    memories: Vec<usize>,
    /// LoCoMo's `locomo10.json`
    #[arg(long)]
    locomo: Option<PathBuf>,
    /// Skip the callers of FILE
    #[arg(long, requires = "locomo")]
    only_locomo: bool,
    /// Where to write the plot, as SVG
    #[arg(long)]
    plot: Option<PathBuf>,
}

#[tokio::main]
async fn main() {
    let arguments = Arguments::parse();
    let embeddings = embeddings(&arguments.embeddings);
    let mut groups = Vec::new();
    if !arguments.only_locomo {
        let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("benchmarks/recall/callers.json");
        let file = std::fs::read(arguments.file.unwrap_or_else(own)).unwrap();
        let cases: Cases = serde_json::from_slice(&file).unwrap();
        for at_least in arguments.memories {
            let title = if at_least == 0 {
                "as they are".to_owned()
            } else {
                format!("{at_least} memories each")
            };
            groups.push(measure(&title, &cases.callers, &embeddings, at_least).await);
        }
    }
    if let Some(file) = arguments.locomo {
        let callers = locomo::read(&std::fs::read(file).unwrap()).unwrap();
        groups.push(measure("LoCoMo", &callers, &embeddings, 0).await);
    }
    if let Some(file) = arguments.plot {
        std::fs::write(
            file,
            plot::svg(
                "Answer first (dark) and among the first five (light)",
                &groups,
            ),
        )
        .unwrap();
    }
}

/// Prints the table of a set of callers, and returns its metrics for the plot.
async fn measure(
    title: &str,
    callers: &[Caller],
    embeddings: &Embeddings,
    at_least: usize,
) -> Group {
    let Measurement {
        asked,
        sent,
        kept,
        peak_memory,
    } = run(callers, embeddings, at_least).await;
    println!(
        "\n{title}: {} callers, {kept} memories stored from {sent}\n",
        callers.len()
    );
    print!("{}", metrics::table(&asked));
    if let Some(peak) = peak_memory {
        println!("\nPeak memory of the process so far: {peak:.0} MB");
    }
    if std::env::var_os("MISSES").is_some() {
        asked
            .iter()
            .filter(|one| is_notable(one))
            .for_each(|one| println!("{}", describe(one)));
    }
    let asked: Vec<&QuestionResult> = asked.iter().collect();
    let bar = |(name, metrics): (&'static str, metrics::Metrics)| plot::Bar {
        label: name,
        at_1: metrics.hits[0],
        at_5: metrics.hits[2],
    };
    Group {
        name: title.to_owned(),
        bars: metrics::rankings(&asked).into_iter().map(bar).collect(),
    }
}

/// Parses `static`, `lexical`, `local:FOLDER` or `openai:URL:MODEL`. Other embedding settings come
/// from the environment.
fn embeddings(choice: &str) -> Embeddings {
    if choice == "static" {
        return Embeddings::Static;
    }
    if choice == "lexical" {
        return Embeddings::Lexical;
    }
    if let Some(folder) = choice.strip_prefix("local:") {
        return Embeddings::Local(folder.to_owned().into());
    }
    let (url, model) = choice
        .strip_prefix("openai:")
        .and_then(|rest| rest.rsplit_once(':'))
        .unwrap();
    let variables = |name: &str| match name {
        "EMBEDDINGS" => Some("openai".to_owned()),
        "EMBEDDING_API_URL" => Some(url.to_owned()),
        "EMBEDDING_MODEL" => Some(model.to_owned()),
        other => std::env::var_os(other).and_then(|value| value.into_string().ok()),
    };
    Embeddings::from_variables(variables).unwrap()
}

/// Whether the service gives a false claim, misses the first five, or is behind a baseline.
fn is_notable(one: &QuestionResult) -> bool {
    let rank = |outcome: &Outcome| outcome.rank.unwrap_or(usize::MAX);
    let own = rank(&one.service);
    let is_behind = own >= 5
        || one
            .baselines
            .iter()
            .any(|(_, baseline)| rank(baseline) < own);
    if one.is_answerable {
        is_behind
    } else {
        one.claims
    }
}

/// Describes the rank of the first right memory in each ranking, from 1.
fn describe(one: &QuestionResult) -> String {
    if !one.is_answerable {
        return format!("{}: {}: claims to answer", one.caller, one.query);
    }
    let own = (metrics::SERVICE, one.service);
    let ranks = [own]
        .into_iter()
        .chain(one.baselines.iter().copied())
        .map(|(name, outcome)| {
            let rank = outcome
                .rank
                .map_or_else(|| "none".to_owned(), |rank| (rank + 1).to_string());
            format!("{name} {rank}")
        });
    format!(
        "{}: {}: {}",
        one.caller,
        one.query,
        ranks.collect::<Vec<_>>().join(", ")
    )
}
