//! What the pages show, read from the deployment.

mod call;
mod directory;
mod extraction_state;
mod identities;
mod memories;
mod overview;
mod people;
mod person;
mod suggestions;
mod timeline;

pub(crate) use call::{Call, read_call};
pub(crate) use directory::Directory;
pub(crate) use extraction_state::{ExtractionState, latest_record, state};
pub(crate) use identities::{identities, linked_labels};
pub(crate) use memories::{agents_of, cards, history, memories, memory};
pub(crate) use overview::{ArchivedCall, archived_calls, calls_per_day};
pub(crate) use people::{ListedPerson, people};
pub(crate) use person::Person;
pub(crate) use suggestions::{KeptSuggestions, suggestions};
pub(crate) use timeline::{PastCall, timeline};

/// Most rows of one page.
pub(crate) const PAGE_SIZE: usize = 50;
/// How many objects of the archive are read at once.
pub(crate) const CONCURRENT_READS: usize = 16;
