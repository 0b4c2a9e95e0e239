//! Scripts without spaces between words, or with particles attached to them.

use super::Word;

/// Whether a letter belongs to Chinese, Japanese, Korean, Thai, Lao, Burmese or Khmer. Texts in
/// these scripts are compared by pairs of letters.
pub(super) fn is_spaceless(letter: char) -> bool {
    matches!(letter, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{20000}'..='\u{323af}')
}

/// Returns overlapping pairs of letters. Parts in another script stay whole, and a single letter
/// stands for itself.
pub(super) fn pairs(run: &str) -> Vec<Word> {
    let letters: Vec<char> = run
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .collect();
    let mut words = Vec::new();
    for group in letters.chunk_by(|one, other| is_spaceless(*one) == is_spaceless(*other)) {
        let whole = group.len() == 1 || !is_spaceless(group[0]);
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
    let is_pair = letters.len() == 2 && is_spaceless(letters[0]);
    Word {
        whole: super::fold(&text),
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
    use crate::words::words;

    #[test]
    fn a_text_without_spaces_is_split_into_pairs() {
        let wholes = |text: &str| {
            words(text)
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
