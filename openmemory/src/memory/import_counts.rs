//! What came of an import.

/// What an import added; the rest was there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ImportCounts {
    pub(crate) memories: u64,
    pub(crate) profiles: u64,
    pub(crate) receipts: u64,
}
