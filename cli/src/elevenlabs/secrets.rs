//! Workspace secrets: values that tools and webhooks refer to by id. ElevenLabs never shows a value
//! again.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::client::{ElevenLabs, entry, read};
use super::error::ElevenLabsError;

const WHAT: &str = "the workspace's secrets";

/// A secret as ElevenLabs lists it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct StoredSecret {
    pub(crate) secret_id: String,
    pub(crate) name: String,
}

impl ElevenLabs {
    /// Lists the secrets whose names start with this prefix.
    pub(crate) async fn secrets(&self, prefix: &str) -> Result<Vec<StoredSecret>, ElevenLabsError> {
        let entries = self
            .list(
                &["convai", "secrets"],
                &[("search", prefix)],
                "secrets",
                WHAT,
            )
            .await?;
        let mut secrets: Vec<StoredSecret> =
            entries.into_iter().map(entry).collect::<Result<_, _>>()?;
        secrets.retain(|secret| secret.name.starts_with(prefix));
        Ok(secrets)
    }

    /// Creates a secret and returns its id.
    pub(crate) async fn create_secret(
        &self,
        name: &str,
        value: &SecretString,
    ) -> Result<String, ElevenLabsError> {
        let body = json!({"type": "new", "name": name, "value": value.expose_secret()});
        let response = self
            .call(
                Method::POST,
                &["convai", "secrets"],
                Some(&body),
                "a new secret",
            )
            .await?;
        let created: Created = read(&response)?;
        Ok(created.secret_id)
    }

    /// Changes the value and the name of a secret. Whatever refers to it uses the new value from
    /// then on.
    pub(crate) async fn update_secret(
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
struct Created {
    secret_id: String,
}
