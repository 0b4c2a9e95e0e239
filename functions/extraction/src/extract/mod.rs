//! Builds the extraction record of a call from its transcript and from what was already known of
//! the caller: with a model, or from ElevenLabs' own analysis. The only I/O is the model request
//! and the cache of its answers.
//!
//! - [`pipeline`] runs the steps: it asks the model, checks each memory and composes the record.
//! - [`grounding`] checks that the caller's words support a memory.
//! - [`redaction`] masks secrets and removes private facts.
//! - [`greeting`] decides whether a greeting may be spoken.
//! - [`language`] reads and rewrites text in eight languages: words, numbers, times, names.
//!
//! `pipeline` uses all others; `language` uses none of them.

mod greeting;
mod grounding;
mod language;
mod pipeline;
mod redaction;

pub use pipeline::EXTRACTOR;
pub(crate) use pipeline::{Task, extract, memories_for_agent, share_with_agent};
pub(crate) use redaction::transcript_masking::masked_call;
