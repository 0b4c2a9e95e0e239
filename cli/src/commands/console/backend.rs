//! The parts of a deployment that the console works on.

use std::sync::Arc;
use std::time::Duration;

use common::call::CallerId;
use elaaoms_console::{Backend, EraseCaller, HealthUrl, SharedArchive};
use futures_util::future::BoxFuture;
use operator::Erasing;

use super::jobs;
use crate::audit::DeploymentTrail;
use crate::deployment::{CallStore, Deployment};
use crate::erasing;
use crate::error::Failure;

/// Time limit of one request to the memory store. Somebody waits for the page.
const STORE_TIMEOUT: Duration = Duration::from_secs(15);

pub(super) async fn of(deployment: Arc<Deployment>) -> Result<Backend, Failure> {
    let settings = deployment.settings()?;
    let pseudonymous = settings.memory.pseudonymous_callers;
    Ok(Backend {
        deployment: deployment.name(),
        openmemory: deployment.openmemory_with(pseudonymous, STORE_TIMEOUT)?,
        openmemory_by_id: deployment.openmemory_with(false, STORE_TIMEOUT)?,
        settings,
        secrets: deployment.secrets(),
        pepper: deployment.secret("CALLER_ID_PEPPER")?,
        archive: SharedArchive::new(deployment.calls()?),
        queue: jobs::of(&deployment).await?,
        health: Arc::new(HealthUrl::new(
            deployment.context.http.clone(),
            &deployment.url()?,
        )),
        audit: Arc::new(DeploymentTrail::of(&deployment)?),
        clock: deployment.context.clock(),
        erase_caller: Arc::new(Eraser(deployment)),
    })
}

/// Erases callers as `elaaoms memories forget` does.
struct Eraser(Arc<Deployment>);

impl Eraser {
    /// Opens the queue of events only for an erasure: a machine may have none yet.
    async fn parts(&self) -> Result<Erasing<CallStore>, String> {
        let parts = erasing::announced(&self.0).await;
        parts.map_err(|failure| failure.to_string())
    }
}

impl EraseCaller for Eraser {
    fn erase<'a>(&'a self, caller: &'a CallerId) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(async move { self.parts().await?.erase(caller).await })
    }

    fn opt_out<'a>(&'a self, caller: &'a CallerId) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(async move { self.parts().await?.opt_out(caller).await })
    }

    fn opt_in<'a>(&'a self, caller: &'a CallerId) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(async move { self.parts().await?.opt_in(caller).await })
    }
}
