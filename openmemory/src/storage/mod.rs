//! Where memories last.
//!
//! An engine loads what a request needs, asks the pure domain for a plan, and writes it, in one
//! transaction.

mod engine;
#[cfg(feature = "postgres")]
mod postgres;
mod rows;
mod sqlite;
mod statements;
mod vector_index;

pub(crate) use engine::Engine;
#[cfg(feature = "postgres")]
pub(crate) use postgres::{Postgres, PostgresOptions};
pub(crate) use sqlite::Sqlite;
pub use vector_index::VectorIndex;

use crate::memory::{Memory, MemoryId, Profile, SavedReceipt};

/// Why storage did not do what was asked. The text holds no content and no caller.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    /// The database refused or cannot be reached.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// A row is not what this program wrote.
    #[error("a stored {0} cannot be read")]
    Unreadable(&'static str),
    /// What came in could not be put aside.
    #[error("the temporary file failed")]
    Spool(#[source] std::io::Error),
    /// The work was given up, as happens while shutting down.
    #[error("the work was interrupted")]
    Interrupted,
}

/// What forgetting a caller removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ForgetSummary {
    /// Superseded ones included.
    pub(crate) memories: u64,
    pub(crate) profiles: u64,
}

/// StorageMetrics about storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StorageMetrics {
    /// Living memories of everybody.
    pub(crate) memories: i64,
    pub(crate) connections: u32,
    pub(crate) idle_connections: usize,
}

/// A part of everything: first all memories (superseded ones too) in their order of creation, then
/// all profiles, then all receipts.
pub(crate) enum ExportChunk {
    Memories(Vec<Memory>),
    Profiles(Vec<Profile>),
    Receipts(Vec<SavedReceipt>),
    /// That was all.
    End,
}

/// A memory that has no vector yet.
pub(crate) struct PendingEmbedding {
    /// Its place in the order of creation.
    pub(crate) seq: i64,
    pub(crate) id: MemoryId,
    pub(crate) content: String,
}

/// Rows in one piece of an export.
const CHUNK_ROWS: i64 = 500;
