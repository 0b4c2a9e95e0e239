//! What operators do with the data of a deployment: find all data of a person, erase it, and record
//! that the person must not be remembered. The operator's command and the console share these rules,
//! whatever archive and queue the deployment has.

mod erasing;
mod erasures;
mod error;
mod forget;
mod forgotten_event;
mod mention;
mod opt_out;
mod origins;
mod person;
mod report;
mod stores;

pub use erasing::Erasing;
pub use erasures::{Erasures, caller_tombstone_id, read_archive};
pub use error::{IncompleteExport, OperatorError};
pub use forget::{ErasureCounts, Forgotten};
pub use opt_out::{NOTHING_IS_STORED, opted_in};
pub use origins::Origins;
pub use person::{CallerData, Person, is_recording};
pub use report::{Report, Silent, Step};
pub use stores::{MemoryStores, REQUEST_TIMEOUT, spellings};
