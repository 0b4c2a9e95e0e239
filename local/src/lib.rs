//! The complete system in one process on one machine: webhooks, workers, and an embedded
//! OpenMemory.
//!
//! Uses the same routers and the same extraction job as AWS Lambda, with a folder as archive and an
//! embedded queue.

pub mod command;
mod console;
pub mod demo;
mod development_secrets;
mod environment;
pub mod healthcheck;
mod metrics;
mod private;
mod recovery;
mod retention;
mod server;
mod storage;
mod system;
mod worker;

pub use development_secrets::SecretsError;
pub use environment::Environment;
pub use system::{Options, StartError, System};
