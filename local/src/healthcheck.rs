//! `elaaoms-local healthcheck`: queries `/health` of the instance on this machine, so that a
//! container image needs no other program for its health check.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use common::http_client::{self, ClientError};

use crate::system::{PORT, variable};
use crate::{Environment, StartError};

/// Timeout of the request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(4);

/// Why the health check failed.
#[derive(Debug, thiserror::Error)]
pub enum HealthcheckError {
    /// `HOST` or `PORT` is invalid, or the HTTP client cannot be built.
    #[error(transparent)]
    Setting(#[from] StartError),
    /// There is no response.
    #[error("no response from {0}")]
    Unreachable(SocketAddr),
    /// The instance reports that it cannot serve calls.
    #[error("the instance cannot serve calls: status {status}: {report}")]
    Unhealthy {
        /// The status of the response.
        status: u16,
        /// The report, which contains no caller and no secret.
        report: String,
    },
}

/// Sends one request to `/health`. Uses a loopback address if the instance listens on all
/// addresses.
///
/// # Errors
/// See [`HealthcheckError`].
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
        .timeout(REQUEST_TIMEOUT);
    let response = request
        .send()
        .await
        .map_err(|_| HealthcheckError::Unreachable(address))?;
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let report = response.text().await.unwrap_or_default();
    Err(HealthcheckError::Unhealthy {
        status: status.as_u16(),
        report,
    })
}

/// Replaces the unspecified address by the loopback address.
pub(crate) fn reachable(host: IpAddr) -> IpAddr {
    match host {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        host => host,
    }
}
