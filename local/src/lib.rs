//! The whole system in one process on one machine: the webhooks, the worker, and an OpenMemory of
//! its own.
//!
//! The same routers and the same job as on AWS Lambda, over a folder and an embedded queue.

pub mod command;
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
