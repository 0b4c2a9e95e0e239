//! Splits a text into sentences. A dot ends a sentence only if the words around it allow that:
//! after an abbreviation, an initial, an ordinal or an ellipsis the sentence usually continues, and
//! the next word must be able to begin a sentence.

mod abbreviations;
mod openers;

use abbreviations::{ANYWHERE, BEFORE_A_NAME, BEFORE_A_NUMBER, MONTHS, ORDINARY_WORDS};
use openers::OPENERS;

/// Returns the sentences of a text in order. No word is lost or added.
#[must_use]
pub fn sentences(text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let mut sentences: Vec<String> = Vec::new();
    let mut sentence: Vec<&str> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        sentence.push(token.text);
        let previous = index.checked_sub(1).map(|before| tokens[before].text);
        let next = tokens.get(index + 1);
        if next.is_none_or(|next| {
            next.begins_item || ends_sentence(token.text, previous, next.text, sentence.len())
        }) {
            sentences.push(sentence.join(" "));
            sentence.clear();
        }
    }
    join_fragments(sentences)
}

/// A piece of text between spaces.
struct Token<'a> {
    text: &'a str,
    /// Whether it is the bullet or number of a list item.
    begins_item: bool,
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut item = 1;
    for line in text.lines() {
        for (place, text) in line
            .split_whitespace()
            .flat_map(split_at_ideographic_stops)
            .enumerate()
        {
            let before = tokens.last().map(|token| token.text);
            // "Ordered: 1. a lamp 2. a chair": a list starts with 1, and each item adds one.
            let is_next_item = item_number(text) == Some(item)
                && (item > 1 || before.is_none_or(|text| text.ends_with(':')));
            item += usize::from(is_next_item);
            let begins_item = before.is_some() && (is_next_item || (place == 0 && is_bullet(text)));
            tokens.push(Token { text, begins_item });
        }
    }
    tokens
}

/// Splits after ideographic full stops, because Chinese and Japanese have no space after a
/// sentence. These stops are never part of a word. The pieces are later joined with a space.
fn split_at_ideographic_stops(run: &str) -> impl Iterator<Item = &str> {
    run.split_inclusive(['。', '！', '？', '｡', '।'])
        .filter(|piece| !piece.is_empty())
}

fn is_bullet(token: &str) -> bool {
    matches!(token, "-" | "–" | "—" | "*" | "•" | "·")
}

fn item_number(token: &str) -> Option<usize> {
    token
        .strip_suffix(['.', ')'])
        .filter(|number| number.len() <= 2)
        .and_then(|number| number.parse().ok())
}

/// Whether a sentence that has `words` words so far ends with this token.
fn ends_sentence(token: &str, previous: Option<&str>, next: &str, words: usize) -> bool {
    let bare = token.trim_end_matches(CLOSING);
    if bare.ends_with(['。', '！', '？', '｡', '।']) {
        return true;
    }
    if !can_begin_a_sentence(next) {
        return false;
    }
    if bare.ends_with(['!', '?', '؟']) {
        return true;
    }
    if bare.ends_with('…') || bare.ends_with("..") {
        return is_opener(next);
    }
    let Some(word) = bare.strip_suffix('.') else {
        return false;
    };
    let word = word.trim_start_matches(OPENING);
    !continues(word, previous, next, words)
}

/// Whether the sentence continues after this word and its dot.
fn continues(word: &str, previous: Option<&str>, next: &str, words: usize) -> bool {
    if word.is_empty() {
        return true;
    }
    if is_number(word) {
        // "1. Lamps", and in German "am 5. Januar".
        return words == 1 || is_ordinal(previous, next);
    }
    let next_is_opener = is_opener(next);
    if is_initial(word) || is_dotted(word) {
        return !next_is_opener;
    }
    let lower = word.to_lowercase();
    let tail = lower.rsplit(['-', '/', '\'', '’']).next().unwrap_or(&lower);
    let is_title =
        BEFORE_A_NAME.contains(&tail) && (is_capitalised(word) || !ORDINARY_WORDS.contains(&tail));
    if is_title || ANYWHERE.contains(&tail) || has_no_vowel(tail) {
        return !next_is_opener;
    }
    (BEFORE_A_NUMBER.contains(&tail) || tail.ends_with("str")) && begins_with_digit(next)
}

/// Whether a word is an initial, such as "J" in "J. R. R. Tolkien".
fn is_initial(word: &str) -> bool {
    word.chars().count() == 1 && word.chars().all(char::is_alphabetic)
}

