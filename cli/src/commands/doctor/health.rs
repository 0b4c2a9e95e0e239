//! Checks the `/health` report of the deployment.

use std::time::Duration;

use common::http_client::{self, join};
use serde_json::Value;
use url::Url;

use super::finding::Finding;
use crate::context::Context;

/// Timeout; includes a cold start and the deployment's own checks.
const TIMEOUT: Duration = Duration::from_secs(15);

pub(super) async fn check(context: &Context, base: &Url) -> Finding {
    let mut url = join(base, &["health"]);
    url.set_query(Some("wait=true"));
    let request = context.http.get(url.clone()).timeout(TIMEOUT);
    let response = match http_client::send(request).await {
        Ok(response) => response,
        Err(error) => {
            return Finding::fault(
                "health",
                format!("{url} {error}"),
                "start the deployment, or select it with --url or --stage",
            );
        }
    };
    let report: Value = response.json().unwrap_or_default();
    match report["status"].as_str() {
        Some("healthy") => Finding::fine(
            "health",
            format!("healthy, version {}", text(&report["version"])),
        ),
        Some("degraded") => Finding::warning(
            "health",
            reasons(&report),
            "calls are answered; pending work is done later",
        ),
        Some(_) => Finding::fault(
            "health",
            reasons(&report),
            "fix what each reason names; /health checks again after 30 seconds",
        ),
        None => Finding::fault(
            "health",
            format!(
                "{url} answered {} without a report",
                response.status.as_u16()
            ),
            "check that the URL belongs to a deployment",
        ),
    }
}

fn reasons(report: &Value) -> String {
    let reasons: Vec<&str> = report["reasons"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    format!("{}: {}", text(&report["status"]), reasons.join(" "))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("unknown")
}
