//! How memories, profiles and receipts are written down outside the database.

mod entries;
mod receipt;

pub(crate) use entries::{InvalidEntry, MemoryEntry, ProfileEntry, ReceiptEntry};
pub(crate) use receipt::ReceiptBody;
