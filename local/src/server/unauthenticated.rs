//! Requests that nothing proves yet: how many one address may send (`RATE_LIMIT_PER_MINUTE`,
//! `RATE_LIMIT_BURST`), and how much memory their bodies may take.
//!
//! A request with our key always goes on. One with a timely signature may be authentic, which only
//! its whole body shows: it goes on unless its address failed too often before. An address that has
//! sent an authentic request is never refused for a signature: all of ElevenLabs comes from a few
//! addresses, and a stranger can make ElevenLabs call anybody.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::HttpBody;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use bounded_server::network;
use common::elevenlabs::auth::{MAX_POST_CALL_BODY, Proof, SourceIp, WebhookAuth};
use common::settings::RateLimitSettings;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::bodies::{self, Bodies, SMALL};
use super::{refuse, too_slow};

/// How often addresses that have been quiet are forgotten.
const CLEAN_UP_INTERVAL: Duration = Duration::from_secs(60);
/// How long an address counts as proven after an authentic request.
const PROVEN_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// Most addresses that are remembered as proven.
const MOST_PROVEN: usize = 10_000;
/// Monitoring may always ask for this path.
const MONITORED: &str = "/health";

/// What unauthenticated requests may take.
pub(crate) struct Unauthenticated {
    auth: WebhookAuth,
    bodies: Arc<Bodies>,
    limit: Option<FailureLimit>,
}

/// How often one address may fail to prove its origin.
struct FailureLimit {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    /// Until when an address that failed too often is refused.
    refused_until: Mutex<HashMap<IpAddr, Instant>>,
    /// When an address last sent an authentic request.
    proven_at: Mutex<HashMap<IpAddr, Instant>>,
}

impl Unauthenticated {
    pub(crate) fn new(limit: Option<RateLimitSettings>, auth: WebhookAuth) -> Self {
        let bodies = Arc::new(Bodies::new(bodies::ALL, bodies::PER_SOURCE));
        Self {
            auth,
            bodies,
            limit: limit.map(FailureLimit::new),
        }
    }

    /// Forgets quiet addresses for as long as the process lives.
    pub(crate) async fn clean_up(self: Arc<Self>) {
        loop {
            tokio::time::sleep(CLEAN_UP_INTERVAL).await;
            if let Some(limit) = &self.limit {
                limit.clean_up(Instant::now());
            }
        }
    }

    async fn admit(&self, source: IpAddr, request: Request, next: Next) -> Response {
        // The door checks the key; here it matters only to a limit, or to a body that needs memory.
        if self.limit.is_none() && length_of(&request) <= SMALL {
            return next.run(request).await;
        }
        let proof = self.auth.proof(request.headers()).await;
        if proof == Proof::Key {
            return next.run(request).await;
        }
        if let Some(wait) = self
            .limit
            .as_ref()
            .and_then(|limit| limit.refuses(source, proof))
        {
            return too_many(wait);
        }
        let response = self.within_budget(source, request, next).await;
        if let Some(limit) = &self.limit {
            limit.learn(source, proof, response.status());
        }
        response
    }

    /// Runs the request once there is memory for its body.
    async fn within_budget(&self, source: IpAddr, request: Request, next: Next) -> Response {
        let length = length_of(&request);
        if length <= SMALL {
            return next.run(request).await;
        }
        let reservation = self.bodies.reserve(source, length).await;
        let gave_way = reservation.gave_way();
        let request = request.map(|body| reservation.hold(body));
        tokio::select! {
            response = next.run(request) => response,
            () = gave_way => too_slow(),
        }
    }
}

/// Bytes that the body of a request may take. One that does not say its length may have any.
fn length_of(request: &Request) -> usize {
    let announced = request
        .body()
        .size_hint()
        .exact()
        .and_then(|length| usize::try_from(length).ok());
    announced
        .unwrap_or(MAX_POST_CALL_BODY)
        .min(MAX_POST_CALL_BODY)
}

