//! Memories and the rules for storing them. Pure: no storage, network or clock.

mod caller_list;
mod callers;
mod change;
mod draft;
mod edit;
mod filter;
mod ids;
mod import_counts;
mod listing;
mod outline;
mod person;
mod plan;
mod profile;
mod quota;
mod receipt;
mod record;
mod rules;
mod vector;
mod visible_text;
mod working_set;

pub(crate) use caller_list::{CallerPage, CallerQuery, CallerSummary, name_in};
pub(crate) use callers::{Callers, callers_of};
pub(crate) use change::Change;
pub(crate) use draft::{Draft, Relation};
pub(crate) use edit::Edit;
pub(crate) use filter::Filter;
pub(crate) use ids::{AgentId, CallerId, InvalidId, MemoryId};
pub(crate) use import_counts::ImportCounts;
pub(crate) use listing::{Direction, Page, SortBy};
pub(crate) use outline::Outline;
pub(crate) use person::{Link, LinkError, Person, UnlinkError};
#[cfg(feature = "dynamodb")]
pub(crate) use plan::is_key_reused;
pub(crate) use plan::{LoadedState, Plan, plan};
pub(crate) use profile::Profile;
pub(crate) use quota::{EvictionCandidate, Quota, drafts_per_owner};
pub(crate) use receipt::{
    Action, Fingerprint, IdempotencyKey, Outcome, Receipt, SavedReceipt, SimilarMemory,
};
pub(crate) use record::{Memory, Superseded};
pub(crate) use rules::Rules;
pub(crate) use vector::{Vector, VectorSimilarity};
pub(crate) use visible_text::{clean, is_visible};
