//! Code that is the same in both engines.
//!
//! This folder is compiled twice, as a module of each engine with that engine's connection type.
//! Writing it once, generically over sqlx's traits, would need many trait bounds that obscure the
//! code.
#![cfg_attr(
    feature = "postgres",
    expect(clippy::duplicate_mod, reason = "compiled once for each engine")
)]

mod adopt;
mod callers;
mod edit;
mod forget;
mod links;
mod pending;
mod profiles;
mod quota;
mod read;
mod transfer;
mod write;

pub(super) use adopt::adopt_drafts;
pub(super) use forget::forget;
pub(super) use quota::load_quotas;
pub(super) use read::count;
pub(super) use write::apply;

use super::{Backend, Connection, REMOVE_EXPIRED};
use crate::storage::StorageError;
