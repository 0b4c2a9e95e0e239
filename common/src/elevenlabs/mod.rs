//! The ElevenLabs integration: its webhooks, their authentication, and its API.

pub mod agents;
mod api;
pub mod auth;
mod call_time;
pub mod collection;
pub mod conversation;
pub mod conversations;
pub mod event;
mod identity;
mod lenient;
pub mod retention;
pub mod signature;
pub mod transcription;
pub mod turn;
