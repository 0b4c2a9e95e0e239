//! Stores memories in SQLite, PostgreSQL or DynamoDB.
//!
//! In one transaction, an engine loads what a request needs, lets the pure domain make a plan, and
//! writes the planned changes.

#[cfg(feature = "dynamodb")]
mod dynamodb;
mod engine;
mod open_error;
#[cfg(feature = "postgres")]
mod postgres;
mod receipt_body;
mod rows;
mod sqlite;
mod statements;
mod vector_index;

#[cfg(feature = "dynamodb")]
pub(crate) use dynamodb::{Dynamo, DynamoOptions};
pub(crate) use engine::Engine;
pub use open_error::OpenError;
#[cfg(feature = "postgres")]
pub(crate) use postgres::{Postgres, PostgresOptions};
pub(crate) use receipt_body::ReceiptBody;
pub(crate) use sqlite::Sqlite;
pub use vector_index::VectorIndex;

use crate::memory::{Link, Memory, MemoryId, Profile, SavedReceipt};

/// Errors of the storage. Messages contain no content and no caller.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    /// The database failed or is unreachable.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// DynamoDB failed or is unreachable.
    #[cfg(feature = "dynamodb")]
    #[error("DynamoDB failed")]
    DynamoDb(#[from] dynamodb::DynamoError),
    /// An entry exceeds what the database accepts.
    #[cfg(feature = "dynamodb")]
    #[error("an entry is too large for the database")]
    TooLarge,
    /// A row does not have the form that this program writes.
    #[error("could not read a stored {0}")]
    Unreadable(&'static str),
    /// The received data could not be written to a temporary file.
    #[error("the temporary file failed")]
    Spool(#[source] std::io::Error),
    /// The work was cancelled, for example during shutdown.
    #[error("the work was interrupted")]
    Interrupted,
}

/// How much was removed when a caller was forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ForgetSummary {
    /// Including superseded ones.
    pub(crate) memories: u64,
    pub(crate) profiles: u64,
}

/// Metrics of the storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StorageMetrics {
    /// Number of active memories of all callers; `None` if the database cannot count them at a
    /// reasonable cost.
    pub(crate) memories: Option<i64>,
    pub(crate) connections: u32,
    pub(crate) idle_connections: usize,
}

/// A chunk of an export. First come all memories (including superseded ones) in order of creation,
/// then all profiles, then all receipts, then all links.
pub(crate) enum ExportChunk {
    Memories(Vec<Memory>),
    Profiles(Vec<Profile>),
    Receipts(Vec<SavedReceipt>),
    Links(Vec<Link>),
    /// End of the export.
    End,
}

/// A memory without a vector.
pub(crate) struct PendingEmbedding {
    /// Where the search for the next ones continues.
    pub(crate) place: Place,
    pub(crate) id: MemoryId,
    pub(crate) content: String,
}

/// The place of a memory in a database.
pub(crate) enum Place {
    /// Sequence number, in order of creation.
    Sequence(i64),
    /// Keys of an item.
    #[cfg(feature = "dynamodb")]
    Key { partition: String, sort_key: String },
}

/// Rows per chunk of an export.
const CHUNK_ROWS: i64 = 500;
