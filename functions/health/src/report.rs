//! What the checks add up to.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// It works.
    Healthy,
    /// It does not, for this reason.
    Failed(String),
    /// It could not be asked because something before it failed.
    Unknown,
    /// This deployment does without it.
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

/// All checks together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Everything works.
    Healthy,
    /// Calls are served; something behind them waits.
    Degraded,
    /// Calls are not served as they should be.
    Unhealthy,
}

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// All checks together.
    pub status: Status,
    timestamp: Timestamp,
    version: &'static str,
    checks: Checks,
    /// Why, one sentence for each check that failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// What was checked.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Checks {
    pub(crate) openmemory: Check,
    pub(crate) database: Check,
    pub(crate) llm_api: Check,
    pub(crate) settings: Check,
    /// The disk that calls are kept on, on one machine.
    #[serde(skip_serializing_if = "Check::is_not_used")]
    pub(crate) storage: Check,
}

impl Check {
    fn is_not_used(&self) -> bool {
        *self == Self::NotUsed
    }
}

impl Report {
    pub(crate) fn new(timestamp: Timestamp, checks: Checks) -> Self {
        let failed = |check: &Check| matches!(check, Check::Failed(_));
        let needed = [
            &checks.openmemory,
            &checks.database,
            &checks.settings,
            &checks.storage,
        ];
        let status = if needed.into_iter().any(failed) {
            Status::Unhealthy
        } else if failed(&checks.llm_api) {
            Status::Degraded
        } else {
            Status::Healthy
        };
        Self {
            status,
            timestamp,
            version: env!("CARGO_PKG_VERSION"),
            reasons: checks.reasons(),
            checks,
        }
    }

    /// 503 when calls suffer, so that a load balancer and an alarm notice.
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
        let reason = |check: &Check| match check {
            Check::Failed(reason) => Some(reason.clone()),
            _ => None,
        };
        let all = [
            &self.openmemory,
            &self.database,
            &self.llm_api,
            &self.settings,
            &self.storage,
        ];
        all.into_iter().filter_map(reason).collect()
    }
}

/// What a store says of its database; one that says nothing is not doubted.
pub(crate) fn database(says: Option<&str>) -> Check {
    match says {
        None | Some("connected" | "healthy" | "ok") => Check::Healthy,
        Some(_) => Check::Failed("OpenMemory cannot reach its database.".to_owned()),
    }
}

pub(crate) fn settings(missing: &[&str]) -> Check {
    match missing {
        [] => Check::Healthy,
        names => Check::Failed(format!(
            "Webhooks are refused until these secrets are set: {}.",
            names.join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(openmemory: Check, llm_api: Check) -> Report {
        let (database, settings, storage) = (Check::Healthy, Check::Healthy, Check::NotUsed);
        Report::new(
            Timestamp::UNIX_EPOCH,
            Checks {
                openmemory,
                database,
                llm_api,
                settings,
                storage,
            },
        )
    }

    #[test]
    fn what_calls_depend_on_makes_it_unhealthy_and_what_waits_makes_it_degraded() {
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
    fn missing_secrets_are_named() {
        let check = settings(&["WEBHOOK_API_KEY", "CALLER_ID_PEPPER"]);
        assert_eq!(
            check,
            Check::Failed(
                "Webhooks are refused until these secrets are set: WEBHOOK_API_KEY, CALLER_ID_PEPPER.".to_owned()
            )
        );
    }

    #[test]
    fn the_answer_has_the_shape_of_the_guide() {
        let answer = serde_json::to_value(report(Check::Healthy, Check::NotUsed)).unwrap();
        let expected = serde_json::json!({
            "status": "healthy", "timestamp": "1970-01-01T00:00:00Z", "version": env!("CARGO_PKG_VERSION"),
            "checks": {"openmemory": "healthy", "database": "healthy", "llm_api": "not_used", "settings": "healthy"}});
        assert_eq!(answer, expected);
    }
}
