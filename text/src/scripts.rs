//! Scripts that write no spaces between words.

/// Whether a letter belongs to a script without spaces between words: Chinese, Japanese, Thai, Lao,
/// Burmese or Khmer.
#[must_use]
pub fn is_spaceless(letter: char) -> bool {
    matches!(letter, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

/// Whether a letter alone can be a word: a Chinese character or a Korean syllable.
pub(crate) fn is_word_alone(letter: char) -> bool {
    let is_chinese = matches!(letter, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}');
    is_chinese || is_korean(letter)
}

/// Whether a letter is a Korean syllable. Korean has spaces, but particles are attached to its
/// words: search compares pairs of syllables, as in scripts without spaces.
pub(crate) fn is_korean(letter: char) -> bool {
    matches!(letter, '\u{ac00}'..='\u{d7af}')
}
