//! What an operator changes: edits, corrections, additions, and the list of callers.

use common::call::CallerId;
use common::correction::{Corrections, Statement};
use common::memory::{CallerCard, Category, Importance, Memory, MemoryId};
use common::openmemory::{
    CallerQuery, CallerSummary, MemoryEdit, OpenMemory, OpenMemoryError, StoreOutcome,
};
use common::settings::DialectSetting;
use elaaoms_tests::Store;
use serde_json::Value;

use crate::harness::{
    agent, caller, client_for, contents, find, new_memory, remember, start_cavira,
};

const NOW: &str = "2026-11-25T10:00:00Z";

async fn start() -> (Store, OpenMemory) {
    let server = Store::start().await;
    let client = client_for(&server.url(), DialectSetting::Auto, "");
    (server, client)
}

fn corrections<'a>(client: &'a OpenMemory, caller: &'a CallerId) -> Corrections<'a> {
    Corrections {
        openmemory: client,
        caller,
        now: NOW.parse().unwrap(),
        card_ttl_hours: 24,
    }
}

fn statement(content: &str) -> Statement<'_> {
    Statement {
        content,
        importance: Importance::MIDDLE,
        category: Category::Factual,
        is_pinned: false,
    }
}

/// Stores memories and a card, and returns the memories.
async fn told(client: &OpenMemory, memories: &[&str]) -> Vec<Memory> {
    let memories: Vec<_> = memories.iter().map(|content| new_memory(content)).collect();
    remember(client, &caller(1), "support", &memories).await;
    let card = CallerCard {
        caller_name: Some("Dana".to_owned()),
        greeting: "Welcome back, Dana. How is Boston?".to_owned(),
        memory_context: "- Lives in Boston".to_owned(),
        last_summary: "Dana moved to Boston.".to_owned(),
        ..CallerCard::default()
    };
    client
        .put_card(&agent("support"), &caller(1), &card, 24)
        .await
        .unwrap();
    find(client, &caller(1), "").await
}

async fn card(client: &OpenMemory) -> CallerCard {
    let card = client.card(&agent("support"), &caller(1)).await.unwrap();
    card.unwrap()
}

#[tokio::test]
async fn a_pinned_memory_comes_first_on_the_card_until_it_is_unpinned() {
    let (_server, client) = start().await;
    let caller = caller(1);
    let memories = told(&client, &["Plays chess", "Has a dog"]).await;
    let dog = memories
        .iter()
        .find(|memory| memory.content == "Has a dog")
        .unwrap();
    let operator = corrections(&client, &caller);
    let low = MemoryEdit {
        importance: Some(Importance::MIN),
        category: Some(Category::Emotional),
        ..MemoryEdit::default()
    };
    let edited = operator.edit(&dog.id, &low).await.unwrap().unwrap();
    assert_eq!(
        (edited.importance, edited.category, edited.is_pinned),
        (Importance::MIN, Some(Category::Emotional), false)
    );
    assert_eq!(
        card(&client).await.memory_context,
        "- Plays chess\n- Has a dog"
    );
    for (pinned, context) in [
        (true, "- Has a dog\n- Plays chess"),
        (false, "- Plays chess\n- Has a dog"),
    ] {
        let pin = MemoryEdit {
            is_pinned: Some(pinned),
            ..MemoryEdit::default()
        };
        let edited = operator.edit(&dog.id, &pin).await.unwrap().unwrap();
        assert_eq!(
            (edited.is_pinned, edited.importance),
            (pinned, Importance::MIN)
        );
        assert_eq!(card(&client).await.memory_context, context);
    }
    assert_eq!(
        card(&client).await.greeting,
        "Welcome back, Dana. How is Boston?"
    );
}

#[tokio::test]
async fn a_memory_that_does_not_exist_cannot_be_edited() {
    let (_server, client) = start().await;
    let edit = MemoryEdit {
        importance: Some(Importance::MAX),
        ..MemoryEdit::default()
    };
    let unknown = MemoryId("mem_unknown".to_owned());
    let edited = client.edit(&caller(1), &unknown, &edit).await;
    assert_eq!(edited, Ok(None));
}

#[tokio::test]
async fn another_callers_memory_is_not_returned() {
    let (_server, client) = start().await;
    let dog = told(&client, &["Has a dog"]).await.remove(0);
    let pin = MemoryEdit {
        is_pinned: Some(true),
        ..MemoryEdit::default()
    };
    let edited = client.edit(&caller(2), &dog.id, &pin).await;
    assert_eq!(edited, Err(OpenMemoryError::WrongCaller));
}

