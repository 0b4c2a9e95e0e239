//! Recognizes placeholders, which stand where a value is missing.
//!
//! The models that fill in ElevenLabs' data collection write "None", "Not provided" or a whole
//! sentence if they find nothing. Redaction leaves tokens such as `[NAME]`.

use text::{is_listed, lower_case, plain_words};

use super::vocabulary::{Kind, Meaning};

/// Longest ending by which a word of a label may differ from the word of a value.
const MAX_ENDING_BYTES: usize = 2;
/// Minimum length of words that may differ in their ending.
const MIN_STEM_BYTES: usize = 4;

/// Returns whether a value only says that there is no value.
///
/// It does if it has no words, or if all its words belong to the vocabulary of missing values and
/// at least one of them is a negation or means "missing".
#[must_use]
pub fn is_placeholder(value: &str) -> bool {
    let value = lower_case(&without_redactions(value));
    let words: Vec<&str> = plain_words(&value).collect();
    if words.is_empty() || is_abbreviation(&words) {
        return true;
    }
    // A bare "no" is a value: it answers a question that the operator asked.
    let may_negate = words.len() > 1;
    words.iter().all(|word| is_in_vocabulary(word))
        && words.iter().any(|word| {
            let meaning = Meaning::of(word);
            meaning.is(Kind::Missing) || (may_negate && meaning.is(Kind::Negation))
        })
}

/// Returns whether the value of an item says nothing, such as "No special wishes.", "nothing to
/// report", "all in order" or "still open".
///
/// Beside a negation or "nothing", it may only have words without a content of their own and words
/// of the item's label. Any other word makes it a value. So does the name of a means of contact,
/// unless the label names one too: "no e-mail" is a preference, but no e-mail address.
#[must_use]
pub fn says_nothing(value: &str, label: &str) -> bool {
    let lower = lower_case(&without_redactions(value));
    let words: Vec<&str> = plain_words(&lower).collect();
    if words.is_empty() || is_abbreviation(&words) {
        return true;
    }
    let statement = Statement {
        meanings: words.iter().map(|word| Meaning::of(word)).collect(),
        words,
        label,
    };
    statement.is_settled() || statement.says_none()
}

/// The value of an item, word by word.
struct Statement<'a> {
    words: Vec<&'a str>,
    meanings: Vec<Meaning>,
    label: &'a str,
}

impl Statement<'_> {
    fn has(&self, kind: Kind) -> bool {
        self.meanings.iter().any(|meaning| meaning.is(kind))
    }

    /// Returns whether the value is a phrase for "all is well", "to be decided" or "as above".
    fn is_settled(&self) -> bool {
        self.words.len() > 1
            && (self.is_made_of(Kind::All, Kind::Well)
                || self.is_made_of(Kind::Yet, Kind::Undecided)
                || self.is_made_of(Kind::Pointer, Kind::Place))
    }

    fn is_made_of(&self, one: Kind, other: Kind) -> bool {
        let kinds = [one, other, Kind::Grammar];
        self.has(one)
            && self.has(other)
            && self.meanings.iter().all(|meaning| meaning.is_any(&kinds))
    }

    /// Returns whether the value denies something without content.
    fn says_none(&self) -> bool {
        let denies = self.has(Kind::Missing) || (self.words.len() > 1 && self.has(Kind::Negation));
        denies
            && (0..self.words.len()).all(|index| self.is_contentless(index))
            && !self.is_about_contact()
    }

    fn is_contentless(&self, index: usize) -> bool {
        let meaning = self.meanings[index];
        // "not yet decided" says nothing, but "not open" is a value.
        meaning.is_any(&VOCABULARY)
            || meaning.is(Kind::Unspecific)
            || (meaning.is_any(&[Kind::Yet, Kind::Undecided]) && self.has(Kind::Yet))
            || is_word_of_label(self.words[index], self.label)
    }

    /// Returns whether the value names a means of contact that is not what the item is about and of
    /// which it does not say that the caller did not tell it.
    fn is_about_contact(&self) -> bool {
        self.has(Kind::Thing)
            && !self.has(Kind::Saying)
            && !plain_words(self.label).any(|word| Meaning::of(word).is(Kind::Thing))
    }
}

