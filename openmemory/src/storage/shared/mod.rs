//! What both engines do alike.
//!
//! This folder is compiled twice, inside of each engine and with its connection: to write it once
//! over sqlx's traits takes a page of bounds that says nothing about memories.
#![cfg_attr(
    feature = "postgres",
    expect(clippy::duplicate_mod, reason = "compiled once for each engine")
)]

mod adopt;
mod pending;
mod profiles;
mod quota;
mod read;
mod transfer;
mod write;

pub(super) use adopt::adopt;
pub(super) use quota::load_quotas;
pub(super) use read::count;
pub(super) use write::apply;

use super::{Backend, Connection, REMOVE_EXPIRED};
use crate::storage::StorageError;
