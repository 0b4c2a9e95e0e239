//! Limits unauthenticated requests: how many one address may send (`RATE_LIMIT_PER_MINUTE`,
//! `RATE_LIMIT_BURST`), and how much memory their bodies may take.
//!
//! A request with a valid key always passes. A request with a current signature may be authentic,
//! which only its complete body can show. It passes unless its address failed too often before. If
//! an address has sent an authentic request, its signed requests are never rejected unread: all of
//! ElevenLabs' requests come from a few addresses, and anybody can make ElevenLabs send a request
//! to any URL.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

use super::bodies::{self, BodyBudget, SMALL};
use super::{refuse, too_slow};

/// How often inactive addresses are removed.
const CLEAN_UP_INTERVAL: Duration = Duration::from_secs(60);
/// How long an address counts as trusted after an authentic request.
const TRUSTED_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// Maximum number of trusted addresses.
const MAX_TRUSTED: usize = 10_000;
/// The paths that monitoring may always request.
const MONITORED: [&str; 2] = ["/health", "/health/live"];

/// The limits for unauthenticated requests.
pub(crate) struct Unauthenticated {
    auth: WebhookAuth,
    bodies: Arc<BodyBudget>,
    limit: Option<FailureLimit>,
}

/// Limits how often one address may fail to authenticate.
struct FailureLimit {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    /// The time until which an address that failed too often is blocked.
    blocked_until: Mutex<HashMap<IpAddr, Instant>>,
    /// The time of an address's last authentic request.
    trusted_since: Mutex<HashMap<IpAddr, Instant>>,
}

impl Unauthenticated {
    pub(crate) fn new(limit: Option<RateLimitSettings>, auth: WebhookAuth) -> Self {
        let bodies = BodyBudget::new(bodies::TOTAL_BUDGET, bodies::SOURCE_BUDGET);
        Self {
            auth,
            bodies: Arc::new(bodies),
            limit: limit.map(FailureLimit::new),
        }
    }

    /// Removes inactive addresses periodically. Never returns.
    pub(crate) async fn clean_up(self: Arc<Self>) {
        loop {
            tokio::time::sleep(CLEAN_UP_INTERVAL).await;
            if let Some(limit) = &self.limit {
                limit.clean_up(Instant::now());
            }
        }
    }

    async fn admit(&self, source: IpAddr, request: Request, next: Next) -> Response {
        // The webhook itself checks the key. Here the key matters only for a limit or a large body.
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
            .and_then(|limit| limit.check(source, proof))
        {
            return too_many(wait);
        }
        let response = self.within_budget(source, request, next).await;
        if let Some(limit) = &self.limit {
            limit.record(source, proof, response.status());
        }
        response
    }

    /// Runs the request as soon as there is memory for its body.
    async fn within_budget(&self, source: IpAddr, request: Request, next: Next) -> Response {
        let length = length_of(&request);
        if length <= SMALL {
            return next.run(request).await;
        }
        let reservation = self.bodies.reserve(source, length).await;
        let evicted = reservation.evicted();
        let request = request.map(|body| reservation.hold(body));
        tokio::select! {
            response = next.run(request) => response,
            () = evicted => too_slow(),
        }
    }
}

/// Returns the length of a request's body in bytes. A body of unknown length counts as the longest.
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
            blocked_until: Mutex::default(),
            trusted_since: Mutex::default(),
        }
    }

    /// Returns how long the source has to wait if the request is rejected unread, else `None`.
    fn check(&self, source: IpAddr, proof: Proof) -> Option<Duration> {
        let source = network(source);
        let now = Instant::now();
        if proof != Proof::Signature {
            return self.count_failure(source);
        }
        let trusted_since = lock(&self.trusted_since).get(&source).copied();
        if trusted_since.is_some_and(|at| now.duration_since(at) < TRUSTED_FOR) {
            return None;
        }
        lock(&self.blocked_until)
            .get(&source)
            .and_then(|until| until.checked_duration_since(now))
    }

    /// Records the outcome of a signed request.
    fn record(&self, source: IpAddr, proof: Proof, status: StatusCode) {
        if proof != Proof::Signature {
            return;
        }
        let source = network(source);
        let now = Instant::now();
        if status.is_success() {
            let mut trusted_since = lock(&self.trusted_since);
            if trusted_since.len() < MAX_TRUSTED || trusted_since.contains_key(&source) {
                trusted_since.insert(source, now);
            }
        } else if status == StatusCode::UNAUTHORIZED
            && let Some(wait) = self.count_failure(source)
        {
            lock(&self.blocked_until).insert(source, now + wait);
        }
    }

    /// Counts a failure. Returns the time to wait if there are too many.
    fn count_failure(&self, source: IpAddr) -> Option<Duration> {
        self.limiter
            .check_key(&source)
            .err()
            .map(|until| until.wait_time_from(self.clock.now()))
    }

    fn clean_up(&self, now: Instant) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
        lock(&self.blocked_until).retain(|_, until| *until > now);
        lock(&self.trusted_since).retain(|_, at| now.duration_since(*at) < TRUSTED_FOR);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Applies the limits to a request.
pub(super) async fn admit(
    State(state): State<Arc<Unauthenticated>>,
    request: Request,
    next: Next,
) -> Response {
    let extensions = request.extensions();
    let path = extensions.get::<MatchedPath>().map(MatchedPath::as_str);
    let source = extensions.get::<SourceIp>().map(|source| source.0);
    // If a proxy reports an address that cannot be parsed, the proxy itself is the source.
    let source = source.or_else(|| {
        extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|peer| peer.0.ip())
    });
    let is_monitored = path.is_some_and(|path| MONITORED.contains(&path));
    match source.filter(|_| !is_monitored) {
        Some(source) => state.admit(source, request, next).await,
        None => next.run(request).await,
    }
}

fn too_many(wait: Duration) -> Response {
    let mut response = refuse(
        StatusCode::TOO_MANY_REQUESTS,
        "TOO_MANY_REQUESTS",
        "Too many unauthenticated requests.",
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
        FailureLimit::new(RateLimitSettings {
            per_minute: NonZeroU32::new(1).unwrap(),
            burst: NonZeroU32::new(2).unwrap(),
        })
    }

    fn source(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn forged_current_signatures_are_rejected_unread_after_the_burst() {
        let limit = limit();
        for _ in 0..3 {
            assert_eq!(limit.check(source(1), Proof::Signature), None);
            limit.record(source(1), Proof::Signature, StatusCode::UNAUTHORIZED);
        }
        assert!(limit.check(source(1), Proof::Signature).is_some());
        assert_eq!(
            limit.check(source(2), Proof::Signature),
            None,
            "another address is not affected"
        );
    }

    #[test]
    fn signed_requests_of_an_address_that_sent_an_authentic_one_are_never_rejected_unread() {
        let limit = limit();
        limit.record(source(1), Proof::Signature, StatusCode::OK);
        for _ in 0..9 {
            limit.record(source(1), Proof::Signature, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(limit.check(source(1), Proof::Signature), None);
        assert!(
            limit.check(source(1), Proof::None).is_some(),
            "a request without any proof is rejected"
        );
    }
}
