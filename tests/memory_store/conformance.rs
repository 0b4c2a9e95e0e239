//! What every dialect has to do.

use common::call::{Channel, ConversationId};
use common::memory::{AgentProfile, CallerCard, Change, Importance, MemoryId};
use common::openmemory::{OpenMemory, Page, Provenance, Search, StoreOutcome};

use crate::bench::{agent, all, caller, found, ids, remember, said};

in_both_dialects!(
    what_is_stored_is_found_and_listed_with_all_that_is_known_of_it,
    a_batch_sent_twice_is_remembered_once,
    what_is_said_again_reinforces_and_what_differs_by_a_number_is_kept,
    a_memory_that_is_superseded_is_no_longer_shown,
    a_memory_that_is_named_is_reinforced,
    the_same_words_told_to_two_agents_are_found_by_each_and_once_by_all,
    what_is_stored_carries_its_channel_and_when_it_was_said,
    a_deleted_memory_never_comes_back,
    nobody_sees_what_another_caller_said,
    a_question_is_answered_by_relevance_and_an_empty_one_by_importance,
    a_card_takes_the_place_of_the_earlier_one_and_is_no_memory,
    a_forgotten_caller_leaves_nothing_and_others_stay,
    a_long_memory_is_kept_whole,
    a_thousand_memories_over_one_template_stay_with_their_fifty_callers,
);

