//! The environment of a command: its variables, clock, HTTP client and prompts.

mod error;
mod variables;

pub(crate) use variables::Variables;

use std::io::{IsTerminal, stderr, stdin};

use jiff::Timestamp;
use secrecy::SecretString;

use crate::error::Failure;
use crate::terminal;

/// The process environment of one run; cheap to clone.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) variables: Variables,
    pub(crate) http: reqwest::Client,
    /// Whether a person at a terminal can answer prompts.
    pub(crate) is_interactive: bool,
    /// Prompts for a secret by its name.
    pub(crate) prompt_secret: fn(&str) -> Option<SecretString>,
    clock: fn() -> Timestamp,
}

impl Context {
    /// Reads the environment of this process and `.env` in the current folder.
    pub(crate) fn from_process() -> Result<Self, Failure> {
        let variables = Variables::from_process()?;
        let http = common::http_client::build_from_settings(|name| variables.get(name))?;
        let is_interactive = stdin().is_terminal() && stderr().is_terminal();
        Ok(Self {
            variables,
            http,
            is_interactive,
            prompt_secret: terminal::secret,
            clock,
        })
    }

    /// Creates a context with these variables, a fixed clock and no prompts.
    #[cfg(test)]
    pub(crate) fn fixed(variables: &[(&str, &str)], clock: fn() -> Timestamp) -> Self {
        let http = common::http_client::build().unwrap();
        Self {
            variables: Variables::fixed(variables),
            http,
            is_interactive: false,
            prompt_secret: |_| None,
            clock,
        }
    }

    /// Returns the current time.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Returns the clock, for what outlives this context.
    pub(crate) fn clock(&self) -> fn() -> Timestamp {
        self.clock
    }

    /// Returns a variable from the environment or from `.env`. A blank value counts as not set.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.variables.get(name)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the only place that reads the clock"
)]
fn clock() -> Timestamp {
    Timestamp::now()
}
