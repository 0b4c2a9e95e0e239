//! Calls that ElevenLabs deletes soon, in an archive that, like S3, cannot delete that fast.

use common::archive::folder::FolderArchive;
use common::archive::{Archive, Key};
use extraction::Outcome;
use serde_json::{Value, json};

use crate::archives::SlowDeletion;
use crate::harness::{Bench, answer, call, claim, now, openai};

async fn bench() -> Bench<SlowDeletion> {
    let folder = tempfile::tempdir().unwrap();
    let archive = SlowDeletion(FolderArchive::open(folder.path().join("data"), None).unwrap());
    let bench = Bench::over(folder, archive, "openai", &[]).await;
    let claim = claim(
        "The caller prefers express shipping.",
        1,
        "I prefer express shipping",
    );
    bench
        .provider_answers(openai(&answer(&[claim]).to_string()))
        .await;
    bench
}

/// Returns a call of yesterday that ElevenLabs deletes in `hours` hours.
fn deleted_in(hours: i64) -> Value {
    let start = now().as_second() - 24 * 60 * 60;
    let mut call = call("conv_1", start, &["Hello", "I prefer express shipping"]);
    call["data"]["metadata"]["deletion_settings"] = json!({"delete_transcript_and_pii": true,
        "deletion_time_unix_secs": now().as_second() + hours * 60 * 60});
    call
}

#[tokio::test]
async fn a_call_with_a_close_deadline_is_deleted_after_extraction_and_its_memories_stay() {
    let bench = bench().await;
    let job = bench.store_call(&deleted_in(24)).await;
    assert!(matches!(
        bench.run(&job).await.unwrap(),
        Outcome::Stored { extracted: 1, .. }
    ));
    let conversation = &job.conversation_id;
    assert_eq!(
        bench
            .archive
            .list(&Key::payloads_of(conversation))
            .await
            .unwrap(),
        []
    );
    let extractions = bench
        .archive
        .list(&Key::extractions_of(conversation))
        .await
        .unwrap();
    assert!(
        extractions.contains(&Key::done(conversation))
            && !extractions
                .iter()
                .any(|key| key.as_str().ends_with(".json")),
        "{extractions:?}"
    );
    assert_eq!(
        bench.contents().await,
        ["The caller prefers express shipping."]
    );
    // The webhook is delivered again: post-call stores the call, and the next job deletes it.
    let job = bench.store_call(&deleted_in(24)).await;
    assert_eq!(bench.run(&job).await.unwrap(), Outcome::AlreadyDone);
    assert_eq!(
        bench
            .archive
            .list(&Key::payloads_of(conversation))
            .await
            .unwrap(),
        []
    );
    assert_eq!((bench.calls().await, bench.contents().await.len()), (1, 1));
    bench.stop().await;
}

#[tokio::test]
async fn a_call_stays_if_its_deadline_is_far_or_after_our_own_retention() {
    for hours in [72, 200 * 24] {
        let bench = bench().await;
        let job = bench.store_call(&deleted_in(hours)).await;
        bench.run(&job).await.unwrap();
        assert!(bench.archive.contains(&job.payload).await.unwrap());
        assert!(
            bench
                .archive
                .contains(&Key::extraction(&job.conversation_id))
                .await
                .unwrap()
        );
        bench.stop().await;
    }
}
