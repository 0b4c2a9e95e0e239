//! The health report: the single checks and the overall status.

use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// The check passed.
    Healthy,
    /// The check failed for this reason.
    Failed(String),
    /// Not known: a check it depends on failed, or the service has not answered yet.
    Unknown,
    /// This deployment does not use it.
    NotUsed,
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Healthy => "healthy",
            Self::Failed(_) => "unhealthy",
            Self::Unknown => "unknown",
            Self::NotUsed => "not_used",
        })
    }
}

/// The overall status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Everything works.
    Healthy,
    /// Calls are served, but extraction is paused or memories are compared by words alone.
    Degraded,
    /// Calls are not served properly.
    Unhealthy,
}

/// The response body.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The overall status.
    pub status: Status,
    timestamp: Timestamp,
    /// Seconds since the checks ended.
    age_seconds: u64,
    version: &'static str,
    checks: Checks,
    /// One sentence for each failed check.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// The result of each check.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Checks {
    pub(crate) openmemory: Check,
    pub(crate) database: Check,
    /// The memory store's embedding model; only if it uses one.
    #[serde(skip_serializing_if = "Check::is_not_used")]
    pub(crate) embeddings: Check,
    pub(crate) llm_api: Check,
    pub(crate) settings: Check,
    /// The disk on which calls are stored; only on one machine.
    #[serde(skip_serializing_if = "Check::is_not_used")]
    pub(crate) storage: Check,
}

impl Check {
    fn has_failed(&self) -> bool {
        matches!(self, Self::Failed(_))
    }

    fn reason(&self) -> Option<String> {
        match self {
            Self::Failed(reason) => Some(reason.clone()),
            _ => None,
        }
    }

    fn is_not_used(&self) -> bool {
        *self == Self::NotUsed
    }
}

impl Report {
    pub(crate) fn new(timestamp: Timestamp, checks: Checks) -> Self {
        let required = [
            &checks.openmemory,
            &checks.database,
            &checks.settings,
            &checks.storage,
        ];
        let status = if required.into_iter().any(Check::has_failed) {
            Status::Unhealthy
        } else if checks.llm_api.has_failed() || checks.embeddings.has_failed() {
            Status::Degraded
        } else {
            Status::Healthy
        };
        Self {
            status,
            timestamp,
            age_seconds: 0,
            version: env!("CARGO_PKG_VERSION"),
            reasons: checks.reasons(),
            checks,
        }
    }

    /// Returns the report of a function that cannot check anything, because its settings are
    /// invalid.
    pub(crate) fn invalid_settings(timestamp: Timestamp, reason: String) -> Self {
        let checks = Checks {
            openmemory: Check::Unknown,
            database: Check::Unknown,
            embeddings: Check::NotUsed,
            llm_api: Check::Unknown,
            settings: Check::Failed(format!("The functions cannot start. {reason}.")),
            storage: Check::NotUsed,
        };
        Self::new(timestamp, checks)
    }

    /// Returns the report with its age.
    pub(crate) fn aged(self, age: Duration) -> Self {
        Self {
            age_seconds: age.as_secs(),
            ..self
        }
    }

    /// Returns 503 if the status is unhealthy, so that load balancers and alarms notice.
    #[must_use]
    pub fn http_status(&self) -> StatusCode {
        if self.status == Status::Unhealthy {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::OK
        }
    }
}

impl Checks {
    fn reasons(&self) -> Vec<String> {
        let all = [
            &self.openmemory,
            &self.database,
            &self.embeddings,
            &self.llm_api,
            &self.settings,
            &self.storage,
        ];
        all.into_iter().filter_map(Check::reason).collect()
    }
}

/// Checks the database state that the memory store reports. A store that reports none counts as
/// healthy.
pub(crate) fn database(state: Option<&str>) -> Check {
    match state {
        None | Some("connected" | "healthy" | "ok") => Check::Healthy,
        Some(_) => Check::Failed("OpenMemory cannot reach its database.".to_owned()),
    }
}

/// Checks the embedding model whose state the memory store reports.
pub(crate) fn embeddings(state: Option<&str>) -> Check {
    match state {
        None => Check::NotUsed,
        Some("connected") => Check::Healthy,
        Some(_) => Check::Failed(
            "Memories are compared by words alone: OpenMemory's embedding model fails.".to_owned(),
        ),
    }
}

/// Checks that no secret is missing.
pub(crate) fn settings(missing: &[&str]) -> Check {
    match missing {
        [] => Check::Healthy,
        names => Check::Failed(format!(
            "Webhooks are refused until these secrets are set: {}.",
            names.join(", ")
        )),
    }
}

/// The time at which a report is made.
#[expect(
    clippy::disallowed_methods,
    reason = "a report contains the time it was made"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(openmemory: Check, llm_api: Check) -> Report {
        Report::new(
            Timestamp::UNIX_EPOCH,
            Checks {
                openmemory,
                database: Check::Healthy,
                embeddings: Check::NotUsed,
                llm_api,
                settings: Check::Healthy,
                storage: Check::NotUsed,
            },
        )
    }

    #[test]
    fn a_failed_store_is_unhealthy_and_a_failed_provider_is_degraded() {
        let down = || Check::Failed("It is down.".to_owned());
        assert_eq!(
            report(Check::Healthy, Check::NotUsed).http_status(),
            StatusCode::OK
        );
        assert_eq!(
            report(down(), Check::Healthy).http_status(),
            StatusCode::SERVICE_UNAVAILABLE
        );
        let degraded = report(Check::Healthy, down());
        assert_eq!(
            (degraded.status, degraded.http_status()),
            (Status::Degraded, StatusCode::OK)
        );
        assert_eq!(degraded.reasons, ["It is down."]);
    }

    #[test]
    fn invalid_settings_are_unhealthy_and_named() {
        let reason = "settings: LLM_VERIFY must be true or false".to_owned();
        let report = Report::invalid_settings(Timestamp::UNIX_EPOCH, reason);
        assert_eq!(report.http_status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(
            report.reasons[0].contains("LLM_VERIFY must be"),
            "{report:?}"
        );
    }

    #[test]
    fn a_failing_embedding_model_is_degraded() {
        let mut checks = report(Check::Healthy, Check::NotUsed).checks;
        checks.embeddings = embeddings(Some("failing"));
        let report = Report::new(Timestamp::UNIX_EPOCH, checks);
        assert_eq!(report.status, Status::Degraded);
        assert_eq!(report.http_status(), StatusCode::OK);
        assert_eq!(report.reasons.len(), 1);
        assert_eq!(embeddings(Some("connected")), Check::Healthy);
        assert_eq!(embeddings(None), Check::NotUsed);
    }

    #[test]
    fn missing_secrets_are_listed() {
        let check = settings(&["WEBHOOK_API_KEY", "CALLER_ID_PEPPER"]);
        assert_eq!(
            check,
            Check::Failed(
                "Webhooks are refused until these secrets are set: WEBHOOK_API_KEY, CALLER_ID_PEPPER.".to_owned()
            )
        );
    }

    #[test]
    fn the_response_has_the_form_of_the_deployment_guide() {
        let response = serde_json::to_value(report(Check::Healthy, Check::NotUsed)).unwrap();
        let expected = serde_json::json!({
            "status": "healthy", "timestamp": "1970-01-01T00:00:00Z", "age_seconds": 0, "version": env!("CARGO_PKG_VERSION"),
            "checks": {"openmemory": "healthy", "database": "healthy", "llm_api": "not_used", "settings": "healthy"}});
        assert_eq!(response, expected);
    }
}
