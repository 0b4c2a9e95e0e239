//! search-memory
