//! Searches by vectors of whole texts.

use super::*;

/// Vector similarities on the scale of a model whose unrelated texts have the given cosine. A
/// distance of 0 means unrelated, 1 means identical.
fn vectors(memories: &[Memory], distances: &[f64], unrelated_cosine: f64) -> Method {
    let near = |at: f64| VectorSimilarity {
        to_query: unrelated_cosine + at * (1.0 - unrelated_cosine),
        to_mean: 0.0,
    };
    let similarities = memories
        .iter()
        .zip(distances)
        .map(|(memory, at)| (memory.id.clone(), near(*at)));
    Method::TextVectors(TextVectors::new(similarities.collect(), unrelated_cosine))
}

#[test]
fn the_scale_of_a_model_changes_neither_order_nor_relevance() {
    let texts = [
        "Has a terrier",
        "Lives in Boston",
        "Pays by card",
        "Ordered two lamps",
        "Works at night",
    ];
    let memories: Vec<Memory> = texts
        .iter()
        .map(|text| memory(text, 5, "2026-01-01"))
        .collect();
    for distances in [
        [0.5, 0.1, 0.05, 0.0, 0.12],
        [0.2, 0.25, 0.21, 0.2, 0.19],
        [0.0, 0.0, 0.0, 0.7, 0.1],
    ] {
        let [wide, narrow] = [0.05, 0.8].map(|unrelated_cosine| {
            contents_and_relevance(&found(
                "any pets",
                Some(0.0),
                memories.clone(),
                &vectors(&memories, &distances, unrelated_cosine),
            ))
        });
        assert_eq!(wide, narrow);
    }
}

#[test]
fn a_single_memory_is_compared_with_unrelated_texts() {
    for unrelated_cosine in [0.05, 0.8] {
        let memories = vec![memory("Has a terrier", 5, "2026-01-01")];
        let relevance = |distance: f64| {
            let found = found(
                "any pets",
                None,
                memories.clone(),
                &vectors(&memories, &[distance], unrelated_cosine),
            );
            found.first().map(|found| found.relevance)
        };
        assert!(relevance(0.6).unwrap() >= 0.7);
        assert!(relevance(0.2).unwrap() < 0.7);
        assert_eq!(relevance(0.0), None);
    }
}

#[test]
fn word_vectors_decide_where_text_vectors_tie() {
    let texts = [
        "He likes jazz",
        "His address is Quay Street 14",
        "She pays by card",
    ];
    let memories: Vec<Memory> = texts
        .iter()
        .map(|text| memory(text, 5, "2026-01-01"))
        .collect();
    let found = found(
        "where to deliver",
        Some(0.0),
        memories.clone(),
        &vectors(&memories, &[0.1; 3], 0.1),
    );
    assert_eq!(found[0].memory.content, texts[1]);
}

#[test]
fn a_memory_no_closer_than_the_others_is_not_a_certain_answer() {
    let texts = [
        "Has a terrier",
        "Has a tabby",
        "Has a parrot",
        "Has a hamster",
    ];
    let memories: Vec<Memory> = texts
        .iter()
        .map(|text| memory(text, 5, "2026-01-01"))
        .collect();
    let sure = |distances: &[f64]| {
        let found = found(
            "pedigree",
            Some(0.0),
            memories.clone(),
            &vectors(&memories, distances, 0.1),
        );
        found[0].relevance >= 0.7
    };
    assert!(sure(&[0.6, 0.0, 0.05, 0.0]), "only one is close");
    assert!(!sure(&[0.6, 0.58, 0.6, 0.57]), "all are close");
}

#[test]
fn similarity_to_all_memories_counts_against_a_memory() {
    let memories: Vec<Memory> = (0..60)
        .map(|number| memory(&format!("Zylqq vorbnt {number}"), 5, "2026-01-01"))
        .collect();
    let near = |at: usize| match at {
        0 => VectorSimilarity {
            to_query: 0.8,
            to_mean: 0.9,
        },
        1 => VectorSimilarity {
            to_query: 0.78,
            to_mean: 0.4,
        },
        _ => VectorSimilarity {
            to_query: 0.5,
            to_mean: 0.6,
        },
    };
    let similarities = memories
        .iter()
        .enumerate()
        .map(|(at, memory)| (memory.id.clone(), near(at)))
        .collect();
    let found = found(
        "passport",
        Some(0.0),
        memories.clone(),
        &Method::TextVectors(TextVectors::new(similarities, 0.4)),
    );
    assert_eq!(found[0].memory.content, memories[1].content);
}
