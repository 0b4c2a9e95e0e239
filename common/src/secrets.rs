//! The secrets of a deployment and where they are read from.

#[cfg(feature = "secrets-manager")]
pub mod manager;

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use crate::settings::Changes;

/// Prefixes of Amazon Bedrock API keys: long-term and short-term (AWS, "Amazon Bedrock API keys").
const BEDROCK_KEY_PREFIXES: [&str; 2] = ["ABSK", "bedrock-api-key-"];

/// The secrets under the names that an operator sets. Any of them may be missing: a first deployment
/// has none.
#[derive(Debug, Default)]
pub struct SecretSet {
    post_call_hmac_keys: Vec<SecretString>,
    webhook_api_keys: Vec<SecretString>,
    caller_id_pepper: Option<SecretString>,
    elevenlabs_api_key: Option<SecretString>,
    llm_api_key: Option<SecretString>,
    bedrock_api_key: Option<SecretString>,
    openmemory_api_key: Option<SecretString>,
    database_url: Option<SecretString>,
    dynamodb_key_pepper: Option<SecretString>,
    embedding_api_key: Option<SecretString>,
    events_secrets: Vec<SecretString>,
    changes: Changes,
    unknown: bool,
}

impl SecretSet {
    /// Represents secrets that could not be read, so that no request can be accepted or rejected.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            unknown: true,
            ..Self::default()
        }
    }

    /// Whether the secrets could not be read. This differs from secrets that are not set.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.unknown
    }

    /// Reads each secret by its name. A blank value counts as missing. Keys that support rotation may
    /// be comma-separated lists.
    #[must_use]
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let one = |name: &str| {
            lookup(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
                .map(SecretString::from)
        };
        Self {
            post_call_hmac_keys: split_list(lookup("ELEVENLABS_POST_CALL_HMAC_KEY")),
            webhook_api_keys: split_list(lookup("WEBHOOK_API_KEY")),
            caller_id_pepper: one("CALLER_ID_PEPPER"),
            elevenlabs_api_key: one("ELEVENLABS_API_KEY"),
            llm_api_key: one("LLM_API_KEY"),
            bedrock_api_key: one("AWS_BEARER_TOKEN_BEDROCK"),
            openmemory_api_key: one("OPENMEMORY_API_KEY"),
            database_url: one("DATABASE_URL"),
            dynamodb_key_pepper: one("DYNAMODB_KEY_PEPPER"),
            embedding_api_key: one("EMBEDDING_API_KEY"),
            events_secrets: split_list(lookup("EVENTS_SECRET")),
            changes: Changes::default(),
            unknown: false,
        }
    }

    /// Adds changes of settings that stand beside the secrets.
    #[must_use]
    pub fn with_changes(self, changes: Changes) -> Self {
        Self { changes, ..self }
    }

    /// The keys that post-call webhooks may be signed with.
    #[must_use]
    pub fn post_call_hmac_keys(&self) -> &[SecretString] {
        &self.post_call_hmac_keys
    }

    /// The API keys that the other webhooks accept.
    #[must_use]
    pub fn webhook_api_keys(&self) -> &[SecretString] {
        &self.webhook_api_keys
    }

    /// The key that callers' pseudonyms are computed with.
    #[must_use]
    pub fn caller_id_pepper(&self) -> Option<&SecretString> {
        self.caller_id_pepper.as_ref()
    }

    /// The API key of ElevenLabs.
    #[must_use]
    pub fn elevenlabs_api_key(&self) -> Option<&str> {
        self.elevenlabs_api_key
            .as_ref()
            .map(ExposeSecret::expose_secret)
    }

    /// The API key of the model's provider.
    #[must_use]
    pub fn llm_api_key(&self) -> Option<&str> {
        self.llm_api_key.as_ref().map(ExposeSecret::expose_secret)
    }

    /// The API key of Amazon Bedrock: `AWS_BEARER_TOKEN_BEDROCK`, or `LLM_API_KEY` when it has the
    /// form of a Bedrock key. The key of another provider is never returned.
    #[must_use]
    pub fn bedrock_api_key(&self) -> Option<&str> {
        let is_bedrock_key = |key: &&str| {
            BEDROCK_KEY_PREFIXES
                .iter()
                .any(|prefix| key.starts_with(prefix))
        };
        let own = self
            .bedrock_api_key
            .as_ref()
            .map(ExposeSecret::expose_secret);
        own.or_else(|| self.llm_api_key().filter(is_bedrock_key))
    }

    /// The API key of the memory store. A store may work without one.
    #[must_use]
    pub fn openmemory_api_key(&self) -> Option<&str> {
        self.openmemory_api_key
            .as_ref()
            .map(ExposeSecret::expose_secret)
    }

    /// The URL of the memory store's database, including the password. Used where the store is one of
    /// the deployed functions.
    #[must_use]
    pub fn database_url(&self) -> Option<&str> {
        self.database_url.as_ref().map(ExposeSecret::expose_secret)
    }

    /// The key of the pseudonyms in the memory store's DynamoDB table. Used where the store is one of
    /// the deployed functions.
    #[must_use]
    pub fn dynamodb_key_pepper(&self) -> Option<&SecretString> {
        self.dynamodb_key_pepper.as_ref()
    }

    /// The API key of the embedding server. Used where the store is one of the deployed functions.
    #[must_use]
    pub fn embedding_api_key(&self) -> Option<&str> {
        self.embedding_api_key
            .as_ref()
            .map(ExposeSecret::expose_secret)
    }

    /// The secrets that sign outgoing events.
    #[must_use]
    pub fn events_secrets(&self) -> &[SecretString] {
        &self.events_secrets
    }

    /// The changes of settings that stand beside the secrets.
    #[must_use]
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// The names of missing secrets without which webhooks are refused.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let required = [
            (
                "ELEVENLABS_POST_CALL_HMAC_KEY",
                self.post_call_hmac_keys.is_empty(),
            ),
            ("WEBHOOK_API_KEY", self.webhook_api_keys.is_empty()),
            ("CALLER_ID_PEPPER", self.caller_id_pepper.is_none()),
        ];
        required
            .into_iter()
            .filter(|(_, missing)| *missing)
            .map(|(name, _)| name)
            .collect()
    }
}

