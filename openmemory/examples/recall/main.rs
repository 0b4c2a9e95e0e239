//! How well the memories of a caller are found: labelled questions, asked through the real service
//! and of three rivals on the same memories (BM25, plain cosine of the embedding's vectors, and
//! their reciprocal rank fusion).
//!
//! `cargo run --profile measure -p openmemory --example recall -- [FILE] [EMBEDDINGS] [MEMORIES]
//! [--locomo FILE] [--only-locomo] [--plot FILE]`
//!
//! `FILE` has the form of `benchmarks/recall/callers.json`. `EMBEDDINGS` is `static`, `lexical`,
//! `local:FOLDER` or `openai:URL:MODEL`. `MEMORIES` lists the sizes to measure: each caller gets
//! small talk up to so many memories. With `MISSES=1` every question is listed that the service
//! answers worse than a rival, or not among the first five.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on ends")]

mod figures;
mod labelled;
mod locomo;
mod measure;
mod padding;
#[path = "../shared/plot.rs"]
mod plot;
mod rivals;
mod small_talk;

use std::path::{Path, PathBuf};

use clap::Parser;
use openmemory::Embeddings;

use labelled::{Caller, Cases};
use measure::{Asked, Measured, Outcome, run};
use plot::Group;

#[derive(Parser)]
struct Arguments {
    /// Callers with labelled questions; those of this repository by default
    file: Option<PathBuf>,
    #[arg(default_value = "static")]
    embeddings: String,
    /// Memories that each caller has at least
    #[arg(value_delimiter = ',', default_value = "0,100,200")]
    memories: Vec<usize>,
    /// LoCoMo's `locomo10.json`
    #[arg(long)]
    locomo: Option<PathBuf>,
    /// Leave the callers of FILE out
    #[arg(long, requires = "locomo")]
    only_locomo: bool,
    /// Where to draw the figures, as SVG
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

/// Prints the table of some callers, and returns its figures for the plot.
async fn measure(
    title: &str,
    callers: &[Caller],
    embeddings: &Embeddings,
    at_least: usize,
) -> Group {
    let Measured {
        asked,
        sent,
        kept,
        peak_memory,
    } = run(callers, embeddings, at_least).await;
    println!(
        "\n{title}: {} callers, {kept} of {sent} memories kept apart\n",
        callers.len()
    );
    print!("{}", figures::table(&asked));
    if let Some(peak) = peak_memory {
        println!("\nPeak memory of the process so far: {peak:.0} MB");
    }
    if std::env::var_os("MISSES").is_some() {
        asked
            .iter()
            .filter(|one| is_notable(one))
            .for_each(|one| println!("{}", describe(one)));
    }
    let asked: Vec<&Asked> = asked.iter().collect();
    let bar = |(name, figures): (&'static str, figures::Figures)| plot::Bar {
        label: name,
        at_1: figures.hits[0],
        at_5: figures.hits[2],
    };
    Group {
        name: title.to_owned(),
        bars: figures::rankings(&asked).into_iter().map(bar).collect(),
    }
}

/// `static`, `lexical`, `local:FOLDER` or `openai:URL:MODEL`; the other variables of an embedding
/// count as well.
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

/// Whether the service claims what nothing says, misses the first five, or is behind a rival.
fn is_notable(one: &Asked) -> bool {
    let place = |outcome: &Outcome| outcome.place.unwrap_or(usize::MAX);
    let own = place(&one.service);
    let is_behind = own >= 5 || one.rivals.iter().any(|(_, rival)| place(rival) < own);
    if one.is_answerable {
        is_behind
    } else {
        one.claims
    }
}

/// The places of the first right memory, from 1.
fn describe(one: &Asked) -> String {
    if !one.is_answerable {
        return format!("{}: {}: claims to answer", one.caller, one.query);
    }
    let own = (figures::SERVICE, one.service);
    let places = [own]
        .into_iter()
        .chain(one.rivals.iter().copied())
        .map(|(name, outcome)| {
            let place = outcome
                .place
                .map_or_else(|| "none".to_owned(), |place| (place + 1).to_string());
            format!("{name} {place}")
        });
    format!(
        "{}: {}: {}",
        one.caller,
        one.query,
        places.collect::<Vec<_>>().join(", ")
    )
}
