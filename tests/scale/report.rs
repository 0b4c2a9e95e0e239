//! The table of a simulation, multiplied to the undivided system.

use std::fmt::Write;
use std::time::Duration;

use crate::measurement::Measurement;
use crate::plan::Plan;

/// Returns the table in Markdown.
pub(crate) fn table(plan: &Plan, result: &Measurement) -> String {
    let whole = |count: usize| grouped(count * plan.share);
    let gone = result
        .minutes_until_gone
        .map_or("never".to_owned(), |minutes| minutes.to_string());
    let rows = [
        ("`ExtractionConcurrency`", plan.concurrency.to_string()),
        ("largest backlog, jobs", whole(result.largest_backlog())),
        ("minutes until it is gone", gone),
        (
            "longest delay of a call, minutes",
            minutes(result.longest_delay),
        ),
        (
            "the same for a caller whose worker died",
            minutes(result.longest_delay_after_death),
        ),
        (
            "attempts of a job, on average",
            format!("{:.2}", result.attempts_per_call),
        ),
        (
            "attempts of a job, at most",
            result.most_attempts.to_string(),
        ),
        ("webhooks delivered again", whole(result.webhooks_again)),
        ("workers that died", whole(result.killed_workers)),
        ("dead letters", whole(result.dead_letters)),
        (
            "jobs dropped by the queue after 14 days",
            whole(result.expired),
        ),
        ("calls without a memory", whole(result.lost)),
        (
            "calls whose memory is stored twice",
            whole(result.stored_twice),
        ),
    ];
    let mut table = format!(
        "| {} calls a day | simulated |\n| --- | --- |\n",
        whole(plan.calls)
    );
    for (name, value) in rows {
        let _ = writeln!(table, "| {name} | {value} |");
    }
    table
}

fn minutes(delay: Duration) -> String {
    grouped(usize::try_from(delay.as_secs().div_ceil(60)).unwrap())
}

/// Writes a number with a comma before each group of three digits.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_minutes_rounded_up() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(minutes(Duration::from_secs(61)), "2");
    }
}
