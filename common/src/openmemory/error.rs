//! Errors of the memory store's client.

use crate::http_client::CallError;

/// A failed operation of the memory store. The message tells the operator what to change, if
/// anything, in one sentence without a full stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenMemoryError {
    /// The request failed, was refused or could not be sent.
    #[error("OpenMemory {0}")]
    Call(#[from] CallError),
    /// `PSEUDONYMOUS_CALLERS` is on, but the key for the pseudonyms is missing.
    #[error("PSEUDONYMOUS_CALLERS needs CALLER_ID_PEPPER")]
    PepperMissing,
    /// The server requires an API key, and none was sent.
    #[error("OpenMemory requires an API key: set OPENMEMORY_API_KEY")]
    KeyMissing,
    /// The server rejected the API key.
    #[error("OpenMemory rejected the API key: set OPENMEMORY_API_KEY to the server's key")]
    KeyRefused,
    /// The public OpenMemory was started without an API key and rejects all requests.
    #[error(
        "OpenMemory was started without an API key and rejects all requests: set OM_API_KEY there and OPENMEMORY_API_KEY here"
    )]
    KeyNotConfigured,
    /// This build of the public OpenMemory allows only one user for each API key.
    #[error(
        "this build of the public OpenMemory cannot keep callers apart under one API key (tenant_mismatch), so nothing is stored there: run v1.3.0 or the bundled openmemory"
    )]
    TenantLocked,
    /// This build of the public OpenMemory does not support users.
    #[error(
        "this build of the public OpenMemory is older than 1.2 and does not support users, so nothing is stored there: run v1.3.0 or the bundled openmemory"
    )]
    TooOld,
    /// The server is LongMemory, the successor of the public OpenMemory, which has another API.
    #[error(
        "OPENMEMORY_API_URL leads to LongMemory, which has a different API: run OpenMemory v1.3.0 or the bundled openmemory"
    )]
    LongMemory,
    /// The server is not a known OpenMemory.
    #[error("the server at OPENMEMORY_API_URL is not a supported OpenMemory: check the address")]
    UnknownServer,
    /// The server speaks another dialect than the configured one.
    #[error("OpenMemory speaks another dialect: set OPENMEMORY_DIALECT={0}")]
    WrongDialect(&'static str),
    /// The memory belongs to another caller.
    #[error("OpenMemory refused because the memory belongs to another caller")]
    WrongCaller,
    /// The server does not support a required extension of the documented contract.
    #[error("this OpenMemory does not support the extension {0}, which this operation requires")]
    MissingExtension(&'static str),
    /// Both callers are linked to others, a person would have too many ids, or other ids are linked
    /// to the id that is to be unlinked.
    #[error(
        "OpenMemory refused: both callers are linked to others, or a person would have more than 8 ids, or other ids are linked to this one"
    )]
    CannotLink,
    /// The document to import is not an export.
    #[error("the document to import is not an OpenMemory export")]
    InvalidExport,
}

impl OpenMemoryError {
    /// Returns whether a retry may succeed later. This includes errors that an operator can fix:
    /// the job waits until then, and nothing is lost.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Call(error) => {
                error.is_transient() || matches!(error, CallError::Unauthorised(_))
            }
            Self::PepperMissing
            | Self::KeyMissing
            | Self::KeyRefused
            | Self::KeyNotConfigured
            | Self::TenantLocked
            | Self::TooOld
            | Self::LongMemory
            | Self::UnknownServer
            | Self::WrongDialect(_) => true,
            Self::WrongCaller
            | Self::MissingExtension(_)
            | Self::CannotLink
            | Self::InvalidExport => false,
        }
    }

    /// Returns the name of the error in metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Call(error) => error.kind(),
            Self::PepperMissing => "not_set_up",
            Self::KeyMissing | Self::KeyRefused | Self::KeyNotConfigured => "unauthorised",
            Self::TenantLocked
            | Self::TooOld
            | Self::LongMemory
            | Self::UnknownServer
            | Self::WrongDialect(_) => "unusable",
            Self::WrongCaller
            | Self::MissingExtension(_)
            | Self::CannotLink
            | Self::InvalidExport => "refused",
        }
    }
}
