//! Helpers to test the complete system from outside: a deployment in a temporary folder, a client
//! that plays ElevenLabs, and a memory store and a model provider that can fail.
//!
//! Nothing here needs the internet, a key, or a fixed port. Tests do not wait for a fixed time but
//! for a condition, with a timeout.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic fails the test")]

mod cases;
pub mod cavira;
pub mod contract;
mod deployment;
mod elevenlabs;
mod eventually;
pub mod log;
pub mod payload;
mod provider;
mod receiver;
mod store;

pub use cases::cases;
pub use deployment::{Deployment, PEPPER, SIGNING_SECRET, STORE_KEY, Stopped, WEBHOOK_KEY};
pub use elevenlabs::{ElevenLabs, Reply, now, sign};
pub use eventually::eventually;
pub use provider::{Claim, ModelRequest, Provider, ProviderReply};
pub use receiver::{Delivered, EVENTS_SECRET, Receiver};
pub use store::Store;
