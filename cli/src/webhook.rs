//! The webhooks and how a request to each of them authenticates.

use std::borrow::Cow;

use clap::ValueEnum;
use common::elevenlabs::signature;
use common::http_client::{CallError, join};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::deployment::DeploymentError;
use crate::error::{CommandError, Failure};

/// Why the deployment did not accept a request.
#[derive(Debug, thiserror::Error)]
#[error("the deployment answered {status}: {reason}")]
pub(crate) struct RefusedError {
    pub(crate) status: u16,
    pub(crate) reason: String,
}

impl CommandError for RefusedError {
    fn advice(&self) -> Option<Cow<'static, str>> {
        (self.status == 401).then(|| {
            "your secret differs from the deployment's: check WEBHOOK_API_KEY and ELEVENLABS_POST_CALL_HMAC_KEY".into()
        })
    }
}

impl CommandError for CallError {
    fn message(&self) -> String {
        format!("the deployment {self}")
    }

    fn advice(&self) -> Option<Cow<'static, str>> {
        Some("check the URL, and check /health to see whether the deployment runs".into())
    }
}

/// A webhook endpoint of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Webhook {
    PostCall,
    ClientData,
    SearchMemory,
    DoNotRemember,
}

impl Webhook {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::PostCall => "/webhook/post-call",
            Self::ClientData => "/webhook/client-data",
            Self::SearchMemory => "/webhook/search-memory",
            Self::DoNotRemember => "/webhook/do-not-remember",
        }
    }

    /// Returns the URL of the webhook, given the base URL of the deployment.
    pub(crate) fn url(self, base: &Url) -> Url {
        join(base, &self.path().split('/').skip(1).collect::<Vec<_>>())
    }

    /// Returns the name and value of the header that authenticates a request with this body.
    pub(crate) fn auth_header(
        self,
        body: &[u8],
        now: Timestamp,
        secrets: impl Fn(&'static str) -> Result<SecretString, Failure>,
    ) -> Result<(&'static str, String), Failure> {
        match self {
            Self::PostCall => {
                let secret =
                    SecretString::from(active_secret(&secrets, "ELEVENLABS_POST_CALL_HMAC_KEY")?);
                Ok((signature::HEADER, signature::sign(body, &secret, now)))
            }
            Self::ClientData | Self::SearchMemory | Self::DoNotRemember => {
                Ok(("x-api-key", active_secret(&secrets, "WEBHOOK_API_KEY")?))
            }
        }
    }
}

/// Returns the first secret of a comma-separated list: the one in use. The others are being rotated
/// out.
fn active_secret(
    secrets: impl Fn(&'static str) -> Result<SecretString, Failure>,
    name: &'static str,
) -> Result<String, Failure> {
    let list = secrets(name)?;
    let first = list
        .expose_secret()
        .split(',')
        .map(str::trim)
        .find(|value| !value.is_empty());
    Ok(first
        .map(str::to_owned)
        .ok_or(DeploymentError::MissingSecret(name))?)
}
