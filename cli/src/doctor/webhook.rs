//! The post-call webhook at ElevenLabs: without it no call is remembered.

use url::Url;

use super::finding::Finding;
use crate::elevenlabs::{ElevenLabs, Webhook};

const CHECK: &str = "webhook";
const CONNECT: &str = "`elaaoms connect --agent ID` makes it";

/// Webhooks that post to the deployment, by address, or by the name that connect gave them.
pub(super) async fn check(elevenlabs: &ElevenLabs, post_call: &Url, name: &str) -> Vec<Finding> {
    let webhooks = match elevenlabs.webhooks().await {
        Ok(webhooks) => webhooks,
        Err(error) => return vec![Finding::failed(CHECK, &error.into())],
    };
    let named = format!("{name} post-call ");
    let is_ours =
        |webhook: &&Webhook| webhook.posts_to(post_call) || webhook.name.starts_with(&named);
    let ours: Vec<Finding> = webhooks
        .iter()
        .filter(is_ours)
        .map(|webhook| judged(webhook, &named))
        .collect();
    match ours.is_empty() {
        true => vec![Finding::fault(
            CHECK,
            format!("no webhook of the workspace posts to {post_call}"),
            CONNECT,
        )],
        false => ours,
    }
}

fn judged(webhook: &Webhook, named: &str) -> Finding {
    let name = &webhook.name;
    if webhook.is_auto_disabled {
        let told = format!(
            "ElevenLabs switched {name:?} off: it failed ten times in a row{}",
            failure(webhook)
        );
        return Finding::fault(
            CHECK,
            told,
            "mend what fails, then switch it on with `elaaoms connect`",
        );
    }
    if webhook.is_disabled {
        return Finding::fault(
            CHECK,
            format!("{name:?} is switched off"),
            "`elaaoms connect` switches it on",
        );
    }
    if webhook.most_recent_failure_error_code.is_some() {
        let told = format!("{name:?} failed lately{}", failure(webhook));
        return Finding::warning(
            CHECK,
            told,
            "401 means another secret than ElevenLabs', 5xx or none that the deployment was away",
        );
    }
    // The list of webhooks need not say it; connect switches retries on before it gives the name.
    if !webhook
        .retry_enabled
        .unwrap_or_else(|| webhook.name.starts_with(named))
    {
        let told = format!("{name:?} may not try again when the deployment is away for a moment");
        return Finding::warning(
            CHECK,
            told,
            "switch retries on in ElevenLabs' dashboard, or let `elaaoms connect` make its own",
        );
    }
    Finding::fine(CHECK, format!("{name:?} is on, with retries"))
}

fn failure(webhook: &Webhook) -> String {
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
