//! Outgoing events: [`Announcer`] queues those of a call, and [`EventDelivery`] delivers queued
//! ones.

mod announcer;
mod compose;
mod content;
mod delivery;
mod error;

pub(crate) use announcer::Announcer;
pub(crate) use compose::{AgentMemories, Announcement};
pub use delivery::EventDelivery;
pub use error::EventError;
