//! From places to figures, and their table.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use crate::measure::{Asked, Outcome};

pub(crate) const SERVICE: &str = "openmemory";
const RIVALS: [&str; 3] = ["BM25", "cosine", "fusion"];
const DEPTHS: [usize; 4] = [1, 3, 5, 10];

/// How often the right memory is among the first so many, and the mean reciprocal place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figures {
    pub(crate) hits: [f64; 4],
    pub(crate) reciprocal: f64,
    /// Questions, answerable or not, that found nothing at all.
    pub(crate) empty: usize,
}

impl Figures {
    /// Of outcomes, each with whether its question can be answered.
    fn of(outcomes: &[(bool, Outcome)]) -> Self {
        let places: Vec<Option<usize>> = outcomes
            .iter()
            .filter(|(is_answerable, _)| *is_answerable)
            .map(|(_, outcome)| outcome.place)
            .collect();
        let mean = |value: &dyn Fn(usize) -> f64| {
            places
                .iter()
                .flatten()
                .map(|place| value(*place))
                .sum::<f64>()
                / places.len().max(1) as f64
        };
        Self {
            hits: DEPTHS.map(|depth| mean(&|place| f64::from(u8::from(place < depth)))),
            reciprocal: mean(&|place| 1.0 / (place + 1) as f64),
            empty: outcomes
                .iter()
                .filter(|(_, outcome)| outcome.is_empty)
                .count(),
        }
    }

    /// What was found of so many answerable questions: nothing can be said of none.
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

    /// Those of one ranking; `None` when it was not asked.
    pub(crate) fn by(name: &str, asked: &[&Asked]) -> Option<Self> {
        let outcome = |one: &&Asked| {
            let rival = one
                .rivals
                .iter()
                .find(|(rival, _)| *rival == name)
                .map(|(_, outcome)| *outcome);
            let outcome = if name == SERVICE {
                Some(one.service)
            } else {
                rival
            };
            outcome.map(|outcome| (one.is_answerable, outcome))
        };
        asked
            .iter()
            .map(outcome)
            .collect::<Option<Vec<_>>>()
            .map(|outcomes| Self::of(&outcomes))
    }
}

/// All rankings that were asked, with their figures.
pub(crate) fn rankings(asked: &[&Asked]) -> Vec<(&'static str, Figures)> {
    let names = [SERVICE].into_iter().chain(RIVALS);
    names
        .filter_map(|name| Some((name, Figures::by(name, asked)?)))
        .collect()
}

/// The table, in Markdown: a row for each group of questions and each ranking.
pub(crate) fn table(asked: &[Asked]) -> String {
    let mut table = String::from(
        "| questions | of them answerable | ranking | hit@1 | hit@3 | hit@5 | hit@10 | MRR | empty | right at 0.7 \
         | false at 0.7 | p50 | p95 |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let mut groups: BTreeMap<&str, Vec<&Asked>> = BTreeMap::new();
    for one in asked {
        one.groups
            .iter()
            .for_each(|group| groups.entry(group).or_default().push(one));
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(name, _)| *name != "all");
    for (group, asked) in &groups {
        let answerable = asked.iter().filter(|one| one.is_answerable).count();
        for (name, figures) in rankings(asked) {
            // Only the service claims to answer, so that the others say nothing about unanswerable
            // questions.
            if answerable == 0 && name != SERVICE {
                continue;
            }
            let own = if name == SERVICE {
                service(asked)
            } else {
                "| | | | |".to_owned()
            };
            let (found, empty) = (figures.cells(answerable), figures.empty);
            let _ = writeln!(
                table,
                "| {group}: {} | {answerable} | {name} | {found} | {empty} {own}",
                asked.len()
            );
        }
    }
    table
}

/// What only the service has: right and false claims, and times.
fn service(asked: &[&Asked]) -> String {
    let share = |is_answerable: bool, claims: fn(&Asked) -> bool| {
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
    let (right, wrong) = (
        share(true, |one| one.claims_rightly),
        share(false, |one| one.claims),
    );
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
    ) -> Asked {
        let outcome = |place: Option<usize>| Outcome {
            place,
            is_empty: place.is_none(),
        };
        Asked {
            caller: "a".to_owned(),
            query: "q".to_owned(),
            groups: vec!["all".to_owned()],
            is_answerable,
            service: outcome(service),
            rivals: vec![("BM25", outcome(bm25))],
            claims,
            claims_rightly: claims && is_answerable,
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
        let all: Vec<&Asked> = all.iter().collect();
        let Some(figures) = Figures::by(SERVICE, &all) else {
            panic!("not asked")
        };
        assert_eq!(figures.hits, [0.25, 0.25, 0.5, 0.75]);
        assert!((figures.reciprocal - (1.0 + 0.25 + 0.1) / 4.0).abs() < 1e-12);
        assert_eq!(figures.empty, 2);
        assert_eq!(
            Figures::by("BM25", &all).map(|figures| figures.hits),
            Some([0.25, 0.25, 0.5, 0.5])
        );
        assert_eq!(Figures::by("cosine", &all), None);
    }

    #[test]
    fn the_table_has_a_row_for_each_ranking_and_false_claims_for_the_service() {
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
