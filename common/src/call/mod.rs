//! A call and who is on it: callers, agents, conversations and what was said.

mod address;
mod caller;
mod channel;
mod characters;
mod deadlines;
mod ids;
mod nobody;
mod phone;
mod transcript;

pub use address::plain_characters;
pub use caller::{CallerHash, CallerId};
pub use channel::Channel;
pub use characters::without_controls;
pub use deadlines::Deadlines;
pub use ids::{AgentId, ConversationId, InvalidId};
pub use transcript::{Role, Transcript, Turn};
