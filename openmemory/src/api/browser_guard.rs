//! Rejects requests from web pages. Any page open in the operator's browser can reach a port of the
//! operator's machine: by a simple cross-origin request, or by DNS rebinding, where a host name of
//! the page resolves to 127.0.0.1.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;

use super::ApiError;

/// The `Host` headers that the service accepts. It accepts any if it does not listen on loopback.
#[derive(Debug)]
pub(crate) struct AllowedHosts(Option<Vec<String>>);

impl AllowedHosts {
    /// Creates the check for a service that listens on `listen` and also accepts the `allowed`
    /// hosts.
    pub(crate) fn new(listen: SocketAddr, allowed: &[String]) -> Self {
        Self(listen.ip().is_loopback().then(|| {
            allowed
                .iter()
                .map(|host| host.to_ascii_lowercase())
                .collect()
        }))
    }

    fn allows(&self, host: &str) -> bool {
        let Some(allowed) = &self.0 else { return true };
        let host = host.to_ascii_lowercase();
        let name = name(&host);
        let is_loopback = name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback());
        is_loopback
            || name == "localhost"
            || allowed
                .iter()
                .any(|allowed| allowed == name || *allowed == host)
    }
}

/// Returns the name in `name:port`, without the brackets of an IPv6 address.
fn name(host: &str) -> &str {
    if let Some((address, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address;
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

/// Rejects requests that only a web page sends: to an unknown host, from another origin, or with a
/// body that is not declared as JSON. Browsers send such bodies across origins without a preflight
/// request.
pub(crate) async fn reject_browsers(
    State(hosts): State<Arc<AllowedHosts>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let headers = request.headers();
    let host = text(headers, header::HOST.as_str())
        .or_else(|| request.uri().authority().map(|it| it.as_str()));
    // A browser always sends Host. Only programs such as health checks leave it out.
    if host.is_some_and(|host| !hosts.allows(host)) {
        return Err(ApiError::WrongHost);
    }
    if is_cross_origin(headers, host.unwrap_or_default()) {
        return Err(ApiError::CrossOrigin);
    }
    let has_body = matches!(
        *request.method(),
        Method::POST | Method::PUT | Method::PATCH
    );
    if has_body && !is_json(headers) {
        return Err(ApiError::NotJson);
    }
    Ok(next.run(request).await)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn is_cross_origin(headers: &HeaderMap, host: &str) -> bool {
    let is_from_other_site =
        text(headers, "sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    is_from_other_site
        || headers
            .get(header::ORIGIN)
            .is_some_and(|origin| !origin.to_str().is_ok_and(|origin| has_host(origin, host)))
}

/// Whether an origin such as `http://localhost:8080` has this host.
fn has_host(origin: &str, host: &str) -> bool {
    origin
        .split_once("://")
        .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
}

fn is_json(headers: &HeaderMap) -> bool {
    let media =
        text(headers, header::CONTENT_TYPE.as_str()).and_then(|value| value.split(';').next());
    media.is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_on_loopback_accepts_only_its_own_and_allowed_hosts() {
        let loopback = AllowedHosts::new(
            "127.0.0.1:8080".parse().unwrap(),
            &["memory.example".to_owned()],
        );
        for host in [
            "127.0.0.1:8080",
            "localhost",
            "LOCALHOST:1",
            "[::1]:8080",
            "memory.example:443",
            "127.0.0.9",
        ] {
            assert!(loopback.allows(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "127.0.0.1.evil.example:8080",
            "localhost.evil.example",
            "192.0.2.1:8080",
        ] {
            assert!(!loopback.allows(host), "{host}");
        }
        assert!(AllowedHosts::new("0.0.0.0:8080".parse().unwrap(), &[]).allows("openmemory:8080"));
    }

    #[test]
    fn requests_from_other_origins_are_detected() {
        let is_foreign = |headers: &[(&'static str, &str)]| {
            let headers = headers
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            is_cross_origin(&headers.collect(), "localhost:8080")
        };
        assert!(!is_foreign(&[]) && !is_foreign(&[("origin", "http://localhost:8080")]));
        assert!(
            is_foreign(&[("origin", "http://evil.example")]) && is_foreign(&[("origin", "null")])
        );
        assert!(is_foreign(&[("origin", "http://localhost:3000")]));
        assert!(
            is_foreign(&[("sec-fetch-site", "cross-site")])
                && !is_foreign(&[("sec-fetch-site", "none")])
        );
    }
}
