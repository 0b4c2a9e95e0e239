//! What a command knows of the process it runs in: its variables, its clock, its HTTP client.

mod variables;

pub(crate) use variables::Variables;

use jiff::Timestamp;

use crate::failure::Failure;

/// The surroundings of one run; cheap to clone.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) variables: Variables,
    pub(crate) http: reqwest::Client,
    clock: fn() -> Timestamp,
}

impl Context {
    /// Those of this process, with `.env` of the folder it was started in or one above.
    pub(crate) fn of_process() -> Result<Self, Failure> {
        Ok(Self { variables: Variables::of_process()?, http: common::http_client::build()?, clock })
    }

    /// These variables, and a clock that stands still.
    #[cfg(test)]
    pub(crate) fn fixed(variables: &[(&str, &str)], clock: fn() -> Timestamp) -> Self {
        Self { variables: Variables::only(variables), http: common::http_client::build().unwrap(), clock }
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

#[expect(clippy::disallowed_methods, reason = "the clock is read here, and nowhere else")]
fn clock() -> Timestamp {
    Timestamp::now()
}
