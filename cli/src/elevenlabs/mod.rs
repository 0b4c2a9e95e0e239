//! A client of ElevenLabs' API, as far as operators need it: one file per kind of resource.
//!
//! The base is `{ELEVENLABS_API_URL}`, with the key in `xi-api-key`. A key belongs to one
//! workspace; resources of other workspaces are not found. Lists are read to their last page.
//! Objects that belong to the operator are kept as received and only known fields are inspected,
//! because ElevenLabs adds fields all the time.

mod agents;
mod client;
mod comparison;
mod conversations;
mod error;
#[cfg(test)]
pub(crate) mod fake;
mod secrets;
mod tools;
mod webhooks;

pub(crate) use agents::{Agent, Branch, PLACEHOLDERS};
pub(crate) use client::{DEFAULT_BASE, ElevenLabs};
pub(crate) use comparison::{includes, is_same_url, without_nulls};
pub(crate) use conversations::{ConversationFilter, ConversationSummary};
pub(crate) use error::ElevenLabsError;
pub(crate) use secrets::StoredSecret;
pub(crate) use tools::Tool;
pub(crate) use webhooks::Webhook;
