//! Workspace webhooks, to which ElevenLabs posts finished calls.
//!
//! The signing secret is shown once, when the webhook is created. Neither URL nor secret can be
//! changed. Not every version of the API shows whether the webhook retries.

use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::client::{ElevenLabs, entry, read};
use super::error::ElevenLabsError;
use common::http_client::CallError;

const PATH: [&str; 2] = ["workspace", "webhooks"];

/// A webhook as ElevenLabs lists it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Webhook {
    pub(crate) webhook_id: String,
    pub(crate) name: String,
    pub(crate) webhook_url: String,
    /// Disabled by a user.
    #[serde(default)]
    pub(crate) is_disabled: bool,
    /// Disabled by ElevenLabs after ten consecutive failures without a success for a week.
    #[serde(default)]
    pub(crate) is_auto_disabled: bool,
    /// Whether failed deliveries are retried, if the API says so.
    #[serde(default)]
    pub(crate) retry_enabled: Option<bool>,
    /// HTTP status of the latest failure.
    #[serde(default)]
    pub(crate) most_recent_failure_error_code: Option<i64>,
    /// Time of the latest failure, in seconds since the epoch.
    #[serde(default)]
    pub(crate) most_recent_failure_timestamp: Option<i64>,
}

impl Webhook {
    /// Whether the webhook posts to this URL.
    pub(crate) fn posts_to(&self, url: &Url) -> bool {
        Url::parse(&self.webhook_url).is_ok_and(|own| own == *url)
    }

    /// Whether the webhook is disabled.
    pub(crate) fn is_off(&self) -> bool {
        self.is_disabled || self.is_auto_disabled
    }
}

impl ElevenLabs {
    /// Lists all webhooks of the workspace.
    pub(crate) async fn webhooks(&self) -> Result<Vec<Webhook>, ElevenLabsError> {
        let mut response = self.get(&PATH, &[], "the workspace's webhooks").await?;
        let Value::Array(list) = response["webhooks"].take() else {
            return Err(CallError::Unreadable.into());
        };
        list.into_iter().map(entry).collect()
    }

    /// Creates a signing webhook. Returns its id and its secret, which is never shown again.
    pub(crate) async fn create_webhook(
        &self,
        name: &str,
        url: &Url,
    ) -> Result<(String, SecretString), ElevenLabsError> {
        let body =
            json!({"settings": {"auth_type": "hmac", "name": name, "webhook_url": url.as_str()}});
        let response = self
            .call(Method::POST, &PATH, Some(&body), "a new webhook")
            .await?;
        let created: Created = read(&response)?;
        let secret = created
            .webhook_secret
            .filter(|secret| !secret.is_empty())
            .ok_or(CallError::Unreadable)?;
        Ok((created.webhook_id, secret.into()))
    }

    /// Enables a webhook with retries, and sets its name.
    pub(crate) async fn enable_webhook(&self, id: &str, name: &str) -> Result<(), ElevenLabsError> {
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
struct Created {
    webhook_id: String,
    webhook_secret: Option<String>,
}
