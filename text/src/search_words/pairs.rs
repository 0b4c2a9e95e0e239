//! Pairs of letters, for scripts without spaces between words and with particles attached to them.

use super::Word;
use crate::fold::fold;
use crate::scripts::{is_korean, is_spaceless, is_word_alone};

/// Whether a text in this letter's script is compared by pairs of letters.
pub(super) fn is_paired(letter: char) -> bool {
    is_spaceless(letter) || is_korean(letter)
}

/// Returns overlapping pairs of letters. Parts in another script stay whole, and a single letter
/// stands for itself.
pub(super) fn pairs(run: &str) -> Vec<Word> {
    let letters: Vec<char> = run
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .collect();
    let mut words = Vec::new();
    for group in letters.chunk_by(|one, other| is_paired(*one) == is_paired(*other)) {
        let whole = group.len() == 1 || !is_paired(group[0]);
        let size = if whole { group.len() } else { 2 };
        words.extend(group.windows(size).map(fragment));
    }
    words
}

fn fragment(letters: &[char]) -> Word {
    let text: String = letters
        .iter()
        .flat_map(|letter| letter.to_lowercase())
        .collect();
    // A single letter of other scripts, such as Thai, says nothing.
    let is_pair = letters.len() == 2 && letters.iter().all(|letter| is_word_alone(*letter));
    Word {
        whole: fold(&text),
        parts: if is_pair {
            letters.iter().map(char::to_string).collect()
        } else {
            Vec::new()
        },
        text,
        is_name: false,
        is_fragment: true,
    }
}

#[cfg(test)]
mod tests {
    use crate::search_words;

    #[test]
    fn a_text_without_spaces_is_split_into_pairs() {
        let wholes = |text: &str| {
            search_words(text)
                .into_iter()
                .map(|word| word.whole)
                .collect::<Vec<_>>()
        };
        assert_eq!(wholes("住在杭州"), ["住在", "在杭", "杭州"]);
        assert_eq!(wholes("狗"), ["狗"]);
        assert_eq!(wholes("订单A12号"), ["订单", "a12", "号"]);
        assert_eq!(wholes("コーヒー"), ["コー", "ーヒ", "ヒー"]);
        assert_eq!(
            wholes("서울에서 살아요"),
            ["서울", "울에", "에서", "살아", "아요"]
        );
        assert_eq!(wholes("plain words"), ["plain", "words"]);
    }

    #[test]
    fn only_letters_that_can_be_words_are_parts_of_a_pair() {
        let parts = |text: &str| search_words(text).swap_remove(0).parts;
        assert_eq!(parts("住在"), ["住", "在"]);
        assert_eq!(parts("서울"), ["서", "울"]);
        assert!(parts("สุนัข").is_empty());
        assert!(parts("コーヒー").is_empty());
    }
}
