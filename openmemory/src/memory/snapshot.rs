//! Everything that is kept, for taking elsewhere.

use super::{KeptReceipt, Memory, Profile};

/// All memories (superseded ones too, in their order of creation), profiles and idempotency keys.
#[derive(Default)]
pub(crate) struct Snapshot {
    pub(crate) memories: Vec<Memory>,
    pub(crate) profiles: Vec<Profile>,
    pub(crate) receipts: Vec<KeptReceipt>,
}

/// What an import added; the rest was there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ImportCounts {
    pub(crate) memories: u64,
    pub(crate) profiles: u64,
    pub(crate) receipts: u64,
}
