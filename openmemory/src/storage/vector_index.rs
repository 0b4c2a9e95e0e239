//! The index that pgvector maintains.

/// An index over all vectors in PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VectorIndex {
    /// Inverted lists around cluster centres.
    IvfFlat,
    /// A graph of nearest neighbours.
    Hnsw,
}

impl VectorIndex {
    /// Parses `ivfflat` or `hnsw`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "ivfflat" => Some(Self::IvfFlat),
            "hnsw" => Some(Self::Hnsw),
            _ => None,
        }
    }
}
