//! The whole system from outside: a deployment in a folder that goes away, somebody who calls it as
//! ElevenLabs does, and neighbours that can fail at the wire: a memory store and a model's
//! provider.
//!
//! Nothing here needs the network, a key, or a port that is fixed. Whatever waits, waits for
//! something to become true, and not for ever.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod cases;
pub mod cavira;
pub mod contract;
mod deployment;
mod elevenlabs;
pub mod log;
mod patience;
pub mod payload;
mod provider;
mod store;

pub use cases::cases;
pub use deployment::{Deployment, PEPPER, SIGNING_SECRET, STORE_KEY, Stopped, WEBHOOK_KEY};
pub use elevenlabs::{ElevenLabs, Reply, now, sign};
pub use patience::eventually;
pub use provider::{Asked, Claim, Provider, ProviderReply};
pub use store::Store;
