//! The errors of the memory store.

use std::borrow::Cow;

use common::openmemory::OpenMemoryError;

use crate::error::CommandError;

const ADVICE: &str =
    "check OPENMEMORY_API_URL and OPENMEMORY_API_KEY, and that elaaoms-local is running";

/// The store's export ended too early, or it is not an export.
#[derive(Debug, thiserror::Error)]
#[error("the export was interrupted; a partial export is unusable")]
pub(crate) struct IncompleteExport;

impl CommandError for IncompleteExport {
    fn advice(&self) -> Option<Cow<'static, str>> {
        Some(ADVICE.into())
    }
}

impl CommandError for OpenMemoryError {
    fn advice(&self) -> Option<Cow<'static, str>> {
        Some(match self {
            Self::MissingExtension(_) => {
                "use the bundled openmemory, in its current version".into()
            }
            _ => ADVICE.into(),
        })
    }
}
