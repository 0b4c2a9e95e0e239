//! Questions that name a time.

use super::*;

#[test]
fn a_question_for_the_last_one_finds_the_newest() {
    let english = [
        "She placed order 48213 for two lamps.",
        "She placed order 51977 for a shade.",
        "Is allergic to nuts.",
    ];
    let spanish = [
        "Hizo el pedido 48213: dos lámparas.",
        "Hizo el pedido 51977: una pantalla.",
        "Es alérgica a las nueces.",
    ];
    let german = [
        "Sie gab Bestellung 48213 auf: zwei Lampen.",
        "Neue Bestellung 51977: ein Schirm.",
        "Verträgt keine Nüsse.",
    ];
    for (query, [first, second, other]) in [
        ("last order number", english),
        ("most recent order", english),
        ("letzte Bestellnummer", german),
        ("último pedido", spanish),
        ("last order number", german),
        ("letzte Bestellnummer", english),
    ] {
        let memories = vec![
            memory(first, 7, "2026-01-01"),
            memory(second, 6, "2026-05-01"),
            memory(other, 9, "2026-06-01"),
        ];
        let found = found(query, Some(0.0), memories, &word_vectors());
        assert!(
            found[0].memory.content.contains("51977"),
            "{query}: {}",
            found[0].memory.content
        );
    }
}

#[test]
fn upcoming_events_rank_before_past_ones_and_ended_facts_are_background() {
    // These searches run on 2026-07-01.
    let memories = || {
        vec![
            memory("Has a fitting on 2026-07-09 at 10:00.", 5, "2026-05-02"),
            memory("Has a fitting on 2026-06-12 at 10:00.", 5, "2026-06-01"),
            memory("Is on holiday until 2026-06-20.", 5, "2026-06-01"),
            memory("Pays by card.", 5, "2026-06-01"),
        ]
    };
    for query in [
        "next fitting",
        "upcoming fitting",
        "nächster Termin",
        "próxima cita",
        "najbliższa wizyta",
    ] {
        let found = found(query, Some(0.0), memories(), &word_vectors());
        assert!(
            found[0].memory.content.contains("07-09"),
            "{query}: {:?}",
            contents_and_relevance(&found)
        );
    }
    let last = found("last fitting", Some(0.0), memories(), &word_vectors());
    assert!(
        last[0].memory.content.contains("06-12"),
        "{:?}",
        contents_and_relevance(&last)
    );
    assert!(relevance_for_holiday("Is on holiday until 2026-06-20.") < 0.35);
    assert!(relevance_for_holiday("Is on holiday until 2026-07-20.") >= 0.7);
}

fn relevance_for_holiday(content: &str) -> f64 {
    let found = found(
        "holiday",
        Some(0.0),
        vec![memory(content, 5, "2026-06-01")],
        &word_vectors(),
    );
    found[0].relevance
}

#[test]
fn a_question_about_a_month_prefers_what_was_said_then() {
    let memories = vec![
        memory("Ordered two lamps.", 5, "2026-04-03"),
        memory("Ordered a carpet.", 5, "2026-06-12"),
        memory("Ordered curtains.", 5, "2026-06-30"),
    ];
    for (query, wanted) in [
        ("what did she order in April", "lamps"),
        ("Was hat sie im April bestellt?", "lamps"),
    ] {
        let found = found(query, Some(0.0), memories.clone(), &word_vectors());
        assert!(
            found[0].memory.content.contains(wanted),
            "{query}: {:?}",
            contents_and_relevance(&found)
        );
    }
}

#[test]
fn a_superseded_memory_held_until_its_successor_was_said() {
    let current = memory("Lives in Denver", 5, "2026-03-04");
    let link = Superseded {
        by: current.id.clone(),
        at: "2026-06-30T00:00:00Z".parse().unwrap(),
    };
    let old = Memory {
        superseded: Some(link),
        ..memory("Lives in Boston", 5, "2026-01-01")
    };
    let candidates = CandidateSet::all(vec![current], 1).with_history(vec![old]);
    assert_eq!(
        candidates.memories[1].superseded.as_ref().unwrap().at,
        "2026-03-04T12:00:00Z".parse().unwrap()
    );
}

#[test]
fn a_question_about_previous_issues_finds_issues_not_old_addresses() {
    let link = Superseded {
        by: MemoryId::random(),
        at: "2026-03-04T12:00:00Z".parse().unwrap(),
    };
    let memories = vec![
        memory(
            "The delivery arrived broken and was complained about.",
            6,
            "2026-02-01",
        ),
        memory("Lives in Denver", 5, "2026-03-04"),
        memory("Has a dog", 5, "2026-03-04"),
        Memory {
            superseded: Some(link),
            ..memory("Lives in Boston", 6, "2026-01-01")
        },
    ];
    for query in [
        "previous issues",
        "frühere Probleme",
        "problemas anteriores",
    ] {
        let found = found(query, Some(0.0), memories.clone(), &word_vectors());
        assert!(
            found[0].memory.content.contains("broken"),
            "{query}: {:?}",
            contents_and_relevance(&found)
        );
    }
}