/// Returns whether a word is one of a label, apart from a short ending: "note" of "dietary notes".
fn is_word_of_label(word: &str, label: &str) -> bool {
    plain_words(label).any(|own| {
        let (short, long) = if own.len() < word.len() {
            (own, word)
        } else {
            (word, own)
        };
        short == long
            || (short.len() >= MIN_STEM_BYTES
                && long.len() - short.len() <= MAX_ENDING_BYTES
                && long.starts_with(short))
    })
}

/// Returns whether a value is a negation without anything that it denies: "no".
#[must_use]
pub fn is_bare_negation(value: &str) -> bool {
    let lower = lower_case(value);
    let mut words = plain_words(&lower);
    let is_negation = |word| Meaning::of(word).is(Kind::Negation);
    words.next().is_some_and(is_negation) && words.all(is_negation)
}

/// Returns whether a text only names what is missing, such as "his phone number is".
#[must_use]
pub fn is_without_value(text: &str) -> bool {
    plain_words(&lower_case(text)).all(is_in_vocabulary)
}

/// Replaces every redaction token, such as `[NAME]` or `<PHONE_NUMBER>`, with `…`.
#[must_use]
pub fn without_redactions(text: &str) -> String {
    let mut rest = text;
    let mut output = String::with_capacity(text.len());
    while let Some(start) = rest.find(['[', '<']) {
        let (before, token) = rest.split_at(start);
        output.push_str(before);
        let length = redaction_length(token);
        output.push_str(if length > 0 { "…" } else { &token[..1] });
        rest = &token[length.max(1)..];
    }
    output.push_str(rest);
    output
}

/// Returns whether a text contains a redaction token.
#[must_use]
pub fn is_redacted(text: &str) -> bool {
    without_redactions(text) != text
}

/// Returns the length in bytes of the redaction token at the start of a text, or 0 if there is
/// none.
///
/// A token consists of upper-case letters, digits, spaces and `_`, `-` or `#` in brackets, with at
/// least two letters.
fn redaction_length(text: &str) -> usize {
    let close = if text.starts_with('[') { ']' } else { '>' };
    let Some(end) = text.find(close) else {
        return 0;
    };
    let inside = &text[1..end];
    let is_token = inside.chars().all(|c| {
        c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | ' ' | '#')
    });
    let letters = inside.chars().filter(char::is_ascii_uppercase).count();
    if is_token && letters >= 2 { end + 1 } else { 0 }
}

/// Returns whether the words are the single letters of an abbreviation, as in "n/a" or "t.b.d.", or
/// one that is written without dots.
pub(super) fn is_abbreviation(words: &[&str]) -> bool {
    const WRITTEN_AS_WORD: &str = "na nd nvt tbd tbc tba ras";
    const WITH_DOTS: &str = "na tbd tbc tba nv ka nn nvt nd sd sr bd ras ob so";
    match words {
        [word] if word.len() > 1 => is_listed(word, WRITTEN_AS_WORD),
        _ => words.iter().all(|word| word.len() == 1) && is_listed(&words.concat(), WITH_DOTS),
    }
}

/// Returns whether a word belongs to the vocabulary of missing values.
fn is_in_vocabulary(word: &str) -> bool {
    Meaning::of(word).is_any(&VOCABULARY)
}

/// The kinds of words in a statement that there is no value.
const VOCABULARY: [Kind; 6] = [
    Kind::Negation,
    Kind::Missing,
    Kind::Grammar,
    Kind::Saying,
    Kind::Noun,
    Kind::Thing,
];

#[cfg(test)]
mod tests;
