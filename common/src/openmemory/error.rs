//! Why the store did not do what it was asked.

use crate::http_client::CallError;

/// Why the store did not do what it was asked. What an operator can change is said in one sentence,
/// without a full stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenMemoryError {
    /// The store failed, refused, or could not be reached.
    #[error("OpenMemory {0}")]
    Call(#[from] CallError),
    /// Callers are to be pseudonyms, but the key of the pseudonyms is missing.
    #[error("PSEUDONYMOUS_CALLERS needs CALLER_ID_PEPPER")]
    NoPepper,
    /// It asks for a key and was given none.
    #[error("OpenMemory asks for a key: set OPENMEMORY_API_KEY")]
    KeyMissing,
    /// It was given a key that is not its own.
    #[error(
        "OpenMemory does not know the key: set OPENMEMORY_API_KEY to the one that the server runs with"
    )]
    KeyRefused,
    /// A public OpenMemory that was started without a key and serves nobody.
    #[error(
        "OpenMemory runs without a key and answers nobody: set OM_API_KEY there and OPENMEMORY_API_KEY here"
    )]
    KeyNotConfigured,
    /// A public OpenMemory that ties everything to one user for each key.
    #[error(
        "this build of the public OpenMemory cannot keep callers apart under one API key (tenant_mismatch), so nothing is stored there: run v1.3.0 or the bundled openmemory"
    )]
    TenantLocked,
    /// A public OpenMemory from before it knew users.
    #[error(
        "this build of the public OpenMemory is older than 1.2 and does not know users, so nothing is stored there: run v1.3.0 or the bundled openmemory"
    )]
    TooOld,
    /// LongMemory, the successor of the public OpenMemory, which has another API.
    #[error(
        "OPENMEMORY_API_URL leads to LongMemory, whose API is another one: run OpenMemory v1.3.0 or the bundled openmemory"
    )]
    LongMemory,
    /// Something else answers there.
    #[error(
        "what answers at OPENMEMORY_API_URL is no OpenMemory that is known here: check the address"
    )]
    Unknown,
    /// It speaks another dialect than the one that was set.
    #[error("OpenMemory speaks another dialect: set OPENMEMORY_DIALECT={0}")]
    OtherDialect(&'static str),
    /// It is another caller's memory.
    #[error("OpenMemory says that the memory belongs to another caller")]
    NotTheirs,
    /// A server of the documented contract that lacks an extension.
    #[error("this OpenMemory lacks the extension {0}, which is needed here")]
    Lacks(&'static str),
    /// What was to be imported is no export.
    #[error("what is to be imported is no export of OpenMemory")]
    NoExport,
}

impl OpenMemoryError {
    /// Whether it may work later. What an operator can set right counts: the job waits, and nothing
    /// is lost meanwhile.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Call(error) => {
                error.is_transient() || matches!(error, CallError::Unauthorised(_))
            }
            Self::NoPepper
            | Self::KeyMissing
            | Self::KeyRefused
            | Self::KeyNotConfigured
            | Self::TenantLocked
            | Self::TooOld
            | Self::LongMemory
            | Self::Unknown
            | Self::OtherDialect(_) => true,
            Self::NotTheirs | Self::Lacks(_) | Self::NoExport => false,
        }
    }

    /// A fixed name for metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Call(error) => error.kind(),
            Self::NoPepper => "not_set_up",
            Self::KeyMissing | Self::KeyRefused | Self::KeyNotConfigured => "unauthorised",
            Self::TenantLocked
            | Self::TooOld
            | Self::LongMemory
            | Self::Unknown
            | Self::OtherDialect(_) => "unusable",
            Self::NotTheirs | Self::Lacks(_) | Self::NoExport => "refused",
        }
    }
}
