//! Connecting, and bringing the tables up to date.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::{Postgres, meaning};
use crate::start::StartError;
use crate::storage::VectorIndex;

/// How many connections there may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PostgresOptions {
    /// Connections that are kept when there is work for them.
    pub(crate) pool_size: u32,
    /// Connections beyond those, for a burst.
    pub(crate) max_overflow: u32,
    /// The space of the embedding and its number of dimensions, when one was chosen.
    pub(crate) meaning: Option<(Arc<str>, usize)>,
    /// The index to keep over all vectors.
    pub(crate) vector_index: Option<VectorIndex>,
}

/// How long a request waits for a connection before it fails.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may have nothing to do.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

impl Postgres {
    /// Connects to `postgresql://…` and brings its tables up to date. Several instances may start
    /// at once: one migrates, the others wait for it.
    pub(crate) async fn open(url: &str, options: PostgresOptions) -> Result<Self, StartError> {
        // The address may hold a password, and the error could repeat it.
        let address: PgConnectOptions = url.parse().map_err(|_| StartError::DatabaseUrl)?;
        let pool = PgPoolOptions::new()
            .max_connections(options.pool_size.saturating_add(options.max_overflow))
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(IDLE_TIMEOUT)
            .connect_with(address.application_name("openmemory"))
            .await?;
        sqlx::migrate!("./migrations/postgres").run(&pool).await?;
        if let Some((space, dimensions)) = &options.meaning {
            meaning::migrate(&pool).await?;
            if let Some(kind) = options.vector_index {
                meaning::index(&pool, kind, space, *dimensions).await?;
            }
        }
        Ok(Self { pool })
    }
}
