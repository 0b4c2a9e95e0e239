//! The JSON format of exports.

mod entries;
mod reader;
mod writer;

pub(crate) use entries::{InvalidEntry, LinkEntry, MemoryEntry, ProfileEntry, ReceiptEntry};
pub(crate) use reader::{ReadError, Totals, read};
pub(crate) use writer::ExportWriter;

/// Format version of an export.
pub(crate) const FORMAT: &str = "openmemory/1";
