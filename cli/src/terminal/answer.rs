//! What a command answers, in both forms.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

/// How an answer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
}

/// What a command answers.
#[derive(Debug)]
pub(crate) struct CommandOutput {
    /// For people; may hold styles.
    pub(crate) text: String,
    /// For programs.
    pub(crate) data: Value,
    in_order: bool,
}

impl CommandOutput {
    /// The same in both forms.
    pub(crate) fn new(text: impl Into<String>, data: impl Serialize) -> Self {
        Self {
            text: text.into(),
            data: serde_json::to_value(data).unwrap_or_default(),
            in_order: true,
        }
    }

    /// Everything was written already.
    pub(crate) fn empty() -> Self {
        Self::new("", Value::Null)
    }

    /// Done, and what was checked is not in order: exit code 4 unless `in_order`.
    pub(crate) fn with_check_result(self, in_order: bool) -> Self {
        Self { in_order, ..self }
    }

    pub(crate) fn print(&self, format: Format) -> io::Result<()> {
        if self.text.is_empty() && self.data.is_null() {
            return Ok(());
        }
        let written = match format {
            Format::Table => writeln!(anstream::stdout(), "{}", self.text.trim_end()),
            Format::Json => writeln!(io::stdout(), "{:#}", self.data),
        };
        match written {
            // `elaaoms … | head` has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        if self.in_order {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(4)
        }
    }
}
