//! A memory service for voice agents: what callers said, kept and found again.
//!
//! [`serve`] listens on an address; [`open`] and [`router`] give the same service without a socket.
//! The service speaks the documented OpenMemory contract (`/api/v1/…`) and keeps everything in one
//! SQLite file or in PostgreSQL.
//!
//! Inside, `words`, `relevance`, `likeness`, `keys`, `memory`, `candidates` and `search` are pure:
//! they decide. `embedding` makes vectors, `storage` loads and writes, `api` reads requests and
//! writes answers.

mod api;
mod candidates;
mod check;
mod command;
mod distinct;
mod embedding;
mod http;
mod keys;
mod likeness;
pub mod limits;
mod memories;
mod memory;
mod observed;
#[cfg(feature = "local-embeddings")]
mod pull;
mod rate;
mod relevance;
mod search;
mod search_slots;
mod server;
mod settings;
mod start;
mod storage;
mod sweep;
mod text;
mod transfer;
mod words;

pub use api::router;
pub use check::is_healthy;
pub use command::Command;
#[doc(hidden)]
pub use embedding::PlainVectors;
pub use embedding::{EmbedError, Embeddings, InvalidEmbeddings, LocalModel, Prefixes, RemoteModel};
#[cfg(feature = "local-embeddings")]
pub use pull::{ModelName, Pull, PullError, Pulled, pull};
pub use server::{RunningServer, serve};
pub use settings::Settings;
pub use start::{AppState, StartError, open};
pub use storage::VectorIndex;
