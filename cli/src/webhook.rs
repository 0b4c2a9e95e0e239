//! The three webhooks and how a request proves that it may knock.

use clap::ValueEnum;
use common::elevenlabs::signature;
use common::http_client::join;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::failure::Failure;

/// One of the doors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Webhook {
    PostCall,
    ClientData,
    SearchMemory,
}

impl Webhook {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::PostCall => "/webhook/post-call",
            Self::ClientData => "/webhook/client-data",
            Self::SearchMemory => "/webhook/search-memory",
        }
    }

    /// Its URL below the base of a deployment.
    pub(crate) fn url(self, base: &Url) -> Url {
        join(base, &self.path().split('/').skip(1).collect::<Vec<_>>())
    }

    /// The header that opens it to this body, by name and value.
    pub(crate) fn auth_header(
        self,
        body: &[u8],
        now: Timestamp,
        secrets: impl Fn(&'static str) -> Result<SecretString, Failure>,
    ) -> Result<(&'static str, String), Failure> {
        match self {
            Self::PostCall => {
                let secret = SecretString::from(first(&secrets, "ELEVENLABS_POST_CALL_HMAC_KEY")?);
                Ok((signature::HEADER, signature::sign(body, &secret, now)))
            }
            Self::ClientData | Self::SearchMemory => {
                Ok(("x-api-key", first(&secrets, "WEBHOOK_API_KEY")?))
            }
        }
    }
}

/// The first of a list of secrets: the others are those that are being rotated out.
fn first(
    secrets: impl Fn(&'static str) -> Result<SecretString, Failure>,
    name: &'static str,
) -> Result<String, Failure> {
    let list = secrets(name)?;
    let first = list
        .expose_secret()
        .split(',')
        .map(str::trim)
        .find(|value| !value.is_empty());
    first.map(str::to_owned).ok_or(Failure::MissingSecret(name))
}
