//! Runs the checks in the background, once for all requests that need a report.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tracing::error;

use crate::checks::{Services, TIME_LIMIT};
use crate::report::{Checks, Report, now};

/// How long a report is served before the checks run again.
const FRESH_FOR: Duration = Duration::from_secs(30);
/// How long a report is served while the checks run again. An older one proves nothing.
const SERVED_FOR: Duration = Duration::from_secs(60);
/// After this time a run has not merely been slow: its process was suspended, as Lambda does
/// between invocations, and its time limits count for nothing.
const SUSPENDED_AFTER: Duration = TIME_LIMIT.saturating_add(Duration::from_secs(2));

/// The checks, their last report and their current run.
pub(crate) struct Background {
    services: Arc<Services>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    latest: Option<Finished>,
    run: Option<Run>,
}

/// A report on which all checks have ended.
struct Finished {
    at: Instant,
    report: Report,
}

/// Checks that have not all ended.
struct Run {
    started: Instant,
    results: watch::Receiver<Checks>,
    task: AbortHandle,
}

impl Background {
    pub(crate) fn new(services: Services) -> Self {
        Self {
            services: Arc::new(services),
            state: Arc::default(),
        }
    }

    /// Returns a fresh report, for which it waits this long. Then it returns the last report, or if
    /// that is too old, one in which services that have not answered count as failed.
    pub(crate) async fn report(&self, wait: Duration) -> Report {
        if let Some(report) = self.latest(FRESH_FOR) {
            return report;
        }
        let mut results = self.run();
        // The channel closes when the run ends.
        let ended = async { while results.changed().await.is_ok() {} };
        let is_complete = tokio::time::timeout(wait, ended).await.is_ok();
        let wanted = if is_complete { FRESH_FOR } else { SERVED_FOR };
        self.latest(wanted)
            .unwrap_or_else(|| Report::new(now(), results.borrow().clone()))
    }

    /// Returns the last report if it is at most this old.
    fn latest(&self, max_age: Duration) -> Option<Report> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let latest = state.latest.as_ref()?;
        let age = latest.at.elapsed();
        (age < max_age).then(|| latest.report.clone().aged(age))
    }

    /// Starts the checks unless they run already, and returns their results as they arrive.
    fn run(&self) -> watch::Receiver<Checks> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(run) = state.run.take_if(|run| run.is_suspended()) {
            run.task.abort();
        }
        let run = state.run.get_or_insert_with(|| self.start());
        run.results.clone()
    }

    fn start(&self) -> Run {
        let (sender, results) = watch::channel(self.services.unanswered());
        let services = Arc::clone(&self.services);
        let state = Arc::clone(&self.state);
        // A task of its own, because a prober that hangs up must not end the checks.
        let task = tokio::spawn(async move {
            services.check(&sender).await;
            let report = Report::new(now(), sender.borrow().clone());
            log_failures(&report);
            // Before the channel closes, so that requests find the report.
            finish(&state, report);
        });
        Run {
            started: Instant::now(),
            results,
            task: task.abort_handle(),
        }
    }
}

impl Run {
    fn is_suspended(&self) -> bool {
        self.started.elapsed() > SUSPENDED_AFTER
    }
}

fn finish(state: &Mutex<State>, report: Report) {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    state.run = None;
    state.latest = Some(Finished {
        at: Instant::now(),
        report,
    });
}

fn log_failures(report: &Report) {
    for reason in &report.reasons {
        error!(reason, "health check failed");
    }
}
