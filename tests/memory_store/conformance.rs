//! The requirements that a store of every dialect must meet.

use common::call::{Channel, ConversationId};
use common::memory::{AgentProfile, CallerCard, Change, Importance, MemoryId};
use common::openmemory::{OpenMemory, Page, Provenance, Search, StoreOutcome};

use crate::harness::{agent, caller, contents, find, ids, new_memory, remember};

in_both_dialects!(
    a_stored_memory_is_found_and_listed_with_all_its_fields,
    a_batch_sent_twice_is_stored_once,
    a_repetition_reinforces_and_another_number_makes_a_new_memory,
    a_superseded_memory_is_no_longer_shown,
    a_memory_that_a_change_names_is_reinforced,
    the_same_words_told_to_two_agents_are_found_by_each_and_listed_once_for_all,
    a_memory_has_the_channel_and_the_time_of_its_call,
    a_deleted_memory_never_comes_back,
    a_caller_never_sees_memories_of_another_caller,
    a_search_sorts_by_relevance_and_an_empty_query_by_importance,
    a_card_replaces_the_earlier_one_and_is_not_a_memory,
    forgetting_a_caller_erases_everything_of_that_caller_only,
    a_long_memory_is_not_truncated,
    a_thousand_similar_memories_stay_with_their_fifty_callers,
);

