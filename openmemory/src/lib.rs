//! A memory service for voice agents: what callers said, kept and found again.
//!
//! [`serve`] listens on an address; [`open`] and [`router`] give the same service without a socket. The
//! service speaks the documented OpenMemory contract (`/api/v1/…`) and keeps everything in one SQLite file.
//!
//! Inside, `words`, `relevance`, `likeness` and `memory` are pure: they decide. `storage` loads and writes,
//! `api` reads requests and writes answers.

mod api;
mod command;
mod likeness;
pub mod limits;
mod memories;
mod memory;
mod relevance;
mod server;
mod settings;
mod start;
mod storage;
mod transfer;
mod words;

pub use api::router;
pub use command::Command;
pub use server::{RunningServer, serve};
pub use settings::Settings;
pub use start::{AppState, StartError, open};
