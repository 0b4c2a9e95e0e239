use insta::assert_snapshot;

use super::*;

fn caller() -> CallerHash {
    CallerHash::parse(&"0a".repeat(32)).unwrap()
}

fn conversation() -> ConversationId {
    ConversationId::parse("conv_1").unwrap()
}

fn agent() -> AgentId {
    AgentId::parse("agent_1").unwrap()
}

fn event(data: EventData) -> Event {
    Event {
        id: EventId::derived_from(&["example"]),
        timestamp: "2026-11-27T10:00:00Z".parse().unwrap(),
        data,
    }
}

fn stored() -> Event {
    event(EventData::MemoryStored(StoredMemory {
        caller: caller(),
        conversation_id: Some(conversation()),
        agent_id: agent(),
        memory_id: MemoryId("mem_1".to_owned()),
        source: None,
        position: 3,
    }))
}

fn superseded() -> Event {
    event(EventData::MemorySuperseded(SupersededMemory {
        caller: caller(),
        conversation_id: Some(conversation()),
        agent_id: agent(),
        memory_id: MemoryId("mem_0".to_owned()),
        superseded_by: MemoryId("mem_1".to_owned()),
        source: None,
    }))
}

fn extracted() -> Event {
    event(EventData::CallExtracted(ExtractedCall {
        caller: caller(),
        conversation_id: conversation(),
        agent_id: agent(),
        outcome: "ok".to_owned(),
        extracted: 3,
        stored: 2,
        reinforced: 1,
        superseded: 1,
    }))
}

fn forgotten() -> Event {
    event(EventData::CallerForgotten(ForgottenCaller {
        caller: caller(),
    }))
}

fn content() -> EventContent {
    EventContent {
        caller_id: CallerId::from_phone("+12025550142"),
        memory: Some(MemoryContent {
            content: "Prefers deliveries after six.".to_owned(),
            category: Category::Preference,
            importance: Importance::clamped(7),
        }),
    }
}

#[test]
fn bodies_hold_ids_and_numbers() {
    let bodies: Vec<String> = [stored(), superseded(), extracted(), forgotten()]
        .iter()
        .map(|event| event.body(&EventContent::default()).unwrap())
        .collect();
    assert_snapshot!("bodies", bodies.join("\n"));
}

#[test]
fn the_body_with_content_names_the_caller_and_the_memory() {
    assert_snapshot!("body_with_content", stored().body(&content()).unwrap());
}

#[test]
fn the_queue_stores_events_unchanged() {
    for event in [stored(), superseded(), extracted(), forgotten()] {
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
        assert!(text.contains(&format!(r#""type":"{}""#, event.data.type_name())));
    }
}

#[test]
fn an_id_depends_on_every_part_and_on_where_parts_end() {
    let id = EventId::derived_from(&["memory.stored", "conv_1", "mem_1"]);
    assert_eq!(
        id,
        EventId::derived_from(&["memory.stored", "conv_1", "mem_1"])
    );
    for other in [
        ["memory.superseded", "conv_1", "mem_1"],
        ["memory.stored", "conv_2", "mem_1"],
        ["memory.stored", "conv_1m", "em_1"],
    ] {
        assert_ne!(id, EventId::derived_from(&other));
    }
    assert_eq!(id.as_str().len(), "evt_".len() + 2 * ID_BYTES);
}

#[test]
fn debug_output_contains_no_content() {
    let shown = format!("{:?}", content());
    assert!(!shown.contains("six") && !shown.contains("555"), "{shown}");
}
