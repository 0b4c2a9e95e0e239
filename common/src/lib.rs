//! What the functions of ELAAOMS share.
//!
//! [`call`] and [`memory`] are the domain: pure, without I/O, with time passed in. Everything else is an adapter to one
//! part of the outside world, and its head says which.

pub mod archive;
pub mod call;
pub mod elevenlabs;
pub mod http_client;
pub mod llm;
pub mod measure;
pub mod memory;
pub mod openmemory;
pub mod queue;
pub mod refusal;
pub mod secrets;
pub mod settings;
#[cfg(feature = "telemetry")]
pub mod telemetry;
