//! How often one address may knock without proof (`RATE_LIMIT_PER_MINUTE`, `RATE_LIMIT_BURST`).
//!
//! All of ElevenLabs comes from a few addresses, and anybody can make ElevenLabs call anybody. So a limit for each address,
//! or for all together, would let a stranger silence the service. What carries our key, or a signature that is not stale,
//! therefore always goes on to its door; only what cannot be authentic is counted and, beyond the limit, refused unread.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use common::elevenlabs::authentic::{Doors, SourceIp};

use super::source::Peer;
use common::settings::RateLimitSettings;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::refuse;

/// How often addresses that have been quiet are forgotten.
const FORGET: Duration = Duration::from_secs(60);
/// Whoever watches the service may always ask.
const WATCHED: &str = "/health";

/// Who knocked without proof.
pub(crate) struct Knocks {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    doors: Doors,
}

impl Knocks {
    /// Nobody yet.
    pub(crate) fn new(settings: RateLimitSettings, doors: Doors) -> Self {
        let quota = Quota::per_minute(settings.per_minute).allow_burst(settings.burst);
        Self { limiter: RateLimiter::keyed(quota), clock: DefaultClock::default(), doors }
    }

    /// Forgets the quiet ones for as long as the process lives.
    pub(crate) async fn forget_quiet_ones(self: Arc<Self>) {
        loop {
            tokio::time::sleep(FORGET).await;
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
    }

    /// Counts one; the error says how long to wait.
    fn count(&self, source: IpAddr) -> Result<(), Duration> {
        self.limiter.check_key(&network(source)).map_err(|until| until.wait_time_from(self.clock.now()))
    }
}

pub(super) async fn admit(State(knocks): State<Arc<Knocks>>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let extensions = request.extensions();
    let source = extensions.get::<SourceIp>().map(|source| source.0);
    // Where a proxy names nobody that can be read, the proxy counts.
    let source = source.or_else(|| extensions.get::<Peer>().map(|peer| peer.0));
    let Some(source) = source.filter(|_| path != Some(WATCHED)) else { return next.run(request).await };
    let may_be_authentic = knocks.doors.may_open(request.headers()).await;
    if !may_be_authentic && let Err(wait) = knocks.count(source) {
        return too_many(wait);
    }
    let response = next.run(request).await;
    if may_be_authentic && response.status() == StatusCode::UNAUTHORIZED {
        // It counts; whether it is one too many shows with the next.
        let _ = knocks.count(source);
    }
    response
}

/// A site with IPv6 has 2⁶⁴ addresses: they count as one.
fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

fn too_many(wait: Duration) -> Response {
    let mut response =
        refuse(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", "Too many requests without proof of origin.");
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_with_ipv6_counts_as_one_address() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
