//! The guarantees of an extraction queue, tested with both implementations: the embedded queue, and
//! SQS FIFO with the code by which the extraction function settles its messages.
//!
//! The embedded queue runs with a fake clock. On SQS, the tests wait in real time;
//! `tests/emulator/run` starts them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic fails the test")]

mod embedded;
mod event_bus;
mod guarantees;
mod sqs;

use std::time::Duration;

use common::archive::{Key, PayloadKind};
use common::call::{CallerHash, CallerId, ConversationId};
use common::events::{
    Event, EventBatch, EventData, EventId, EventJob, EventTarget, ForgottenCaller,
};
use common::queue::{DeadLetter, Enqueued, ExtractionJob, Job, RequeueSummary};

/// Delay of a job after a transient error.
const OUTAGE_DELAY: Duration = Duration::from_secs(30);
/// Delay of a job after a permanent error.
const FAILURE_DELAY: Duration = Duration::from_secs(10);

/// An initially empty queue with a worker.
trait Queue {
    /// Identifies a job that was taken.
    type Receipt;
    /// How long a worker may keep a job before it becomes visible again.
    const VISIBILITY: Duration;

    async fn push(&self, job: Enqueued);
    /// Takes the next job that is due.
    async fn take(&self) -> Option<TakenJob<Self::Receipt>>;
    async fn finish(&self, taken: TakenJob<Self::Receipt>);
    /// Reports a transient error: the job is due again after [`OUTAGE_DELAY`].
    async fn postpone(&self, taken: TakenJob<Self::Receipt>);
    /// Reports a permanent error: the job is due again after [`FAILURE_DELAY`], or becomes a dead
    /// letter.
    async fn fail(&self, taken: TakenJob<Self::Receipt>);
    async fn dead_letters(&self) -> Vec<DeadLetter>;
    async fn requeue(&self, replay: u64) -> RequeueSummary;
    /// Lets time pass.
    async fn wait(&self, duration: Duration);
}

/// A job that a worker has taken.
struct TakenJob<R> {
    job: Job,
    receipt: R,
}

fn enqueued(caller: &str, conversation: &str) -> Enqueued {
    Enqueued::after_call(job(conversation), pseudonym(caller))
}

fn pseudonym(caller: &str) -> CallerHash {
    CallerId::from_phone(caller).unwrap().hash(&"pepper".into())
}

/// Returns a job with one event about this caller.
fn event(caller: &str) -> Enqueued {
    let caller = pseudonym(caller);
    let event = Event {
        id: EventId::derived_from(&["example"]),
        timestamp: jiff::Timestamp::UNIX_EPOCH,
        data: EventData::CallerForgotten(ForgottenCaller {
            caller: caller.clone(),
        }),
    };
    let batch = EventBatch {
        target: EventTarget::Webhook,
        source: None,
        list: vec![event],
    };
    Enqueued::events(EventJob { events: batch }, &caller)
}

fn job(conversation: &str) -> ExtractionJob {
    let conversation_id = ConversationId::parse(conversation).unwrap();
    let payload = Key::payload(&conversation_id, &PayloadKind::Transcription);
    ExtractionJob::new(conversation_id, payload)
}

/// Generates a test for each guarantee of a queue.
macro_rules! test_guarantees {
    ($module:ident, $queue:ty $(, #[$attribute:meta])?) => {
        test_guarantees!(@ $module, $queue, [$(#[$attribute])?],
            a_job_of_a_lost_worker_is_due_again_after_the_visibility_timeout,
            a_callers_second_call_waits_until_the_first_is_finished,
            calls_of_different_callers_are_processed_concurrently,
            waiting_events_do_not_delay_their_callers_calls,
            a_duplicate_push_is_dropped,
            an_outage_delays_only_its_caller_and_keeps_the_order,
            an_outage_uses_none_of_a_jobs_three_attempts,
            a_job_that_fails_three_times_becomes_a_dead_letter_and_unblocks_the_next,
            a_requeued_dead_letter_is_queued_under_a_new_name);
    };
    (@ $module:ident, $queue:ty, $attributes:tt, $($guarantee:ident),*) => {
        mod $module {
            $(test_guarantees!(# $queue, $attributes, $guarantee);)*
        }
    };
    (# $queue:ty, [$(#[$attribute:meta])?], $guarantee:ident) => {
        #[tokio::test]
        $(#[$attribute])?
        async fn $guarantee() {
            crate::guarantees::$guarantee(<$queue>::new().await).await;
        }
    };
}

test_guarantees!(the_embedded_queue, crate::embedded::Embedded);
test_guarantees!(sqs_fifo, crate::sqs::Sqs, #[ignore = "needs SQS: tests/emulator/run"]);
