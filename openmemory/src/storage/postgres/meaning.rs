//! Sets up pgvector, if an embedding is configured.

use sha2::{Digest, Sha256};
use sqlx::PgPool;

use crate::storage::{OpenError, VectorIndex};

/// Maximum number of dimensions that pgvector can index.
const MAX_INDEXED: usize = 2_000;

/// Creates the extension and its table. Several instances may start at once.
pub(super) async fn migrate(pool: &PgPool) -> Result<(), OpenError> {
    let mut migrator = sqlx::migrate!("./migrations/vectors");
    migrator.dangerous_set_table_name("_openmemory_vector_migrations");
    migrator.run(pool).await?;
    Ok(())
}

/// Creates the configured index over the vectors of one space. Searches for one caller are exact
/// and do not use it; it serves an operator's own queries across callers.
pub(super) async fn index(
    pool: &PgPool,
    kind: VectorIndex,
    space: &str,
    dimensions: usize,
) -> Result<(), OpenError> {
    if dimensions > MAX_INDEXED {
        tracing::warn!(
            dimensions,
            "VECTOR_INDEX_TYPE ignored: pgvector can index at most 2000 dimensions"
        );
        return Ok(());
    }
    let name: String = Sha256::digest(space)
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let (method, options) = match kind {
        VectorIndex::Hnsw => ("hnsw", ""),
        VectorIndex::IvfFlat => ("ivfflat", " WITH (lists = 100)"),
    };
    let space = space.replace('\'', "''");
    let statement = format!(
        "CREATE INDEX IF NOT EXISTS vectors_{method}_{name} ON vectors USING {method} \
         ((vector::vector({dimensions})) vector_cosine_ops){options} WHERE space = '{space}'"
    );
    let mut transaction = pool.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('openmemory vector index', 0))")
        .execute(&mut *transaction)
        .await?;
    // Safe: the parts are a number, constants and a quoted text.
    sqlx::query(sqlx::AssertSqlSafe(statement))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}