async fn a_stored_memory_is_found_and_listed_with_all_its_fields(client: &OpenMemory) {
    let mut memory = new_memory("Prefers express shipping for all orders");
    memory.importance = Importance::clamped(8);
    memory.search_hints = vec!["delivery".to_owned()];
    remember(client, &caller(1), "support", &[memory]).await;
    for query in ["shipping", "delivery", ""] {
        let [memory] = &find(client, &caller(1), query).await[..] else {
            panic!("one memory for {query:?}")
        };
        assert_eq!(memory.content, "Prefers express shipping for all orders");
        assert_eq!(memory.importance.get(), 8);
        assert_eq!(memory.agent_id, Some(agent("support")));
        assert_eq!(memory.conversation_id.as_ref().unwrap().as_str(), "conv_1");
        assert_eq!(
            memory.timestamp.unwrap().to_string(),
            "2026-11-20T10:00:00Z"
        );
        assert_eq!(memory.category.unwrap().as_str(), "factual");
        assert!((0.0..=1.0).contains(&memory.relevance));
    }
    let page = Page {
        offset: 0,
        limit: 10,
    };
    assert_eq!(
        client
            .list(Some(&agent("support")), &caller(1), page)
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(
        client
            .list(Some(&agent("sales")), &caller(1), page)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn the_same_words_told_to_two_agents_are_found_by_each_and_listed_once_for_all(
    client: &OpenMemory,
) {
    let banks = remember(
        client,
        &caller(1),
        "bank",
        &[new_memory("Likes the corner table")],
    )
    .await;
    let mut repeated = new_memory("The caller likes the corner table.");
    repeated.change = Change::Repeats(banks[0].id().clone());
    let shops = remember(client, &caller(1), "shop", &[repeated]).await;
    assert!(matches!(shops[0], StoreOutcome::Stored(_)));
    let again = remember(
        client,
        &caller(1),
        "inn",
        &[new_memory("likes the corner table")],
    )
    .await;
    assert!(matches!(again[0], StoreOutcome::Stored(_)));
    for query in ["corner table", ""] {
        for (agent_id, content) in [
            ("bank", "Likes the corner table"),
            ("shop", "The caller likes the corner table."),
        ] {
            assert_eq!(
                search(client, Some(agent_id), query, false).await,
                [content],
                "{query:?} {agent_id}"
            );
        }
        assert_eq!(
            search(client, None, query, false).await.len(),
            3,
            "{query:?}"
        );
        let once = search(client, None, query, true).await;
        assert_eq!(once.len(), 2, "{query:?}: {once:?}");
    }
}

async fn search(
    client: &OpenMemory,
    agent_id: Option<&str>,
    query: &str,
    distinct: bool,
) -> Vec<String> {
    let agent = agent_id.map(agent);
    let search = Search {
        caller: &caller(1),
        agent: agent.as_ref(),
        query,
        min_importance: Importance::MIN,
        limit: 10,
        include_superseded: false,
        distinct,
    };
    client
        .search(search)
        .await
        .unwrap()
        .into_iter()
        .map(|memory| memory.content)
        .collect()
}

async fn a_memory_has_the_channel_and_the_time_of_its_call(client: &OpenMemory) {
    let mut later = new_memory("Has a dog");
    later.said_at = Some("2026-11-20T10:07:30Z".parse().unwrap());
    let agent = agent("support");
    let conversation = ConversationId::parse("conv_1").unwrap();
    let provenance = Provenance {
        agent: &agent,
        caller: &caller(1),
        conversation: Some(&conversation),
        at: "2026-11-20T10:00:00Z".parse().unwrap(),
        channel: Some(Channel::Whatsapp),
        extractor: "tests",
    };
    client
        .remember(&provenance, &[later, new_memory("Owns a boat")])
        .await
        .unwrap();
    let mut found = find(client, &caller(1), "").await;
    found.sort_by(|one, other| one.content.cmp(&other.content));
    let times: Vec<String> = found
        .iter()
        .map(|memory| memory.timestamp.unwrap().to_string())
        .collect();
    assert_eq!(times, ["2026-11-20T10:07:30Z", "2026-11-20T10:00:00Z"]);
    assert!(
        found
            .iter()
            .all(|memory| memory.channel == Some(Channel::Whatsapp))
    );
}

async fn a_batch_sent_twice_is_stored_once(client: &OpenMemory) {
    let memories = [
        new_memory("Lives in Boston"),
        new_memory("Has two dogs"),
        new_memory("Plays chess on Sundays"),
    ];
    let first = remember(client, &caller(1), "support", &memories).await;
    let again = remember(client, &caller(1), "support", &memories).await;
    assert_eq!(first, again);
    assert_eq!(contents(client, &caller(1)).await.len(), 3);
    assert!(
        find(client, &caller(1), "")
            .await
            .iter()
            .all(|memory| memory.reinforcement_count == 1)
    );
}

async fn a_repetition_reinforces_and_another_number_makes_a_new_memory(client: &OpenMemory) {
    let first = remember(
        client,
        &caller(1),
        "support",
        &[new_memory("The caller is allergic to peanuts")],
    )
    .await;
    let again = remember(
        client,
        &caller(1),
        "support",
        &[new_memory("Caller is allergic to peanuts.")],
    )
    .await;
    assert_eq!(again, [StoreOutcome::Reinforced(first[0].id().clone())]);
    assert_eq!(find(client, &caller(1), "").await[0].reinforcement_count, 2);
    let orders = [
        new_memory("Asked about order 7712"),
        new_memory("Asked about order 7721"),
        new_memory("No longer allergic to peanuts"),
    ];
    remember(client, &caller(1), "support", &orders).await;
    assert_eq!(contents(client, &caller(1)).await.len(), 4);
}

async fn a_superseded_memory_is_no_longer_shown(client: &OpenMemory) {
    let old = remember(
        client,
        &caller(1),
        "support",
        &[new_memory("Lives in Boston")],
    )
    .await;
    let mut successor = new_memory("Lives in Denver");
    successor.change = Change::Supersedes(old[0].id().clone());
    for _ in 0..2 {
        let new = remember(
            client,
            &caller(1),
            "support",
            std::slice::from_ref(&successor),
        )
        .await;
        assert_ne!(ids(&new), ids(&old));
        assert_eq!(contents(client, &caller(1)).await, ["Lives in Denver"]);
        assert_eq!(find(client, &caller(1), "lives Boston").await.len(), 1);
    }
}

async fn a_memory_that_a_change_names_is_reinforced(client: &OpenMemory) {
    let old = remember(
        client,
        &caller(1),
        "support",
        &[new_memory("Prefers mornings")],
    )
    .await;
    let mut again = new_memory("Likes to be called before noon");
    again.change = Change::Repeats(old[0].id().clone());
    assert_eq!(
        remember(client, &caller(1), "support", &[again]).await,
        [StoreOutcome::Reinforced(old[0].id().clone())]
    );
    assert_eq!(contents(client, &caller(1)).await, ["Prefers mornings"]);
}

async fn a_deleted_memory_never_comes_back(client: &OpenMemory) {
    let stored = remember(
        client,
        &caller(1),
        "support",
        &[new_memory("Has a dog"), new_memory("Owns a boat")],
    )
    .await;
    assert!(
        find(client, &caller(1), "dog")
            .await
            .iter()
            .any(|memory| memory.content == "Has a dog")
    );
    client.delete(stored[0].id()).await.unwrap();
    client.delete(stored[0].id()).await.unwrap();
    assert!(
        find(client, &caller(1), "dog")
            .await
            .iter()
            .all(|memory| memory.content != "Has a dog")
    );
    assert_eq!(contents(client, &caller(1)).await, ["Owns a boat"]);
}

async fn a_caller_never_sees_memories_of_another_caller(client: &OpenMemory) {
    for number in [1, 2] {
        let memories = [
            new_memory("Prefers express shipping"),
            new_memory(&format!("Has account {number}")),
        ];
        remember(client, &caller(number), "support", &memories).await;
    }
    assert_eq!(
        contents(client, &caller(1)).await,
        ["Has account 1", "Prefers express shipping"]
    );
    assert_eq!(
        contents(client, &caller(2)).await,
        ["Has account 2", "Prefers express shipping"]
    );
    assert!(
        find(client, &caller(1), "account")
            .await
            .iter()
            .all(|memory| memory.content != "Has account 2")
    );
    assert!(contents(client, &caller(3)).await.is_empty());
}

async fn a_search_sorts_by_relevance_and_an_empty_query_by_importance(client: &OpenMemory) {
    let mut important = new_memory("Is deaf in one ear");
    important.importance = Importance::MAX;
    let memories = [
        new_memory("Prefers express shipping"),
        important,
        new_memory("Her daughter Emma starts college"),
    ];
    remember(client, &caller(1), "support", &memories).await;
    let hits = find(client, &caller(1), "which shipping is preferred: express?").await;
    assert_eq!(hits[0].content, "Prefers express shipping");
    assert!(hits[0].relevance >= 0.7);
    assert!(hits.iter().skip(1).all(|memory| memory.relevance < 0.35));
    assert_eq!(
        find(client, &caller(1), "").await[0].content,
        "Is deaf in one ear"
    );
    let caller = caller(1);
    let search = Search {
        caller: &caller,
        agent: None,
        query: "",
        min_importance: Importance::clamped(8),
        limit: 10,
        include_superseded: false,
        distinct: false,
    };
    assert_eq!(client.search(search).await.unwrap().len(), 1);
}

async fn a_card_replaces_the_earlier_one_and_is_not_a_memory(client: &OpenMemory) {
    let card = |greeting: &str| CallerCard {
        greeting: greeting.to_owned(),
        ..CallerCard::default()
    };
    assert_eq!(
        client.card(&agent("support"), &caller(1)).await.unwrap(),
        None
    );
    for greeting in ["Hello!", "Welcome back!"] {
        client
            .put_card(&agent("support"), &caller(1), &card(greeting), 24)
            .await
            .unwrap();
    }
    client
        .put_card(&agent("sales"), &caller(1), &card("Good day!"), 24)
        .await
        .unwrap();
    let profile = AgentProfile {
        name: Some("Support".to_owned()),
        ..AgentProfile::default()
    };
    client
        .put_agent_profile(&agent("support"), &profile, 24)
        .await
        .unwrap();
    assert_eq!(
        client.card(&agent("support"), &caller(1)).await.unwrap(),
        Some(card("Welcome back!"))
    );
    assert_eq!(
        client.card(&agent("sales"), &caller(1)).await.unwrap(),
        Some(card("Good day!"))
    );
    assert_eq!(
        client.card(&agent("support"), &caller(2)).await.unwrap(),
        None
    );
    assert_eq!(
        client.agent_profile(&agent("support")).await.unwrap(),
        Some(profile)
    );
    assert_eq!(client.agent_profile(&agent("sales")).await.unwrap(), None);
    assert!(
        contents(client, &caller(1)).await.is_empty()
            && find(client, &caller(1), "welcome").await.is_empty()
    );
}

async fn forgetting_a_caller_erases_everything_of_that_caller_only(client: &OpenMemory) {
    for number in [1, 2] {
        remember(
            client,
            &caller(number),
            "support",
            &[new_memory("Has a dog"), new_memory("Owns a boat")],
        )
        .await;
        client
            .put_card(
                &agent("support"),
                &caller(number),
                &CallerCard::default(),
                24,
            )
            .await
            .unwrap();
    }
    let forgotten = client.forget_caller(&caller(1)).await.unwrap();
    assert_eq!((forgotten.memories, forgotten.cards), (2, 1));
    assert!(contents(client, &caller(1)).await.is_empty());
    assert_eq!(
        client.card(&agent("support"), &caller(1)).await.unwrap(),
        None
    );
    assert_eq!(contents(client, &caller(2)).await.len(), 2);
    assert!(
        client
            .card(&agent("support"), &caller(2))
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(client.forget_caller(&caller(1)).await.unwrap().memories, 0);
}

async fn a_long_memory_is_not_truncated(client: &OpenMemory) {
    let long = format!("Told a long story: {}", "and then it went on ".repeat(14));
    remember(client, &caller(1), "support", &[new_memory(long.trim())]).await;
    assert_eq!(contents(client, &caller(1)).await, [long.trim()]);
}

async fn a_thousand_similar_memories_stay_with_their_fifty_callers(client: &OpenMemory) {
    let content = |number: u32, order: u32| {
        format!(
            "Asked about order {} in store {order}",
            number * 100 + order
        )
    };
    let mut all_ids: Vec<MemoryId> = Vec::new();
    for number in 0..50 {
        let memories: Vec<_> = (0..20)
            .map(|order| new_memory(&content(number, order)))
            .collect();
        let stored = remember(client, &caller(number), "support", &memories).await;
        all_ids.extend(stored.iter().map(|one| one.id().clone()));
    }
    all_ids.sort_by(|one, other| one.0.cmp(&other.0));
    all_ids.dedup();
    assert_eq!(all_ids.len(), 1000);
    for number in 0..50 {
        let mut expected: Vec<String> = (0..20).map(|order| content(number, order)).collect();
        expected.sort();
        assert_eq!(contents(client, &caller(number)).await, expected);
        let query = format!("order {}", number * 100 + 7);
        assert_eq!(
            find(client, &caller(number), &query).await[0].content,
            content(number, 7)
        );
    }
}