/// Whether a word has short parts with dots between them, such as "a.m", "z.B" or "U.S". The parts
/// of domains, e-mail addresses and prices are longer or have digits.
fn is_dotted(word: &str) -> bool {
    let is_short = |part: &str| {
        (1..=3).contains(&part.chars().count()) && part.chars().all(char::is_alphabetic)
    };
    word.contains('.') && word.split('.').all(is_short)
}

/// Whether a word is an abbreviation without vowels, such as "Sgt", "Ltd", "Str" or "bzw".
fn has_no_vowel(word: &str) -> bool {
    const VOWELS: &str = "aeiouyáéíóúàèìòùâêîôûäëïöüåæøœãõąęó";
    let letters = word.chars().count();
    (2..=5).contains(&letters) && word.chars().all(|c| c.is_alphabetic() && is_latin(c) && !VOWELS.contains(c))
        // Units and words that can end a sentence, such as "KG" and "TV".
        && !matches!(word, "kg" | "km" | "cm" | "mm" | "tv" | "pc" | "cd" | "dvd" | "sms" | "pdf" | "http" | "hm" | "mmm" | "vw" | "bmw" | "nyc")
}

fn is_latin(c: char) -> bool {
    c < '\u{250}'
}

fn is_number(word: &str) -> bool {
    let digits = word.trim_start_matches(['#', '(', '-', '+', '$', '€', '£']);
    !digits.is_empty() && digits.len() <= 3 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a number with a dot is an ordinal: before a month, and in German after an article.
fn is_ordinal(previous: Option<&str>, next: &str) -> bool {
    const ARTICLES: [&str; 15] = [
        "am", "im", "zum", "vom", "beim", "der", "die", "das", "dem", "den", "des", "ab", "bis",
        "jeden", "jeder",
    ];
    let next = next
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase();
    let previous = previous.unwrap_or_default().to_lowercase();
    let is_month = MONTHS.iter().any(|month| next.starts_with(month));
    is_month || (ARTICLES.contains(&previous.as_str()) && !is_opener(&next))
}

/// Whether a sentence can begin with this token. None begins with a lower-case letter.
fn can_begin_a_sentence(token: &str) -> bool {
    let first = token.trim_start_matches(OPENING).chars().next();
    first.is_some_and(|c| {
        c.is_numeric() || (c.is_alphabetic() && !c.is_lowercase()) || matches!(c, '-' | '•' | '[')
    })
}

/// Whether a token is a word that often begins sentences and is not part of a name.
fn is_opener(token: &str) -> bool {
    let bare = token.trim_matches(|c: char| !c.is_alphanumeric());
    let word = bare
        .split(['\'', '’'])
        .next()
        .unwrap_or(bare)
        .to_lowercase();
    OPENERS.contains(&word.as_str())
}

fn is_capitalised(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

fn begins_with_digit(token: &str) -> bool {
    token
        .trim_start_matches(OPENING)
        .chars()
        .next()
        .is_some_and(|c| c.is_numeric() || c == '#')
}

/// Maximum number of letters of an abbreviation such as "Sept.".
const MAX_ABBREVIATION_LETTERS: usize = 4;

/// Appends fragments of only numbers and abbreviations, such as "Nov. 6.", to the sentence before.
/// Questions and exclamations may be short.
fn join_fragments(sentences: Vec<String>) -> Vec<String> {
    let mut whole: Vec<String> = Vec::new();
    for sentence in sentences {
        match whole.last_mut().filter(|_| is_fragment(&sentence)) {
            Some(before) => {
                before.push(' ');
                before.push_str(&sentence);
            }
            None => whole.push(sentence),
        }
    }
    whole
}

fn is_fragment(sentence: &str) -> bool {
    sentence.split_whitespace().all(is_number_or_abbreviation)
}

fn is_number_or_abbreviation(token: &str) -> bool {
    let letters = token.chars().filter(|c| c.is_alphabetic()).count();
    let ends_with_one_dot = token.ends_with('.') && !token.ends_with("..");
    letters == 0 || (letters <= MAX_ABBREVIATION_LETTERS && ends_with_one_dot)
}

const CLOSING: [char; 8] = ['"', '\'', '”', '’', '»', '“', ')', ']'];
const OPENING: [char; 9] = ['"', '\'', '“', '„', '«', '(', '[', '¿', '¡'];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        name: String,
        text: String,
        sentences: Vec<String>,
    }

    #[test]
    fn a_text_is_split_into_sentences_in_every_language() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../tests/cases/sentences.json")).unwrap();
        for Case {
            name,
            text,
            sentences: expected,
        } in cases
        {
            assert_eq!(sentences(&text), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_letter_is_lost_when_splitting(text in "\\PC{0,200}") {
            let letters = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(letters(&sentences(&text).join(" ")), letters(&text));
        }
    }
}
