//! Checks the settings of outgoing events.

use common::settings::{EventSettings, Settings};

use super::finding::Finding;
use crate::deployment::{Deployment, Place};

/// Checks where events go and whether they can be signed. Sends nothing.
pub(super) fn check(deployment: &Deployment) -> Option<Finding> {
    let Settings { events, .. } = deployment.settings().ok()?;
    let targets: Vec<&str> = [
        events.url.as_ref().map(|_| "EVENTS_URL"),
        events.bus.as_ref().map(|_| "EVENTS_BUS"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if targets.is_empty() {
        return Some(Finding::fine("events", "none are sent"));
    }
    if let Err(error) = EventSettings::check_secret(|name| deployment.get(name)) {
        return Some(Finding::fault(
            "events",
            error.to_string(),
            advice(deployment),
        ));
    }
    let content = match events.content {
        true => "with what memories say and who the caller is",
        false => "without content",
    };
    let message = format!("sent to {}, {content}", targets.join(" and "));
    Some(Finding::fine("events", message))
}

fn advice(deployment: &Deployment) -> &'static str {
    match deployment.place {
        Place::Machine(_) => "set EVENTS_SECRET in .env: docs/events.md says how to make one",
        Place::Aws(_) => {
            "add EVENTS_SECRET to the secret of the deployment: docs/events.md says how to make one"
        }
    }
}
