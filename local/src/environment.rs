//! Where settings come from on one machine: the environment, then `.env`, then the development
//! secrets of the data folder.

use std::collections::HashMap;
use std::path::Path;

use common::settings::dotenv::{self, DotenvError};

/// Variables by name, the earlier source first.
#[derive(Clone, Default)]
pub struct Environment {
    own: HashMap<String, String>,
    with_process: bool,
}

impl Environment {
    /// The environment of this process, and below it the file `.env` where there is one.
    ///
    /// # Errors
    /// When there is a `.env` that others can write or that cannot be read, with the line that is
    /// wrong and none of its values.
    pub fn of_process(dotenv: &Path) -> Result<Self, DotenvError> {
        Ok(Self {
            own: dotenv::read_trusted(dotenv)?,
            with_process: true,
        })
    }

    /// A line for each setting of `.env` that decides where keys go.
    #[must_use]
    pub fn redirections(&self) -> Vec<String> {
        if self.with_process {
            common::settings::redirections(&self.own)
        } else {
            Vec::new()
        }
    }

    /// These variables and nothing else.
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

    /// The value of a variable; a blank one counts as not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        let filled = |value: &String| !value.trim().is_empty();
        let of_process = || {
            common::settings::environment(name)
                .filter(filled)
                .filter(|_| self.with_process)
        };
        of_process().or_else(|| self.own.get(name).cloned().filter(filled))
    }

    /// The same with a value for a variable that has none.
    #[must_use]
    pub fn with_default(mut self, name: &str, value: impl Into<String>) -> Self {
        if self.get(name).is_none() {
            self.own.insert(name.to_owned(), value.into());
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_variable_takes_the_default() {
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
    fn a_broken_dotenv_is_an_error_and_a_missing_one_is_none() {
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
