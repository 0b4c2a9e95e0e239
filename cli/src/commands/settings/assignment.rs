//! `NAME=VALUE` of the command line.

use std::str::FromStr;

use common::settings::{ENTRY_NAMES, is_setting_name};
use serde_json::{Map, Value};

use crate::error::{CommandError, NEEDS_CORRECTION};

/// A new value of a setting, or none if the change is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assignment {
    name: &'static str,
    value: Option<String>,
}

/// Why an argument is no assignment. Shows no value, because it may be a secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum AssignmentError {
    #[error("an argument does not have the form NAME=VALUE")]
    Form,
    #[error("{0} cannot be changed here; docs/settings.md says where each setting is set")]
    Name(String),
}

impl CommandError for AssignmentError {
    fn exit_code(&self) -> u8 {
        NEEDS_CORRECTION
    }
}

impl Assignment {
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Writes the value into a secret, or removes it.
    pub(super) fn apply_to(&self, secret: &mut Map<String, Value>) {
        match &self.value {
            Some(value) => secret.insert(self.name.to_owned(), Value::from(value.as_str())),
            None => secret.remove(self.name),
        };
    }
}

impl FromStr for Assignment {
    type Err = AssignmentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (before, after) = text.split_once('=').ok_or(AssignmentError::Form)?;
        let name = before.trim();
        let value = after.trim();
        if !ENTRY_NAMES.contains(&name) && !is_setting_name(name) {
            return Err(AssignmentError::Form);
        }
        let known = ENTRY_NAMES.into_iter().find(|known| *known == name);
        Ok(Self {
            name: known.ok_or_else(|| AssignmentError::Name(name.to_owned()))?,
            value: (!value.is_empty()).then(|| value.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_may_contain_any_character_and_an_empty_one_takes_the_change_back() {
        let set: Assignment = "DEFAULT_GREETING=Good day; 1+1=2?".parse().unwrap();
        let mut secret = Map::new();
        set.apply_to(&mut secret);
        assert_eq!(
            Value::from(secret.clone()),
            json!({"DEFAULT_GREETING": "Good day; 1+1=2?"})
        );
        let taken_back: Assignment = "DEFAULT_GREETING= ".parse().unwrap();
        taken_back.apply_to(&mut secret);
        assert!(secret.is_empty());
    }

    #[test]
    fn a_secret_or_a_parameter_is_refused_without_its_value() {
        for text in [
            "LLM_API_KEY=hidden",
            "LLM_MODEL=hidden",
            "hidden",
            "hidden=",
        ] {
            let error = text.parse::<Assignment>().unwrap_err().to_string();
            assert!(!error.contains("hidden"), "{error}");
        }
    }
}
