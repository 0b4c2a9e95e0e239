//! Limits the memory that request bodies may take before the request is authenticated.
//!
//! A post-call body may be 6 MiB long, and its signature can only be verified with its last byte.
//! Each request without a valid key reserves the length of its body before the first byte is read.
//! It waits while the budget of its source or the total budget is used up. While a request waits,
//! a body that arrives slowly is dropped to make room.

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

/// Budget in bytes for all unauthenticated bodies together.
pub(crate) const TOTAL_BUDGET: usize = 64 * 1024 * 1024;
/// Budget in bytes for one source. Bodies over [`LARGE`] take at most half of it, so that ordinary
/// calls of a few hundred KB do not queue behind the largest ones.
pub(crate) const SOURCE_BUDGET: usize = 24 * 1024 * 1024;
const LARGE: usize = 1024 * 1024;
/// Shorter bodies are not counted: the number of connections bounds them.
pub(crate) const SMALL: usize = 64 * 1024;
/// How long a request waits before the slowest body is dropped.
const WAIT: Duration = Duration::from_secs(1);
/// A body is not dropped before it has been read for this long.
const GRACE: Duration = Duration::from_secs(2);
/// A body counts as slow below this rate, in bytes per second.
const SLOW: f64 = 64.0 * 1024.0;

/// The memory budget of unauthenticated bodies.
pub(crate) struct BodyBudget {
    reserved: Mutex<Reserved>,
    /// Notified when a reservation is released.
    released: Notify,
    total: usize,
    per_source: usize,
}

/// The current reservations.
#[derive(Default)]
struct Reserved {
    next_id: u64,
    bytes: usize,
    per_source: HashMap<IpAddr, usize>,
    bodies: HashMap<u64, Arc<Progress>>,
}

/// How much of a body has arrived.
struct Progress {
    since: Instant,
    received: AtomicUsize,
    /// Notified when the body has to be dropped.
    evict: Notify,
}

/// Memory reserved for one body; released when dropped.
pub(crate) struct Reservation {
    budget: Arc<BodyBudget>,
    id: u64,
    source: IpAddr,
    length: usize,
    progress: Arc<Progress>,
}

impl BodyBudget {
    pub(crate) fn new(total: usize, per_source: usize) -> Self {
        Self {
            reserved: Mutex::default(),
            released: Notify::new(),
            total,
            per_source,
        }
    }

    /// Waits until there is room for a body of this length. A length over the maximum counts as the
    /// maximum, which is half the budget of a source.
    pub(crate) async fn reserve(self: &Arc<Self>, source: IpAddr, length: usize) -> Reservation {
        let source = network(source);
        let length = length.min(self.per_source / 2).min(self.total);
        loop {
            let released = self.released.notified();
            tokio::pin!(released);
            released.as_mut().enable();
            if let Some(reservation) = self.try_reserve(source, length) {
                return reservation;
            }
            if tokio::time::timeout(WAIT, released).await.is_err() {
                self.reserved()
                    .slowest()
                    .inspect(|slowest| slowest.evict.notify_one());
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
        if reserved.bytes + length > self.total || of_source + length > per_source {
            return None;
        }
        let id = reserved.next_id;
        let progress = Arc::new(Progress {
            since: Instant::now(),
            received: AtomicUsize::new(0),
            evict: Notify::new(),
        });
        reserved.next_id += 1;
        reserved.bytes += length;
        reserved.per_source.insert(source, of_source + length);
        reserved.bodies.insert(id, Arc::clone(&progress));
        drop(reserved);
        Some(Reservation {
            budget: Arc::clone(self),
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
    /// Returns the body with the lowest rate, if it counts as slow.
    fn slowest(&self) -> Option<&Arc<Progress>> {
        self.bodies
            .values()
            .map(|body| (body.rate(), body))
            .filter(|(rate, _)| *rate < SLOW)
            .min_by(|(one, _), (other, _)| one.total_cmp(other))
            .map(|(_, body)| body)
    }
}

impl Progress {
    /// Returns the rate in bytes per second. Infinite during the grace period.
    fn rate(&self) -> f64 {
        let elapsed = self.since.elapsed();
        if elapsed < GRACE {
            return f64::INFINITY;
        }
        self.received.load(Ordering::Relaxed) as f64 / elapsed.as_secs_f64()
    }
}

impl Reservation {
    /// Completes when the body has to be dropped in favour of a waiting request.
    pub(crate) fn evicted(&self) -> impl Future<Output = ()> + use<> {
        let progress = Arc::clone(&self.progress);
        async move { progress.evict.notified().await }
    }

    /// Wraps a body so that it holds the reservation until it is read or dropped.
    pub(crate) fn hold(self, body: Body) -> Body {
        Body::new(ReservedBody {
            body,
            reservation: self,
        })
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut reserved = self.budget.reserved();
        reserved.bodies.remove(&self.id);
        reserved.bytes -= self.length;
        if let Some(of_source) = reserved.per_source.get_mut(&self.source) {
            *of_source -= self.length;
            if *of_source == 0 {
                reserved.per_source.remove(&self.source);
            }
        }
        drop(reserved);
        self.budget.released.notify_waiters();
    }
}

/// A body that holds its reservation and counts the received bytes.
struct ReservedBody {
    body: Body,
    reservation: Reservation,
}

impl HttpBody for ReservedBody {
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

    /// Reserves without waiting; `None` if there is no room.
    async fn reserve_now(
        budget: &Arc<BodyBudget>,
        source_number: u8,
        length: usize,
    ) -> Option<Reservation> {
        tokio::time::timeout(WAIT / 2, budget.reserve(source(source_number), length))
            .await
            .ok()
    }

    #[tokio::test(start_paused = true)]
    async fn one_source_cannot_use_up_the_total_budget() {
        let budget = Arc::new(BodyBudget::new(10, 8));
        let held = [
            reserve_now(&budget, 1, 4).await.unwrap(),
            reserve_now(&budget, 1, 100).await.unwrap(),
        ];
        assert!(
            reserve_now(&budget, 1, 1).await.is_none(),
            "a body of 100 bytes counts as one of 4, the maximum"
        );
        assert!(
            reserve_now(&budget, 2, 3).await.is_none(),
            "the total budget is 10"
        );
        assert!(reserve_now(&budget, 2, 2).await.is_some());
        drop(held);
        assert!(budget.reserved().per_source.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn an_ordinary_body_does_not_queue_behind_large_ones_of_its_source() {
        let budget = Arc::new(BodyBudget::new(8 * LARGE, 8 * LARGE));
        let _large = reserve_now(&budget, 1, 3 * LARGE).await.unwrap();
        assert!(reserve_now(&budget, 1, 3 * LARGE).await.is_none());
        assert!(reserve_now(&budget, 1, LARGE).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_is_dropped_for_a_waiting_request_and_a_fast_one_is_not() {
        let budget = Arc::new(BodyBudget::new(10, 20));
        let slow = budget.reserve(source(1), 5).await;
        let fast = budget.reserve(source(2), 5).await;
        fast.progress
            .received
            .store(usize::MAX >> 1, Ordering::Relaxed);
        let slow_evicted = slow.evicted();
        let fast_evicted = fast.evicted();
        let waiting = tokio::spawn({
            let budget = Arc::clone(&budget);
            async move { drop(budget.reserve(source(3), 5).await) }
        });
        slow_evicted.await;
        drop(slow);
        waiting.await.unwrap();
        assert!(tokio::time::timeout(WAIT, fast_evicted).await.is_err());
    }
}
