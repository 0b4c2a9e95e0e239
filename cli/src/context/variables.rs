//! Variables from the process environment, with `.env` as the fallback.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use common::settings::{dotenv, environment, redirections};

use crate::error::Failure;
use crate::terminal::note;

/// The variables of a run by name; cheap to clone.
#[derive(Clone)]
pub(crate) struct Variables {
    dotenv: Arc<HashMap<String, String>>,
    reads_environment: bool,
}

impl Variables {
    /// Reads `.env` in the current folder. A missing file is not an error: all variables may come
    /// from the environment.
    pub(super) fn from_process() -> Result<Self, Failure> {
        let lines = dotenv::read_trusted(Path::new(".env"))?;
        for line in redirections(&lines) {
            note(line);
        }
        Ok(Self {
            dotenv: Arc::new(lines),
            reads_environment: true,
        })
    }

    #[cfg(test)]
    pub(super) fn fixed(variables: &[(&str, &str)]) -> Self {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self {
            dotenv: Arc::new(variables.collect()),
            reads_environment: false,
        }
    }

    /// Returns a variable from the environment, or else from `.env`. A blank value counts as not
    /// set.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.exported(name).or_else(|| self.in_dotenv(name))
    }

    /// Returns the variable's value in the process environment.
    pub(crate) fn exported(&self, name: &str) -> Option<String> {
        environment(name).filter(|value| self.reads_environment && is_filled(value))
    }

    /// Returns the variable's value in `.env`.
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
        let variables = Variables::fixed(&[("A", " "), ("B", "set")]);
        assert_eq!(variables.get("A"), None);
        assert_eq!(variables.get("B").as_deref(), Some("set"));
        assert_eq!(variables.get("PATH"), None);
    }
}
