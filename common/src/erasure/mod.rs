//! What an erasure removes from the memory store. Extraction, `elaaoms memories delete` and
//! `elaaoms restore` share these rules.
//!
//! An erasure can be repeated after a crash because of its order: first the tombstone, so that
//! nothing erased is stored again; then the caller card; then the memories. If it stops before the
//! last memory is deleted, the next run writes the same card.

mod card;
mod store;

pub use card::Erased;
pub use store::rebuild_card;
