//! A memory service for voice agents: stores what callers said and searches it.
//!
//! [`serve`] listens on an address; [`open`] and [`router`] give the same service without a socket.
//! The service implements the documented OpenMemory contract (`/api/v1/…`) and stores everything in
//! one SQLite file or in PostgreSQL.
//!
//! The modules `words`, `relevance`, `duplicates`, `lookup_keys`, `memory`, `candidates` and
//! `search` are pure: they make all decisions. `embedding` computes vectors, `storage` loads and
//! writes, and `api` handles HTTP requests.

mod api;
mod candidates;
mod command;
mod distinct;
mod duplicates;
mod embedding;
mod health_check;
pub mod limits;
mod lookup_keys;
mod memory;
mod memory_service;
#[cfg(feature = "local-embeddings")]
mod pull;
mod rate_limit;
mod relevance;
mod request_metrics;
mod search;
mod search_slots;
mod server;
mod settings;
mod start;
mod storage;
mod sweep;
mod text;
#[cfg(test)]
mod tls_server;
mod transfer;
mod words;

pub use api::router;
pub use command::Command;
#[doc(hidden)]
pub use embedding::PlainVectors;
pub use embedding::{EmbedError, Embeddings, InvalidEmbeddings, LocalModel, Prefixes, RemoteModel};
pub use health_check::is_healthy;
#[cfg(feature = "local-embeddings")]
pub use pull::{ModelName, Pull, PullError, Pulled, pull};
pub use server::{RunningServer, serve};
pub use settings::Settings;
pub use start::{AppState, StartError, open};
pub use storage::VectorIndex;
