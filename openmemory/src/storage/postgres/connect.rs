//! Connects to the database and migrates its tables.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::{Postgres, meaning};
use crate::storage::{OpenError, VectorIndex};

/// Options of a PostgreSQL connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PostgresOptions {
    /// Number of pooled connections.
    pub(crate) pool_size: u32,
    /// Additional connections for a burst.
    pub(crate) max_overflow: u32,
    /// Vector space and dimension of the embedding, if there is one.
    pub(crate) meaning: Option<(Arc<str>, usize)>,
    /// Index over all vectors, if one is configured.
    pub(crate) vector_index: Option<VectorIndex>,
}

/// How long a request waits for a connection before it fails.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may be idle before it is closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

impl Postgres {
    /// Connects to `postgresql://…` and migrates its tables. Several instances may start at once: one
    /// migrates, the others wait for it.
    pub(crate) async fn open(url: &str, options: PostgresOptions) -> Result<Self, OpenError> {
        // The URL may contain a password, and the error could repeat it.
        let address: PgConnectOptions = url.parse().map_err(|_| OpenError::Url)?;
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
