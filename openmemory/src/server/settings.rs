//! The settings of the service.

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
#[cfg(feature = "postgres")]
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use crate::embedding::Embeddings;
use crate::memory::Rules;
use crate::service::Clock;
#[cfg(feature = "dynamodb")]
use crate::storage::DynamoOptions;
#[cfg(feature = "postgres")]
use crate::storage::PostgresOptions;
use crate::storage::VectorIndex;

/// Minimum length of the pepper, in bytes.
#[cfg(feature = "dynamodb")]
const LEAST_PEPPER: usize = 16;

/// Settings of the service. `Debug` hides secrets.
#[derive(Clone)]
pub struct Settings {
    database_url: SecretString,
    listen: SocketAddr,
    api_key: Option<SecretString>,
    similarity_threshold: f64,
    max_memories_per_agent: usize,
    pool_size: u32,
    max_overflow: u32,
    embeddings: Embeddings,
    vector_index: Option<VectorIndex>,
    requests_per_minute: Option<NonZeroU32>,
    allowed_hosts: Vec<String>,
    extra_ca_file: Option<String>,
    dynamodb_key_pepper: Option<SecretString>,
    may_scan: bool,
    clock: Clock,
}

impl Settings {
    /// Default similarity above which a new memory is a duplicate.
    pub const SIMILARITY_THRESHOLD: f64 = 0.85;
    /// Default maximum of active memories for each caller and agent.
    pub const MAX_MEMORIES_PER_AGENT: usize = 10_000;
    /// Default size of the PostgreSQL connection pool.
    pub const DATABASE_POOL_SIZE: u32 = 20;
    /// Default number of additional PostgreSQL connections during bursts.
    pub const DATABASE_MAX_OVERFLOW: u32 = 10;

    /// Creates settings for a database URL such as `sqlite://PATH` and a listen address; port 0
    /// picks a free port. No API key is required until [`with_api_key`](Self::with_api_key) sets
    /// one.
    pub fn new(database_url: impl Into<String>, listen: SocketAddr) -> Self {
        Self {
            database_url: SecretString::from(database_url.into()),
            listen,
            api_key: None,
            similarity_threshold: Self::SIMILARITY_THRESHOLD,
            max_memories_per_agent: Self::MAX_MEMORIES_PER_AGENT,
            pool_size: Self::DATABASE_POOL_SIZE,
            max_overflow: Self::DATABASE_MAX_OVERFLOW,
            embeddings: Embeddings::Static,
            vector_index: None,
            requests_per_minute: None,
            allowed_hosts: Vec::new(),
            extra_ca_file: None,
            dynamodb_key_pepper: None,
            may_scan: false,
            clock: Clock::default(),
        }
    }

    /// Sets additional `Host` headers to accept while listening on loopback. Needed behind a
    /// reverse proxy that passes the header on.
    #[must_use]
    pub fn with_allowed_hosts(mut self, hosts: Vec<String>) -> Self {
        self.allowed_hosts = hosts;
        self
    }

    /// Replaces the database URL.
    #[must_use]
    pub fn with_database_url(mut self, url: impl Into<String>) -> Self {
        self.database_url = SecretString::from(url.into());
        self
    }

    /// Sets the key that every request except `/health` and `/openapi.json` must carry. An empty
    /// key counts as none.
    #[must_use]
    pub fn with_api_key(mut self, api_key: Option<SecretString>) -> Self {
        self.api_key = api_key.filter(|key| !key.expose_secret().is_empty());
        self
    }

    /// Sets the similarity above which a new memory is a duplicate, over 0 and up to 1.
    #[must_use]
    pub fn with_similarity_threshold(mut self, threshold: f64) -> Self {
        self.similarity_threshold = threshold;
        self
    }

    /// Sets the maximum of active memories for each caller and agent, at least 1.
    #[must_use]
    pub fn with_max_memories_per_agent(mut self, most: usize) -> Self {
        self.max_memories_per_agent = most;
        self
    }

    /// Sets the size of the PostgreSQL connection pool, at least 1, and the additional connections
    /// during bursts.
    #[must_use]
    pub fn with_pool(mut self, size: u32, overflow: u32) -> Self {
        self.pool_size = size;
        self.max_overflow = overflow;
        self
    }

    /// Sets how memories are compared with questions. The default is the bundled word vectors.
    #[must_use]
    pub fn with_embeddings(mut self, embeddings: Embeddings) -> Self {
        self.embeddings = embeddings;
        self
    }

    /// Sets the API key of the embedding server. Has no effect with other embeddings.
    #[must_use]
    pub fn with_embedding_api_key(mut self, key: Option<SecretString>) -> Self {
        if let Embeddings::OpenAi(model) = &mut self.embeddings {
            model.key = key;
        }
        self
    }

