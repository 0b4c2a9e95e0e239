//! Variables: the environment of the process, and below it `.env`.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use common::settings::{dotenv, environment, redirections};

use crate::failure::Failure;
use crate::terminal::note;

/// Variables by name; cheap to clone.
#[derive(Clone)]
pub(crate) struct Variables {
    dotenv: Arc<HashMap<String, String>>,
    with_process: bool,
}

impl Variables {
    /// A missing `.env` is no failure: everything may come from the environment.
    pub(super) fn from_process() -> Result<Self, Failure> {
        let lines = dotenv::read_trusted(Path::new(".env"))?;
        for line in redirections(&lines) {
            note(line);
        }
        Ok(Self {
            dotenv: Arc::new(lines),
            with_process: true,
        })
    }

    #[cfg(test)]
    pub(super) fn only(variables: &[(&str, &str)]) -> Self {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self {
            dotenv: Arc::new(variables.collect()),
            with_process: false,
        }
    }

    /// The value of a variable, the environment first; a blank one counts as not set.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.exported(name).or_else(|| self.in_dotenv(name))
    }

    /// Its value in the environment of the process.
    pub(crate) fn exported(&self, name: &str) -> Option<String> {
        environment(name).filter(|value| self.with_process && is_filled(value))
    }

    /// Its value in `.env`.
    pub(crate) fn in_dotenv(&self, name: &str) -> Option<String> {
        self.dotenv
            .get(name)
            .cloned()
            .filter(|value| is_filled(value))
    }
}

fn is_filled(value: &str) -> bool {
    !value.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_variable_is_not_set() {
        let variables = Variables::only(&[("A", " "), ("B", "set")]);
        assert_eq!(
            (variables.get("A"), variables.get("B").as_deref()),
            (None, Some("set"))
        );
        assert_eq!(variables.get("PATH"), None);
    }
}
