//! The paths of the webhooks, as they are configured in ElevenLabs.

/// When the phone rings.
pub const CLIENT_DATA: &str = "/webhook/client-data";
/// When an agent searches memories during a call.
pub const SEARCH_MEMORY: &str = "/webhook/search-memory";
/// After a call.
pub const POST_CALL: &str = "/webhook/post-call";
/// When a caller asks an agent not to be remembered.
pub const DO_NOT_REMEMBER: &str = "/webhook/do-not-remember";
