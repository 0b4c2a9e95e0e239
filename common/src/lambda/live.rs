//! What a function serves with, built again when an operator changes settings in the secret.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;
use tracing::{error, info};

use super::Function;
use crate::secrets::SecretSet;
use crate::settings::{Changes, Settings, SettingsError, environment};

/// A value that is built from a function's settings, such as its router.
pub struct Live<T> {
    function: Function,
    build: Box<dyn Fn(&Function) -> T + Send + Sync>,
    if_invalid: Option<fn(&SettingsError) -> T>,
    longest_wait: Option<Duration>,
    lookup: fn(&str) -> Option<String>,
    state: Mutex<State<T>>,
}

struct State<T> {
    /// The changes that `value` was built with, or that are invalid.
    changes: Changes,
    value: T,
}

impl<T: Clone> Live<T> {
    /// Builds the value with the settings of the function's start.
    pub fn new(function: Function, build: impl Fn(&Function) -> T + Send + Sync + 'static) -> Self {
        let value = build(&function);
        Self {
            function,
            build: Box::new(build),
            if_invalid: None,
            longest_wait: None,
            lookup: environment,
            state: Mutex::new(State {
                changes: Changes::default(),
                value,
            }),
        }
    }

    /// Uses another value while the changes are invalid. By default, the previous value stays.
    #[must_use]
    pub fn or_if_invalid(self, value: fn(&SettingsError) -> T) -> Self {
        Self {
            if_invalid: Some(value),
            ..self
        }
    }

    /// Waits at most this long for the secrets. Afterwards the previous value is returned.
    #[must_use]
    pub fn waiting_at_most(self, longest_wait: Duration) -> Self {
        Self {
            longest_wait: Some(longest_wait),
            ..self
        }
    }

    /// Returns the value for the current settings. While the secrets cannot be read, that is the
    /// previous value.
    pub async fn current(&self) -> T {
        let loading = self.function.secrets.current();
        let secrets = match self.longest_wait {
            Some(limit) => timeout(limit, loading).await.ok(),
            None => Some(loading.await),
        };
        self.value(secrets.as_deref())
    }

    fn value(&self, secrets: Option<&SecretSet>) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(secrets) = secrets.filter(|secrets| !secrets.is_unknown())
            && *secrets.changes() != state.changes
        {
            self.update(&mut state, secrets.changes());
        }
        state.value.clone()
    }

    fn update(&self, state: &mut State<T>, changes: &Changes) {
        state.changes = changes.clone();
        match changes.apply(self.lookup) {
            Ok(settings) => {
                info!(changed = changes.iter().count(), "settings changed");
                state.value = self.build_with(settings);
            }
            Err(reason) => {
                error!(%reason, "the changed settings are invalid and have no effect");
                if let Some(value) = self.if_invalid {
                    state.value = value(&reason);
                }
            }
        }
    }

    fn build_with(&self, settings: Settings) -> T {
        (self.build)(&Function {
            settings,
            ..self.function.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_client;
    use crate::lambda::install_metrics;
    use crate::secrets::Secrets;

    fn lookup(name: &str) -> Option<String> {
        (name == "OPENMEMORY_API_URL").then(|| "http://127.0.0.1:8080".to_owned())
    }

    fn secrets(name: &str, value: &str) -> SecretSet {
        let value = |changed: &str| (changed == name).then(|| value.to_owned());
        SecretSet::default().with_changes(Changes::read(value))
    }

    /// Serves with the default greeting.
    fn live() -> Live<String> {
        let function = Function {
            settings: Settings::read(lookup).unwrap(),
            http: http_client::build().unwrap(),
            secrets: Secrets::fixed(SecretSet::unknown()),
            emf: install_metrics("live").unwrap(),
        };
        let build = |function: &Function| function.settings.greeting.default_greeting.clone();
        Live {
            lookup,
            ..Live::new(function, build)
        }
    }

    #[tokio::test]
    async fn a_changed_setting_is_used_until_it_is_taken_back() {
        let live = live();
        let at_start = live.current().await;
        let changed = secrets("DEFAULT_GREETING", "Good day");
        assert_eq!(live.value(Some(&changed)), "Good day");
        assert_eq!(live.value(Some(&SecretSet::unknown())), "Good day");
        assert_eq!(live.value(None), "Good day");
        assert_eq!(live.value(Some(&SecretSet::default())), at_start);
    }

    #[tokio::test]
    async fn an_invalid_change_leaves_the_last_valid_settings() {
        let live = live();
        let changed = secrets("DEFAULT_GREETING", "Good day");
        assert_eq!(live.value(Some(&changed)), "Good day");
        let invalid = secrets("LLM_VERIFY", "perhaps");
        assert_eq!(live.value(Some(&invalid)), "Good day");
        let reporting = live.or_if_invalid(|error| error.to_string());
        assert_eq!(reporting.value(Some(&changed)), "Good day");
        let report = reporting.value(Some(&invalid));
        assert_eq!(report, "settings: LLM_VERIFY must be true or false");
    }
}