    /// Sets the vector index in PostgreSQL. The default is none.
    #[must_use]
    pub fn with_vector_index(mut self, index: Option<VectorIndex>) -> Self {
        self.vector_index = index;
        self
    }

    /// Sets the maximum requests per minute from one client address. The default is unlimited.
    #[must_use]
    pub fn with_rate_limit(mut self, requests_per_minute: Option<u32>) -> Self {
        self.requests_per_minute = requests_per_minute.and_then(NonZeroU32::new);
        self
    }

    /// Sets a PEM file of certificate authorities to trust, besides the public ones, for requests
    /// to the embedding server. A blank name counts as none.
    #[must_use]
    pub fn with_extra_ca_file(mut self, file: Option<String>) -> Self {
        self.extra_ca_file = file;
        self
    }

    /// Sets the key of the pseudonyms in the keys of a DynamoDB table. It must never change.
    #[must_use]
    pub fn with_dynamodb_key_pepper(mut self, pepper: Option<SecretString>) -> Self {
        self.dynamodb_key_pepper = pepper;
        self
    }

    /// Allows background work to read a whole DynamoDB table: to count memories for `/metrics`, and
    /// to find memories without a vector. Right for one server, and too expensive for many
    /// instances of a function.
    #[must_use]
    pub fn with_table_scans(mut self, allowed: bool) -> Self {
        self.may_scan = allowed;
        self
    }

    /// Sets the clock. The default is the clock of the machine.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The address the service listens on.
    pub fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// Whether requests must carry an API key.
    pub fn requires_api_key(&self) -> bool {
        self.api_key.is_some()
    }

    /// The URL of the database, with its password if it contains one.
    pub fn database_url(&self) -> &str {
        self.database_url.expose_secret()
    }

    pub(crate) fn api_key(&self) -> Option<&SecretString> {
        self.api_key.as_ref()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn embeddings(&self) -> &Embeddings {
        &self.embeddings
    }

    pub(crate) fn allowed_hosts(&self) -> &[String] {
        &self.allowed_hosts
    }

    pub(crate) fn extra_ca_file(&self) -> Option<&str> {
        self.extra_ca_file.as_deref()
    }

    pub(crate) fn requests_per_minute(&self) -> Option<NonZeroU32> {
        self.requests_per_minute
    }

    #[cfg(feature = "postgres")]
    pub(crate) fn postgres(
        &self,
        meaning: Option<(Arc<str>, usize)>,
    ) -> Result<PostgresOptions, InvalidSetting> {
        if self.pool_size == 0 {
            return Err(InvalidSetting {
                name: "DATABASE_POOL_SIZE",
                reason: "must be at least 1",
            });
        }
        Ok(PostgresOptions {
            pool_size: self.pool_size,
            max_overflow: self.max_overflow,
            meaning,
            vector_index: self.vector_index,
        })
    }

    #[cfg(feature = "dynamodb")]
    pub(crate) fn dynamo(&self, table: String) -> Result<DynamoOptions, InvalidSetting> {
        let pepper = self.dynamodb_key_pepper.clone();
        let is_long = |pepper: &SecretString| pepper.expose_secret().len() >= LEAST_PEPPER;
        Ok(DynamoOptions {
            table,
            pepper: pepper.filter(is_long).ok_or(InvalidSetting {
                name: "DYNAMODB_KEY_PEPPER",
                reason: "must have at least 16 characters; openssl rand -hex 32 makes one",
            })?,
            extra_ca_file: self.extra_ca_file.clone(),
            may_scan: self.may_scan,
        })
    }

    pub(crate) fn rules(&self) -> Result<Rules, InvalidSetting> {
        let threshold = self.similarity_threshold;
        if !(threshold > 0.0 && threshold <= 1.0) {
            return Err(InvalidSetting {
                name: "SIMILARITY_THRESHOLD",
                reason: "must be over 0 and up to 1",
            });
        }
        if self.max_memories_per_agent == 0 {
            return Err(InvalidSetting {
                name: "MAX_MEMORIES_PER_AGENT",
                reason: "must be at least 1",
            });
        }
        Ok(Rules {
            similarity_threshold: threshold,
            max_memories_per_agent: self.max_memories_per_agent,
        })
    }
}

/// A setting is outside its range.
#[derive(Debug, thiserror::Error)]
#[error("{name} {reason}")]
pub struct InvalidSetting {
    name: &'static str,
    reason: &'static str,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("listen", &self.listen)
            .field("requires_api_key", &self.requires_api_key())
            .field("similarity_threshold", &self.similarity_threshold)
            .field("max_memories_per_agent", &self.max_memories_per_agent)
            .finish_non_exhaustive()
    }
}
