//! What only an operator asks of the memory store: to forget somebody, to give everything out, to take it in.

use std::io::Write;
use std::time::Duration;

use common::call::CallerId;
use common::http_client::{CallError, join, send};
use serde::Deserialize;
use url::Url;

use crate::deployment::Deployment;
use crate::failure::Failure;

/// An export is as long as it is; this only ends a connection that is dead.
const LIMIT: Duration = Duration::from_secs(3600);

/// The memory store of a deployment.
pub(crate) struct MemoryServer {
    http: reqwest::Client,
    base: Url,
    key: Option<String>,
    /// The names that a caller may have there: the number, and the pseudonym where one was ever used.
    pepper: Option<secrecy::SecretString>,
}

/// What the store removed.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Removed {
    #[serde(rename = "memories_deleted")]
    pub(crate) memories: u64,
    #[serde(rename = "profiles_deleted")]
    pub(crate) cards: u64,
}

/// What the store took in.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Imported {
    #[serde(rename = "memories_imported")]
    pub(crate) memories: u64,
    pub(crate) memories_skipped: u64,
    #[serde(rename = "profiles_imported")]
    pub(crate) profiles: u64,
    pub(crate) profiles_skipped: u64,
}

impl MemoryServer {
    pub(crate) fn of(deployment: &Deployment) -> Result<Self, Failure> {
        let base = deployment.settings()?.openmemory.url;
        let key = deployment.get("OPENMEMORY_API_KEY");
        let pepper = deployment.get("CALLER_ID_PEPPER").map(Into::into);
        Ok(Self { http: deployment.context.http.clone(), base, key, pepper })
    }

    /// Forgets a caller under every name, whatever `PSEUDONYMOUS_CALLERS` is now: it may have been otherwise before.
    pub(crate) async fn forget(&self, caller: &CallerId) -> Result<Removed, Failure> {
        let pseudonym = self.pepper.as_ref().map(|pepper| caller.hash(pepper).as_str().to_owned());
        let mut removed = Removed::default();
        for name in std::iter::once(caller.as_str().to_owned()).chain(pseudonym) {
            let request = self.http.delete(join(&self.base, &["api", "v1", "callers", &name]));
            let one: Removed = send(self.with_key(request)).await?.success().map_err(unable)?.json()?;
            removed.memories += one.memories;
            removed.cards += one.cards;
        }
        Ok(removed)
    }

    /// Writes everything that the store holds, byte for byte as it comes; how many bytes.
    pub(crate) async fn export(&self, out: &mut impl Write) -> Result<u64, Failure> {
        let request = self.with_key(self.http.get(join(&self.base, &["api", "v1", "export"])));
        let mut response = request.send().await.map_err(|_| Failure::Store(CallError::Unreachable))?;
        let status = response.status();
        if !status.is_success() {
            return Err(if status == 404 {
                Failure::NoSuchOperation
            } else {
                Failure::Store(CallError::Refused(status))
            });
        }
        let mut bytes = 0;
        while let Some(chunk) = response.chunk().await.map_err(|_| Failure::ExportBroke)? {
            out.write_all(&chunk).map_err(Failure::Output)?;
            bytes += chunk.len() as u64;
        }
        Ok(bytes)
    }

    /// Takes an export in; what is there already stays.
    pub(crate) async fn import(&self, export: Vec<u8>) -> Result<Imported, Failure> {
        let request = self.http.post(join(&self.base, &["api", "v1", "import"])).body(export);
        let request = self.with_key(request.header("content-type", "application/json"));
        Ok(send(request).await?.success().map_err(unable)?.json()?)
    }

    fn with_key(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        let request = request.timeout(LIMIT);
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }
}

/// 404 for a route: the server is of another kind.
fn unable(error: CallError) -> Failure {
    match error {
        CallError::Refused(status) if status == 404 => Failure::NoSuchOperation,
        error => Failure::Store(error),
    }
}
