//! The promises.

use common::queue::{Enqueued, RequeueSummary};

use super::*;

const DANA: &str = "+12025550142";
const PILAR: &str = "+34915550117";

pub(crate) async fn a_job_whose_worker_is_gone_comes_back_when_its_visibility_is_over<Q: Queue>(
    queue: Q,
) {
    queue.push(enqueued(DANA, "first")).await;
    take(&queue, "first").await;
    nothing(&queue).await;
    queue.time_passes(Q::VISIBILITY).await;
    let again = take(&queue, "first").await;
    queue.finish(again).await;
    queue.time_passes(Q::VISIBILITY).await;
    nothing(&queue).await;
}

pub(crate) async fn a_callers_second_call_waits_until_the_first_is_finished<Q: Queue>(queue: Q) {
    queue.push(enqueued(DANA, "first")).await;
    queue.push(enqueued(DANA, "second")).await;
    let first = take(&queue, "first").await;
    nothing(&queue).await;
    queue.finish(first).await;
    take(&queue, "second").await;
}

pub(crate) async fn calls_of_different_callers_are_worked_on_at_once<Q: Queue>(queue: Q) {
    queue.push(enqueued(DANA, "first")).await;
    queue.push(enqueued(PILAR, "other")).await;
    let one = queue.take().await.unwrap();
    let two = queue.take().await.unwrap();
    let mut names = [
        one.job.conversation_id.to_string(),
        two.job.conversation_id.to_string(),
    ];
    names.sort();
    assert_eq!(names, ["first", "other"]);
}

pub(crate) async fn a_second_push_of_the_same_name_is_dropped<Q: Queue>(queue: Q) {
    queue.push(enqueued(DANA, "first")).await;
    queue.push(enqueued(DANA, "first")).await;
    let only = take(&queue, "first").await;
    queue.push(enqueued(DANA, "first")).await;
    queue.finish(only).await;
    nothing(&queue).await;
    queue.push(enqueued(DANA, "first")).await;
    nothing(&queue).await;
    queue.push(enqueued(DANA, "second")).await;
    take(&queue, "second").await;
}

pub(crate) async fn an_outage_holds_back_its_caller_alone_and_keeps_the_order<Q: Queue>(queue: Q) {
    queue.push(enqueued(DANA, "first")).await;
    queue.push(enqueued(DANA, "second")).await;
    let first = take(&queue, "first").await;
    queue.give_back(first).await;
    queue.push(enqueued(PILAR, "other")).await;
    let other = take(&queue, "other").await;
    queue.finish(other).await;
    queue.time_passes(PAUSE / 2).await;
    nothing(&queue).await;
    queue.time_passes(PAUSE / 2).await;
    let first = take(&queue, "first").await;
    queue.finish(first).await;
    take(&queue, "second").await;
    assert_eq!(queue.dead_letters().await, []);
}

pub(crate) async fn a_job_that_fails_three_times_is_given_up_and_lets_the_next_one_through<
    Q: Queue,
>(
    queue: Q,
) {
    queue.push(enqueued(DANA, "first")).await;
    queue.push(enqueued(DANA, "second")).await;
    for _ in 0..2 {
        let first = take(&queue, "first").await;
        queue.fail(first).await;
        nothing(&queue).await;
        assert_eq!(queue.dead_letters().await, []);
        queue.time_passes(PAUSE_AFTER_FAILURE).await;
    }
    let first = take(&queue, "first").await;
    queue.fail(first).await;
    let second = take(&queue, "second").await;
    queue.finish(second).await;
    nothing(&queue).await;
    assert_eq!(given_up(&queue).await, [Some(job("first"))]);
}

pub(crate) async fn an_outage_costs_a_job_none_of_its_three_tries<Q: Queue>(queue: Q) {
    queue.push(enqueued(DANA, "first")).await;
    let first = take(&queue, "first").await;
    queue.give_back(first).await;
    queue.time_passes(PAUSE).await;
    for _ in 0..2 {
        let first = take(&queue, "first").await;
        queue.fail(first).await;
        assert_eq!(
            queue.dead_letters().await,
            [],
            "two failures and an outage are no three failures"
        );
        queue.time_passes(PAUSE_AFTER_FAILURE).await;
    }
    let first = take(&queue, "first").await;
    queue.fail(first).await;
    assert_eq!(given_up(&queue).await, [Some(job("first"))]);
}

pub(crate) async fn a_revived_job_waits_again_under_a_new_name<Q: Queue>(queue: Q) {
    for call in [enqueued(DANA, "first"), enqueued(PILAR, "other")] {
        queue.push(call).await;
    }
    for _ in 0..3 {
        let both = [queue.take().await.unwrap(), queue.take().await.unwrap()];
        for taken in both {
            queue.fail(taken).await;
        }
        queue.time_passes(PAUSE_AFTER_FAILURE).await;
    }
    assert_eq!(given_up(&queue).await.len(), 2);
    assert_eq!(
        given_up(&queue).await.len(),
        2,
        "they are still there after a look at them"
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
        let revived = take(&queue, name).await;
        queue.finish(revived).await;
    }
    nothing(&queue).await;
}

async fn take<Q: Queue>(queue: &Q, conversation: &str) -> Taken<Q::Receipt> {
    let Some(taken) = queue.take().await else {
        panic!("no job, although {conversation} is due")
    };
    assert_eq!(taken.job, job(conversation));
    taken
}

async fn nothing(queue: &impl Queue) {
    let taken = queue.take().await;
    assert_eq!(taken.map(|taken| taken.job), None);
}

async fn given_up(queue: &impl Queue) -> Vec<Option<ExtractionJob>> {
    queue
        .dead_letters()
        .await
        .into_iter()
        .map(|letter| letter.job)
        .collect()
}
