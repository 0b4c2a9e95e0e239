//! Which index pgvector keeps.

/// An index over all vectors in PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VectorIndex {
    /// Lists around centres.
    IvfFlat,
    /// A graph of neighbours.
    Hnsw,
}

impl VectorIndex {
    /// Reads `ivfflat` or `hnsw`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "ivfflat" => Some(Self::IvfFlat),
            "hnsw" => Some(Self::Hnsw),
            _ => None,
        }
    }
}
