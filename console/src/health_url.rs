//! Reads the report of a deployment that runs elsewhere, over HTTP.

use std::time::Duration;

use common::http_client::{join, send};
use futures_util::future::BoxFuture;
use serde_json::Value;
use url::Url;

use crate::HealthReport;

/// Timeout; includes a cold start and the deployment's own checks.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The `/health` of a deployment.
pub struct HealthUrl {
    http: reqwest::Client,
    url: Url,
}

impl HealthUrl {
    /// Returns the report of the deployment with this base URL.
    #[must_use]
    pub fn new(http: reqwest::Client, base: &Url) -> Self {
        let mut url = join(base, &["health"]);
        url.set_query(Some("wait=true"));
        Self { http, url }
    }
}

impl HealthReport for HealthUrl {
    fn report(&self) -> BoxFuture<'_, Result<Value, String>> {
        Box::pin(async {
            let request = self.http.get(self.url.clone()).timeout(TIMEOUT);
            let response = send(request)
                .await
                .map_err(|error| format!("{} {error}", self.url))?;
            response
                .json()
                .map_err(|error| format!("{} {error}", self.url))
        })
    }
}
