//! What an erasure removes, and in which order. post-call, extraction, `elaaoms memories delete`,
//! `elaaoms memories forget` and `elaaoms restore` share these rules.
//!
//! The order makes an erasure safe to repeat after a crash:
//!
//! 1. The tombstone. From then on, nothing of the call is stored again. Only a restore writes
//!    tombstones last: it recognises by a missing one what it still has to erase.
//! 2. The caller card, rebuilt by [`Erased::card_after`].
//! 3. The memories.
//! 4. The files, by [`CallFiles`]. The transcription is the last of them.
//!
//! `forget` deletes the files before the memories, because it finds memories by their caller.

mod card;
mod files;
mod memories;
mod store;

pub use card::Erased;
pub use files::{CallFiles, sort_for_deletion};
pub use memories::{EraseError, erase_memories};
pub use store::rebuild_card;
