//! Pairs of letters, for scripts without spaces between words and with particles attached to them.

use super::Word;
use crate::fold::fold;
use crate::scripts::{is_korean, is_spaceless};

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
    let is_pair = letters.len() == 2 && is_paired(letters[0]);
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
}
