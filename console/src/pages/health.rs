//! The health of the deployment, and how its last calls ended.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde_json::Value;

use super::plot::Plot;
use super::{Layout, render, time};
use crate::Console;
use crate::data::{ArchivedCall, ExtractionState, archived_calls, calls_per_day};
use crate::error::PageError;

/// Days of the plot.
const DAYS: usize = 14;

#[derive(Template)]
#[template(path = "health.html")]
struct HealthPage {
    layout: Layout,
    status: String,
    version: String,
    checks: Vec<(String, String)>,
    reasons: Vec<String>,
    /// Why there is no report.
    fault: Option<String>,
    days: Plot,
    outcomes: Vec<Share>,
    delays: Option<Delays>,
}

/// How long the newest calls waited for their extraction.
struct Delays {
    plot: Plot,
    median: u64,
    longest: u64,
}

/// A part of the last calls.
struct Share {
    outcome: &'static str,
    calls: usize,
    percent: usize,
}

/// `GET /health`
pub(crate) async fn show(State(console): State<Console>) -> Result<Response, PageError> {
    let report = console.backend().health.report().await;
    let days = calls_per_day(&console, DAYS).await?;
    let newest = archived_calls(&console, 0).await?.calls;
    let report_or_null = report.as_ref().unwrap_or(&Value::Null);
    render(&HealthPage {
        layout: Layout::new(&console, "health"),
        status: text(&report_or_null["status"]),
        version: text(&report_or_null["version"]),
        checks: checks(report_or_null),
        reasons: reasons(report_or_null),
        fault: report.as_ref().err().cloned(),
        days: Plot::new(days.iter().map(day).collect()),
        outcomes: outcomes(&newest),
        delays: delays(&newest),
    })
}

fn day((until, calls): &(Timestamp, usize)) -> (String, u64) {
    (until.strftime("%Y-%m-%d").to_string(), *calls as u64)
}

/// Counts how the newest calls ended.
fn outcomes(calls: &[ArchivedCall]) -> Vec<Share> {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for archived in calls {
        *counts.entry(archived.call.state.word()).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|(outcome, count)| Share {
            outcome,
            calls: count,
            percent: count * 100 / calls.len().max(1),
        })
        .collect()
}

/// Returns the seconds from the arrival of each call to its extraction, the oldest call first.
fn delays(newest: &[ArchivedCall]) -> Option<Delays> {
    let values: Vec<(String, u64)> = newest.iter().rev().filter_map(delay).collect();
    let mut sorted: Vec<u64> = values.iter().map(|(_, seconds)| *seconds).collect();
    sorted.sort_unstable();
    Some(Delays {
        median: *sorted.get(sorted.len() / 2)?,
        longest: *sorted.last()?,
        plot: Plot::new(values),
    })
}

fn delay(archived: &ArchivedCall) -> Option<(String, u64)> {
    let ExtractionState::Extracted(record) = &archived.call.state else {
        return None;
    };
    let waited = record.extracted_at.duration_since(archived.at);
    let seconds = u64::try_from(waited.as_secs()).unwrap_or_default();
    Some((time(archived.at), seconds))
}

fn checks(report: &Value) -> Vec<(String, String)> {
    report["checks"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, state)| (name.replace('_', " "), text(state)))
        .collect()
}

fn reasons(report: &Value) -> Vec<String> {
    report["reasons"]
        .as_array()
        .into_iter()
        .flatten()
        .map(text)
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("unknown").to_owned()
}
