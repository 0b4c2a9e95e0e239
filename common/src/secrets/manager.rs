//! AWS Secrets Manager: one secret, a JSON object with the names of the settings. Asked with a
//! signed request, because the webhooks that need nothing else of AWS do without its SDK.
//!
//! The secret is kept in memory and read again when it is [`TTL`] old, and after a mismatch, at
//! most once in [`MIN_PAUSE`]: so a rotated key needs no deploy, and whoever sends wrong keys
//! causes no traffic.

mod request;

pub use request::{Access, NoAccess};

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::Mutex;
use tracing::warn;

use super::SecretSet;
use crate::http_client;

/// How old the secrets may get before they are read again.
const TTL: Duration = Duration::from_secs(5 * 60);
/// The least time between two readings while some are known.
const MIN_PAUSE: Duration = Duration::from_secs(60);
/// How long an answer may take; it comes in milliseconds or not at all.
const LIMIT: Duration = Duration::from_secs(2);

/// The secrets of a deployment, as Secrets Manager knows them.
#[derive(Debug)]
pub struct Manager {
    http: reqwest::Client,
    access: Access,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    known: Option<Arc<SecretSet>>,
    /// When they were last asked for, with or without success.
    asked: Option<Instant>,
}

/// Why the secrets could not be read. Holds nothing of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum ReadError {
    #[error("Secrets Manager {0}")]
    Call(#[from] http_client::CallError),
    #[error("the request could not be signed")]
    Unsigned,
    #[error("the secret is no JSON object")]
    NoObject,
}

impl Manager {
    /// The secret that `access` gives access to. Nothing is asked yet.
    #[must_use]
    pub fn new(http: reqwest::Client, access: Access) -> Self {
        Self {
            http,
            access,
            state: Mutex::default(),
        }
    }

    /// The secrets as known, read again when they are old. Whoever asks meanwhile waits for the
    /// same reading.
    pub(super) async fn current(&self) -> Arc<SecretSet> {
        let mut state = self.state.lock().await;
        if state.is_older_than(state.ttl()) {
            self.read_into(&mut state).await;
        }
        state
            .known
            .clone()
            .unwrap_or_else(|| Arc::new(SecretSet::unknown()))
    }

    /// Secrets other than `known`, if there are any: those another request has read meanwhile, or a
    /// fresh reading.
    pub(super) async fn newer_than(&self, known: &Arc<SecretSet>) -> Option<Arc<SecretSet>> {
        let mut state = self.state.lock().await;
        let is_new = |state: &State| {
            state
                .known
                .clone()
                .filter(|newer| !Arc::ptr_eq(newer, known))
        };
        if is_new(&state).is_none() && state.is_older_than(MIN_PAUSE) {
            self.read_into(&mut state).await;
        }
        is_new(&state)
    }

    /// What cannot be read leaves what is known as it is: an outage of Secrets Manager closes no
    /// door that is open.
    async fn read_into(&self, state: &mut State) {
        state.asked = Some(Instant::now());
        match self.read().await {
            Ok(secrets) => state.known = Some(Arc::new(secrets)),
            Err(reason) => warn!(%reason, "the secrets could not be read"),
        }
    }

    async fn read(&self) -> Result<SecretSet, ReadError> {
        let request = self.access.request(now()).ok_or(ReadError::Unsigned)?;
        let request = reqwest::Request::try_from(request).map_err(|_| ReadError::Unsigned)?;
        let request =
            reqwest::RequestBuilder::from_parts(self.http.clone(), request).timeout(LIMIT);
        let answer = http_client::send_idempotent(request).await?.success()?;
        request::read(answer.body()).ok_or(ReadError::NoObject)
    }
}

impl State {
    /// What an operator is about to fill in is looked for sooner.
    fn ttl(&self) -> Duration {
        let is_complete = self
            .known
            .as_ref()
            .is_some_and(|known| known.missing().is_empty());
        if is_complete { TTL } else { MIN_PAUSE }
    }

    /// While nothing is known, every reading is overdue.
    fn is_older_than(&self, age: Duration) -> bool {
        self.known.is_none() || self.asked.is_none_or(|asked| asked.elapsed() >= age)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a request is signed with its time"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests;
