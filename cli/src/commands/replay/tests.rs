use bytes::Bytes;
use clap::Parser;
use common::archive::Archive;
use common::archive::folder::FolderArchive;
use common::call::ConversationId;
use common::queue::embedded::Depth;
use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::commands::{Command, Task};
use crate::input::InputError;

struct Machine {
    folder: tempfile::TempDir,
    archive: FolderArchive,
    queue: EmbeddedQueue,
}

impl Machine {
    /// Archives an extracted call, a call that was not extracted, and a call without a caller.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let archive = FolderArchive::open(folder.path(), None).unwrap();
        let queue = EmbeddedQueue::open(&folder.path().join("queue.db"))
            .await
            .unwrap();
        for (id, caller) in [
            ("conv_done", Some("+12025550142")),
            ("conv_open", Some("+12025550142")),
            ("conv_web", None),
        ] {
            let body = json!({"type": "post_call_transcription", "data": {"conversation_id": id, "agent_id": "agent_1",
                "dynamic_variables": {"system__caller_id": caller}}});
            archive
                .put(&payload_of(id).unwrap(), Bytes::from(body.to_string()))
                .await
                .unwrap();
        }
        archive
            .put(
                &Key::done(&ConversationId::parse("conv_done").unwrap()),
                Bytes::new(),
            )
            .await
            .unwrap();
        Self {
            folder,
            archive,
            queue,
        }
    }

    async fn replay(&self, arguments: &[&str]) -> Result<String, Failure> {
        let folder = self.folder.path().to_str().unwrap();
        let words = ["elaaoms", "replay"]
            .into_iter()
            .chain(arguments.iter().copied())
            .chain(["--data-dir", folder]);
        let Task::Replay(arguments) = Command::try_parse_from(words).unwrap().task else {
            panic!("not the replay command")
        };
        let clock = || Timestamp::from_second(1_800_000_000).unwrap();
        let variables = [("CALLER_ID_PEPPER", "pepper"), ("TRUST_USER_ID", "yes")];
        run(&arguments, &Context::fixed(&variables, clock))
            .await
            .map(|output| output.text)
    }

    /// Takes all jobs from the queue; returns the conversation and the redo version of each.
    async fn take_all(&self) -> Vec<(String, Option<u64>)> {
        let mut taken = Vec::new();
        while let Some(delivery) = self
            .queue
            .take(
                Timestamp::MAX
                    .saturating_sub(jiff::SignedDuration::from_hours(1))
                    .unwrap(),
            )
            .await
            .unwrap()
        {
            let job = delivery.job.clone().unwrap();
            let redo = job.extraction().unwrap().redo;
            taken.push((job.describe(), redo));
            self.queue.done(&delivery).await.unwrap();
        }
        taken
    }
}

#[tokio::test]
async fn missing_puts_back_archived_calls_that_were_never_extracted() {
    let machine = Machine::new().await;
    let text = machine.replay(&["--missing"]).await.unwrap();
    assert_eq!(
        text,
        "Put back: 1. Already extracted: 1. Without a caller: 1. Not in the archive: 0."
    );
    assert_eq!(machine.take_all().await, [("conv_open".to_owned(), None)]);
    let trail = std::fs::read_to_string(machine.folder.path().join("audit.log")).unwrap();
    assert!(
        trail.contains(r#""action":"replay""#) && trail.contains(r#""put_back":1"#),
        "{trail}"
    );
}

#[tokio::test]
async fn redo_puts_an_extracted_call_back_as_a_new_version() {
    let machine = Machine::new().await;
    machine.replay(&["conv_done", "--redo"]).await.unwrap();
    assert_eq!(
        machine.take_all().await,
        [("conv_done".to_owned(), Some(1_800_000_000))]
    );
}

#[tokio::test]
async fn since_selects_calls_by_the_time_they_were_archived() {
    let machine = Machine::new().await;
    assert!(
        machine
            .replay(&["--since", "2000-01-01"])
            .await
            .unwrap()
            .starts_with("Put back: 1.")
    );
    assert!(
        machine
            .replay(&["--since", "9000-01-01T00:00:00Z"])
            .await
            .unwrap()
            .starts_with("Put back: 0.")
    );
    let failure = machine.replay(&["--since", "yesterday"]).await.unwrap_err();
    assert!(matches!(failure.downcast_ref(), Some(InputError::Date(_))));
}

#[tokio::test]
async fn dead_letters_are_listed_and_put_back() {
    let machine = Machine::new().await;
    machine.replay(&["conv_open"]).await.unwrap();
    for minute in 0..3 {
        let at = Timestamp::from_second(4_000_000_000 + minute * 60).unwrap();
        let delivery = machine.queue.take(at).await.unwrap().unwrap();
        machine
            .queue
            .fail(&delivery, "test", std::time::Duration::ZERO, at)
            .await
            .unwrap();
    }
    assert_eq!(
        machine.queue.depth().await.unwrap(),
        Depth {
            waiting: 0,
            dead: 1
        }
    );
    let listed = machine.replay(&["--dlq", "--list"]).await.unwrap();
    assert!(
        listed.contains("conv_open") && listed.contains("test"),
        "{listed}"
    );
    assert_eq!(
        machine.queue.depth().await.unwrap().dead,
        1,
        "listing does not remove dead letters"
    );
    assert_eq!(
        machine.replay(&["--dlq"]).await.unwrap(),
        "Put back: 1. Unreadable, left in place: 0."
    );
    assert_eq!(machine.take_all().await.len(), 1);
    assert_eq!(
        machine.replay(&["--dlq", "--list"]).await.unwrap(),
        "The dead-letter queue is empty."
    );
}

#[tokio::test]
async fn invalid_ids_missing_calls_and_conflicting_options_are_reported() {
    let machine = Machine::new().await;
    let failure = machine.replay(&["../x"]).await.unwrap_err();
    assert!(matches!(
        failure.downcast_ref(),
        Some(InputError::ConversationId(_))
    ));
    assert!(
        machine
            .replay(&["conv_gone"])
            .await
            .unwrap()
            .ends_with("Not in the archive: 1.")
    );
    assert!(
        machine
            .archive
            .contains(&payload_of("conv_open").unwrap())
            .await
            .unwrap()
    );
    for wrong in [
        vec!["replay"],
        vec!["replay", "--dlq", "--missing"],
        vec!["replay", "--missing", "--redo"],
        vec!["replay", "--missing", "--list"],
    ] {
        assert!(Command::try_parse_from(["elaaoms"].into_iter().chain(wrong)).is_err());
    }
}
