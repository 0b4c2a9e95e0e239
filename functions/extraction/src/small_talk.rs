//! Tells content from small talk: greetings, thanks, farewells, line checks and function words have
//! no content.

use std::collections::HashSet;
use std::sync::LazyLock;

use text::{is_spaceless, words};

use lists::{CALL_WORDS, CLOSING, COURTESY, GRAMMAR, I_AM, LATIN_PHRASES, PHRASES};

mod lists;

/// A sentence with a single content word counts if it has at least this many words that are not
/// courtesies: "I want a lamp".
const MIN_WORDS_WITH_ONE_CONTENT_WORD: usize = 3;
/// Minimum number of words, without courtesies and function words, that count as content.
const MIN_CONTENT_WORDS: usize = 2;
/// Minimum number of Chinese, Japanese or Thai letters that count as content.
const MIN_SPACELESS_LETTERS: usize = 4;
/// Minimum number of words that count as content beside a farewell or thanks, in a language whose
/// function words are not listed.
const MIN_CONTENT_WORDS_WITH_COURTESY: usize = 3;

/// Whether a turn has content.
pub(crate) fn has_content(text: &str) -> bool {
    let text = without_phrases(without_masks(text).to_lowercase());
    let (spaceless, words): (Vec<String>, Vec<String>) =
        words(&text).partition(|word| word.chars().any(is_spaceless));
    if spaceless.len() >= MIN_SPACELESS_LETTERS
        || words.iter().any(|word| word.chars().any(char::is_numeric))
    {
        return true;
    }
    match grammar_of(&words) {
        Some(grammar) => has_content_in(grammar, &text),
        None => has_content_in_unknown_language(&words),
    }
}

fn has_content_in_unknown_language(words: &[String]) -> bool {
    let has_courtesy = words
        .iter()
        .any(|word| COURTESY_SET.contains(word.as_str()));
    let minimum = if has_courtesy {
        MIN_CONTENT_WORDS_WITH_COURTESY
    } else {
        MIN_CONTENT_WORDS
    };
    count_content_words(words, |word| COURTESY_SET.contains(word)) >= minimum
}

/// Whether a turn has content, in a language whose function words are listed. One sentence must
/// have content, or all together if the turn contains neither thanks nor a farewell.
fn has_content_in(grammar: &Words, text: &str) -> bool {
    let sentences: Vec<Sentence> = text
        .split([',', '.', '!', '?', ';', '¿', '¡', '…'])
        .map(|sentence| Sentence::parse(sentence, grammar))
        .collect();
    let content_words: usize = sentences
        .iter()
        .map(|sentence| sentence.content_words)
        .sum();
    let has_closing = sentences.iter().any(|sentence| sentence.has_closing);
    sentences.iter().any(Sentence::has_content)
        || (content_words >= MIN_CONTENT_WORDS && !has_closing)
}

/// The words of a part of a turn between two punctuation marks.
struct Sentence {
    /// Number of different words that are neither courtesies nor function words.
    content_words: usize,
    /// Number of words that are not courtesies.
    words_without_courtesies: usize,
    /// Whether it contains thanks or a farewell.
    has_closing: bool,
    /// Whether it says "I am" in one word.
    says_i_am: bool,
}

impl Sentence {
    fn parse(sentence: &str, grammar: &Words) -> Self {
        let words: Vec<String> = words(sentence).collect();
        let is_courtesy = |word: &str| COURTESY_SET.contains(word);
        Self {
            content_words: count_content_words(&words, |word| {
                is_courtesy(word) || grammar.contains(word)
            }),
            words_without_courtesies: words.iter().filter(|word| !is_courtesy(word)).count(),
            has_closing: words.iter().any(|word| CLOSING_SET.contains(word.as_str())),
            says_i_am: words.iter().any(|word| I_AM.contains(&word.as_str())),
        }
    }

    fn has_content(&self) -> bool {
        let is_long_enough =
            self.words_without_courtesies >= MIN_WORDS_WITH_ONE_CONTENT_WORD || self.says_i_am;
        self.content_words >= MIN_CONTENT_WORDS
            || (self.content_words == 1 && is_long_enough && !self.has_closing)
    }
}

/// Counts the different words, except those without content.
fn count_content_words(words: &[String], has_no_content: impl Fn(&str) -> bool) -> usize {
    // A single letter is the rest of a contraction, as in "war's".
    words
        .iter()
        .filter(|word| word.chars().nth(1).is_some() && !has_no_content(word))
        .collect::<HashSet<_>>()
        .len()
}

/// Whether a sentence about a call says more than that there was a call with greetings and thanks.
pub(crate) fn says_more_than_courtesies(sentence: &str) -> bool {
    let sentence = without_phrases(without_masks(sentence).to_lowercase());
    words(&sentence).any(|word| {
        let is_number_or_spaceless = word.chars().any(|c| c.is_numeric() || is_spaceless(c));
        is_number_or_spaceless || (!is_call_word(&word) && !is_known(&word))
    })
}

