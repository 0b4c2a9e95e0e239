//! Why an operation of an operator failed.

use std::io;

use common::archive::ArchiveError;
use common::openmemory::OpenMemoryError;
use common::queue::QueueError;

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// The archive of calls failed.
    #[error("could not access the calls: {0}")]
    Archive(#[from] ArchiveError),
    /// The memory store failed.
    #[error(transparent)]
    Store(#[from] OpenMemoryError),
    /// The export of the memory store is not complete.
    #[error(transparent)]
    Export(#[from] IncompleteExport),
    /// The export of the memory store could not be written.
    #[error("could not write the output: {0}")]
    Output(io::Error),
    /// The audit entry could not be written. Holds the reason.
    #[error("could not write the audit line: {0}")]
    Audit(String),
    /// The event could not be queued.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// The store's export ended too early, or it is not an export.
#[derive(Debug, thiserror::Error)]
#[error("the export was interrupted; a partial export is unusable")]
pub struct IncompleteExport;
