//! What a command knows of the process it runs in: its variables, its clock, its HTTP client.

mod variables;

pub(crate) use variables::Variables;

use std::io::{IsTerminal, stderr, stdin};

use jiff::Timestamp;
use secrecy::SecretString;

use crate::failure::Failure;
use crate::terminal;

/// The surroundings of one run; cheap to clone.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) variables: Variables,
    pub(crate) http: reqwest::Client,
    /// Whether a person sits at the terminal, who can be asked.
    pub(crate) is_interactive: bool,
    /// Asks for a secret by its name.
    pub(crate) ask: fn(&str) -> Option<SecretString>,
    clock: fn() -> Timestamp,
}

impl Context {
    /// Those of this process, with `.env` of the folder it was started in.
    pub(crate) fn from_process() -> Result<Self, Failure> {
        let variables = Variables::from_process()?;
        let http = common::http_client::build_for(|name| variables.get(name))?;
        let is_interactive = stdin().is_terminal() && stderr().is_terminal();
        Ok(Self {
            variables,
            http,
            is_interactive,
            ask: terminal::secret,
            clock,
        })
    }

    /// These variables, a clock that stands still, and nobody to ask.
    #[cfg(test)]
    pub(crate) fn fixed(variables: &[(&str, &str)], clock: fn() -> Timestamp) -> Self {
        let http = common::http_client::build().unwrap();
        Self {
            variables: Variables::only(variables),
            http,
            is_interactive: false,
            ask: |_| None,
            clock,
        }
    }

    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// A variable of the environment or of `.env`; a blank one counts as not set.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.variables.get(name)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the clock is read here, and nowhere else"
)]
fn clock() -> Timestamp {
    Timestamp::now()
}
