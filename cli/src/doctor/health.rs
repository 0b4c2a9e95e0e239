//! What the deployment says of itself.

use std::time::Duration;

use common::http_client::{self, join};
use serde_json::Value;
use url::Url;

use super::finding::Finding;
use crate::context::Context;

/// A cold start and its own checks included.
const LIMIT: Duration = Duration::from_secs(15);

pub(super) async fn check(context: &Context, base: &Url) -> Finding {
    let url = join(base, &["health"]);
    let answer = http_client::send(context.http.get(url.clone()).timeout(LIMIT)).await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            return Finding::fault(
                "health",
                format!("{url} {error}"),
                "start the deployment, or name it with --url or --stage",
            );
        }
    };
    let report: Value = answer.json().unwrap_or_default();
    match report["status"].as_str() {
        Some("healthy") => Finding::fine(
            "health",
            format!("healthy, version {}", text(&report["version"])),
        ),
        Some("degraded") => Finding::warning(
            "health",
            reasons(&report),
            "calls are answered; what waits is made up for",
        ),
        Some(_) => Finding::fault(
            "health",
            reasons(&report),
            "see what each reason names; /health looks again after 30 seconds",
        ),
        None => Finding::fault(
            "health",
            format!("{url} answered {} and no report", answer.status.as_u16()),
            "check that the address is that of a deployment",
        ),
    }
}

fn reasons(report: &Value) -> String {
    let reasons = report["reasons"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let reasons: Vec<&str> = reasons.collect();
    format!("{}: {}", text(&report["status"]), reasons.join(" "))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("unknown")
}
