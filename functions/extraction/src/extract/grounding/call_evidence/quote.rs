//! Finds quotes in the turns of a call, in spite of small mistakes of transcription and models.

use text::words;

use super::EvidenceTurn;
use crate::extract::language::clauses::clauses as clauses_of;
use crate::extract::language::normalize::normalized_words;

/// Share of a quote's words that must occur in a turn, in order. Transcription and models both make
/// small mistakes.
const MIN_OVERLAP: f64 = 0.8;
/// Most words of a quote that are compared.
const MAX_QUOTE_WORDS: usize = 200;
/// Fewest letters of a word that may be misspelt by one letter.
const MIN_MISSPELT_LETTERS: usize = 5;

/// The words of a quote, plain and normalized.
pub(super) struct Quote {
    pub(super) words: Vec<String>,
    pub(super) normalized: Vec<String>,
}

impl Quote {
    pub(super) fn new(quote: &str) -> Self {
        Self {
            words: words(quote).take(MAX_QUOTE_WORDS).collect(),
            normalized: normalized_words(quote)
                .into_iter()
                .take(MAX_QUOTE_WORDS)
                .collect(),
        }
    }

    pub(super) fn is_in(&self, turn: &EvidenceTurn<'_>) -> bool {
        self.is_among(turn.text, &turn.words, &turn.normalized)
    }

    pub(super) fn is_in_text(&self, text: &str) -> bool {
        self.is_among(
            text,
            &words(text).collect::<Vec<_>>(),
            &normalized_words(text),
        )
    }

    fn is_among(&self, text: &str, words: &[String], normalized: &[String]) -> bool {
        // A single word counts only if it is a whole clause: "Dana.", "Text. I sleep in the
        // daytime."
        let is_clause = || {
            clauses(text)
                .into_iter()
                .any(|clause| normalized_words(clause) == self.normalized)
        };
        if self.words.len() == 1 && !self.words[0].chars().any(char::is_numeric) {
            return is_clause();
        }
        contains_most(words, &self.words)
            || (!self.normalized.is_empty() && contains_most(normalized, &self.normalized))
    }
}

/// Splits a quote at ellipses: "The heating is off ... since Friday".
pub(super) fn parts_of(quote: &str) -> Vec<&str> {
    quote
        .split("...")
        .flat_map(|part| part.split('…'))
        .map(str::trim)
        .filter(|part| words(part).count() > 0)
        .collect()
}

/// Returns the part of a text from the first of these clauses to the last. The clauses are slices
/// of the text.
pub(super) fn span<'a>(text: &'a str, clauses: &[&'a str]) -> &'a str {
    let (Some(first), Some(last)) = (clauses.first(), clauses.last()) else {
        return text;
    };
    let start = first.as_ptr() as usize - text.as_ptr() as usize;
    let end = last.as_ptr() as usize - text.as_ptr() as usize + last.len();
    text.get(start..end).unwrap_or(text)
}

/// Returns the clauses of all sentences of a text.
pub(super) fn clauses(text: &str) -> Vec<&str> {
    let mut from = 0;
    let mut found = Vec::new();
    for end in sentence_ends(text) {
        found.extend(clauses_of(&text[from..end]));
        from = end;
    }
    found
}

/// Returns where the sentences of a text end, including the end of the text.
fn sentence_ends(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.char_indices()
        .filter(|(_, c)| matches!(c, '.' | '!' | '?' | '…'))
        .map(|(at, c)| at + c.len_utf8())
        .filter(move |end| text[*end..].chars().next().is_none_or(char::is_whitespace))
        .chain([text.len()])
}

/// Returns whether enough of the quote's words occur in the turn, in order.
pub(super) fn contains_most(turn: &[String], quote: &[String]) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "a quote has few words")]
    let enough = |found: usize| found as f64 / quote.len() as f64 >= MIN_OVERLAP;
    let present = quote
        .iter()
        .filter(|word| {
            turn.iter()
                .any(|candidate| matches_spelling(candidate, word))
        })
        .count();
    enough(present) && enough(longest_common_subsequence(turn, quote))
}

/// Returns the length of the longest common subsequence.
fn longest_common_subsequence(turn: &[String], quote: &[String]) -> usize {
    let mut row = vec![0; quote.len() + 1];
    for turn_word in turn {
        let mut diagonal = 0;
        for (place, word) in quote.iter().enumerate() {
            let above = row[place + 1];
            row[place + 1] = if matches_spelling(turn_word, word) {
                diagonal + 1
            } else {
                above.max(row[place])
            };
            diagonal = above;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Returns whether two words are the same, or long and different in one letter: transcription and
/// models both misspell.
fn matches_spelling(said: &str, quoted: &str) -> bool {
    said == quoted
        || (is_long_word(said) && is_long_word(quoted) && differs_in_one_letter(said, quoted))
}

fn is_long_word(word: &str) -> bool {
    word.chars().count() >= MIN_MISSPELT_LETTERS && word.chars().all(char::is_alphabetic)
}

fn differs_in_one_letter(one: &str, other: &str) -> bool {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    let same = one
        .iter()
        .zip(&other)
        .take_while(|(one, other)| one == other)
        .count();
    let one_rest = &one[same..];
    let other_rest = &other[same..];
    match one_rest.len().abs_diff(other_rest.len()) {
        0 => one_rest.iter().skip(1).eq(other_rest.iter().skip(1)),
        1 if one_rest.len() > other_rest.len() => one_rest[1..] == *other_rest,
        1 => *one_rest == other_rest[1..],
        _ => false,
    }
}
