//! Why a command failed, worded for the person at the terminal: what failed, why, and what to do.
//!
//! Each module defines its own errors and implements [`CommandError`] for them, so this module
//! knows none of the others.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::process::ExitCode;

/// Exit code of a command that failed. `elaaoms --help` lists the exit codes.
pub(crate) const FAILED: u8 = 1;
/// Exit code if the operator has to correct a setting, a secret or an option, or did not confirm.
pub(crate) const NEEDS_CORRECTION: u8 = 3;

/// An error that ends a command.
pub(crate) trait CommandError: Error + Send + Sync + 'static {
    /// Returns what failed and why.
    fn message(&self) -> String {
        self.to_string()
    }

    /// Returns what the operator can try, if anything.
    fn advice(&self) -> Option<Cow<'static, str>> {
        None
    }

    /// Returns the exit code of the command.
    fn exit_code(&self) -> u8 {
        FAILED
    }
}

/// Why a command failed: the error of any module.
#[derive(Debug)]
pub(crate) struct Failure(Box<dyn CommandError>);

impl Failure {
    /// Returns what the operator can try, if anything.
    pub(crate) fn advice(&self) -> Option<Cow<'static, str>> {
        self.0.advice()
    }

    /// Returns the exit code of the command.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.0.exit_code())
    }

    /// Returns the error if it is of this type.
    pub(crate) fn downcast_ref<E: CommandError>(&self) -> Option<&E> {
        let error: &dyn Error = &*self.0;
        error.downcast_ref()
    }
}

impl<E: CommandError> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message())
    }
}
