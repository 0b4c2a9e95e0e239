//! Checks the post-call webhook at ElevenLabs, without which no call is remembered.

use url::Url;

use super::finding::Finding;
use crate::elevenlabs::{ElevenLabs, Webhook};

const CHECK: &str = "webhook";
const CONNECT_ADVICE: &str = "`elaaoms connect --agent ID` creates it";

/// Checks the webhooks of the deployment, recognised by URL or by the name that connect gave them.
pub(super) async fn check(elevenlabs: &ElevenLabs, post_call: &Url, name: &str) -> Vec<Finding> {
    let webhooks = match elevenlabs.webhooks().await {
        Ok(webhooks) => webhooks,
        Err(error) => return vec![Finding::failed(CHECK, &error.into())],
    };
    let prefix = format!("{name} post-call ");
    let is_ours =
        |webhook: &&Webhook| webhook.posts_to(post_call) || webhook.name.starts_with(&prefix);
    let ours: Vec<Finding> = webhooks
        .iter()
        .filter(is_ours)
        .map(|webhook| assess(webhook, &prefix))
        .collect();
    match ours.is_empty() {
        true => vec![Finding::fault(
            CHECK,
            format!("no webhook of the workspace posts to {post_call}"),
            CONNECT_ADVICE,
        )],
        false => ours,
    }
}

fn assess(webhook: &Webhook, prefix: &str) -> Finding {
    let name = &webhook.name;
    if webhook.is_auto_disabled {
        let message = format!(
            "ElevenLabs disabled {name:?} after ten consecutive failures{}",
            last_failure(webhook)
        );
        return Finding::fault(
            CHECK,
            message,
            "fix the cause, then enable it with `elaaoms connect`",
        );
    }
    if webhook.is_disabled {
        return Finding::fault(
            CHECK,
            format!("{name:?} is disabled"),
            "`elaaoms connect` enables it",
        );
    }
    if webhook.most_recent_failure_error_code.is_some() {
        let message = format!("{name:?} failed recently{}", last_failure(webhook));
        return Finding::warning(
            CHECK,
            message,
            "401 means that the signing secrets differ; 5xx or no status, that the deployment was unavailable",
        );
    }
    // The API may not report retries; connect enables them before it gives the webhook its name.
    if !webhook
        .retry_enabled
        .unwrap_or_else(|| webhook.name.starts_with(prefix))
    {
        let message = format!("{name:?} may not retry when the deployment is briefly unavailable");
        return Finding::warning(
            CHECK,
            message,
            "enable retries in ElevenLabs' dashboard, or let `elaaoms connect` create its own webhook",
        );
    }
    Finding::fine(CHECK, format!("{name:?} is enabled, with retries"))
}

fn last_failure(webhook: &Webhook) -> String {
    let code = webhook
        .most_recent_failure_error_code
        .map(|code| format!(", with {code}"));
    let time = webhook
        .most_recent_failure_timestamp
        .and_then(|second| jiff::Timestamp::from_second(second).ok());
    format!(
        "{}{}",
        code.unwrap_or_default(),
        time.map(|time| format!(" at {time}")).unwrap_or_default()
    )
}
