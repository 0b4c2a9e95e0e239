//! `elaaoms-local healthcheck`: asks a running one on this machine how it is. An image needs no
//! other program for that.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use common::http_client::{self, ClientError};

use crate::system::{PORT, variable};
use crate::{Environment, StartError};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(4);

/// Why it is not well.
#[derive(Debug, thiserror::Error)]
pub enum HealthcheckError {
    /// Where to ask is not said well, or no client can be built.
    #[error(transparent)]
    Setting(#[from] StartError),
    /// Nobody answers.
    #[error("nobody answers on {0}")]
    Unreachable(SocketAddr),
    /// It says itself that calls cannot be served.
    #[error("calls cannot be served: status {status}: {report}")]
    Unhealthy {
        /// The status of its answer.
        status: u16,
        /// Its report, which names no caller and no secret.
        report: String,
    },
}

/// Asks once. Where it listens on all addresses, it is asked on the loopback.
///
/// # Errors
/// [`HealthcheckError`] says what is wrong.
pub async fn run(
    host: Option<IpAddr>,
    port: Option<u16>,
    environment: &Environment,
) -> Result<(), HealthcheckError> {
    let host = host.map_or_else(
        || variable(environment, "HOST", IpAddr::V4(Ipv4Addr::LOCALHOST)),
        Ok,
    )?;
    let port = port.map_or_else(|| variable(environment, "PORT", PORT), Ok)?;
    let address = SocketAddr::new(reachable(host), port);
    let http = http_client::build().map_err(|error| StartError::from(ClientError::from(error)))?;
    let request = http
        .get(format!("http://{address}/health"))
        .timeout(PATIENCE);
    let answer = request
        .send()
        .await
        .map_err(|_| HealthcheckError::Unreachable(address))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let report = answer.text().await.unwrap_or_default();
    Err(HealthcheckError::Unhealthy {
        status: status.as_u16(),
        report,
    })
}

fn reachable(host: IpAddr) -> IpAddr {
    match host {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        host => host,
    }
}
