//! The secrets of a deployment, and where they come from.

#[cfg(feature = "secrets-manager")]
pub mod manager;

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

/// How API keys of Bedrock begin: long-term ones, and short-term ones (AWS, Amazon Bedrock API
/// keys).
const BEDROCK_KEYS: [&str; 2] = ["ABSK", "bedrock-api-key-"];

/// All secrets, by the names under which an operator sets them. Any of them may be missing: a first
/// deploy has none.
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
    embedding_api_key: Option<SecretString>,
    unknown: bool,
}

impl SecretSet {
    /// Stands for secrets that could not be read: nothing can be proven, and nothing disproven.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            unknown: true,
            ..Self::default()
        }
    }

    /// Whether they could not be read, which is another thing than that none are set.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.unknown
    }

    /// Reads each secret by its name. Blank ones count as missing; those that can be rotated may be
    /// lists with commas.
    #[must_use]
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let one = |name: &str| {
            lookup(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
                .map(SecretString::from)
        };
        let several = |name: &str| {
            let list = lookup(name).unwrap_or_default();
            list.split(',')
                .map(str::trim)
                .filter(|value| !value.is_empty())
                .map(SecretString::from)
                .collect()
        };
        Self {
            post_call_hmac_keys: several("ELEVENLABS_POST_CALL_HMAC_KEY"),
            webhook_api_keys: several("WEBHOOK_API_KEY"),
            caller_id_pepper: one("CALLER_ID_PEPPER"),
            elevenlabs_api_key: one("ELEVENLABS_API_KEY"),
            llm_api_key: one("LLM_API_KEY"),
            bedrock_api_key: one("AWS_BEARER_TOKEN_BEDROCK"),
            openmemory_api_key: one("OPENMEMORY_API_KEY"),
            database_url: one("DATABASE_URL"),
            embedding_api_key: one("EMBEDDING_API_KEY"),
            unknown: false,
        }
    }

    /// The secrets that post-call webhooks may be signed with.
    #[must_use]
    pub fn post_call_hmac_keys(&self) -> &[SecretString] {
        &self.post_call_hmac_keys
    }

    /// The values that the header of the other webhooks may carry.
    #[must_use]
    pub fn webhook_api_keys(&self) -> &[SecretString] {
        &self.webhook_api_keys
    }

    /// The key of callers' pseudonyms.
    #[must_use]
    pub fn caller_id_pepper(&self) -> Option<&SecretString> {
        self.caller_id_pepper.as_ref()
    }

    /// The key of ElevenLabs' API.
    #[must_use]
    pub fn elevenlabs_api_key(&self) -> Option<&str> {
        self.elevenlabs_api_key
            .as_ref()
            .map(ExposeSecret::expose_secret)
    }

    /// The key of the model's provider.
    #[must_use]
    pub fn llm_api_key(&self) -> Option<&str> {
        self.llm_api_key.as_ref().map(ExposeSecret::expose_secret)
    }

    /// An API key of Amazon Bedrock: `AWS_BEARER_TOKEN_BEDROCK`, or `LLM_API_KEY` where that has
    /// the form of one. A key of another provider that was left there is none.
    #[must_use]
    pub fn bedrock_api_key(&self) -> Option<&str> {
        let is_of_bedrock = |key: &&str| {
            BEDROCK_KEYS
                .iter()
                .any(|beginning| key.starts_with(beginning))
        };
        let own = self
            .bedrock_api_key
            .as_ref()
            .map(ExposeSecret::expose_secret);
        own.or_else(|| self.llm_api_key().filter(is_of_bedrock))
    }

    /// The key of the memory store; a store without one is possible.
    #[must_use]
    pub fn openmemory_api_key(&self) -> Option<&str> {
        self.openmemory_api_key
            .as_ref()
            .map(ExposeSecret::expose_secret)
    }

    /// The address of the database, password included, where the memory store runs as a function of
    /// its own.
    #[must_use]
    pub fn database_url(&self) -> Option<&str> {
        self.database_url.as_ref().map(ExposeSecret::expose_secret)
    }

    /// The key of the embedding server, where the memory store runs as a function of its own.
    #[must_use]
    pub fn embedding_api_key(&self) -> Option<&str> {
        self.embedding_api_key
            .as_ref()
            .map(ExposeSecret::expose_secret)
    }

    /// The names of those secrets without which the doors stay closed and that are missing.
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

/// A handle on the secrets, cheap to clone. Whoever needs a secret asks here each time, so that a
/// rotation arrives.
#[derive(Debug, Clone)]
pub struct Secrets(Source);

#[derive(Debug, Clone)]
enum Source {
    Fixed(Arc<SecretSet>),
    #[cfg(feature = "secrets-manager")]
    Manager(Arc<manager::Manager>),
}

impl Secrets {
    /// Secrets that do not change while the process runs.
    #[must_use]
    pub fn fixed(secrets: SecretSet) -> Self {
        Self(Source::Fixed(Arc::new(secrets)))
    }

    /// Secrets that are read, and read again, from Secrets Manager.
    #[cfg(feature = "secrets-manager")]
    #[must_use]
    pub fn managed(manager: manager::Manager) -> Self {
        Self(Source::Manager(Arc::new(manager)))
    }

    /// The secrets as known now.
    pub async fn current(&self) -> Arc<SecretSet> {
        match &self.0 {
            Source::Fixed(secrets) => Arc::clone(secrets),
            #[cfg(feature = "secrets-manager")]
            Source::Manager(manager) => manager.current().await,
        }
    }

    /// Runs a check against the secrets, and once more when it fails and newer ones are to be had:
    /// right after a rotation the old ones are still known here.
    ///
    /// # Errors
    /// What the last check failed with.
    pub async fn check<T, E>(&self, check: impl Fn(&SecretSet) -> Result<T, E>) -> Result<T, E> {
        let known = self.current().await;
        match check(&known) {
            Ok(proven) => Ok(proven),
            Err(doubt) => match self.newer_than(&known).await {
                Some(newer) => check(&newer),
                None => Err(doubt),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_secrets_is_split_and_blanks_are_no_secret() {
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
    fn only_a_key_of_bedrock_is_one() {
        let key = |pairs: &[(&str, &str)]| {
            let lookup = |name: &str| {
                pairs
                    .iter()
                    .find(|(own, _)| *own == name)
                    .map(|(_, value)| (*value).to_owned())
            };
            SecretSet::read(lookup).bedrock_api_key().map(str::to_owned)
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
    fn debug_output_shows_no_secret() {
        let secrets = SecretSet::read(|_| Some("hunter2".to_owned()));
        assert!(!format!("{:?}", Secrets::fixed(secrets)).contains("hunter2"));
    }
}
