//! Webhooks of the workspace: where ElevenLabs posts finished calls. The secret it signs with is
//! shown once, when the webhook is made. Neither its address nor its secret can be changed, and
//! whether it retries is not shown by every version of the API.

use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{ElevenLabs, ElevenLabsError, entry, read};
use common::http_client::CallError;

const PATH: [&str; 2] = ["workspace", "webhooks"];

/// A webhook as ElevenLabs lists it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Webhook {
    pub(crate) webhook_id: String,
    pub(crate) name: String,
    pub(crate) webhook_url: String,
    /// Switched off by somebody.
    #[serde(default)]
    pub(crate) is_disabled: bool,
    /// Switched off by ElevenLabs: ten failures in a row, and no success for a week.
    #[serde(default)]
    pub(crate) is_auto_disabled: bool,
    /// Whether failures are tried again, where the API says so.
    #[serde(default)]
    pub(crate) retry_enabled: Option<bool>,
    /// The status of the latest answer that was no success.
    #[serde(default)]
    pub(crate) most_recent_failure_error_code: Option<i64>,
    /// When that was, in seconds since the epoch.
    #[serde(default)]
    pub(crate) most_recent_failure_timestamp: Option<i64>,
}

impl Webhook {
    /// Whether it posts to this address.
    pub(crate) fn posts_to(&self, url: &Url) -> bool {
        Url::parse(&self.webhook_url).is_ok_and(|own| own == *url)
    }

    /// Whether it posts anything at all.
    pub(crate) fn is_off(&self) -> bool {
        self.is_disabled || self.is_auto_disabled
    }
}

impl ElevenLabs {
    /// Every webhook of the workspace.
    pub(crate) async fn webhooks(&self) -> Result<Vec<Webhook>, ElevenLabsError> {
        let mut answer = self.get(&PATH, &[], "the workspace's webhooks").await?;
        let Value::Array(list) = answer["webhooks"].take() else {
            return Err(CallError::Unreadable.into());
        };
        list.into_iter().map(entry).collect()
    }

    /// Makes a webhook that signs. Gives its id and the secret, which is never shown again.
    pub(crate) async fn make_webhook(
        &self,
        name: &str,
        url: &Url,
    ) -> Result<(String, SecretString), ElevenLabsError> {
        let body =
            json!({"settings": {"auth_type": "hmac", "name": name, "webhook_url": url.as_str()}});
        let answer = self
            .call(Method::POST, &PATH, Some(&body), "a new webhook")
            .await?;
        let made: Made = read(&answer)?;
        let secret = made
            .webhook_secret
            .filter(|secret| !secret.is_empty())
            .ok_or(CallError::Unreadable)?;
        Ok((made.webhook_id, secret.into()))
    }

    /// Switches a webhook on, with retries, under this name.
    pub(crate) async fn switch_on_webhook(
        &self,
        id: &str,
        name: &str,
    ) -> Result<(), ElevenLabsError> {
        let body = json!({"is_disabled": false, "name": name, "retry_enabled": true});
        let path = [PATH[0], PATH[1], id];
        self.call(
            Method::PATCH,
            &path,
            Some(&body),
            &format!("the webhook {name}"),
        )
        .await?;
        Ok(())
    }

    pub(crate) async fn delete_webhook(&self, id: &str) -> Result<(), ElevenLabsError> {
        self.call(
            Method::DELETE,
            &[PATH[0], PATH[1], id],
            None,
            &format!("the webhook {id}"),
        )
        .await?;
        Ok(())
    }
}

#[derive(Deserialize)]
struct Made {
    webhook_id: String,
    webhook_secret: Option<String>,
}
