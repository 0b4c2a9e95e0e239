//! Which dialect a server speaks, found out without leaving a trace there.

use serde::Deserialize;

use super::server::Server;
use super::{Dialect, OpenMemoryError, cavira};
use crate::http_client::CallError;

/// What servers say of themselves, in the words that tell them apart.
#[derive(Deserialize)]
struct Greeting {
    /// The documented contract.
    status: Option<serde_json::Value>,
    /// The public OpenMemory.
    ok: Option<bool>,
    /// LongMemory wraps every answer.
    data: Option<Wrapped>,
}

#[derive(Deserialize)]
struct Wrapped {
    ok: Option<bool>,
}

/// Asks for the health and for the memories of a user that nobody is, both at once.
pub(super) async fn spoken(server: &Server) -> Result<Dialect, OpenMemoryError> {
    let health = server.ask(server.get(server.url(&["health"])));
    let (health, users) = tokio::join!(health, cavira::probe(server));
    let health = health?;
    match health.json::<Greeting>() {
        Ok(Greeting {
            status: Some(_), ..
        }) => Ok(Dialect::V1),
        Ok(Greeting { ok: Some(_), .. }) => users.map(|()| Dialect::Cavira),
        Ok(Greeting {
            data: Some(Wrapped { ok: Some(_) }),
            ..
        }) => Err(OpenMemoryError::LongMemory),
        // A server that fails may be any; one that answers well and says nothing known is none.
        _ => match health.success() {
            Err(error) if error.is_transient() => Err(error.into()),
            Err(CallError::Unauthorised(_)) => Err(OpenMemoryError::KeyRefused),
            _ => Err(OpenMemoryError::Unknown),
        },
    }
}
