use super::*;
use crate::archive::{Key, PayloadKind};
use crate::call::{CallerId, ConversationId};
use crate::queue::ExtractionJob;

struct Fixture {
    folder: tempfile::TempDir,
    queue: EmbeddedQueue,
}

impl Fixture {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let queue = EmbeddedQueue::open(&folder.path().join("queue.db"))
            .await
            .unwrap();
        Self { folder, queue }
    }

    async fn push(&self, caller: &str, conversation: &str, now: Timestamp) {
        self.queue
            .push_at(&enqueued(caller, conversation), now)
            .await
            .unwrap();
    }

    async fn take(&self, now: Timestamp) -> Option<(String, Delivery)> {
        let delivery = self.queue.take(now).await.unwrap()?;
        Some((delivery.job.as_ref().unwrap().describe(), delivery))
    }
}

fn enqueued(caller: &str, conversation: &str) -> Enqueued {
    let conversation_id = ConversationId::parse(conversation).unwrap();
    let payload = Key::payload(&conversation_id, &PayloadKind::Transcription);
    let group = CallerId::from_phone(caller).unwrap().hash(&"pepper".into());
    Enqueued::after_call(ExtractionJob::new(conversation_id, payload), group)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

const DANA: &str = "+12025550142";
const PILAR: &str = "+34915550117";
const PAUSE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn two_calls_of_one_caller_never_run_at_once() {
    let fixture = Fixture::new().await;
    fixture.push(DANA, "first", at(0)).await;
    fixture.push(DANA, "second", at(1)).await;
    fixture.push(PILAR, "other", at(2)).await;
    let (first, delivery) = fixture.take(at(3)).await.unwrap();
    let (other, _) = fixture.take(at(3)).await.unwrap();
    assert_eq!((first.as_str(), other.as_str()), ("first", "other"));
    assert!(fixture.take(at(3)).await.is_none());
    fixture.queue.done(&delivery).await.unwrap();
    assert_eq!(fixture.take(at(3)).await.unwrap().0, "second");
}

#[tokio::test]
async fn a_postponed_call_holds_back_only_later_calls_of_its_caller() {
    let fixture = Fixture::new().await;
    fixture.push(DANA, "first", at(0)).await;
    fixture.push(DANA, "second", at(0)).await;
    let (_, delivery) = fixture.take(at(0)).await.unwrap();
    fixture
        .queue
        .postpone(&delivery, PAUSE, at(0))
        .await
        .unwrap();
    assert!(fixture.take(at(9)).await.is_none());
    assert_eq!(fixture.take(at(10)).await.unwrap().0, "first");
}

#[tokio::test]
async fn a_redelivered_webhook_is_one_job() {
    let fixture = Fixture::new().await;
    for second in [0, 1, 299] {
        fixture.push(DANA, "first", at(second)).await;
    }
    let (_, delivery) = fixture.take(at(299)).await.unwrap();
    fixture.push(DANA, "first", at(400)).await;
    assert_eq!(
        fixture.queue.depth().await.unwrap().waiting,
        1,
        "a job that still runs is not queued twice"
    );
    fixture.queue.done(&delivery).await.unwrap();
    fixture.push(DANA, "first", at(800)).await;
    assert_eq!(fixture.queue.depth().await.unwrap().waiting, 1);
}

#[tokio::test]
async fn a_job_is_dead_lettered_after_three_failures_and_never_by_outages() {
    let fixture = Fixture::new().await;
    fixture.push(DANA, "first", at(0)).await;
    for hour in 0..50 {
        let (_, delivery) = fixture.take(at(hour * 3600)).await.unwrap();
        fixture
            .queue
            .postpone(&delivery, PAUSE, at(hour * 3600))
            .await
            .unwrap();
    }
    for (second, dead) in [(200_000, false), (200_100, false), (200_200, true)] {
        let (_, delivery) = fixture.take(at(second)).await.unwrap();
        assert_eq!(
            fixture
                .queue
                .fail(&delivery, "unreadable", PAUSE, at(second))
                .await
                .unwrap(),
            dead
        );
    }
    assert_eq!(
        fixture.queue.depth().await.unwrap(),
        Depth {
            waiting: 0,
            dead: 1
        }
    );
}

#[tokio::test]
async fn readable_dead_letters_are_requeued_and_unreadable_ones_stay() {
    let fixture = Fixture::new().await;
    for (caller, conversation) in [(DANA, "first"), (PILAR, "other")] {
        fixture.push(caller, conversation, at(0)).await;
        for second in 0..3 {
            let (_, delivery) = fixture.take(at(second)).await.unwrap();
            fixture
                .queue
                .fail(&delivery, "unreadable", Duration::ZERO, at(second))
                .await
                .unwrap();
        }
    }
    let broken = "UPDATE dead_letters SET body = 'broken' WHERE deduplication_id = 'other'";
    sqlx::query(broken)
        .execute(&fixture.queue.pool)
        .await
        .unwrap();
    assert_eq!(
        fixture.queue.requeue(7).await.unwrap(),
        RequeueSummary {
            jobs: 1,
            unreadable: 1
        }
    );
    assert_eq!(
        fixture.queue.depth().await.unwrap(),
        Depth {
            waiting: 1,
            dead: 1
        }
    );
    assert_eq!(fixture.take(at(10)).await.unwrap().0, "first");
}

#[tokio::test]
async fn a_job_whose_worker_died_is_delivered_again() {
    let fixture = Fixture::new().await;
    fixture.push(DANA, "first", at(0)).await;
    fixture.take(at(0)).await.unwrap();
    assert!(fixture.take(at(60)).await.is_none());
    assert!(
        fixture.take(at(15 * 60)).await.is_some(),
        "its lease has ended"
    );
    let reopened = EmbeddedQueue::open(&fixture.folder.path().join("queue.db"))
        .await
        .unwrap();
    reopened.release_all().await.unwrap();
    assert!(
        reopened.take(at(15 * 60 + 1)).await.unwrap().is_some(),
        "a new process can take it at once"
    );
}

#[tokio::test]
async fn an_unreadable_message_is_delivered_without_a_job() {
    let fixture = Fixture::new().await;
    fixture.push(DANA, "first", at(0)).await;
    sqlx::query("UPDATE jobs SET body = '{\"payload\":\"../x\"}'")
        .execute(&fixture.queue.pool)
        .await
        .unwrap();
    assert_eq!(fixture.queue.take(at(0)).await.unwrap().unwrap().job, None);
}

#[tokio::test]
async fn the_load_includes_the_age_of_the_oldest_job() {
    let fixture = Fixture::new().await;
    assert_eq!(
        fixture.queue.load(at(0)).await.unwrap(),
        Load {
            waiting: 0,
            dead: 0,
            oldest: Duration::ZERO
        }
    );
    fixture.push(DANA, "first", at(0)).await;
    fixture.push(PILAR, "other", at(40)).await;
    let load = fixture.queue.load(at(60)).await.unwrap();
    assert_eq!(
        load,
        Load {
            waiting: 2,
            dead: 0,
            oldest: Duration::from_secs(60)
        }
    );
}
