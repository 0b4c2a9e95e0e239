//! Measures which pairs of memories are merged.

use std::collections::BTreeMap;
use std::fmt::Write;

use openmemory::Embeddings;
use serde_json::json;

use crate::measure::{post, start_service};

/// The kind of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The same fact in nearly the same words.
    SameWords,
    /// The same fact in other words.
    SameMeaning,
    /// Two different facts.
    Different,
}

/// The results of the measurement.
pub(crate) struct Rates {
    /// For each kind and language: the number of pairs, and how many of them were merged.
    pub(crate) merged: BTreeMap<(Kind, String), (u32, u32)>,
    /// Pairs of different facts that were merged.
    pub(crate) lost: Vec<String>,
}

struct Pair<'a> {
    kind: Kind,
    language: &'a str,
    first: &'a str,
    second: &'a str,
    /// Whether to store the pair in this order only, because the first says more than the second.
    is_ordered: bool,
}

/// Stores each pair for its own caller, in both orders unless the order matters.
pub(crate) async fn rates(embeddings: Embeddings) -> Rates {
    let (state, service, _folder) = start_service(embeddings).await;
    let mut rates = Rates {
        merged: BTreeMap::new(),
        lost: Vec::new(),
    };
    for (at, pair) in pairs().enumerate() {
        let orders = [[pair.first, pair.second], [pair.second, pair.first]];
        let orders = orders.into_iter().take(if pair.is_ordered { 1 } else { 2 });
        for (order, [first, second]) in orders.enumerate() {
            let memory = |content| json!({ "agent_id": "test", "caller_id": format!("{at}-{order}"), "content": content });
            post(&service, "/api/v1/memories", &memory(first)).await;
            let is_one =
                post(&service, "/api/v1/memories", &memory(second)).await["action"] == "reinforced";
            let (all, merged) = rates
                .merged
                .entry((pair.kind, pair.language.to_owned()))
                .or_default();
            *all += 1;
            *merged += u32::from(is_one);
            if is_one && pair.kind == Kind::Different {
                rates.lost.push(format!("{first} / {second}"));
            }
        }
    }
    state.close().await;
    rates
}

impl Rates {
    /// The share of merged pairs of a kind, over all languages.
    pub(crate) fn share(&self, kind: Kind) -> f64 {
        let own = self
            .merged
            .iter()
            .filter(|((of, _), _)| *of == kind)
            .map(|(_, counts)| *counts);
        let (all, merged) = own.fold((0, 0), |sum, counts| (sum.0 + counts.0, sum.1 + counts.1));
        f64::from(merged) / f64::from(all)
    }

    /// Renders the rates as rows of a Markdown table.
    pub(crate) fn table(&self, embedding: &str) -> String {
        let mut table = String::from(
            "| embedding | pairs | language | stored | one memory |\n|---|---|---|---|---|\n",
        );
        for ((kind, language), (all, merged)) in &self.merged {
            let _ = writeln!(
                table,
                "| {embedding} | {kind:?} | {language} | {all} | {merged} |"
            );
        }
        table
    }
}

fn pairs() -> impl Iterator<Item = Pair<'static>> {
    let text = include_str!("../../benchmarks/likeness/pairs.txt");
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (mark, rest) = line.split_once(' ').unwrap();
            let (language, rest) = rest.split_once(' ').unwrap();
            let (first, second) = rest.split_once(" | ").unwrap();
            let kind = match mark {
                "=e" => Kind::SameWords,
                "=m" => Kind::SameMeaning,
                "!" | "!>" => Kind::Different,
                _ => panic!("no such mark: {mark}"),
            };
            Pair {
                kind,
                language,
                first,
                second,
                is_ordered: mark == "!>",
            }
        })
}
