//! The errors of the memory store.

use std::borrow::Cow;

use common::openmemory::OpenMemoryError;
use operator::{IncompleteExport, OperatorError};

use crate::audit::AuditError;
use crate::error::{CommandError, Failure};
use crate::terminal::TerminalError;

const ADVICE: &str =
    "check OPENMEMORY_API_URL and OPENMEMORY_API_KEY, and that elaaoms-local is running";

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

/// The error inside says what to do.
impl From<OperatorError> for Failure {
    fn from(error: OperatorError) -> Self {
        match error {
            OperatorError::Archive(error) => error.into(),
            OperatorError::Store(error) => error.into(),
            OperatorError::Export(error) => error.into(),
            OperatorError::Output(error) => TerminalError::Output(error).into(),
            OperatorError::Audit(reason) => AuditError(reason).into(),
            OperatorError::Queue(error) => error.into(),
        }
    }
}
