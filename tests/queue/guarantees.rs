//! The guarantees that every extraction queue must give.

use common::queue::{Enqueued, RequeueSummary};

use super::*;

const DANA: &str = "+12025550142";
const PILAR: &str = "+34915550117";

pub(crate) async fn a_job_of_a_lost_worker_is_due_again_after_the_visibility_timeout<Q: Queue>(
    queue: Q,
) {
    queue.push(enqueued(DANA, "first")).await;
    take(&queue, "first").await;
    expect_no_job(&queue).await;
    queue.wait(Q::VISIBILITY).await;
    let again = take(&queue, "first").await;
    queue.finish(again).await;
    queue.wait(Q::VISIBILITY).await;
    expect_no_job(&queue).await;
}

pub(crate) async fn a_callers_second_call_waits_until_the_first_is_finished<Q: Queue>(queue: Q) {
    queue.push(enqueued(DANA, "first")).await;
    queue.push(enqueued(DANA, "second")).await;
    let first = take(&queue, "first").await;
    expect_no_job(&queue).await;
    queue.finish(first).await;
    take(&queue, "second").await;
}

pub(crate) async fn calls_of_different_callers_are_processed_concurrently<Q: Queue>(queue: Q) {
    queue.push(enqueued(DANA, "first")).await;
    queue.push(enqueued(PILAR, "other")).await;
    let one = queue.take().await.unwrap();
    let two = queue.take().await.unwrap();
    let mut names = [one.job.describe(), two.job.describe()];
    names.sort();
    assert_eq!(names, ["first", "other"]);
}

pub(crate) async fn waiting_events_do_not_delay_their_callers_calls<Q: Queue>(queue: Q) {
    queue.push(event(DANA)).await;
    let events = queue.take().await.unwrap();
    assert_eq!(events.job, event(DANA).job);
    queue.postpone(events).await;
    queue.push(enqueued(DANA, "first")).await;
    let first = take(&queue, "first").await;
    queue.finish(first).await;
}

pub(crate) async fn a_duplicate_push_is_dropped<Q: Queue>(queue: Q) {
    queue.push(enqueued(DANA, "first")).await;
    queue.push(enqueued(DANA, "first")).await;
    let only = take(&queue, "first").await;
    queue.push(enqueued(DANA, "first")).await;
    queue.finish(only).await;
    expect_no_job(&queue).await;
    queue.push(enqueued(DANA, "first")).await;
    expect_no_job(&queue).await;
    queue.push(enqueued(DANA, "second")).await;
    take(&queue, "second").await;
}

pub(crate) async fn an_outage_delays_only_its_caller_and_keeps_the_order<Q: Queue>(queue: Q) {
    queue.push(enqueued(DANA, "first")).await;
    queue.push(enqueued(DANA, "second")).await;
    let first = take(&queue, "first").await;
    queue.postpone(first).await;
    queue.push(enqueued(PILAR, "other")).await;
    let other = take(&queue, "other").await;
    queue.finish(other).await;
    queue.wait(OUTAGE_DELAY / 2).await;
    expect_no_job(&queue).await;
    queue.wait(OUTAGE_DELAY / 2).await;
    let first = take(&queue, "first").await;
    queue.finish(first).await;
    take(&queue, "second").await;
    assert_eq!(queue.dead_letters().await, []);
}

pub(crate) async fn a_job_that_fails_three_times_becomes_a_dead_letter_and_unblocks_the_next<
    Q: Queue,
>(
    queue: Q,
) {
    queue.push(enqueued(DANA, "first")).await;
    queue.push(enqueued(DANA, "second")).await;
    for _ in 0..2 {
        let first = take(&queue, "first").await;
        queue.fail(first).await;
        expect_no_job(&queue).await;
        assert_eq!(queue.dead_letters().await, []);
        queue.wait(FAILURE_DELAY).await;
    }
    let first = take(&queue, "first").await;
    queue.fail(first).await;
    let second = take(&queue, "second").await;
    queue.finish(second).await;
    expect_no_job(&queue).await;
    assert_eq!(dead_jobs(&queue).await, [Some(Job::from(job("first")))]);
}

pub(crate) async fn an_outage_uses_none_of_a_jobs_three_attempts<Q: Queue>(queue: Q) {
    queue.push(enqueued(DANA, "first")).await;
    let first = take(&queue, "first").await;
    queue.postpone(first).await;
    queue.wait(OUTAGE_DELAY).await;
    for _ in 0..2 {
        let first = take(&queue, "first").await;
        queue.fail(first).await;
        assert_eq!(
            queue.dead_letters().await,
            [],
            "two failures and an outage do not count as three failures"
        );
        queue.wait(FAILURE_DELAY).await;
    }
    let first = take(&queue, "first").await;
    queue.fail(first).await;
    assert_eq!(dead_jobs(&queue).await, [Some(Job::from(job("first")))]);
}

pub(crate) async fn a_requeued_dead_letter_is_queued_under_a_new_name<Q: Queue>(queue: Q) {
    for call in [enqueued(DANA, "first"), enqueued(PILAR, "other")] {
        queue.push(call).await;
    }
    for _ in 0..3 {
        let both = [queue.take().await.unwrap(), queue.take().await.unwrap()];
        for taken in both {
            queue.fail(taken).await;
        }
        queue.wait(FAILURE_DELAY).await;
    }
    assert_eq!(dead_jobs(&queue).await.len(), 2);
    assert_eq!(
        dead_jobs(&queue).await.len(),
        2,
        "listing does not remove dead letters"
    );
    assert_eq!(
        queue.requeue(7).await,
        RequeueSummary {
            jobs: 2,
            unreadable: 0
        }
    );
    assert_eq!(queue.dead_letters().await, []);
    let Enqueued { job, group, .. } = enqueued(DANA, "first");
    queue.push(Enqueued::replayed(job, group, 7)).await;
    for name in ["first", "other"] {
        let requeued = take(&queue, name).await;
        queue.finish(requeued).await;
    }
    expect_no_job(&queue).await;
}

/// Takes the next job and checks that it belongs to this conversation.
async fn take<Q: Queue>(queue: &Q, conversation: &str) -> TakenJob<Q::Receipt> {
    let Some(taken) = queue.take().await else {
        panic!("no job is due, expected {conversation}")
    };
    assert_eq!(taken.job, Job::from(job(conversation)));
    taken
}

async fn expect_no_job(queue: &impl Queue) {
    let taken = queue.take().await;
    assert_eq!(taken.map(|taken| taken.job), None);
}

async fn dead_jobs(queue: &impl Queue) -> Vec<Option<Job>> {
    queue
        .dead_letters()
        .await
        .into_iter()
        .map(|letter| letter.job)
        .collect()
}
