//! What is peculiar to the public OpenMemory: placeholders, rows of others, its errors, many rows,
//! and moving away.

use std::time::Duration;

use bytes::Bytes;
use common::call::{AgentId, ConversationId};
use common::http_client::CallError;
use common::memory::{Importance, NewMemory};
use common::openmemory::{OpenMemory, OpenMemoryError, Provenance, Search, StoreOutcome};
use common::settings::DialectSetting;
use elaaoms_tests::Store;
use serde_json::json;

use crate::bench::{agent, all, caller, found, over_cavira, port, remember, said};

async fn try_to_remember(
    port: &OpenMemory,
    memories: &[NewMemory],
) -> Result<Vec<StoreOutcome>, OpenMemoryError> {
    let (agent, conversation) = (
        AgentId::parse("support").unwrap(),
        ConversationId::parse("conv_1").unwrap(),
    );
    let at = jiff::Timestamp::UNIX_EPOCH;
    let caller = caller(1);
    let provenance = Provenance {
        agent: &agent,
        caller: &caller,
        conversation: &conversation,
        at,
        channel: None,
        extractor: "tests",
    };
    port.remember(&provenance, memories).await
}

#[tokio::test]
async fn a_store_that_fails_half_way_leaves_nothing_and_works_the_second_time() {
    let (server, port) = over_cavira().await;
    server.refuse_patches(true);
    let memories = [said("Has a dog"), said("Owns a boat")];
    assert!(
        try_to_remember(&port, &memories)
            .await
            .unwrap_err()
            .is_outage()
    );
    assert!(server.rows().is_empty(), "placeholders are taken away");
    server.refuse_patches(false);
    try_to_remember(&port, &memories).await.unwrap();
    assert_eq!(all(&port, &caller(1)).await, ["Has a dog", "Owns a boat"]);
}

#[tokio::test]
async fn a_placeholder_that_was_left_is_never_shown_and_is_swept() {
    let (server, port) = over_cavira().await;
    server.put(
        caller(1).as_str(),
        "om-pending 1 2 3",
        json!({"pending": true}),
    );
    assert!(
        all(&port, &caller(1)).await.is_empty()
            && found(&port, &caller(1), "pending").await.is_empty()
    );
    remember(&port, &caller(1), "support", &[said("Has a dog")]).await;
    assert!(server.rows().iter().all(|row| row.content == "Has a dog"));
}

/// Each spelling would be one more request of a search; an operator's list and forgetting make
/// them.
#[tokio::test]
async fn an_older_spelling_of_a_caller_is_listed_and_forgotten() {
    let (server, port) = over_cavira().await;
    remember(&port, &caller(1), "support", &[said("Has a dog")]).await;
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
    assert_eq!(all(&port, &caller(1)).await, ["Has a dog", "Plays chess"]);
    assert!(
        found(&port, &caller(1), "")
            .await
            .iter()
            .all(|memory| memory.content == "Has a dog")
    );
    let forgotten = port.forget_caller(&caller(1)).await.unwrap();
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
    let (server, port) = over_cavira().await;
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
    remember(&port, &caller(1), "support", &[said("Has a dog")]).await;
    assert_eq!(all(&port, &caller(1)).await, ["Has a dog"]);
    assert!(
        found(&port, &caller(1), "note on shipping")
            .await
            .iter()
            .all(|memory| memory.content == "Has a dog")
    );
    port.forget_caller(&caller(1)).await.unwrap();
    assert_eq!(server.rows().len(), 2);
}

#[tokio::test]
async fn what_the_server_made_of_a_memory_is_forgotten_with_it() {
    let (server, port) = over_cavira().await;
    let stored = remember(&port, &caller(1), "support", &[said("Has a dog")]).await;
    let made_up = json!({"type": "auto_reflect", "sources": [stored[0].id()]});
    server.put("anonymous", "1 semantic pattern: Has a dog", made_up);
    port.forget_caller(&caller(1)).await.unwrap();
    assert!(server.rows().is_empty());
}

#[tokio::test]
async fn each_trouble_has_a_name_and_is_never_an_empty_list() {
    let (server, port) = over_cavira().await;
    all(&port, &caller(1)).await;
    let call = |error: CallError| OpenMemoryError::from(error);
    for (answered, body, expected) in [
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
        server.fail(answered, body);
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
        assert_eq!(port.search(search).await.unwrap_err(), expected, "{body}");
        assert_eq!(
            try_to_remember(&port, &[said("Has a dog")])
                .await
                .unwrap_err(),
            expected
        );
        assert!(port.card(&agent("support"), &caller).await.is_err());
    }
}

#[tokio::test]
async fn a_caller_with_five_thousand_memories_is_answered_in_few_calls() {
    let (server, port) = over_cavira().await;
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
    port.health().await.unwrap();
    let before = server.calls().len();
    let hits = found(&port, &caller(1), &text(17)).await;
    assert_eq!(hits[0].content, text(17));
    assert!(
        server.calls().len() - before <= 10,
        "{} calls",
        server.calls().len() - before
    );
}

#[tokio::test]
async fn memories_move_to_the_bundled_service() {
    let (server, from) = over_cavira().await;
    remember(
        &from,
        &caller(1),
        "support",
        &[said("Has a dog"), said("Owns a boat")],
    )
    .await;
    remember(&from, &caller(2), "sales", &[said("Has a dog")]).await;
    let card = common::memory::CallerCard {
        greeting: "Welcome back!".to_owned(),
        ..Default::default()
    };
    from.put_card(&agent("support"), &caller(1), &card, 24)
        .await
        .unwrap();
    server.put("anonymous", "of nobody", json!({}));
    let mut export = from.export().await.unwrap();
    let mut document = Vec::new();
    while let Some(piece) = export.next().await.unwrap() {
        document.extend_from_slice(&piece);
    }
    let bundled = Store::start().await;
    let to = port(&bundled.url(), DialectSetting::V1, "");
    for (memories, skipped) in [(3, 0), (0, 3)] {
        let imported = to.import(Bytes::from(document.clone())).await.unwrap();
        assert_eq!(
            (imported.memories, imported.memories_skipped),
            (memories, skipped)
        );
    }
    assert_eq!(all(&to, &caller(1)).await, ["Has a dog", "Owns a boat"]);
    assert_eq!(all(&to, &caller(2)).await, ["Has a dog"]);
    assert_eq!(
        to.card(&agent("support"), &caller(1)).await.unwrap(),
        Some(card)
    );
    assert_eq!(
        to.import(Bytes::from_static(b"{}")).await.unwrap_err(),
        OpenMemoryError::InvalidExport
    );
}
