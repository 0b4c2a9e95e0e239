//! Detects the dialect of a server, with read-only requests.

use serde::Deserialize;

use super::server::Server;
use super::{Dialect, OpenMemoryError, cavira};
use crate::http_client::CallError;

/// The fields of a health response that distinguish the servers.
#[derive(Deserialize)]
struct HealthFields {
    /// Present in the documented contract.
    status: Option<serde_json::Value>,
    /// Present in the public OpenMemory.
    ok: Option<bool>,
    /// Present in LongMemory, which wraps every response.
    data: Option<LongMemoryData>,
}

#[derive(Deserialize)]
struct LongMemoryData {
    ok: Option<bool>,
}

/// Requests the health and, at the same time, the memories of a user that does not exist. Only the
/// public OpenMemory answers the second request.
pub(super) async fn dialect(server: &Server) -> Result<Dialect, OpenMemoryError> {
    let request = server.send(server.get(server.url(&["health"])));
    let (response, users) = tokio::join!(request, cavira::probe(server));
    let health = response?;
    match health.json::<HealthFields>() {
        Ok(HealthFields {
            status: Some(_), ..
        }) => Ok(Dialect::V1),
        Ok(HealthFields { ok: Some(_), .. }) => users.map(|()| Dialect::Cavira),
        Ok(HealthFields {
            data: Some(LongMemoryData { ok: Some(_) }),
            ..
        }) => Err(OpenMemoryError::LongMemory),
        // A failing server may be of any kind. A success without known fields is another program.
        _ => match health.success() {
            Err(error) if error.is_transient() => Err(error.into()),
            Err(CallError::Unauthorised(_)) => Err(OpenMemoryError::KeyRefused),
            _ => Err(OpenMemoryError::UnknownServer),
        },
    }
}
