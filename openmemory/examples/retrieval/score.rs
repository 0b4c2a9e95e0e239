//! Computes metrics from the answers.

use std::fmt::Write;
use std::time::Duration;

use crate::measure::QuestionResult;
use crate::set::Kind;

/// The metrics of one embedding.
pub(crate) struct Score {
    pub(crate) embedding: &'static str,
    pub(crate) groups: Vec<Group>,
    pub(crate) false_answers: f64,
    p50: Duration,
    p95: Duration,
}

/// The metrics of one group of questions.
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) at_1: f64,
    pub(crate) at_5: f64,
    mean_reciprocal: f64,
    /// Share of right answers with a relevance of at least 0.7.
    pub(crate) sure: f64,
}

impl Score {
    pub(crate) fn new(embedding: &'static str, asked: &[QuestionResult]) -> Self {
        let mut times: Vec<Duration> = asked.iter().map(|one| one.took).collect();
        times.sort();
        let none = |one: &&QuestionResult| one.kind == Kind::Unanswerable;
        Self {
            embedding,
            groups: vec![
                group("shared words", asked, |one| one.kind == Kind::Shared),
                group("paraphrase, en", asked, |one| {
                    one.kind == Kind::Paraphrase && one.is_english
                }),
                group("paraphrase, es+de", asked, |one| {
                    one.kind == Kind::Paraphrase && !one.is_english
                }),
            ],
            false_answers: share(asked.iter().filter(none), |one| one.claims),
            p50: times[times.len() / 2],
            p95: times[times.len() * 95 / 100],
        }
    }
}

fn group(
    name: &'static str,
    asked: &[QuestionResult],
    belongs: impl Fn(&QuestionResult) -> bool,
) -> Group {
    let own: Vec<&QuestionResult> = asked.iter().filter(|one| belongs(one)).collect();
    let reciprocal = |one: &&QuestionResult| one.rank.map_or(0.0, |rank| 1.0 / (rank + 1) as f64);
    Group {
        name,
        at_1: share(own.iter().copied(), |one| one.rank == Some(0)),
        at_5: share(own.iter().copied(), |one| {
            one.rank.is_some_and(|rank| rank < 5)
        }),
        mean_reciprocal: own.iter().map(reciprocal).sum::<f64>() / own.len() as f64,
        sure: share(own.iter().copied(), |one| one.is_sure),
    }
}

fn share<'a>(
    asked: impl Iterator<Item = &'a QuestionResult>,
    holds: impl Fn(&QuestionResult) -> bool,
) -> f64 {
    let mut all = 0u32;
    let mut holding = 0u32;
    for one in asked {
        all += 1;
        holding += u32::from(holds(one));
    }
    f64::from(holding) / f64::from(all.max(1))
}

/// Formats the scores as a Markdown table.
pub(crate) fn table(scores: &[Score]) -> String {
    let mut table = String::from(
        "| embedding | questions | recall@1 | recall@5 | MRR | right at 0.7 | false at 0.7 | p50 | p95 |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for score in scores {
        for group in &score.groups {
            let Group {
                name,
                at_1,
                at_5,
                mean_reciprocal,
                sure,
            } = group;
            let _ = writeln!(
                table,
                "| {} | {name} | {at_1:.2} | {at_5:.2} | {mean_reciprocal:.2} | {sure:.2} | | | |",
                score.embedding
            );
        }
        let p50 = score.p50.as_secs_f64() * 1e3;
        let p95 = score.p95.as_secs_f64() * 1e3;
        let _ = writeln!(
            table,
            "| {} | no answer / all | | | | | {:.2} | {p50:.1} ms | {p95:.1} ms |",
            score.embedding, score.false_answers
        );
    }
    table
}
