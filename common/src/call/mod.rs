//! A call and who is on it: callers, agents, conversations and what was said.

mod caller;
mod ids;
mod transcript;

pub use caller::{CallerHash, CallerId};
pub use ids::{AgentId, ConversationId, InvalidId};
pub use transcript::{Role, Transcript, Turn};
