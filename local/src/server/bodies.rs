//! How much memory the bodies of requests may take before their origin is proven.
//!
//! A post-call body is up to 6 MiB long, and only its last byte completes the proof. Each request
//! without a valid key reserves the length of its body before the first byte is read, and waits
//! while the budget of its source or of all is used up. Whoever is slow makes room for those who
//! wait.

use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use bounded_server::network;
use http_body::{Frame, SizeHint};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Bytes of all bodies together that are read without proof.
pub(crate) const ALL: usize = 64 * 1024 * 1024;
/// The same for one source. Bodies over [`LARGE`] take at most half of it: ordinary calls are a few
/// hundred KB long and do not queue behind the longest.
pub(crate) const PER_SOURCE: usize = 24 * 1024 * 1024;
const LARGE: usize = 1024 * 1024;
/// Shorter bodies are not counted: the number of connections bounds them.
pub(crate) const SMALL: usize = 64 * 1024;
/// How long a request waits before it takes the place of a slow one.
const WAIT: Duration = Duration::from_secs(1);
/// A body that has been read for this long and arrives more slowly than this (bytes a second) gives
/// way.
const GRACE: Duration = Duration::from_secs(2);
const SLOW: f64 = 64.0 * 1024.0;

/// The bytes that are reserved, by source.
pub(crate) struct Bodies {
    reserved: Mutex<Reserved>,
    freed: Notify,
    all: usize,
    per_source: usize,
}

#[derive(Default)]
struct Reserved {
    next: u64,
    bytes: usize,
    per_source: HashMap<IpAddr, usize>,
    bodies: HashMap<u64, Arc<Progress>>,
}

struct Progress {
    since: Instant,
    received: AtomicUsize,
    give_way: Notify,
}

/// Memory that one body may take; given back when it is dropped.
pub(crate) struct Reservation {
    bodies: Arc<Bodies>,
    id: u64,
    source: IpAddr,
    length: usize,
    progress: Arc<Progress>,
}

impl Bodies {
    pub(crate) fn new(all: usize, per_source: usize) -> Self {
        Self {
            reserved: Mutex::default(),
            freed: Notify::new(),
            all,
            per_source,
        }
    }

    /// Waits until the source may have a body of this length read. A body that
    /// is longer than one may be is taken for one of that length.
    pub(crate) async fn reserve(self: &Arc<Self>, source: IpAddr, length: usize) -> Reservation {
        let (source, length) = (
            network(source),
            length.min(self.per_source / 2).min(self.all),
        );
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            if let Some(reservation) = self.try_reserve(source, length) {
                return reservation;
            }
            if tokio::time::timeout(WAIT, freed).await.is_err() {
                self.reserved()
                    .slowest()
                    .inspect(|slowest| slowest.give_way.notify_one());
            }
        }
    }

    fn try_reserve(self: &Arc<Self>, source: IpAddr, length: usize) -> Option<Reservation> {
        let mut reserved = self.reserved();
        let of_source = reserved
            .per_source
            .get(&source)
            .copied()
            .unwrap_or_default();
        let per_source = if length > LARGE {
            self.per_source / 2
        } else {
            self.per_source
        };
        if reserved.bytes + length > self.all || of_source + length > per_source {
            return None;
        }
        let id = reserved.next;
        let progress = Arc::new(Progress {
            since: Instant::now(),
            received: AtomicUsize::new(0),
            give_way: Notify::new(),
        });
        reserved.next += 1;
        reserved.bytes += length;
        reserved.per_source.insert(source, of_source + length);
        reserved.bodies.insert(id, Arc::clone(&progress));
        drop(reserved);
        Some(Reservation {
            bodies: Arc::clone(self),
            id,
            source,
            length,
            progress,
        })
    }

    fn reserved(&self) -> MutexGuard<'_, Reserved> {
        self.reserved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reserved {
    fn slowest(&self) -> Option<&Arc<Progress>> {
        let slow = self
            .bodies
            .values()
            .map(|body| (body.rate(), body))
            .filter(|(rate, _)| *rate < SLOW);
        slow.min_by(|(one, _), (other, _)| one.total_cmp(other))
            .map(|(_, body)| body)
    }
}

impl Progress {
    /// Bytes a second; without end as long as it is too early to say.
    fn rate(&self) -> f64 {
        let elapsed = self.since.elapsed();
        if elapsed < GRACE {
            return f64::INFINITY;
        }
        self.received.load(Ordering::Relaxed) as f64 / elapsed.as_secs_f64()
    }
}

impl Reservation {
    /// Ready when the body has to give way to a request that waits.
    pub(crate) fn gave_way(&self) -> impl Future<Output = ()> + use<> {
        let progress = Arc::clone(&self.progress);
        async move { progress.give_way.notified().await }
    }

    /// The body, which holds the reservation until it is read or dropped.
    pub(crate) fn hold(self, body: Body) -> Body {
        Body::new(Counted {
            body,
            reservation: self,
        })
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut reserved = self.bodies.reserved();
        reserved.bodies.remove(&self.id);
        reserved.bytes -= self.length;
        if let Some(of_source) = reserved.per_source.get_mut(&self.source) {
            *of_source -= self.length;
            if *of_source == 0 {
                reserved.per_source.remove(&self.source);
            }
        }
        drop(reserved);
        self.bodies.freed.notify_waiters();
    }
}

struct Counted {
    body: Body,
    reservation: Reservation,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.reservation
                .progress
                .received
                .fetch_add(data.len(), Ordering::Relaxed);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    async fn at_once(bodies: &Arc<Bodies>, of: u8, length: usize) -> Option<Reservation> {
        tokio::time::timeout(WAIT / 2, bodies.reserve(source(of), length))
            .await
            .ok()
    }

    #[tokio::test(start_paused = true)]
    async fn one_source_cannot_take_the_budget_of_all() {
        let bodies = Arc::new(Bodies::new(10, 8));
        let held = [
            at_once(&bodies, 1, 4).await.unwrap(),
            at_once(&bodies, 1, 100).await.unwrap(),
        ];
        assert!(
            at_once(&bodies, 1, 1).await.is_none(),
            "a body of 100 bytes is taken for one of 4, the longest"
        );
        assert!(
            at_once(&bodies, 2, 3).await.is_none(),
            "all together have 10"
        );
        assert!(at_once(&bodies, 2, 2).await.is_some());
        drop(held);
        assert!(bodies.reserved().per_source.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn an_ordinary_body_does_not_queue_behind_large_ones_of_its_source() {
        let bodies = Arc::new(Bodies::new(8 * LARGE, 8 * LARGE));
        let _large = at_once(&bodies, 1, 3 * LARGE).await.unwrap();
        assert!(at_once(&bodies, 1, 3 * LARGE).await.is_none());
        assert!(at_once(&bodies, 1, LARGE).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_gives_way_to_a_request_that_waits_and_a_fast_one_does_not() {
        let bodies = Arc::new(Bodies::new(10, 20));
        let slow = bodies.reserve(source(1), 5).await;
        let fast = bodies.reserve(source(2), 5).await;
        fast.progress
            .received
            .store(usize::MAX >> 1, Ordering::Relaxed);
        let (gives_way, stays) = (slow.gave_way(), fast.gave_way());
        let waiting = tokio::spawn({
            let bodies = Arc::clone(&bodies);
            async move { drop(bodies.reserve(source(3), 5).await) }
        });
        gives_way.await;
        drop(slow);
        waiting.await.unwrap();
        assert!(tokio::time::timeout(WAIT, stays).await.is_err());
    }
}