/// Returns the function words of the language that most words belong to.
fn grammar_of(words: &[String]) -> Option<&'static Words> {
    let (hits, grammar) = count_hits(words).max_by_key(|(hits, _)| *hits)?;
    (hits > 0).then_some(&grammar.words)
}

/// Returns the language with the most function words in the text; `None` if two are equal.
pub(crate) fn language_of(text: &str) -> Option<&'static str> {
    let words: Vec<String> = words(text).collect();
    let mut hits: Vec<(usize, &Grammar)> = count_hits(&words).collect();
    hits.sort_by_key(|(hits, _)| std::cmp::Reverse(*hits));
    (hits[0].0 > hits[1].0).then_some(hits[0].1.language)
}

/// Returns the language of a text if it leads by at least two function words. A single word may
/// belong to another language too, as in "per Rechnung".
pub(crate) fn clear_language_of(text: &str) -> Option<&'static str> {
    let words: Vec<String> = words(text).collect();
    let mut hits: Vec<(usize, &Grammar)> = count_hits(&words).collect();
    hits.sort_by_key(|(hits, _)| std::cmp::Reverse(*hits));
    (hits[0].0 > hits[1].0 + 1).then_some(hits[0].1.language)
}

/// Counts the function words in the text for each language.
fn count_hits(words: &[String]) -> impl Iterator<Item = (usize, &'static Grammar)> + '_ {
    GRAMMARS.iter().map(|grammar| {
        let is_known = |word: &&String| grammar.words.contains(word.as_str());
        (words.iter().filter(is_known).count(), grammar)
    })
}

/// Removes masks such as "[keypad input]".
fn without_masks(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '[' => depth += 1,
            ']' if depth > 0 => depth -= 1,
            c if depth == 0 => clean.push(c),
            _ => {}
        }
    }
    clean
}

/// Removes courtesies of several words. The text must be in lower case.
fn without_phrases(text: String) -> String {
    let text = LATIN_PHRASES
        .iter()
        .fold(text, |text, phrase| without_words(text, phrase));
    if text.is_ascii() {
        return text;
    }
    PHRASES.iter().fold(text, |text, phrase| {
        if text.contains(phrase) {
            text.replace(phrase, " ")
        } else {
            text
        }
    })
}

/// Removes a phrase of whole words: "see you" is not removed from "see your order".
fn without_words(text: String, phrase: &str) -> String {
    let Some(start) = text.find(phrase) else {
        return text;
    };
    let before = &text[..start];
    let after = &text[start + phrase.len()..];
    let is_whole =
        !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric);
    let replacement = if is_whole { " " } else { phrase };
    format!(
        "{before}{replacement}{}",
        without_words(after.to_owned(), phrase)
    )
}

/// Whether a word is a function word or a courtesy in any of the languages.
pub(crate) fn is_known(word: &str) -> bool {
    COURTESY_SET.contains(word) || GRAMMARS.iter().any(|grammar| grammar.words.contains(word))
}

fn is_call_word(word: &str) -> bool {
    CALL_WORD_SET.contains(word)
}

type Words = HashSet<&'static str>;

struct Grammar {
    language: &'static str,
    words: Words,
}

static COURTESY_SET: LazyLock<Words> = LazyLock::new(|| set(COURTESY));
static CLOSING_SET: LazyLock<Words> = LazyLock::new(|| set(CLOSING));
static CALL_WORD_SET: LazyLock<Words> = LazyLock::new(|| set(CALL_WORDS));
static GRAMMARS: LazyLock<Vec<Grammar>> = LazyLock::new(|| {
    GRAMMAR
        .iter()
        .map(|(language, list)| Grammar {
            language,
            words: set(list),
        })
        .collect()
});

fn set(list: &'static str) -> Words {
    list.split_ascii_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        said: String,
        tells_something: bool,
    }

    #[test]
    fn small_talk_is_told_from_content_in_many_languages() {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/cases/small-talk.json"
        );
        let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        for Case {
            said,
            tells_something,
        } in cases
        {
            assert_eq!(has_content(&said), tells_something, "{said}");
        }
    }

    #[test]
    fn a_sentence_with_content_says_more_than_courtesies() {
        let courtesies = [
            "The caller thanked the agent and said goodbye.",
            "The call ended.",
            "Der Anrufer bedankte sich.",
        ];
        assert!(
            courtesies
                .iter()
                .all(|sentence| !says_more_than_courtesies(sentence))
        );
        let content = [
            "He paid with cash.",
            "The caller complained.",
            "Dana gave an address.",
            "客户要哑光纸。",
        ];
        assert!(
            content
                .iter()
                .all(|sentence| says_more_than_courtesies(sentence))
        );
    }
}
