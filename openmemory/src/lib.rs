//! A memory service for voice agents: stores what callers said and searches it.
//!
//! [`serve`] listens on an address; [`open`] and [`router`] give the same service without a socket.
//! The service implements the documented OpenMemory contract (`/api/v1/…`) and stores everything in
//! one SQLite file, in PostgreSQL or in DynamoDB.
//!
//! The modules `matching`, `memory` and `ranking` are pure: they make all decisions. `embedding`
//! computes vectors, `storage` loads and writes, `service` combines them, and `api` handles HTTP
//! requests.

mod api;
mod command;
mod embedding;
pub mod limits;
mod matching;
mod memory;
#[cfg(feature = "local-embeddings")]
mod pull;
mod ranking;
mod server;
mod service;
mod storage;

pub use api::{AppState, router};
pub use command::{Command, is_healthy};
#[doc(hidden)]
pub use embedding::PlainVectors;
pub use embedding::{
    BedrockModel, EmbedError, Embeddings, InvalidEmbeddings, LocalModel, Prefixes, RemoteModel,
};
#[cfg(feature = "local-embeddings")]
pub use pull::{ModelName, Pull, PullError, Pulled, pull};
pub use server::{InvalidSetting, RunningServer, Settings, StartError, open, serve};
pub use service::Clock;
pub use storage::{OpenError, VectorIndex};
