//! Special cases of the public OpenMemory: placeholders, rows of other programs, its errors, many
//! rows, and migration to the bundled service.

use std::time::Duration;

use bytes::Bytes;
use common::call::{AgentId, ConversationId};
use common::http_client::CallError;
use common::memory::{Importance, NewMemory};
use common::openmemory::{OpenMemory, OpenMemoryError, Provenance, Search, StoreOutcome};
use common::settings::DialectSetting;
use elaaoms_tests::Store;
use serde_json::json;

use crate::harness::{
    agent, caller, client_for, contents, find, new_memory, remember, start_cavira,
};

async fn try_to_remember(
    client: &OpenMemory,
    memories: &[NewMemory],
) -> Result<Vec<StoreOutcome>, OpenMemoryError> {
    let agent = AgentId::parse("support").unwrap();
    let conversation = ConversationId::parse("conv_1").unwrap();
    let at = jiff::Timestamp::UNIX_EPOCH;
    let caller = caller(1);
    let provenance = Provenance {
        agent: &agent,
        caller: &caller,
        conversation: Some(&conversation),
        at,
        channel: None,
        extractor: "tests",
    };
    client.remember(&provenance, memories).await
}

#[tokio::test]
async fn a_failed_write_leaves_no_rows_and_can_be_repeated() {
    let (server, client) = start_cavira().await;
    server.refuse_patches(true);
    let memories = [new_memory("Has a dog"), new_memory("Owns a boat")];
    assert!(
        try_to_remember(&client, &memories)
            .await
            .unwrap_err()
            .is_outage()
    );
    assert!(server.rows().is_empty(), "the placeholders are removed");
    server.refuse_patches(false);
    try_to_remember(&client, &memories).await.unwrap();
    assert_eq!(
        contents(&client, &caller(1)).await,
        ["Has a dog", "Owns a boat"]
    );
}

#[tokio::test]
async fn a_leftover_placeholder_is_never_shown_and_is_removed() {
    let (server, client) = start_cavira().await;
    server.put(
        caller(1).as_str(),
        "om-pending 1 2 3",
        json!({"pending": true}),
    );
    assert!(
        contents(&client, &caller(1)).await.is_empty()
            && find(&client, &caller(1), "pending").await.is_empty()
    );
    remember(&client, &caller(1), "support", &[new_memory("Has a dog")]).await;
    assert!(server.rows().iter().all(|row| row.content == "Has a dog"));
}

/// Each spelling takes one more request. A list and a `forget` make these requests; a search does
/// not.
#[tokio::test]
async fn an_older_spelling_of_a_caller_is_listed_and_forgotten() {
    let (server, client) = start_cavira().await;
    remember(&client, &caller(1), "support", &[new_memory("Has a dog")]).await;
    let older = caller(1).as_str().trim_start_matches('+').to_owned();
    for (owner, content, card) in [
        (older.as_str(), "Plays chess", "card"),
        ("12025559999", "Sings", "another card"),
    ] {
        server.put(
            owner,
            content,
            json!({"kind": "memory", "caller_id": owner, "agent_id": "support"}),
        );
        let profile = json!({"kind": "profile", "caller_id": owner, "agent_id": "support", "profile_data": {}});
        server.put(&format!("elaaoms:cards:{owner}"), card, profile);
    }
    assert_eq!(
        contents(&client, &caller(1)).await,
        ["Has a dog", "Plays chess"]
    );
    assert!(
        find(&client, &caller(1), "")
            .await
            .iter()
            .all(|memory| memory.content == "Has a dog")
    );
    let forgotten = client.forget_caller(&caller(1)).await.unwrap();
    assert_eq!(forgotten.memories, 2);
    let left = ["", "elaaoms:cards:"].map(|kind| {
        (
            server.rows_of(&format!("{kind}{older}")),
            server.rows_of(&format!("{kind}12025559999")),
        )
    });
    assert_eq!(left, [(0, 1), (0, 1)], "the other caller stays");
}

#[tokio::test]
async fn rows_of_other_programs_are_neither_shown_nor_deleted() {
    let (server, client) = start_cavira().await;
    server.put(
        caller(1).as_str(),
        "somebody else's note on shipping",
        json!({"project": "x"}),
    );
    server.put(
        caller(1).as_str(),
        "of another caller",
        json!({"caller_id": caller(2).as_str(), "agent_id": "support"}),
    );
    remember(&client, &caller(1), "support", &[new_memory("Has a dog")]).await;
    assert_eq!(contents(&client, &caller(1)).await, ["Has a dog"]);
    assert!(
        find(&client, &caller(1), "note on shipping")
            .await
            .iter()
            .all(|memory| memory.content == "Has a dog")
    );
    client.forget_caller(&caller(1)).await.unwrap();
    assert_eq!(server.rows().len(), 2);
}

