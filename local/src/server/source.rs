//! Where a request comes from: the other end of its connection, or what a trusted proxy says of it.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use common::elevenlabs::authentic::SourceIp;
use common::settings::AllowList;

/// The list of addresses that proxies append to.
const HEADER: &str = "x-forwarded-for";

/// The other end of the connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

pub(super) async fn told(State(trusted): State<Arc<Option<AllowList>>>, mut request: Request, next: Next) -> Response {
    if let Some(Peer(peer)) = request.extensions().get().copied() {
        let source = source(peer, request.headers(), (*trusted).as_ref());
        request.extensions_mut().insert(SourceIp(source));
    }
    next.run(request).await
}

/// The last address that no trusted proxy vouches for: whatever stands before it, anybody may have written.
fn source(peer: IpAddr, headers: &HeaderMap, trusted: Option<&AllowList>) -> IpAddr {
    let Some(trusted) = trusted else { return peer };
    let lines: Vec<_> = headers.get_all(HEADER).iter().filter_map(|line| line.to_str().ok()).collect();
    let mut source = peer;
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !trusted.admits(Some(source)) {
            break;
        }
        let Ok(before) = hop.trim().parse() else { break };
        source = before;
    }
    source
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source_of(peer: &str, forwarded: &[&str], trusted: Option<&str>) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(HEADER, line.parse().unwrap());
        }
        let trusted = trusted.map(|list| AllowList::parse(list).unwrap());
        source(peer.parse().unwrap(), &headers, trusted.as_ref()).to_string()
    }

    #[test]
    fn nobody_is_believed_unless_trusted() {
        assert_eq!(source_of("203.0.113.7", &["198.51.100.1"], None), "203.0.113.7");
        assert_eq!(source_of("203.0.113.7", &["198.51.100.1"], Some("127.0.0.1")), "203.0.113.7");
    }

    #[test]
    fn a_proxy_is_believed_and_what_a_client_made_up_before_it_is_not() {
        let trusted = Some("127.0.0.1, 10.0.0.0/8");
        assert_eq!(source_of("127.0.0.1", &["192.0.2.1, 198.51.100.1"], trusted), "198.51.100.1");
        assert_eq!(source_of("127.0.0.1", &["192.0.2.1", "198.51.100.1, 10.2.0.1"], trusted), "198.51.100.1");
        assert_eq!(source_of("127.0.0.1", &["nonsense"], trusted), "127.0.0.1");
        assert_eq!(source_of("127.0.0.1", &[], trusted), "127.0.0.1");
    }
}
