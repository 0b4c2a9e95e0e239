//! How memories, profiles and receipts are written down outside the database.

mod entries;
mod reader;
mod receipt;
mod writer;

pub(crate) use entries::{InvalidEntry, MemoryEntry, ProfileEntry, ReceiptEntry};
pub(crate) use reader::{ReadError, Totals, read};
pub(crate) use receipt::ReceiptBody;
pub(crate) use writer::ExportWriter;

/// The version of an export's shape.
pub(crate) const FORMAT: &str = "openmemory/1";
