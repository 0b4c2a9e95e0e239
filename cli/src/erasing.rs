//! The parts of a deployment that the rules of the crate `operator` work on.

use std::sync::Arc;

use common::events::Outbox;
use common::settings::CallerSettings;
use operator::{Erasing, Report, Step};

use crate::audit::DeploymentTrail;
use crate::deployment::{CallStore, Deployment};
use crate::error::Failure;
use crate::memory_server::MemoryServer;
use crate::terminal::{Progress, note};

/// Returns the parts. Nothing is announced to receivers of events.
pub(crate) fn of(deployment: &Deployment) -> Result<Erasing<CallStore>, Failure> {
    Ok(Erasing {
        stores: MemoryServer::new(deployment)?.stores,
        pepper: deployment.secret("CALLER_ID_PEPPER")?,
        archive: deployment.calls()?,
        callers: CallerSettings::read(|name| deployment.get(name))?,
        outbox: Outbox::default(),
        audit: Arc::new(DeploymentTrail::of(deployment)?),
        report: Arc::new(Terminal),
        clock: deployment.context.clock(),
    })
}

/// Returns the parts. Receivers of events learn of each erasure.
pub(crate) async fn announced(deployment: &Deployment) -> Result<Erasing<CallStore>, Failure> {
    Ok(Erasing {
        outbox: deployment.outbox().await?,
        ..of(deployment)?
    })
}

/// Shows progress and notes on standard error.
struct Terminal;

impl Report for Terminal {
    fn progress(&self, steps: Option<u64>, label: &'static str) -> Step {
        let progress = Progress::new(steps, label);
        Box::new(move || progress.step())
    }

    fn note(&self, text: String) {
        note(text);
    }
}
