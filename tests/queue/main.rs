//! What a queue of extractions promises, written once and held by both: the embedded one, and SQS
//! FIFO with the code that the extraction function settles its messages with.
//!
//! On SQS a test waits for real; `tests/emulator/run` starts it. The clock of the embedded queue is
//! moved.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod embedded;
mod promises;
mod sqs;

use std::time::Duration;

use common::archive::{Key, PayloadKind};
use common::call::{CallerId, ConversationId};
use common::queue::{DeadLetter, Enqueued, ExtractionJob, RequeueSummary};

/// What both do after an outage, and how long they keep a job back then.
const PAUSE: Duration = Duration::from_secs(30);
/// How long both keep a job back that failed by itself.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(10);

/// A queue, empty at first, with a worker at it.
trait Queue {
    /// How it names a job that is in work.
    type Receipt;
    /// How long a worker may take.
    const VISIBILITY: Duration;

    async fn push(&self, job: Enqueued);
    /// The next job that a worker gets now.
    async fn take(&self) -> Option<Taken<Self::Receipt>>;
    async fn finish(&self, taken: Taken<Self::Receipt>);
    /// Something the job needs is away: it is back after [`PAUSE`].
    async fn give_back(&self, taken: Taken<Self::Receipt>);
    /// The job failed by itself: it is back after [`PAUSE_AFTER_FAILURE`], or given up.
    async fn fail(&self, taken: Taken<Self::Receipt>);
    async fn dead_letters(&self) -> Vec<DeadLetter>;
    async fn requeue(&self, replay: u64) -> RequeueSummary;
    async fn time_passes(&self, duration: Duration);
}

/// A job in work.
struct Taken<R> {
    job: ExtractionJob,
    receipt: R,
}

fn enqueued(caller: &str, conversation: &str) -> Enqueued {
    let group = CallerId::from_phone(caller).unwrap().hash(&"pepper".into());
    Enqueued::after_call(job(conversation), group)
}

fn job(conversation: &str) -> ExtractionJob {
    let conversation_id = ConversationId::parse(conversation).unwrap();
    let payload = Key::payload(&conversation_id, &PayloadKind::Transcription);
    ExtractionJob::new(conversation_id, payload)
}

/// The same promises as tests of one queue.
macro_rules! promises_of {
    ($module:ident, $queue:ty $(, #[$attribute:meta])?) => {
        promises_of!(@ $module, $queue, [$(#[$attribute])?],
            a_job_whose_worker_is_gone_comes_back_when_its_visibility_is_over,
            a_callers_second_call_waits_until_the_first_is_finished,
            calls_of_different_callers_are_worked_on_at_once,
            a_second_push_of_the_same_name_is_dropped,
            an_outage_holds_back_its_caller_alone_and_keeps_the_order,
            an_outage_costs_a_job_none_of_its_three_tries,
            a_job_that_fails_three_times_is_given_up_and_lets_the_next_one_through,
            a_revived_job_waits_again_under_a_new_name);
    };
    (@ $module:ident, $queue:ty, $attributes:tt, $($promise:ident),*) => {
        mod $module {
            $(promises_of!(# $queue, $attributes, $promise);)*
        }
    };
    (# $queue:ty, [$(#[$attribute:meta])?], $promise:ident) => {
        #[tokio::test]
        $(#[$attribute])?
        async fn $promise() {
            crate::promises::$promise(<$queue>::new().await).await;
        }
    };
}

promises_of!(the_embedded_queue, crate::embedded::Embedded);
promises_of!(sqs_fifo, crate::sqs::Sqs, #[ignore = "asks SQS: tests/emulator/run"]);
