//! Computes metrics from the ranks of answers, and prints them as a table.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use crate::measure::{Outcome, QuestionResult};

/// Name of the service's ranking.
pub(crate) const SERVICE: &str = "openmemory";
/// Names of the baselines.
const BASELINES: [&str; 3] = ["BM25", "cosine", "fusion"];
/// Depths at which hits are counted.
const DEPTHS: [usize; 4] = [1, 3, 5, 10];

/// Hit rates and mean reciprocal rank of one ranking.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Metrics {
    pub(crate) hits: [f64; 4],
    pub(crate) reciprocal: f64,
    /// Number of questions, answerable or not, without any result.
    pub(crate) empty: usize,
}

impl Metrics {
    /// Computes the metrics of outcomes. The flag tells whether the question can be answered.
    fn new(outcomes: &[(bool, Outcome)]) -> Self {
        let ranks: Vec<Option<usize>> = outcomes
            .iter()
            .filter(|(is_answerable, _)| *is_answerable)
            .map(|(_, outcome)| outcome.rank)
            .collect();
        let mean = |value: &dyn Fn(usize) -> f64| {
            ranks.iter().flatten().map(|rank| value(*rank)).sum::<f64>() / ranks.len().max(1) as f64
        };
        Self {
            hits: DEPTHS.map(|depth| mean(&|rank| f64::from(u8::from(rank < depth)))),
            reciprocal: mean(&|rank| 1.0 / (rank + 1) as f64),
            empty: outcomes
                .iter()
                .filter(|(_, outcome)| outcome.is_empty)
                .count(),
        }
    }

    /// Formats the metrics as table cells. They stay empty without answerable questions.
    fn cells(&self, answerable: usize) -> String {
        let [first, third, fifth, tenth] = self.hits;
        let all = [first, third, fifth, tenth, self.reciprocal];
        all.map(|share| {
            if answerable == 0 {
                String::new()
            } else {
                format!("{share:.3}")
            }
        })
        .join(" | ")
    }

    /// Computes the metrics of one ranking, or returns `None` if it was not run.
    pub(crate) fn of_ranking(name: &str, asked: &[&QuestionResult]) -> Option<Self> {
        let outcome = |one: &&QuestionResult| {
            let baseline = one
                .baselines
                .iter()
                .find(|(baseline, _)| *baseline == name)
                .map(|(_, outcome)| *outcome);
            let outcome = if name == SERVICE {
                Some(one.service)
            } else {
                baseline
            };
            outcome.map(|outcome| (one.is_answerable, outcome))
        };
        asked
            .iter()
            .map(outcome)
            .collect::<Option<Vec<_>>>()
            .map(|outcomes| Self::new(&outcomes))
    }
}

/// Returns all rankings that were run, with their metrics.
pub(crate) fn rankings(asked: &[&QuestionResult]) -> Vec<(&'static str, Metrics)> {
    let names = [SERVICE].into_iter().chain(BASELINES);
    names
        .filter_map(|name| Some((name, Metrics::of_ranking(name, asked)?)))
        .collect()
}

/// Builds a Markdown table with a row for each group of questions and each ranking.
pub(crate) fn table(asked: &[QuestionResult]) -> String {
    let mut table = String::from(
        "| questions | of them answerable | ranking | hit@1 | hit@3 | hit@5 | hit@10 | MRR | empty | right at 0.7 \
         | false at 0.7 | p50 | p95 |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let mut groups: BTreeMap<&str, Vec<&QuestionResult>> = BTreeMap::new();
    for one in asked {
        one.groups
            .iter()
            .for_each(|group| groups.entry(group).or_default().push(one));
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(name, _)| *name != "all");
    for (group, asked) in &groups {
        let answerable = asked.iter().filter(|one| one.is_answerable).count();
        for (name, metrics) in rankings(asked) {
            // Only the service states a confidence, so the other rankings have nothing to show for
            // unanswerable questions.
            if answerable == 0 && name != SERVICE {
                continue;
            }
            let own = if name == SERVICE {
                service(asked)
            } else {
                "| | | | |".to_owned()
            };
            let found = metrics.cells(answerable);
            let empty = metrics.empty;
            let _ = writeln!(
                table,
                "| {group}: {} | {answerable} | {name} | {found} | {empty} {own}",
                asked.len()
            );
        }
    }
    table
}

/// Formats the metrics that only the service has: correct and false claims, and latency.
fn service(asked: &[&QuestionResult]) -> String {
    let share = |is_answerable: bool, claims: fn(&QuestionResult) -> bool| {
        let among: Vec<_> = asked
            .iter()
            .filter(|one| one.is_answerable == is_answerable)
            .collect();
        let claiming = among.iter().filter(|one| claims(one)).count();
        if among.is_empty() {
            String::new()
        } else {
            format!("{:.3}", claiming as f64 / among.len() as f64)
        }
    };
    let right = share(true, |one| one.claims_correctly);
    let wrong = share(false, |one| one.claims);
    let mut times: Vec<Duration> = asked.iter().map(|one| one.took).collect();
    times.sort();
    let [p50, p95] = [50, 95].map(|percent| times[times.len() * percent / 100].as_secs_f64() * 1e3);
    format!("| {right} | {wrong} | {p50:.1} ms | {p95:.1} ms |")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(
        is_answerable: bool,
        service: Option<usize>,
        bm25: Option<usize>,
        claims: bool,
    ) -> QuestionResult {
        let outcome = |rank: Option<usize>| Outcome {
            rank,
            is_empty: rank.is_none(),
        };
        QuestionResult {
            caller: "a".to_owned(),
            query: "q".to_owned(),
            groups: vec!["all".to_owned()],
            is_answerable,
            service: outcome(service),
            baselines: vec![("BM25", outcome(bm25))],
            claims,
            claims_correctly: claims && is_answerable,
            took: Duration::from_millis(2),
        }
    }

    #[test]
    fn hits_are_counted_among_answerable_questions_only() {
        let all = [
            asked(true, Some(0), None, true),
            asked(true, Some(3), Some(0), false),
            asked(true, Some(9), Some(4), false),
            asked(true, None, Some(12), false),
            asked(false, None, None, true),
        ];
        let all: Vec<&QuestionResult> = all.iter().collect();
        let Some(metrics) = Metrics::of_ranking(SERVICE, &all) else {
            panic!("not run")
        };
        assert_eq!(metrics.hits, [0.25, 0.25, 0.5, 0.75]);
        assert!((metrics.reciprocal - (1.0 + 0.25 + 0.1) / 4.0).abs() < 1e-12);
        assert_eq!(metrics.empty, 2);
        assert_eq!(
            Metrics::of_ranking("BM25", &all).map(|metrics| metrics.hits),
            Some([0.25, 0.25, 0.5, 0.5])
        );
        assert_eq!(Metrics::of_ranking("cosine", &all), None);
    }

    #[test]
    fn the_table_has_a_row_per_ranking_and_false_claims_for_the_service() {
        let all = [
            asked(true, Some(0), Some(1), true),
            asked(false, None, None, true),
            asked(false, None, None, false),
        ];
        let table = table(&all);
        let rows: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(
            rows,
            [
                "| all: 3 | 1 | openmemory | 1.000 | 1.000 | 1.000 | 1.000 | 1.000 | 2 | 1.000 | 0.500 | 2.0 ms | 2.0 ms |",
                "| all: 3 | 1 | BM25 | 0.000 | 1.000 | 1.000 | 1.000 | 0.500 | 2 | | | | |",
            ]
        );
    }
}
