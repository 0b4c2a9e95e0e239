//! The JSON format of exports and stored receipts.

mod entries;
mod reader;
mod receipt;
mod writer;

pub(crate) use entries::{InvalidEntry, MemoryEntry, ProfileEntry, ReceiptEntry};
pub(crate) use reader::{ReadError, Totals, read};
pub(crate) use receipt::ReceiptBody;
pub(crate) use writer::ExportWriter;

/// Format version of an export.
pub(crate) const FORMAT: &str = "openmemory/1";
