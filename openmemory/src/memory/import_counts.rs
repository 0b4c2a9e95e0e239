//! The result of an import.

/// How many records an import added. Records that existed already are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ImportCounts {
    pub(crate) memories: u64,
    pub(crate) profiles: u64,
    pub(crate) receipts: u64,
    pub(crate) links: u64,
}