/// A handle on the secrets, cheap to clone. Ask it each time a secret is needed, so that a rotated key
/// is noticed.
#[derive(Debug, Clone)]
pub struct Secrets(Source);

#[derive(Debug, Clone)]
enum Source {
    Fixed(Arc<SecretSet>),
    #[cfg(feature = "secrets-manager")]
    Manager(Arc<manager::Manager>),
}

impl Secrets {
    /// Secrets that stay the same while the process runs.
    #[must_use]
    pub fn fixed(secrets: SecretSet) -> Self {
        Self(Source::Fixed(Arc::new(secrets)))
    }

    /// Secrets from Secrets Manager, read again when they may have changed.
    #[cfg(feature = "secrets-manager")]
    #[must_use]
    pub fn managed(manager: manager::Manager) -> Self {
        Self(Source::Manager(Arc::new(manager)))
    }

    /// The current secrets.
    pub async fn current(&self) -> Arc<SecretSet> {
        match &self.0 {
            Source::Fixed(secrets) => Arc::clone(secrets),
            #[cfg(feature = "secrets-manager")]
            Source::Manager(manager) => manager.current().await,
        }
    }

    /// Runs a check against the secrets. When it fails and newer secrets are available, runs it once
    /// more: right after a rotation the old secrets are still cached.
    ///
    /// # Errors
    /// The error of the last check.
    pub async fn check<T, E>(&self, check: impl Fn(&SecretSet) -> Result<T, E>) -> Result<T, E> {
        let known = self.current().await;
        match check(&known) {
            Ok(value) => Ok(value),
            Err(error) => match self.newer_than(&known).await {
                Some(newer) => check(&newer),
                None => Err(error),
            },
        }
    }

    async fn newer_than(&self, known: &Arc<SecretSet>) -> Option<Arc<SecretSet>> {
        match &self.0 {
            Source::Fixed(secrets) => {
                Some(Arc::clone(secrets)).filter(|same| !Arc::ptr_eq(same, known))
            }
            #[cfg(feature = "secrets-manager")]
            Source::Manager(manager) => manager.newer_than(known).await,
        }
    }
}

fn split_list(list: Option<String>) -> Vec<SecretString> {
    list.unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .map(SecretString::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_list_of_keys_is_split_and_blank_values_count_as_missing() {
        let secrets = SecretSet::read(|name| {
            Some(
                if name == "WEBHOOK_API_KEY" {
                    " new , old,, "
                } else {
                    " "
                }
                .to_owned(),
            )
        });
        let keys: Vec<_> = secrets
            .webhook_api_keys()
            .iter()
            .map(ExposeSecret::expose_secret)
            .collect();
        assert_eq!(keys, ["new", "old"]);
        assert_eq!(
            secrets.missing(),
            ["ELEVENLABS_POST_CALL_HMAC_KEY", "CALLER_ID_PEPPER"]
        );
    }

    #[test]
    fn a_key_of_another_provider_is_not_used_for_bedrock() {
        let key = |pairs: &[(&'static str, &str)]| {
            let values: HashMap<&str, &str> = pairs.iter().copied().collect();
            SecretSet::read(|name| values.get(name).map(|value| (*value).to_owned()))
                .bedrock_api_key()
                .map(str::to_owned)
        };
        assert_eq!(key(&[("LLM_API_KEY", "sk-left-over")]), None);
        assert_eq!(
            key(&[("LLM_API_KEY", "ABSKexample")]).as_deref(),
            Some("ABSKexample")
        );
        let both = [
            ("LLM_API_KEY", "sk-left-over"),
            ("AWS_BEARER_TOKEN_BEDROCK", "of-another-form"),
        ];
        assert_eq!(key(&both).as_deref(), Some("of-another-form"));
    }

    #[test]
    fn debug_output_contains_no_secret() {
        let secrets = SecretSet::read(|_| Some("hunter2".to_owned()));
        assert!(!format!("{:?}", Secrets::fixed(secrets)).contains("hunter2"));
    }
}
