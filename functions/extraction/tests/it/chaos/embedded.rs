//! Over the embedded queue, whose clock is moved.

use std::sync::Arc;
use std::time::Duration;

use common::queue::embedded::{Delivery, EmbeddedQueue};
use extraction::{ExtractionError, Outcome};
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use super::{AT_ONCE, ATTEMPTS, CALLS, FAILING, Paid, SEED, check, deliveries, flaky_provider};
use crate::harness::{Bench, now};

/// What became of one delivery.
enum Ended {
    Ran(Delivery, Result<Outcome, ExtractionError>),
    Killed,
}

async fn work(bench: Arc<Bench>, delivery: Delivery, kill_after: Option<Duration>) -> Ended {
    let job = delivery.job.clone().unwrap();
    let run = bench.run(&job);
    match kill_after {
        None => {
            let result = run.await;
            Ended::Ran(delivery, result)
        }
        Some(after) => match tokio::time::timeout(after, run).await {
            Ok(result) => Ended::Ran(delivery, result),
            Err(_) => Ended::Killed,
        },
    }
}

/// Works everything off, killing some, and says how many were killed.
async fn work_off(bench: &Arc<Bench>, queue: &EmbeddedQueue, random: &mut fastrand::Rng) -> usize {
    let (mut clock, mut killed, mut working) = (now(), 0, JoinSet::new());
    let mut deliveries = 0;
    loop {
        assert!(deliveries < 20 * CALLS, "jobs come again without end");
        while working.len() < AT_ONCE {
            let Some(delivery) = queue.take(clock).await.unwrap() else {
                break;
            };
            deliveries += 1;
            let kill_after =
                (random.u32(0..100) < 25).then(|| Duration::from_millis(random.u64(0..40)));
            working.spawn(work(Arc::clone(bench), delivery, kill_after));
        }
        match working.join_next().await {
            Some(Ok(Ended::Ran(delivery, result))) => finish(queue, &delivery, result, clock).await,
            Some(Ok(Ended::Killed)) => killed += 1,
            Some(Err(panicked)) => panic!("{panicked}"),
            None if queue.depth().await.unwrap().waiting == 0 => return killed,
            // Nobody works: time passes until pauses and the leases of the killed are over.
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
async fn after_chaos_every_call_is_remembered_exactly_once() {
    let (bench, real, _flaky) = Bench::over_flaky_store_with(FAILING, SEED, &[ATTEMPTS]).await;
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
    let killed = work_off(&bench, &queue, &mut random).await;
    assert_eq!(queue.depth().await.unwrap().dead, 0);
    check(&real, &paid, killed).await;
}
