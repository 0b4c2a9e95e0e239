//! The console: pages in the operator's browser that show what is remembered of each caller and
//! why, and forms that correct it.
//!
//! The pages are complete HTML without scripts. [`Console::routes`] lets only the operator's
//! browser in: see `access`. Numbers are masked, callers appear in URLs by their pseudonym, and
//! each access to a caller's data is audited before the page shows it.

mod access;
mod actions;
mod archive;
mod audit;
mod backend;
mod browser;
mod data;
mod erase_caller;
mod error;
mod health_url;
mod pages;
mod queue;
mod router;
mod server;
#[cfg(test)]
mod testing;

pub use archive::SharedArchive;
pub use backend::{Backend, HealthReport};
pub use browser::open_in_browser;
pub use common::audit::AuditSink;
pub use erase_caller::EraseCaller;
pub use health_url::HealthUrl;
pub use queue::{JobQueue, QueueDepth, SharedQueue};
pub use server::RunningConsole;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;

use access::Access;
use data::{Directory, KeptSuggestions};

/// The console of one deployment; cheap to clone.
#[derive(Clone)]
pub struct Console(Arc<Inner>);

struct Inner {
    backend: Backend,
    access: Access,
    directory: Directory,
    suggestions: KeptSuggestions,
}

impl Console {
    /// Creates the console that will be served on this port of 127.0.0.1.
    #[must_use]
    pub fn new(backend: Backend, port: u16) -> Self {
        Self(Arc::new(Inner {
            backend,
            access: Access::new(port),
            directory: Directory::default(),
            suggestions: KeptSuggestions::default(),
        }))
    }

    /// Returns the URL that opens the console once.
    #[must_use]
    pub fn url(&self) -> String {
        self.0.access.url()
    }

    /// Returns the routes, with their protection.
    pub fn routes(&self) -> Router {
        router::routes(self.clone())
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.0.backend
    }

    pub(crate) fn access(&self) -> &Access {
        &self.0.access
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.0.directory
    }

    pub(crate) fn suggestions(&self) -> &KeptSuggestions {
        &self.0.suggestions
    }
}

/// Returns the address on which a console with this port listens. No other machine reaches it.
#[must_use]
pub fn address(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}
