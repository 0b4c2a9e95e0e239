//! How memories, profiles and receipts are written down outside the database.

mod entries;
mod reading;
mod receipt;
mod writing;

pub(crate) use entries::{InvalidEntry, MemoryEntry, ProfileEntry, ReceiptEntry};
pub(crate) use reading::{ReadError, Totals, read};
pub(crate) use receipt::ReceiptBody;
pub(crate) use writing::Writing;

/// The version of an export's shape.
pub(crate) const FORMAT: &str = "openmemory/1";
