//! Code shared by the functions of ELAAOMS.
//!
//! [`call`] and [`memory`] are the domain: pure functions without I/O that receive the time as an
//! argument. [`erasure`] says what an erasure removes, and [`correction`] what an operator changes.
//! Every other module is an adapter to one external system, named in its first line.

pub mod archive;
pub mod arguments;
pub mod audit;
#[cfg(feature = "aws-sdk")]
pub mod aws;
#[cfg(feature = "sqs")]
pub mod batch;
pub mod call;
pub mod correction;
pub mod elevenlabs;
pub mod erasure;
pub mod events;
pub mod http_client;
pub mod json;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod llm;
#[cfg(feature = "machine")]
pub mod machine;
pub mod measure;
pub mod memory;
pub mod openmemory;
pub mod queue;
pub mod secrets;
pub mod settings;
pub mod suggestions;
pub use web::signed;
#[cfg(feature = "telemetry")]
pub mod telemetry;
pub mod template;
pub mod trace;
pub mod webhook_error;
pub mod webhook_path;
