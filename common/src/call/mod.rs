//! Calls: who called, which agent answered, in which conversation, and what was said.

mod address;
mod anonymous;
mod caller;
mod channel;
mod deadlines;
mod ids;
mod phone;
mod transcript;

pub use address::normalize_characters;
pub use caller::{CallerHash, CallerId, InvalidCallerHash};
pub use channel::Channel;
pub use deadlines::Deadlines;
pub use ids::{AgentId, ConversationId, InvalidId};
pub use transcript::{Role, Transcript, Turn};
