//! Changes of settings while functions run. An operator writes them into the deployment's secret,
//! under the names of the settings, and the functions read them with their secrets. A change takes
//! precedence over all other values of its setting.

use std::collections::BTreeMap;

use super::entries::{TIME_LIMITS, too_long};
use super::reader::Reader;
use super::{ENTRY_NAMES, Settings, SettingsError};

/// Settings that a function reads only at its start.
const READ_AT_START: [&str; 7] = [
    "DEBUG",
    "EMBEDDING_API_URL",
    "EMBEDDING_DIMENSIONS",
    "EMBEDDING_PASSAGE_PREFIX",
    "EMBEDDING_QUERY_PREFIX",
    "EXTRA_CA_FILE",
    "LOG_LEVEL",
];

/// The changed settings and their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes(BTreeMap<&'static str, String>);

impl Changes {
    /// Reads the changes from the values of a secret. A blank value changes nothing.
    #[must_use]
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name| lookup(name).filter(|value| !value.trim().is_empty());
        let changed = ENTRY_NAMES
            .into_iter()
            .filter_map(|name| Some((name, value(name)?)));
        Self(changed.collect())
    }

    /// Returns the names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Reads all settings with these changes. `lookup` returns the other values by name.
    ///
    /// # Errors
    /// Names the settings that are missing or wrong, those that a running function cannot change,
    /// and time limits that are too long for a function.
    pub fn apply(
        &self,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Settings, SettingsError> {
        self.check()?;
        Settings::read(|name| self.0.get(name).cloned().or_else(|| lookup(name)))
    }

    fn check(&self) -> Result<(), SettingsError> {
        let mut reader = Reader::new(&|_| None);
        for name in READ_AT_START {
            if self.0.contains_key(name) {
                reader.problem(
                    name,
                    "is read when a function starts; set it by a deployment",
                );
            }
        }
        for (name, most) in TIME_LIMITS {
            if let Some(value) = self.0.get(name)
                && let Some(problem) = too_long(value, most)
            {
                reader.problem(name, problem);
            }
        }
        reader.finish(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(changes: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let found = |name: &str| changes.iter().find(|(changed, _)| *changed == name);
        let changes = Changes::read(|name| Some(found(name)?.1.to_owned()));
        changes.apply(|name| match name {
            "OPENMEMORY_API_URL" => Some("http://127.0.0.1:8080".to_owned()),
            "MIN_IMPORTANCE_TO_STORE" => Some("3".to_owned()),
            "DEFAULT_GREETING" => Some("Hello".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn a_change_takes_precedence_unless_it_is_blank() {
        let changed = settings(&[
            ("DEFAULT_GREETING", "Good day; who is calling?"),
            ("MIN_IMPORTANCE_TO_STORE", " "),
        ])
        .unwrap();
        assert_eq!(
            changed.greeting.default_greeting,
            "Good day; who is calling?"
        );
        assert_eq!(changed.memory.min_importance.get(), 3);
    }

    #[test]
    fn other_names_change_nothing() {
        let changes = Changes::read(|name| (name == "OPENMEMORY_API_URL").then(String::new));
        assert_eq!(changes, Changes::default());
    }

    #[test]
    fn what_a_running_function_cannot_change_is_named() {
        let changes = [("LOG_LEVEL", "DEBUG"), ("SEARCH_DEADLINE_MS", "9001")];
        let error = settings(&changes).unwrap_err().to_string();
        assert_eq!(
            error,
            "settings: LOG_LEVEL is read when a function starts; set it by a deployment; \
             SEARCH_DEADLINE_MS must be at most 9000 on AWS"
        );
    }

    #[test]
    fn a_wrong_value_is_named_and_not_shown() {
        let error = settings(&[("LLM_VERIFY", "hidden")])
            .unwrap_err()
            .to_string();
        assert_eq!(error, "settings: LLM_VERIFY must be true or false");
    }
}
