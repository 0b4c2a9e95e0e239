//! Determines the source address of a request: its peer, or the address that a trusted proxy
//! reports.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use common::elevenlabs::auth::SourceIp;
use common::settings::AllowList;

/// The header to which each proxy appends the address of its client.
const HEADER: &str = "x-forwarded-for";

/// Adds the [`SourceIp`] to the request.
pub(super) async fn set_source(
    State(trusted): State<Arc<Option<AllowList>>>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|peer| peer.0.ip());
    if let Some(source) = peer.and_then(|peer| source(peer, request.headers(), (*trusted).as_ref()))
    {
        request.extensions_mut().insert(SourceIp(source));
    }
    next.run(request).await
}

/// Returns the last address that is not a trusted proxy. The client may have written everything
/// before it. Returns `None` if a trusted proxy reports an address that cannot be parsed, because
/// the source is then unknown.
fn source(peer: IpAddr, headers: &HeaderMap, trusted: Option<&AllowList>) -> Option<IpAddr> {
    let Some(trusted) = trusted else {
        return Some(peer);
    };
    let lines: Vec<_> = headers
        .get_all(HEADER)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .collect();
    let hops = lines
        .iter()
        .rev()
        .flat_map(|line| line.rsplit(','))
        .map(str::trim)
        .filter(|hop| !hop.is_empty());
    let mut source = peer;
    for hop in hops {
        if !trusted.contains(Some(source)) {
            break;
        }
        source = address(hop)?;
    }
    Some(source)
}

/// Parses an address as proxies write it: `203.0.113.7`, `203.0.113.7:52341`, `[2001:db8::1]:443`,
/// `fe80::1%eth0`, in quotes or as an IPv4-mapped IPv6 address.
fn address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim().trim_matches('"');
    let hop = hop
        .strip_prefix("for=")
        .map_or(hop, |value| value.trim_matches('"'));
    let bracketed = hop
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .map(|(inside, _)| inside);
    let without_port = hop
        .split_once(':')
        .filter(|(_, port)| !port.contains(':'))
        .map(|(address, _)| address);
    let address = bracketed.or(without_port).unwrap_or(hop);
    let without_zone = address
        .split_once('%')
        .map_or(address, |(address, _)| address);
    without_zone
        .parse::<IpAddr>()
        .ok()
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source_of(peer: &str, forwarded: &[&str], trusted: Option<&str>) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(HEADER, line.parse().unwrap());
        }
        let trusted = trusted.map(|list| AllowList::parse(list).unwrap());
        source(peer.parse().unwrap(), &headers, trusted.as_ref()).map(|source| source.to_string())
    }

    #[test]
    fn forwarded_addresses_are_parsed_in_all_notations_of_proxies() {
        let cases: serde_json::Value = serde_json::from_str(include_str!(
            "../../../tests/cases/forwarded-addresses.json"
        ))
        .unwrap();
        for case in cases["cases"].as_array().unwrap() {
            let forwarded: Vec<_> = case["forwarded"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|one| one.as_str())
                .collect();
            let source = source_of(
                case["peer"].as_str().unwrap(),
                &forwarded,
                case["trusted"].as_str(),
            );
            assert_eq!(
                source.as_deref(),
                case["source"].as_str(),
                "{}",
                case["name"]
            );
        }
    }
}
