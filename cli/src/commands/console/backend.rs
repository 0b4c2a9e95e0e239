//! The parts of a deployment that the console works on.

use std::sync::Arc;
use std::time::Duration;

use common::audit::AuditEntry;
use common::call::CallerId;
use elaaoms_console::{AuditSink, Backend, EraseCaller, HealthUrl, SharedArchive};
use futures_util::future::BoxFuture;

use super::jobs;
use crate::audit::AuditTrail;
use crate::commands::memories::{forget_and_audit, opt_in_and_audit, opt_out_and_audit};
use crate::context::Context;
use crate::deployment::Deployment;
use crate::error::Failure;

/// Time limit of one request to the memory store. Somebody waits for the page.
const STORE_TIMEOUT: Duration = Duration::from_secs(15);

pub(super) async fn of(deployment: Arc<Deployment>) -> Result<Backend, Failure> {
    let settings = deployment.settings()?;
    let pseudonymous = settings.memory.pseudonymous_callers;
    let context = deployment.context.clone();
    Ok(Backend {
        deployment: deployment.name(),
        openmemory: deployment.openmemory_with(pseudonymous, STORE_TIMEOUT)?,
        openmemory_by_id: deployment.openmemory_with(false, STORE_TIMEOUT)?,
        settings,
        secrets: deployment.secrets(),
        pepper: deployment.secret("CALLER_ID_PEPPER")?,
        archive: SharedArchive::new(deployment.calls()?),
        queue: jobs::of(&deployment).await?,
        health: Arc::new(HealthUrl::new(context.http.clone(), &deployment.url()?)),
        audit: Arc::new(Trail {
            trail: AuditTrail::of(&deployment)?,
            context,
        }),
        clock: deployment.context.clock(),
        erase_caller: Some(Arc::new(Eraser(deployment))),
    })
}

/// Writes to the deployment's own audit trail.
struct Trail {
    trail: AuditTrail,
    context: Context,
}

impl AuditSink for Trail {
    fn write(&self, entry: AuditEntry) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            let written = self.trail.write(&self.context, &entry).await;
            written.map_err(|failure| failure.to_string())
        })
    }
}

/// Erases callers as `elaaoms memories forget` does.
struct Eraser(Arc<Deployment>);

impl EraseCaller for Eraser {
    fn erase<'a>(&'a self, caller: &'a CallerId) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(async move {
            let forgotten = forget_and_audit(&self.0, caller).await;
            forgotten
                .map(|forgotten| forgotten.counts.describe(&caller.masked()))
                .map_err(|failure| failure.to_string())
        })
    }

    fn opt_out<'a>(&'a self, caller: &'a CallerId) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(async move {
            let forgotten = opt_out_and_audit(&self.0, caller).await;
            let forgotten = forgotten.map_err(|failure| failure.to_string())?;
            let erased = forgotten.counts.describe(&caller.masked());
            Ok(format!("{erased} Nothing of later calls is stored."))
        })
    }

    fn opt_in<'a>(&'a self, caller: &'a CallerId) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(async move {
            let done = opt_in_and_audit(&self.0, caller).await;
            done.map_err(|failure| failure.to_string())?;
            Ok(format!(
                "Later calls of {} are remembered again.",
                caller.masked()
            ))
        })
    }
}