#[tokio::test]
async fn rows_that_the_server_derived_from_a_memory_are_erased_with_it() {
    let (server, client) = start_cavira().await;
    let stored = remember(&client, &caller(1), "support", &[new_memory("Has a dog")]).await;
    let derived = json!({"type": "auto_reflect", "sources": [stored[0].id()]});
    server.put("anonymous", "1 semantic pattern: Has a dog", derived);
    client.forget_caller(&caller(1)).await.unwrap();
    assert!(server.rows().is_empty());
}

#[tokio::test]
async fn each_failure_is_reported_as_its_error_and_never_as_an_empty_list() {
    let (server, client) = start_cavira().await;
    contents(&client, &caller(1)).await;
    let call = |error: CallError| OpenMemoryError::from(error);
    for (status, body, expected) in [
        (
            500,
            "Internal Server Error",
            call(CallError::Failing(
                reqwest::StatusCode::INTERNAL_SERVER_ERROR,
            )),
        ),
        (
            503,
            r#"{"error":"auth_not_configured","message":"x"}"#,
            OpenMemoryError::KeyNotConfigured,
        ),
        (413, "Payload Too Large", call(CallError::TooLarge)),
        (
            429,
            r#"{"error":"rate_limit_exceeded","retry_after":60}"#,
            call(CallError::Throttled(Some(Duration::from_secs(60)))),
        ),
        (
            200,
            r#"{"user_id":"+12025550001","items":[{"id":"#,
            call(CallError::Unreadable),
        ),
        (
            200,
            r#"{"user_id":"+12025550002","items":[]}"#,
            call(CallError::Unreadable),
        ),
        (
            403,
            r#"{"error":"tenant_mismatch"}"#,
            OpenMemoryError::TenantLocked,
        ),
        (
            403,
            r#"{"error":"invalid_api_key"}"#,
            OpenMemoryError::KeyRefused,
        ),
        (
            401,
            r#"{"error":"authentication_required"}"#,
            OpenMemoryError::KeyMissing,
        ),
    ] {
        server.fail(status, body);
        let caller = caller(1);
        let search = Search {
            caller: &caller,
            agent: None,
            query: "dog",
            min_importance: Importance::MIN,
            limit: 5,
            include_superseded: false,
            distinct: false,
        };
        assert_eq!(client.search(search).await.unwrap_err(), expected, "{body}");
        assert_eq!(
            try_to_remember(&client, &[new_memory("Has a dog")])
                .await
                .unwrap_err(),
            expected
        );
        assert!(client.card(&agent("support"), &caller).await.is_err());
    }
}

#[tokio::test]
async fn a_search_of_five_thousand_memories_takes_few_requests() {
    let (server, client) = start_cavira().await;
    let text = |number: u32| {
        format!(
            "{number:x} {:x} {:x}",
            number.wrapping_mul(2_654_435_761),
            number.wrapping_mul(40_503)
        )
    };
    let metadata =
        json!({"kind": "memory", "agent_id": "support", "caller_id": caller(1).as_str()});
    let mut number = 0;
    while server.rows_of(caller(1).as_str()) < 5000 {
        server.put(caller(1).as_str(), &text(number), metadata.clone());
        number += 1;
    }
    client.health().await.unwrap();
    let before = server.calls().len();
    let hits = find(&client, &caller(1), &text(17)).await;
    assert_eq!(hits[0].content, text(17));
    assert!(
        server.calls().len() - before <= 10,
        "{} requests",
        server.calls().len() - before
    );
}

#[tokio::test]
async fn memories_can_be_migrated_to_the_bundled_service() {
    let (server, from) = start_cavira().await;
    remember(
        &from,
        &caller(1),
        "support",
        &[new_memory("Has a dog"), new_memory("Owns a boat")],
    )
    .await;
    remember(&from, &caller(2), "sales", &[new_memory("Has a dog")]).await;
    let card = common::memory::CallerCard {
        greeting: "Welcome back!".to_owned(),
        ..Default::default()
    };
    from.put_card(&agent("support"), &caller(1), &card, 24)
        .await
        .unwrap();
    server.put("anonymous", "without a caller", json!({}));
    let mut export = from.export().await.unwrap();
    let mut document = Vec::new();
    while let Some(chunk) = export.next().await.unwrap() {
        document.extend_from_slice(&chunk);
    }
    let bundled = Store::start().await;
    let to = client_for(&bundled.url(), DialectSetting::V1, "");
    for (memories, skipped) in [(3, 0), (0, 3)] {
        let imported = to.import(Bytes::from(document.clone())).await.unwrap();
        assert_eq!(
            (imported.memories, imported.memories_skipped),
            (memories, skipped)
        );
    }
    assert_eq!(
        contents(&to, &caller(1)).await,
        ["Has a dog", "Owns a boat"]
    );
    assert_eq!(contents(&to, &caller(2)).await, ["Has a dog"]);
    assert_eq!(
        to.card(&agent("support"), &caller(1)).await.unwrap(),
        Some(card)
    );
    assert_eq!(
        to.import(Bytes::from_static(b"{}")).await.unwrap_err(),
        OpenMemoryError::InvalidExport
    );
}