impl FailureLimit {
    fn new(settings: RateLimitSettings) -> Self {
        let quota = Quota::per_minute(settings.per_minute).allow_burst(settings.burst);
        Self {
            limiter: RateLimiter::keyed(quota),
            clock: DefaultClock::default(),
            refused_until: Mutex::default(),
            proven_at: Mutex::default(),
        }
    }

    /// How long a request has to wait, when it is refused unread.
    fn refuses(&self, source: IpAddr, proof: Proof) -> Option<Duration> {
        let (source, now) = (network(source), Instant::now());
        if proof == Proof::Signature {
            let proven_at = self
                .proven_at
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(&source)
                .copied();
            if proven_at.is_some_and(|at| now.duration_since(at) < PROVEN_FOR) {
                return None;
            }
            let refused_until = self
                .refused_until
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            return refused_until
                .get(&source)
                .and_then(|until| until.checked_duration_since(now));
        }
        self.count_failure(source)
    }

    /// Takes note of how a request with a signature ended.
    fn learn(&self, source: IpAddr, proof: Proof, status: StatusCode) {
        let (source, now) = (network(source), Instant::now());
        if proof != Proof::Signature {
            return;
        }
        if status.is_success() {
            let mut proven_at = self
                .proven_at
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if proven_at.len() < MOST_PROVEN || proven_at.contains_key(&source) {
                proven_at.insert(source, now);
            }
        } else if status == StatusCode::UNAUTHORIZED
            && let Some(wait) = self.count_failure(source)
        {
            self.refused_until
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(source, now + wait);
        }
    }

    /// Counts one failure; some time to wait when it is one too many.
    fn count_failure(&self, source: IpAddr) -> Option<Duration> {
        self.limiter
            .check_key(&source)
            .err()
            .map(|until| until.wait_time_from(self.clock.now()))
    }

    fn clean_up(&self, now: Instant) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
        self.refused_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|_, until| *until > now);
        let mut proven_at = self
            .proven_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        proven_at.retain(|_, at| now.duration_since(*at) < PROVEN_FOR);
    }
}

pub(super) async fn admit(
    State(state): State<Arc<Unauthenticated>>,
    request: Request,
    next: Next,
) -> Response {
    let extensions = request.extensions();
    let path = extensions.get::<MatchedPath>().map(MatchedPath::as_str);
    let source = extensions.get::<SourceIp>().map(|source| source.0);
    // Where a proxy names nobody that can be read, the proxy counts.
    let source = source.or_else(|| {
        extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|peer| peer.0.ip())
    });
    let is_monitored = path == Some(MONITORED);
    match source.filter(|_| !is_monitored) {
        Some(source) => state.admit(source, request, next).await,
        None => next.run(request).await,
    }
}

fn too_many(wait: Duration) -> Response {
    let mut response = refuse(
        StatusCode::TOO_MANY_REQUESTS,
        "TOO_MANY_REQUESTS",
        "Too many requests without proof of origin.",
    );
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
    response
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn limit() -> FailureLimit {
        let (per_minute, burst) = (NonZeroU32::new(1).unwrap(), NonZeroU32::new(2).unwrap());
        FailureLimit::new(RateLimitSettings { per_minute, burst })
    }

    fn source(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn forged_timely_signatures_are_refused_unread_after_the_burst() {
        let limit = limit();
        for _ in 0..3 {
            assert_eq!(limit.refuses(source(1), Proof::Signature), None);
            limit.learn(source(1), Proof::Signature, StatusCode::UNAUTHORIZED);
        }
        assert!(limit.refuses(source(1), Proof::Signature).is_some());
        assert_eq!(
            limit.refuses(source(2), Proof::Signature),
            None,
            "another address is not affected"
        );
    }

    #[test]
    fn an_address_that_sent_an_authentic_call_is_heard_whatever_fails_beside_it() {
        let limit = limit();
        limit.learn(source(1), Proof::Signature, StatusCode::OK);
        for _ in 0..9 {
            limit.learn(source(1), Proof::Signature, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(limit.refuses(source(1), Proof::Signature), None);
        assert!(
            limit.refuses(source(1), Proof::None).is_some(),
            "what cannot be authentic is"
        );
    }
}
