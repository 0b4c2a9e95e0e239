//! The output of a command, for people and for programs.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

/// The output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
}

/// The output of a command.
#[derive(Debug)]
pub(crate) struct CommandOutput {
    /// The text for people; may contain terminal styles.
    pub(crate) text: String,
    /// The JSON document for programs.
    pub(crate) data: Value,
    checks_passed: bool,
}

impl CommandOutput {
    /// Creates the output from its text and its JSON form.
    pub(crate) fn new(text: impl Into<String>, data: impl Serialize) -> Self {
        Self {
            text: text.into(),
            data: serde_json::to_value(data).unwrap_or_default(),
            checks_passed: true,
        }
    }

    /// Returns an output that prints nothing, for commands that have already written theirs.
    pub(crate) fn empty() -> Self {
        Self::new("", Value::Null)
    }

    /// Sets the result of the checks that a command ran. Failed checks give exit code 4.
    pub(crate) fn with_check_result(self, checks_passed: bool) -> Self {
        Self {
            checks_passed,
            ..self
        }
    }

    /// Writes the output to standard output. A closed pipe is not an error.
    pub(crate) fn print(&self, format: Format) -> io::Result<()> {
        if self.text.is_empty() && self.data.is_null() {
            return Ok(());
        }
        let written = match format {
            Format::Table => writeln!(anstream::stdout(), "{}", self.text.trim_end()),
            Format::Json => writeln!(io::stdout(), "{:#}", self.data),
        };
        match written {
            // The reader, such as `head` in `elaaoms … | head`, has closed the pipe.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        if self.checks_passed {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(4)
        }
    }
}
