//! Secrets of the workspace: a value that tools and webhooks refer to by id. ElevenLabs never shows
//! a value again.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::{ElevenLabs, ElevenLabsError, entry, read};

const WHAT: &str = "the workspace's secrets";

/// A secret as ElevenLabs lists it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct StoredSecret {
    pub(crate) secret_id: String,
    pub(crate) name: String,
}

impl ElevenLabs {
    /// The secrets whose names start with this.
    pub(crate) async fn secrets(
        &self,
        starts_with: &str,
    ) -> Result<Vec<StoredSecret>, ElevenLabsError> {
        let found = self
            .list(
                &["convai", "secrets"],
                &[("search", starts_with)],
                "secrets",
                WHAT,
            )
            .await?;
        let mut secrets: Vec<StoredSecret> =
            found.into_iter().map(entry).collect::<Result<_, _>>()?;
        secrets.retain(|secret| secret.name.starts_with(starts_with));
        Ok(secrets)
    }

    /// Keeps a new secret and says its id.
    pub(crate) async fn make_secret(
        &self,
        name: &str,
        value: &SecretString,
    ) -> Result<String, ElevenLabsError> {
        let body = json!({"type": "new", "name": name, "value": value.expose_secret()});
        let answer = self
            .call(
                Method::POST,
                &["convai", "secrets"],
                Some(&body),
                "a new secret",
            )
            .await?;
        let made: Made = read(&answer)?;
        Ok(made.secret_id)
    }

    /// Gives a secret another value and name; whatever refers to it uses the new value from then
    /// on.
    pub(crate) async fn renew_secret(
        &self,
        id: &str,
        name: &str,
        value: &SecretString,
    ) -> Result<(), ElevenLabsError> {
        let body = json!({"type": "update", "name": name, "value": value.expose_secret()});
        self.call(
            Method::PATCH,
            &["convai", "secrets", id],
            Some(&body),
            &format!("the secret {name}"),
        )
        .await?;
        Ok(())
    }

    pub(crate) async fn delete_secret(&self, id: &str) -> Result<(), ElevenLabsError> {
        self.call(
            Method::DELETE,
            &["convai", "secrets", id],
            None,
            &format!("the secret {id}"),
        )
        .await?;
        Ok(())
    }
}

#[derive(Deserialize)]
struct Made {
    secret_id: String,
}
