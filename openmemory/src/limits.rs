//! How large the parts of a request may be.

/// Longest content of a memory, in characters.
pub const MAX_CONTENT_CHARS: usize = 8_000;
/// Most tags on one memory.
pub const MAX_TAGS: usize = 64;
/// Longest tag, in characters.
pub const MAX_TAG_CHARS: usize = 256;
/// Most memories in one batch.
pub const MAX_BATCH: usize = 100;
/// Longest agent or caller id, in characters.
pub const MAX_ID_CHARS: usize = 256;
/// Most older ids of a caller in one request.
pub const MAX_CALLER_ALIASES: usize = 4;
/// Longest idempotency key, in characters.
pub const MAX_KEY_CHARS: usize = 256;
/// Longest question, in characters.
pub const MAX_QUERY_CHARS: usize = 8_000;
/// Most memories in one answer of a search.
pub const MAX_SEARCH_LIMIT: usize = 100;
/// Memories in an answer of a search that names no limit.
pub const DEFAULT_SEARCH_LIMIT: usize = 10;
/// Most memories on one page of a list.
pub const MAX_LIST_LIMIT: usize = 1_000;
/// Memories on a page of a list that names no limit.
pub const DEFAULT_LIST_LIMIT: usize = 50;
/// Largest body of a request, in bytes.
pub const MAX_BODY_BYTES: usize = 1_024 * 1_024;
/// Largest body of an import, in bytes.
pub const MAX_IMPORT_BYTES: u64 = 4 * 1_024 * 1_024 * 1_024;
/// Longest life of a profile, in hours: a hundred years.
pub const MAX_TTL_HOURS: f64 = 876_000.0;
/// Life of a profile that names none, in hours.
pub const DEFAULT_TTL_HOURS: f64 = 24.0;
/// Importance of a memory that names none.
pub const DEFAULT_IMPORTANCE: u8 = 5;