#[tokio::test]
async fn a_correction_supersedes_the_memory_and_leaves_nothing_of_it_on_the_card() {
    let (_server, client) = start().await;
    let caller = caller(1);
    let boston = told(&client, &["Lives in Boston"]).await.remove(0);
    let pin = MemoryEdit {
        is_pinned: Some(true),
        ..MemoryEdit::default()
    };
    client.edit(&caller, &boston.id, &pin).await.unwrap();
    let correct = Statement {
        is_pinned: true,
        ..statement("Lives in Denver")
    };
    let outcome = corrections(&client, &caller)
        .correct(&boston, &agent("support"), &correct)
        .await
        .unwrap();
    assert_eq!(contents(&client, &caller).await, ["Lives in Denver"]);
    let denver = find(&client, &caller, "").await.remove(0);
    assert_eq!(outcome, StoreOutcome::Stored(denver.id.clone()));
    assert_eq!(denver.timestamp, boston.timestamp, "when it was said");
    assert_eq!(denver.conversation_id, boston.conversation_id);
    assert!(denver.is_pinned);
    let superseded = client
        .all_superseded(&agent("support"), &caller)
        .await
        .unwrap();
    assert_eq!(superseded[0].content, "Lives in Boston");
    let card = card(&client).await;
    assert_eq!(card.memory_context, "- Lives in Denver");
    assert!(!card.greeting.contains("Boston") && card.last_summary.is_empty());
    let export = export(&client).await;
    let stored = export["memories"].as_array().unwrap();
    let denver = stored
        .iter()
        .find(|memory| memory["content"] == "Lives in Denver")
        .unwrap();
    assert_eq!(denver["metadata"]["corrected_by"], "operator");
    assert_eq!(denver["metadata"]["source"], "operator");
}

#[tokio::test]
async fn an_added_memory_is_on_the_card_and_a_repeated_one_is_stored_once() {
    let (_server, client) = start().await;
    let caller = caller(1);
    told(&client, &["Plays chess"]).await;
    let operator = corrections(&client, &caller);
    let deaf = Statement {
        importance: Importance::MAX,
        ..statement("Is deaf in one ear")
    };
    let added = operator.add(&agent("support"), &deaf).await.unwrap();
    let again = operator.add(&agent("support"), &deaf).await.unwrap();
    assert_eq!(again, StoreOutcome::Reinforced(added.id().clone()));
    let memory = find(&client, &caller, "deaf").await.remove(0);
    assert_eq!(memory.conversation_id, None);
    assert_eq!(memory.timestamp, Some(NOW.parse().unwrap()));
    assert_eq!(
        card(&client).await.memory_context,
        "- Is deaf in one ear\n- Plays chess"
    );
}

#[tokio::test]
async fn callers_are_listed_page_by_page_and_found_by_number_or_name() {
    let (_server, client) = start().await;
    for number in 1..=5 {
        let memory = new_memory("Has a dog");
        remember(&client, &caller(number), "support", &[memory]).await;
    }
    let named = CallerCard {
        caller_name: Some("Dana".to_owned()),
        ..CallerCard::default()
    };
    client
        .put_card(&agent("support"), &caller(3), &named, 24)
        .await
        .unwrap();
    let mut query = CallerQuery {
        text: "",
        after: None,
        limit: 2,
    };
    let first = client.callers(query).await.unwrap();
    let ids: Vec<&str> = first
        .callers
        .iter()
        .map(|caller| caller.id.as_str())
        .collect();
    assert_eq!(ids, ["+12025550001", "+12025550002"]);
    query.after = first.next.as_deref();
    let second = client.callers(query).await.unwrap();
    let CallerSummary {
        id,
        memories,
        names,
        ..
    } = &second.callers[0];
    assert_eq!((id.as_str(), *memories), ("+12025550003", 1));
    assert_eq!(names, &["Dana"]);
    for (text, expected) in [("dan", "+12025550003"), ("+12025550005", "+12025550005")] {
        let query = CallerQuery {
            text,
            after: None,
            limit: 50,
        };
        let found = client.callers(query).await.unwrap();
        assert_eq!((found.callers.len(), found.next), (1, None));
        assert_eq!(found.callers[0].id, expected);
    }
}

#[tokio::test]
async fn the_public_server_supports_neither_edits_nor_lists_of_callers() {
    let (_server, client) = start_cavira().await;
    let dog = told(&client, &["Has a dog"]).await.remove(0);
    let edited = client
        .edit(&caller(1), &dog.id, &MemoryEdit::default())
        .await;
    let error = edited.unwrap_err();
    assert_eq!(error, OpenMemoryError::MissingExtension("edit-memory"));
    assert!(
        error
            .to_string()
            .contains("does not support the extension edit-memory")
    );
    let query = CallerQuery {
        text: "",
        after: None,
        limit: 50,
    };
    assert_eq!(
        client.callers(query).await,
        Err(OpenMemoryError::MissingExtension("list-callers"))
    );
    let caller = caller(1);
    let operator = corrections(&client, &caller);
    let support = agent("support");
    operator
        .correct(&dog, &support, &statement("Has a cat"))
        .await
        .unwrap();
    assert_eq!(contents(&client, &caller).await, ["Has a cat"]);
}

async fn export(client: &OpenMemory) -> Value {
    let mut export = client.export().await.unwrap();
    let mut text = Vec::new();
    while let Some(chunk) = export.next().await.unwrap() {
        text.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&text).unwrap()
}
