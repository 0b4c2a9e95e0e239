//! The state that all handlers share.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;

use secrecy::SecretString;

use super::database_status::DatabaseStatus;
use super::rate_limiter::RateLimit;
use super::service_metrics::ServiceMetrics;
use crate::service::MemoryService;

/// The state of an opened service, shared by all handlers of [`router`](crate::router). Cheap to
/// clone.
#[derive(Clone, Debug)]
pub struct AppState {
    pub(super) memories: MemoryService,
    pub(super) api_key: Option<Arc<SecretString>>,
    pub(super) started: Instant,
    pub(super) database: Arc<DatabaseStatus>,
    pub(super) metrics: Arc<ServiceMetrics>,
    pub(super) rate_limit: Option<Arc<RateLimit>>,
}

impl AppState {
    pub(crate) fn new(
        memories: MemoryService,
        api_key: Option<SecretString>,
        requests_per_minute: Option<NonZeroU32>,
    ) -> Self {
        Self {
            memories,
            api_key: api_key.map(Arc::new),
            started: Instant::now(),
            database: Arc::default(),
            metrics: Arc::new(ServiceMetrics::start()),
            rate_limit: requests_per_minute.map(|most| Arc::new(RateLimit::new(most))),
        }
    }

    /// Stops background work and closes the database.
    pub async fn close(&self) {
        self.memories.close().await;
    }
}
