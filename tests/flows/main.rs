//! End-to-end tests of the four paths. Each test starts a whole system and calls it as ElevenLabs
//! does.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod agents;
mod architecture;
mod auth;
mod bad_input;
mod callers;
mod client_data;
mod contract;
mod conversation;
mod documentation;
mod events;
mod extraction;
mod health;
mod opt_out;
mod outages;
mod post_call;
mod privacy;
mod restart;
mod retention;
mod search_memory;
mod settings;
mod shared_numbers;
mod spellings;
mod tracing;
