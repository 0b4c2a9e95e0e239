//! Limits and defaults for the parts of a request.

/// Maximum length of a memory's content, in characters.
pub const MAX_CONTENT_CHARS: usize = 8_000;
/// Maximum tags on one memory.
pub const MAX_TAGS: usize = 64;
/// Maximum length of a tag, in characters.
pub const MAX_TAG_CHARS: usize = 256;
/// Maximum memories in one batch.
pub const MAX_BATCH: usize = 100;
/// Maximum length of an agent, caller or memory id, in characters.
pub const MAX_ID_CHARS: usize = 256;
/// Maximum older ids (aliases) of a caller in one request.
pub const MAX_CALLER_ALIASES: usize = 4;
/// Maximum ids of one person.
pub const MAX_IDENTITIES: usize = 8;
/// Maximum length of a text that says who linked two ids, in characters.
pub const MAX_LINKED_BY_CHARS: usize = 64;
/// Maximum length of an idempotency key, in characters.
pub const MAX_KEY_CHARS: usize = 256;
/// Maximum length of a search query, in characters.
pub const MAX_QUERY_CHARS: usize = 8_000;
/// Maximum memories in one search response.
pub const MAX_SEARCH_LIMIT: usize = 100;
/// Memories in a search response if the request sets no limit.
pub const DEFAULT_SEARCH_LIMIT: usize = 10;
/// Maximum memories on one page of a list.
pub const MAX_LIST_LIMIT: usize = 1_000;
/// Memories on a page if the request sets no limit.
pub const DEFAULT_LIST_LIMIT: usize = 50;
/// Maximum size of a request body, in bytes.
pub const MAX_BODY_BYTES: usize = 1_024 * 1_024;
/// Maximum size of an import body, in bytes.
pub const MAX_IMPORT_BYTES: u64 = 4 * 1_024 * 1_024 * 1_024;
/// Maximum lifetime of a profile, in hours: a hundred years.
pub const MAX_TTL_HOURS: f64 = 876_000.0;
/// Lifetime of a profile if the request sets none, in hours.
pub const DEFAULT_TTL_HOURS: f64 = 24.0;
/// Importance of a memory if the request sets none.
pub const DEFAULT_IMPORTANCE: u8 = 5;