async fn what_is_stored_is_found_and_listed_with_all_that_is_known_of_it(port: &OpenMemory) {
    let mut memory = said("Prefers express shipping for all orders");
    memory.importance = Importance::clamped(8);
    memory.search_hints = vec!["delivery".to_owned()];
    remember(port, &caller(1), "support", &[memory]).await;
    for query in ["shipping", "delivery", ""] {
        let [memory] = &found(port, &caller(1), query).await[..] else {
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
        port.list(Some(&agent("support")), &caller(1), page)
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(
        port.list(Some(&agent("sales")), &caller(1), page)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn the_same_words_told_to_two_agents_are_found_by_each_and_once_by_all(port: &OpenMemory) {
    let banks = remember(port, &caller(1), "bank", &[said("Likes the corner table")]).await;
    let mut repeated = said("The caller likes the corner table.");
    repeated.change = Change::Repeats(banks[0].id().clone());
    let shops = remember(port, &caller(1), "shop", &[repeated]).await;
    assert!(matches!(shops[0], StoreOutcome::Stored(_)));
    let again = remember(port, &caller(1), "inn", &[said("likes the corner table")]).await;
    assert!(matches!(again[0], StoreOutcome::Stored(_)));
    for query in ["corner table", ""] {
        for (told, content) in [
            ("bank", "Likes the corner table"),
            ("shop", "The caller likes the corner table."),
        ] {
            assert_eq!(
                search(port, Some(told), query, false).await,
                [content],
                "{query:?} {told}"
            );
        }
        assert_eq!(search(port, None, query, false).await.len(), 3, "{query:?}");
        let once = search(port, None, query, true).await;
        assert_eq!(once.len(), 2, "{query:?}: {once:?}");
    }
}

async fn search(port: &OpenMemory, told: Option<&str>, query: &str, distinct: bool) -> Vec<String> {
    let (caller, told) = (caller(1), told.map(agent));
    let min_importance = Importance::MIN;
    let search = Search {
        caller: &caller,
        agent: told.as_ref(),
        query,
        min_importance,
        limit: 10,
        include_superseded: false,
        distinct,
    };
    port.search(search)
        .await
        .unwrap()
        .into_iter()
        .map(|memory| memory.content)
        .collect()
}

async fn what_is_stored_carries_its_channel_and_when_it_was_said(port: &OpenMemory) {
    let mut later = said("Has a dog");
    later.said_at = Some("2026-11-20T10:07:30Z".parse().unwrap());
    let (agent, conversation) = (agent("support"), ConversationId::parse("conv_1").unwrap());
    let provenance = Provenance {
        agent: &agent,
        caller: &caller(1),
        conversation: &conversation,
        at: "2026-11-20T10:00:00Z".parse().unwrap(),
        channel: Some(Channel::Whatsapp),
        extractor: "tests",
    };
    port.remember(&provenance, &[later, said("Owns a boat")])
        .await
        .unwrap();
    let mut found = found(port, &caller(1), "").await;
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

async fn a_batch_sent_twice_is_remembered_once(port: &OpenMemory) {
    let memories = [
        said("Lives in Boston"),
        said("Has two dogs"),
        said("Plays chess on Sundays"),
    ];
    let first = remember(port, &caller(1), "support", &memories).await;
    let again = remember(port, &caller(1), "support", &memories).await;
    assert_eq!(first, again);
    assert_eq!(all(port, &caller(1)).await.len(), 3);
    assert!(
        found(port, &caller(1), "")
            .await
            .iter()
            .all(|memory| memory.reinforcement_count == 1)
    );
}

async fn what_is_said_again_reinforces_and_what_differs_by_a_number_is_kept(port: &OpenMemory) {
    let first = remember(
        port,
        &caller(1),
        "support",
        &[said("The caller is allergic to peanuts")],
    )
    .await;
    let again = remember(
        port,
        &caller(1),
        "support",
        &[said("Caller is allergic to peanuts.")],
    )
    .await;
    assert_eq!(again, [StoreOutcome::Reinforced(first[0].id().clone())]);
    assert_eq!(found(port, &caller(1), "").await[0].reinforcement_count, 2);
    let orders = [
        said("Asked about order 7712"),
        said("Asked about order 7721"),
        said("No longer allergic to peanuts"),
    ];
    remember(port, &caller(1), "support", &orders).await;
    assert_eq!(all(port, &caller(1)).await.len(), 4);
}

async fn a_memory_that_is_superseded_is_no_longer_shown(port: &OpenMemory) {
    let old = remember(port, &caller(1), "support", &[said("Lives in Boston")]).await;
    let mut successor = said("Lives in Denver");
    successor.change = Change::Supersedes(old[0].id().clone());
    for _ in 0..2 {
        let new = remember(
            port,
            &caller(1),
            "support",
            std::slice::from_ref(&successor),
        )
        .await;
        assert_ne!(ids(&new), ids(&old));
        assert_eq!(all(port, &caller(1)).await, ["Lives in Denver"]);
        assert_eq!(found(port, &caller(1), "lives Boston").await.len(), 1);
    }
}

async fn a_memory_that_is_named_is_reinforced(port: &OpenMemory) {
    let old = remember(port, &caller(1), "support", &[said("Prefers mornings")]).await;
    let mut again = said("Likes to be called before noon");
    again.change = Change::Repeats(old[0].id().clone());
    assert_eq!(
        remember(port, &caller(1), "support", &[again]).await,
        [StoreOutcome::Reinforced(old[0].id().clone())]
    );
    assert_eq!(all(port, &caller(1)).await, ["Prefers mornings"]);
}

async fn a_deleted_memory_never_comes_back(port: &OpenMemory) {
    let stored = remember(
        port,
        &caller(1),
        "support",
        &[said("Has a dog"), said("Owns a boat")],
    )
    .await;
    assert!(
        found(port, &caller(1), "dog")
            .await
            .iter()
            .any(|memory| memory.content == "Has a dog")
    );
    port.delete(stored[0].id()).await.unwrap();
    port.delete(stored[0].id()).await.unwrap();
    assert!(
        found(port, &caller(1), "dog")
            .await
            .iter()
            .all(|memory| memory.content != "Has a dog")
    );
    assert_eq!(all(port, &caller(1)).await, ["Owns a boat"]);
}

async fn nobody_sees_what_another_caller_said(port: &OpenMemory) {
    for number in [1, 2] {
        let memories = [
            said("Prefers express shipping"),
            said(&format!("Has account {number}")),
        ];
        remember(port, &caller(number), "support", &memories).await;
    }
    assert_eq!(
        all(port, &caller(1)).await,
        ["Has account 1", "Prefers express shipping"]
    );
    assert_eq!(
        all(port, &caller(2)).await,
        ["Has account 2", "Prefers express shipping"]
    );
    assert!(
        found(port, &caller(1), "account")
            .await
            .iter()
            .all(|memory| memory.content != "Has account 2")
    );
    assert!(all(port, &caller(3)).await.is_empty());
}

async fn a_question_is_answered_by_relevance_and_an_empty_one_by_importance(port: &OpenMemory) {
    let mut important = said("Is deaf in one ear");
    important.importance = Importance::MAX;
    let memories = [
        said("Prefers express shipping"),
        important,
        said("Her daughter Emma starts college"),
    ];
    remember(port, &caller(1), "support", &memories).await;
    let answers = found(port, &caller(1), "which shipping is preferred: express?").await;
    assert_eq!(answers[0].content, "Prefers express shipping");
    assert!(
        answers[0].relevance >= 0.7 && answers.iter().skip(1).all(|memory| memory.relevance < 0.35)
    );
    assert_eq!(
        found(port, &caller(1), "").await[0].content,
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
    assert_eq!(port.search(search).await.unwrap().len(), 1);
}

async fn a_card_takes_the_place_of_the_earlier_one_and_is_no_memory(port: &OpenMemory) {
    let card = |greeting: &str| CallerCard {
        greeting: greeting.to_owned(),
        ..CallerCard::default()
    };
    assert_eq!(
        port.card(&agent("support"), &caller(1)).await.unwrap(),
        None
    );
    for greeting in ["Hello!", "Welcome back!"] {
        port.put_card(&agent("support"), &caller(1), &card(greeting), 24)
            .await
            .unwrap();
    }
    port.put_card(&agent("sales"), &caller(1), &card("Good day!"), 24)
        .await
        .unwrap();
    let profile = AgentProfile {
        name: Some("Support".to_owned()),
        ..AgentProfile::default()
    };
    port.put_agent_profile(&agent("support"), &profile, 24)
        .await
        .unwrap();
    assert_eq!(
        port.card(&agent("support"), &caller(1)).await.unwrap(),
        Some(card("Welcome back!"))
    );
    assert_eq!(
        port.card(&agent("sales"), &caller(1)).await.unwrap(),
        Some(card("Good day!"))
    );
    assert_eq!(
        port.card(&agent("support"), &caller(2)).await.unwrap(),
        None
    );
    assert_eq!(
        port.agent_profile(&agent("support")).await.unwrap(),
        Some(profile)
    );
    assert_eq!(port.agent_profile(&agent("sales")).await.unwrap(), None);
    assert!(
        all(port, &caller(1)).await.is_empty()
            && found(port, &caller(1), "welcome").await.is_empty()
    );
}

async fn a_forgotten_caller_leaves_nothing_and_others_stay(port: &OpenMemory) {
    for number in [1, 2] {
        remember(
            port,
            &caller(number),
            "support",
            &[said("Has a dog"), said("Owns a boat")],
        )
        .await;
        port.put_card(
            &agent("support"),
            &caller(number),
            &CallerCard::default(),
            24,
        )
        .await
        .unwrap();
    }
    let forgotten = port.forget_caller(&caller(1)).await.unwrap();
    assert_eq!((forgotten.memories, forgotten.cards), (2, 1));
    assert!(all(port, &caller(1)).await.is_empty());
    assert_eq!(
        port.card(&agent("support"), &caller(1)).await.unwrap(),
        None
    );
    assert_eq!(all(port, &caller(2)).await.len(), 2);
    assert!(
        port.card(&agent("support"), &caller(2))
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(port.forget_caller(&caller(1)).await.unwrap().memories, 0);
}

async fn a_long_memory_is_kept_whole(port: &OpenMemory) {
    let long = format!("Told a long story: {}", "and then it went on ".repeat(14));
    remember(port, &caller(1), "support", &[said(long.trim())]).await;
    assert_eq!(all(port, &caller(1)).await, [long.trim()]);
}

async fn a_thousand_memories_over_one_template_stay_with_their_fifty_callers(port: &OpenMemory) {
    let told = |number: u32, order: u32| {
        format!(
            "Asked about order {} in store {order}",
            number * 100 + order
        )
    };
    let mut all_ids: Vec<MemoryId> = Vec::new();
    for number in 0..50 {
        let memories: Vec<_> = (0..20).map(|order| said(&told(number, order))).collect();
        let stored = remember(port, &caller(number), "support", &memories).await;
        all_ids.extend(stored.iter().map(|one| one.id().clone()));
    }
    all_ids.sort_by(|one, other| one.0.cmp(&other.0));
    all_ids.dedup();
    assert_eq!(all_ids.len(), 1000);
    for number in 0..50 {
        let mut expected: Vec<String> = (0..20).map(|order| told(number, order)).collect();
        expected.sort();
        assert_eq!(all(port, &caller(number)).await, expected);
        let query = format!("order {}", number * 100 + 7);
        assert_eq!(
            found(port, &caller(number), &query).await[0].content,
            told(number, 7)
        );
    }
}
