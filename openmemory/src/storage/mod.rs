//! Where memories last.
//!
//! An engine loads what a request needs, asks the pure domain for a plan, and writes it, in one transaction.

mod rows;
mod sqlite;

pub(crate) use sqlite::Sqlite;

/// Why storage did not do what was asked. The text holds no content and no caller.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    /// The database refused or cannot be reached.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// A row is not what this program wrote.
    #[error("a stored {0} cannot be read")]
    Unreadable(&'static str),
    /// The work was given up, as happens while shutting down.
    #[error("the work was interrupted")]
    Interrupted,
}

/// What forgetting a caller removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forgotten {
    /// Superseded ones included.
    pub(crate) memories: u64,
    pub(crate) profiles: u64,
}
