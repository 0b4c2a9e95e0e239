//! What is remembered, and the rules by which it is: pure, without storage, network or clock.

mod callers;
mod change;
mod draft;
mod filter;
mod ids;
mod import;
mod listing;
mod plan;
mod profile;
mod receipt;
mod record;
mod room;
mod shelf;
mod vector;

pub(crate) use callers::{Callers, callers_of};
pub(crate) use change::Change;
pub(crate) use draft::{Draft, Relation};
pub(crate) use filter::Filter;
pub(crate) use ids::{AgentId, CallerId, InvalidId, MemoryId};
pub(crate) use import::ImportCounts;
pub(crate) use listing::{Direction, Page, SortBy};
pub(crate) use plan::{Known, Plan, Rules, plan};
pub(crate) use profile::Profile;
pub(crate) use receipt::{
    Action, Fingerprint, IdempotencyKey, KeptReceipt, Outcome, Receipt, Similar,
};
pub(crate) use record::{Memory, Superseded};
pub(crate) use room::{Leaving, Room, crowds};
pub(crate) use vector::{Near, Vector};
