//! Export and import, whose duration depends on the amount of data.

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;

use super::super::{ImportSummary, OpenMemoryError};
use super::V1;
use crate::http_client::{CallError, send};

/// Timeout of an export or an import.
const TRANSFER_TIMEOUT: Duration = Duration::from_secs(3600);

impl V1 {
    /// Starts the server's export. The body of the response is not read yet.
    pub(in super::super) async fn export(&self) -> Result<reqwest::Response, OpenMemoryError> {
        let request = self
            .server
            .get(self.server.url(&["api", "v1", "export"]))
            .timeout(TRANSFER_TIMEOUT);
        let response = self
            .server
            .authenticate(request)
            .await?
            .send()
            .await
            .map_err(|error| CallError::from_reqwest(&error))?;
        Ok(CallError::from_status(response.status()).map_or(Ok(response), Err)?)
    }

    pub(in super::super) async fn import(
        &self,
        document: Bytes,
    ) -> Result<ImportSummary, OpenMemoryError> {
        #[derive(Deserialize)]
        struct Counts {
            memories_imported: u64,
            memories_skipped: u64,
            profiles_imported: u64,
            profiles_skipped: u64,
        }
        let url = self.server.url(&["api", "v1", "import"]);
        let request = self
            .server
            .post(url)
            .header("content-type", "application/json")
            .body(document)
            .timeout(TRANSFER_TIMEOUT);
        let response = send(self.server.authenticate(request).await?).await?;
        if response.status == http::StatusCode::BAD_REQUEST {
            return Err(OpenMemoryError::InvalidExport);
        }
        let counts: Counts = response.success()?.json()?;
        Ok(ImportSummary {
            memories: counts.memories_imported,
            memories_skipped: counts.memories_skipped,
            profiles: counts.profiles_imported,
            profiles_skipped: counts.profiles_skipped,
        })
    }
}
