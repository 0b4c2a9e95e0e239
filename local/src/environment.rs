//! The sources of settings on one machine, by precedence: the environment, `.env`, and the
//! development secrets in the data folder.

use std::collections::HashMap;
use std::path::Path;

use common::settings::dotenv::{self, DotenvError};

/// Looks up variables by name in their sources.
#[derive(Clone, Default)]
pub struct Environment {
    own: HashMap<String, String>,
    /// Whether the environment of the process comes before `own`.
    with_process: bool,
}

impl Environment {
    /// Reads the environment of this process and, with lower precedence, a `.env` file if there is
    /// one.
    ///
    /// # Errors
    /// If the `.env` file is writable by other users or cannot be parsed. The error names the
    /// invalid line but contains no value.
    pub fn of_process(dotenv: &Path) -> Result<Self, DotenvError> {
        Ok(Self {
            own: dotenv::read_trusted(dotenv)?,
            with_process: true,
        })
    }

    /// Returns a warning for each setting in `.env` that determines where keys are sent.
    #[must_use]
    pub fn redirections(&self) -> Vec<String> {
        if self.with_process {
            common::settings::redirections(&self.own)
        } else {
            Vec::new()
        }
    }

    /// Creates an environment of these variables only.
    #[must_use]
    pub fn only(variables: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let own = variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        Self {
            own,
            with_process: false,
        }
    }

    /// Returns the value of a variable. A blank variable counts as not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        let from_process = self
            .with_process
            .then(|| common::settings::environment(name))
            .flatten();
        from_process
            .filter(|value| is_not_blank(value))
            .or_else(|| {
                self.own
                    .get(name)
                    .cloned()
                    .filter(|value| is_not_blank(value))
            })
    }

    /// Sets a variable that has no value yet.
    #[must_use]
    pub fn with_default(mut self, name: &str, value: impl Into<String>) -> Self {
        if self.get(name).is_none() {
            self.own.insert(name.to_owned(), value.into());
        }
        self
    }
}

fn is_not_blank(value: &str) -> bool {
    !value.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_variable_gets_the_default() {
        let environment = Environment::only([("A", " ".to_owned()), ("B", "set".to_owned())]);
        let environment = environment
            .with_default("A", "default")
            .with_default("B", "default");
        assert_eq!(
            (
                environment.get("A").as_deref(),
                environment.get("B").as_deref()
            ),
            (Some("default"), Some("set"))
        );
        assert_eq!(environment.get("PATH"), None);
    }

    #[test]
    fn an_invalid_dotenv_is_an_error_and_a_missing_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        assert!(Environment::of_process(&file).is_ok());
        std::fs::write(&file, "ELAAOMS_TEST_ONLY=\"two words\"\n").unwrap();
        assert_eq!(
            Environment::of_process(&file)
                .unwrap()
                .get("ELAAOMS_TEST_ONLY")
                .as_deref(),
            Some("two words")
        );
        std::fs::write(&file, "\u{feff}PORT=8000\nELAAOMS_TEST_ONLY=sk abc\n").unwrap();
        let error = Environment::of_process(&file).err().unwrap().to_string();
        assert!(
            error.contains("line 2, ELAAOMS_TEST_ONLY") && !error.contains("abc"),
            "{error}"
        );
    }
}
