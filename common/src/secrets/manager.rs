//! AWS Secrets Manager. A secret is a JSON object whose keys are names of settings, or the value of
//! one setting. A function reads the secrets that its role may read and merges them. The requests are
//! signed here, because most webhooks need nothing else of AWS and therefore do not link its SDK.
//!
//! The secrets are cached. They are read again when they are older than [`TTL`], and after a key
//! did not match, at most once in [`MIN_PAUSE`]. A rotated key therefore needs no deployment, and
//! wrong keys cause no traffic.

mod request;

pub use request::{Access, NoAccess};

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use tokio::sync::Mutex;
use tracing::warn;

use super::SecretSet;
use crate::http_client;
use crate::signed::now;

/// Age at which cached secrets are read again.
const TTL: Duration = Duration::from_secs(5 * 60);
/// Shortest time between two readings while secrets are cached.
const MIN_PAUSE: Duration = Duration::from_secs(60);
/// Time limit of one request. Secrets Manager answers within milliseconds or not at all.
const LIMIT: Duration = Duration::from_secs(2);

/// Reads and caches the secrets of one function.
#[derive(Debug)]
pub struct Manager {
    http: reqwest::Client,
    access: Access,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    cached: Option<Arc<SecretSet>>,
    /// Time of the last reading, successful or not.
    read_at: Option<Instant>,
}

/// Why the secrets could not be read. Never contains a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum ReadError {
    #[error("Secrets Manager {0}")]
    Call(#[from] http_client::CallError),
    #[error("the request could not be signed")]
    Unsigned,
    #[error("a secret is not a JSON object")]
    NoObject,
}

impl Manager {
    /// A reader of the secrets behind `access`. Sends no request yet.
    #[must_use]
    pub fn new(http: reqwest::Client, access: Access) -> Self {
        Self {
            http,
            access,
            state: Mutex::default(),
        }
    }

    /// The cached secrets, read again when they are too old. Concurrent callers share one reading.
    pub(super) async fn current(&self) -> Arc<SecretSet> {
        let mut state = self.state.lock().await;
        if state.is_older_than(state.ttl()) {
            self.read_into(&mut state).await;
        }
        state
            .cached
            .clone()
            .unwrap_or_else(|| Arc::new(SecretSet::unknown()))
    }

    /// Secrets that differ from `known`: those another request has read meanwhile, or a fresh
    /// reading. `None` when there are none.
    pub(super) async fn newer_than(&self, known: &Arc<SecretSet>) -> Option<Arc<SecretSet>> {
        let mut state = self.state.lock().await;
        let is_new = |state: &State| {
            state
                .cached
                .clone()
                .filter(|newer| !Arc::ptr_eq(newer, known))
        };
        if is_new(&state).is_none() && state.is_older_than(MIN_PAUSE) {
            self.read_into(&mut state).await;
        }
        is_new(&state)
    }

    /// Reads the secrets into the cache. A failed reading leaves the cache as it is, so an outage of
    /// Secrets Manager does not stop webhooks that have their secrets.
    async fn read_into(&self, state: &mut State) {
        state.read_at = Some(Instant::now());
        match self.read().await {
            Ok(secrets) => state.cached = Some(Arc::new(secrets)),
            Err(reason) => warn!(%reason, "reading the secrets failed"),
        }
    }

    /// Reads all secrets at once. One that cannot be read fails the whole reading: half the secrets
    /// would look like secrets that are not set.
    async fn read(&self) -> Result<SecretSet, ReadError> {
        let requests = self.access.requests(now()).ok_or(ReadError::Unsigned)?;
        let readings = requests
            .into_iter()
            .map(|(request, name)| self.read_one(request, name));
        Ok(request::merge(try_join_all(readings).await?))
    }

    async fn read_one(
        &self,
        request: http::Request<reqwest::Body>,
        name: Option<&str>,
    ) -> Result<HashMap<String, String>, ReadError> {
        let signed = reqwest::Request::try_from(request).map_err(|_| ReadError::Unsigned)?;
        let request = reqwest::RequestBuilder::from_parts(self.http.clone(), signed).timeout(LIMIT);
        let response = http_client::send_idempotent(request).await?.success()?;
        request::read(response.body(), name).ok_or(ReadError::NoObject)
    }
}

impl State {
    /// Incomplete secrets are read again sooner: an operator is about to set the missing ones.
    fn ttl(&self) -> Duration {
        let is_complete = self
            .cached
            .as_ref()
            .is_some_and(|secrets| secrets.missing().is_empty());
        if is_complete { TTL } else { MIN_PAUSE }
    }

    /// While nothing is cached, a reading is always due.
    fn is_older_than(&self, age: Duration) -> bool {
        self.cached.is_none() || self.read_at.is_none_or(|at| at.elapsed() >= age)
    }
}

#[cfg(test)]
mod tests;
