//! The chaos test with the embedded queue and a simulated clock.

use std::sync::Arc;
use std::time::Duration;

use common::queue::embedded::{Delivery, EmbeddedQueue};
use extraction::{ExtractionError, Outcome};
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use super::{
    ATTEMPTS, CALLS, CONCURRENCY, FAILURE_PERCENT, Paid, SEED, check, deliveries, flaky_provider,
};
use crate::harness::{Bench, now};

/// How a delivery ended.
enum DeliveryEnd {
    Ran(Delivery, Result<Outcome, ExtractionError>),
    Killed,
}

async fn work(bench: Arc<Bench>, delivery: Delivery, kill_after: Option<Duration>) -> DeliveryEnd {
    let job = delivery.job.clone().unwrap();
    let run = bench.run(job.extraction().unwrap());
    match kill_after {
        None => {
            let result = run.await;
            DeliveryEnd::Ran(delivery, result)
        }
        Some(after) => match tokio::time::timeout(after, run).await {
            Ok(result) => DeliveryEnd::Ran(delivery, result),
            Err(_) => DeliveryEnd::Killed,
        },
    }
}

/// Processes all jobs, kills some workers, and returns how many were killed.
async fn process_all(
    bench: &Arc<Bench>,
    queue: &EmbeddedQueue,
    random: &mut fastrand::Rng,
) -> usize {
    let (mut clock, mut killed, mut working) = (now(), 0, JoinSet::new());
    let mut deliveries = 0;
    loop {
        assert!(deliveries < 20 * CALLS, "jobs are redelivered endlessly");
        while working.len() < CONCURRENCY {
            let Some(delivery) = queue.take(clock).await.unwrap() else {
                break;
            };
            deliveries += 1;
            let kill_after =
                (random.u32(0..100) < 25).then(|| Duration::from_millis(random.u64(0..40)));
            working.spawn(work(Arc::clone(bench), delivery, kill_after));
        }
        match working.join_next().await {
            Some(Ok(DeliveryEnd::Ran(delivery, result))) => {
                finish(queue, &delivery, result, clock).await
            }
            Some(Ok(DeliveryEnd::Killed)) => killed += 1,
            Some(Err(panicked)) => panic!("{panicked}"),
            None if queue.depth().await.unwrap().waiting == 0 => return killed,
            // No worker is busy: advance the clock past pauses and the leases of killed workers.
            None => clock = clock.checked_add(SignedDuration::from_mins(16)).unwrap(),
        }
    }
}

async fn finish(
    queue: &EmbeddedQueue,
    delivery: &Delivery,
    result: Result<Outcome, ExtractionError>,
    clock: Timestamp,
) {
    match result {
        Ok(_) => queue.done(delivery).await.unwrap(),
        Err(error) if error.is_outage() => queue
            .postpone(delivery, Duration::from_secs(1), clock)
            .await
            .unwrap(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_chaos_every_call_is_stored_exactly_once() {
    let (bench, real, _flaky) =
        Bench::with_flaky_store_with(FAILURE_PERCENT, SEED, &[ATTEMPTS]).await;
    let bench = Arc::new(bench);
    let paid = Paid::default();
    flaky_provider(&bench, Arc::clone(&paid)).await;
    let queue = EmbeddedQueue::open(&bench.folder.path().join("queue.db"))
        .await
        .unwrap();
    let mut random = fastrand::Rng::with_seed(SEED);
    for delivery in deliveries(&bench, &mut random).await {
        queue.push_at(&delivery, now()).await.unwrap();
    }
    let killed = process_all(&bench, &queue, &mut random).await;
    assert_eq!(queue.depth().await.unwrap().dead, 0);
    check(&real, &paid, killed).await;
}
