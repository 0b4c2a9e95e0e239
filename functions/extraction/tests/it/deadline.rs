//! A call that ElevenLabs deletes before an archive's own deletion would, as S3's lifecycle counts
//! in days.

use common::archive::folder::FolderArchive;
use common::archive::{Archive, Key};
use extraction::Outcome;
use serde_json::{Value, json};

use crate::archives::Coarse;
use crate::harness::{Bench, answer, call, claim, now, openai};

async fn bench() -> Bench<Coarse> {
    let folder = tempfile::tempdir().unwrap();
    let archive = Coarse(FolderArchive::open(folder.path().join("data"), None).unwrap());
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

/// A call of yesterday that ElevenLabs deletes so many hours after now.
fn deleted_in(hours: i64) -> Value {
    let start = now().as_second() - 24 * 60 * 60;
    let mut call = call("conv_1", start, &["Hello", "I prefer express shipping"]);
    call["data"]["metadata"]["deletion_settings"] = json!({"delete_transcript_and_pii": true,
        "deletion_time_unix_secs": now().as_second() + hours * 60 * 60});
    call
}

#[tokio::test]
async fn a_call_whose_deadline_is_close_goes_when_it_is_remembered_and_its_memories_stay() {
    let bench = bench().await;
    let job = bench.keep(&deleted_in(24)).await;
    assert!(matches!(
        bench.run(&job).await.unwrap(),
        Outcome::StoreOutcome { extracted: 1, .. }
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
    let made = bench
        .archive
        .list(&Key::extractions_of(conversation))
        .await
        .unwrap();
    assert!(
        made.contains(&Key::done(conversation))
            && !made.iter().any(|key| key.as_str().ends_with(".json")),
        "{made:?}"
    );
    assert_eq!(
        bench.contents().await,
        ["The caller prefers express shipping."]
    );
    // It comes again: kept by post-call, and gone with the next job.
    let job = bench.keep(&deleted_in(24)).await;
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
async fn a_call_whose_deadline_is_far_or_later_than_our_own_retention_stays() {
    for hours in [72, 200 * 24] {
        let bench = bench().await;
        let job = bench.keep(&deleted_in(hours)).await;
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
