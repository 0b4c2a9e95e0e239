//! The similarity of two normalized texts.

use super::NormalizedText;

/// Factor if a number, a modifier or the word order differs.
const CONTRADICTION_FACTOR: f64 = 0.3;
/// Factor for each word that only the new memory has.
const NEW_WORD_FACTOR: f64 = 0.8;

/// The cosine similarity of the words of two texts, from 0 to 1, reduced if they cannot mean the
/// same.
///
/// Not symmetric: `new` may say less than `old`, but every word it adds reduces the similarity.
pub(crate) fn similarity(old: &NormalizedText, new: &NormalizedText) -> f64 {
    if old.text == new.text {
        return 1.0;
    }
    let shared = old.keys.intersection(&new.keys).count();
    if shared == 0 {
        return 0.0;
    }
    let cosine = shared as f64 / ((old.keys.len() * new.keys.len()) as f64).sqrt();
    let new_words = new.keys.len() - shared;
    let similarity = cosine * NEW_WORD_FACTOR.powi(i32::try_from(new_words).unwrap_or(i32::MAX));
    if may_be_the_same(old, new) {
        similarity
    } else {
        similarity * CONTRADICTION_FACTOR
    }
}

/// Whether a new memory with this similarity is a duplicate.
pub(crate) fn is_duplicate(similarity: f64, threshold: f64) -> bool {
    similarity > threshold || similarity >= 1.0
}

pub(super) fn may_be_the_same(old: &NormalizedText, new: &NormalizedText) -> bool {
    old.language == new.language
        && old.numbers == new.numbers
        && old.modifiers == new.modifiers
        && (is_same_order(old, new) || !(old.is_ordered || new.is_ordered))
}

fn is_same_order(old: &NormalizedText, new: &NormalizedText) -> bool {
    let in_old = old.sequence.iter().filter(|element| new.has(element));
    let in_new = new.sequence.iter().filter(|element| old.has(element));
    in_old.eq(in_new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn repeats(old: &str, new: &str) -> bool {
        is_duplicate(
            similarity(&NormalizedText::new(old), &NormalizedText::new(new)),
            0.85,
        )
    }

    #[test]
    fn a_paraphrase_is_a_duplicate() {
        for (old, new) in [
            (
                "Customer prefers express shipping",
                "Customer always wants express shipping",
            ),
            (
                "Customer prefers express shipping for all orders",
                "The caller likes express shipping for every order",
            ),
            (
                "Customer prefers express shipping for all orders",
                "Prefers express shipping",
            ),
            ("Has two dogs", "The caller has 2 dogs."),
            ("Ordered thirteen lamps", "Ordered 13 lamps"),
            (
                "The caller is allergic to peanuts",
                "Caller is allergic to peanuts!",
            ),
            (
                "El cliente prefiere el envío urgente",
                "El cliente siempre quiere el envío urgente",
            ),
            ("Die Kundin mag Kaffee", "Die Kundin bevorzugt Kaffee"),
        ] {
            assert!(repeats(old, new), "{old} / {new}");
        }
    }

    #[test]
    fn a_paraphrase_with_another_number_is_not_a_duplicate() {
        for (old, new) in [
            ("The caller has 1 child", "The caller has 3 children"),
            ("The caller has one child", "The caller has three children"),
            (
                "Ordered thirteen red lamps for the big kitchen",
                "Ordered fifteen red lamps for the big kitchen",
            ),
            ("Asked about order 7712", "Asked about order 7721"),
            (
                "Order HO-7712 arrived late and damaged at the office",
                "Order HO-7721 arrived late and damaged at the office",
            ),
            ("Paid 19.99 for the lamp", "Paid 1999 for the lamp"),
            ("Owns 2 cats and 3 dogs", "Owns 3 cats and 2 dogs"),
        ] {
            assert!(!repeats(old, new) && !repeats(new, old), "{old} / {new}");
        }
    }

    #[test]
    fn a_negated_or_ended_fact_is_not_a_duplicate() {
        for (old, new) in [
            ("Likes express shipping", "No longer likes express shipping"),
            ("Likes express shipping", "Does not like express shipping"),
            ("Likes express shipping", "Doesn't like express shipping"),
            ("Likes tea but not coffee", "Likes coffee but not tea"),
            ("Lives in Boston", "Lived in Boston"),
            ("El cliente quiere café", "El cliente ya no quiere café"),
            ("Der Kunde mag Kaffee", "Der Kunde mag keinen Kaffee"),
            (
                "Le client aime le café au lait sucré",
                "Le client aime pas le café au lait sucré",
            ),
            (
                "Klient pije kawę rano z mlekiem",
                "Klient nigdy pije kawę rano z mlekiem",
            ),
            (
                "De klant wil koffie met melk en suiker",
                "De klant wil geen koffie met melk en suiker",
            ),
            ("Lives in Boston", "The caller's mother lives in Boston"),
        ] {
            assert!(!repeats(old, new) && !repeats(new, old), "{old} / {new}");
        }
    }

    #[test]
    fn another_thing_person_or_direction_is_not_a_duplicate() {
        for (old, new) in [
            (
                "Prefers express shipping to her office in the north of Hamburg",
                "Prefers express shipping to her office in the north of Munich",
            ),
            ("Moved from Denver to Boston", "Moved from Boston to Denver"),
            ("Prefers email over phone", "Prefers phone over email"),
            (
                "Her daughter Anna plays chess",
                "Her daughter Ann plays chess",
            ),
            ("Then Ann called Bob", "Then Bob called Ann"),
            ("Has a dog", "Has a cat"),
        ] {
            assert!(!repeats(old, new) && !repeats(new, old), "{old} / {new}");
        }
    }

    #[test]
    fn a_memory_that_says_more_is_not_a_duplicate() {
        let old = "Allergic to peanuts, shellfish and milk";
        assert!(!repeats(
            old,
            "Allergic to peanuts, shellfish, milk and eggs"
        ));
    }

    proptest! {
        #[test]
        fn similarity_is_bounded_and_a_text_duplicates_itself(one in ".{1,60}", other in ".{1,60}") {
            let first = NormalizedText::new(&one);
            let second = NormalizedText::new(&other);
            prop_assert!((0.0..=1.0 + 1e-9).contains(&similarity(&first, &second)));
            prop_assert!(repeats(&one, &one));
        }

        #[test]
        fn texts_with_different_numbers_are_never_duplicates(one in 0u32..100_000, other in 0u32..100_000) {
            prop_assume!(one != other);
            let first = format!("Asked about order {one}");
            let second = format!("Asked about order {other}");
            prop_assert!(!repeats(&first, &second));
        }
    }
}
