//! Keeps web pages out. A page that the operator has open can send requests to a port of the
//! operator's machine: as a simple request from any origin, or under a name of its own that it
//! points to 127.0.0.1.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;

use super::ApiError;

/// Under which names the service may be asked; any, where it does not listen on loopback.
#[derive(Debug)]
pub(crate) struct AllowedHosts(Option<Vec<String>>);

impl AllowedHosts {
    /// For a service that listens here, and may be asked under these names besides its own.
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

/// The name in `name:port`, without the brackets of an IPv6 address.
fn name(host: &str) -> &str {
    if let Some((address, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address;
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

/// Refuses requests that only a web page sends: to a foreign name, from a foreign origin, or with a
/// body that is not declared as JSON, which a page may send without asking first.
pub(crate) async fn reject_browsers(
    State(hosts): State<Arc<AllowedHosts>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let headers = request.headers();
    let host = text(headers, header::HOST.as_str())
        .or_else(|| request.uri().authority().map(|it| it.as_str()));
    // Only programs leave it out, such as a health check.
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
    let is_foreign = |origin: &str| {
        origin
            .split_once("://")
            .is_none_or(|(_, of)| !of.eq_ignore_ascii_case(host))
    };
    let is_of_another_site =
        text(headers, "sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    is_of_another_site
        || headers
            .get(header::ORIGIN)
            .is_some_and(|origin| origin.to_str().map_or(true, is_foreign))
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
    fn a_service_on_loopback_is_asked_under_its_own_names_only() {
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
    fn an_origin_is_that_of_the_service_or_foreign() {
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
