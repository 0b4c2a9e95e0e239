//! The health of the deployment, and how its last calls ended.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;

use super::{Layout, render};
use crate::Console;
use crate::data::{archived_calls, calls_per_day};
use crate::error::PageError;

/// Days of the plot.
const DAYS: usize = 14;
/// Size of the plot, in its own units.
const PLOT_HEIGHT: usize = 80;
const BAR_STEP: usize = 24;

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
    days: Vec<Bar>,
    outcomes: Vec<Share>,
    width: usize,
    height: usize,
}

/// A bar of the plot.
struct Bar {
    x: usize,
    y: usize,
    height: usize,
    day: String,
    calls: usize,
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
    let most = days.iter().map(|(_, calls)| *calls).max().unwrap_or(0);
    let bars = days.iter().enumerate().map(|(index, (day, calls))| {
        let height = (calls * PLOT_HEIGHT).div_ceil(most.max(1));
        Bar {
            x: index * BAR_STEP,
            y: PLOT_HEIGHT - height,
            height,
            day: day.strftime("%Y-%m-%d").to_string(),
            calls: *calls,
        }
    });
    let report_or_null = report.as_ref().unwrap_or(&Value::Null);
    render(&HealthPage {
        layout: Layout::new(&console, "health"),
        status: text(&report_or_null["status"]),
        version: text(&report_or_null["version"]),
        checks: checks(report_or_null),
        reasons: reasons(report_or_null),
        fault: report.as_ref().err().cloned(),
        days: bars.collect(),
        outcomes: outcomes(&console).await?,
        width: DAYS * BAR_STEP,
        height: PLOT_HEIGHT,
    })
}

/// Counts how the newest calls ended.
async fn outcomes(console: &Console) -> Result<Vec<Share>, PageError> {
    let calls = archived_calls(console, 0).await?.calls;
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for archived in &calls {
        *counts.entry(archived.call.state.word()).or_default() += 1;
    }
    Ok(counts
        .into_iter()
        .map(|(outcome, count)| Share {
            outcome,
            calls: count,
            percent: count * 100 / calls.len().max(1),
        })
        .collect())
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
