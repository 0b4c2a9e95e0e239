//! Whether words tell anything: greetings, thanks, farewells, line checks and words of grammar do
//! not.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::text::{is_spaceless, words};
use lists::{CLOSING, COURTESY, GRAMMAR, I_AM, LATIN_PHRASES, OF_CALLS, PHRASES};

mod lists;

/// Fewest words beside courtesies of a turn in which a single word carries the meaning: "I want a
/// lamp".
const WITH_ONE_CONTENT_WORD: usize = 3;
/// Fewest words beside courtesies and grammar that tell something.
const CONTENT_WORDS: usize = 2;
/// Fewest letters of Chinese, Japanese or Thai that tell something.
const SPACELESS_LETTERS: usize = 4;
/// Fewest words that tell something in a language whose grammar is not known here, beside a
/// farewell or thanks.
const BESIDE_A_FAREWELL: usize = 3;

/// Whether a turn tells anything.
pub(crate) fn says_something(text: &str) -> bool {
    let text = without_phrases(without_masks(text).to_lowercase());
    let (spaceless, words): (Vec<String>, Vec<String>) =
        words(&text).partition(|word| word.chars().any(is_spaceless));
    if spaceless.len() >= SPACELESS_LETTERS
        || words.iter().any(|word| word.chars().any(char::is_numeric))
    {
        return true;
    }
    match grammar_of(&words) {
        Some(grammar) => tells_in(grammar, &text),
        None => {
            let content = content_of(&words, |word| COURTESY_SET.contains(word));
            let has_courtesy = words
                .iter()
                .any(|word| COURTESY_SET.contains(word.as_str()));
            content
                >= if has_courtesy {
                    BESIDE_A_FAREWELL
                } else {
                    CONTENT_WORDS
                }
        }
    }
}

/// Whether a turn tells anything in a language whose grammar is known: one of its sentences does,
/// or all of them together where there is neither thanks nor farewell.
fn tells_in(grammar: &Words, text: &str) -> bool {
    let sentences = text.split([',', '.', '!', '?', ';', '¿', '¡', '…']);
    let sentences: Vec<Sentence> = sentences
        .map(|sentence| Sentence::of(sentence, grammar))
        .collect();
    let all: usize = sentences.iter().map(|sentence| sentence.content).sum();
    let closes = sentences.iter().any(|sentence| sentence.closes);
    sentences.iter().any(Sentence::tells) || (all >= CONTENT_WORDS && !closes)
}

/// What a part of a turn between two marks consists of.
struct Sentence {
    /// Different words that are neither courtesies nor grammar.
    content: usize,
    /// Words that are no courtesies.
    beside_courtesy: usize,
    /// Whether it thanks or takes leave.
    closes: bool,
    /// Whether it says "I am" in one word.
    says_i_am: bool,
}

impl Sentence {
    fn of(sentence: &str, grammar: &Words) -> Self {
        let words: Vec<String> = words(sentence).collect();
        let is_courtesy = |word: &str| COURTESY_SET.contains(word);
        Self {
            content: content_of(&words, |word| is_courtesy(word) || grammar.contains(word)),
            beside_courtesy: words.iter().filter(|word| !is_courtesy(word)).count(),
            closes: words.iter().any(|word| CLOSING_SET.contains(word.as_str())),
            says_i_am: words.iter().any(|word| I_AM.contains(&word.as_str())),
        }
    }

    fn tells(&self) -> bool {
        let carries_meaning = self.beside_courtesy >= WITH_ONE_CONTENT_WORD || self.says_i_am;
        self.content >= CONTENT_WORDS || (self.content == 1 && carries_meaning && !self.closes)
    }
}

/// How many different words are left without those that tell nothing.
fn content_of(words: &[String], tells_nothing: impl Fn(&str) -> bool) -> usize {
    // A single letter is what is left of a contraction: "war's".
    let told = words
        .iter()
        .filter(|word| word.chars().nth(1).is_some() && !tells_nothing(word));
    told.collect::<HashSet<_>>().len()
}

/// Whether a sentence about a call tells anything beside that there was a call, with greetings and
/// thanks.
pub(crate) fn tells_of_more_than_courtesy(sentence: &str) -> bool {
    let sentence = without_phrases(without_masks(sentence).to_lowercase());
    words(&sentence).any(|word| {
        let is_number_or_spaceless = word.chars().any(|c| c.is_numeric() || is_spaceless(c));
        is_number_or_spaceless || (!is_of_calls(&word) && !is_known(&word))
    })
}

/// The words of grammar of the language of which most words are.
fn grammar_of(words: &[String]) -> Option<&'static Words> {
    let (hits, grammar) = hits(words).max_by_key(|(hits, _)| *hits)?;
    (hits > 0).then_some(&grammar.words)
}

/// The language in which most words of a text are words of grammar, of those in which we can tell.
pub(crate) fn language_of(text: &str) -> Option<&'static str> {
    let words: Vec<String> = words(text).collect();
    let mut hits: Vec<(usize, &Grammar)> = hits(&words).collect();
    hits.sort_by_key(|(hits, _)| std::cmp::Reverse(*hits));
    (hits[0].0 > hits[1].0).then_some(hits[0].1.language)
}

/// The language of a text, where several words tell it. A single one may be shared with another
/// language: "per Rechnung".
pub(crate) fn clear_language_of(text: &str) -> Option<&'static str> {
    let words: Vec<String> = words(text).collect();
    let mut hits: Vec<(usize, &Grammar)> = hits(&words).collect();
    hits.sort_by_key(|(hits, _)| std::cmp::Reverse(*hits));
    (hits[0].0 > hits[1].0 + 1).then_some(hits[0].1.language)
}

/// How many of the words are words of grammar, language by language.
fn hits(words: &[String]) -> impl Iterator<Item = (usize, &'static Grammar)> + '_ {
    GRAMMARS.iter().map(|grammar| {
        let is_known = |word: &&String| grammar.words.contains(word.as_str());
        (words.iter().filter(is_known).count(), grammar)
    })
}

/// The text without what masks left, such as "[keypad input]".
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

/// The text, in lower case, without courtesies of several words.
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

/// The text without a phrase where it stands between whole words: "see you" is no part of "see your
/// order".
fn without_words(text: String, phrase: &str) -> String {
    let Some(start) = text.find(phrase) else {
        return text;
    };
    let (before, behind) = (&text[..start], &text[start + phrase.len()..]);
    let is_whole =
        !before.ends_with(char::is_alphanumeric) && !behind.starts_with(char::is_alphanumeric);
    let between = if is_whole { " " } else { phrase };
    format!(
        "{before}{between}{}",
        without_words(behind.to_owned(), phrase)
    )
}

/// Whether a word is a word of grammar or a courtesy in any of the languages.
pub(crate) fn is_known(word: &str) -> bool {
    COURTESY_SET.contains(word) || GRAMMARS.iter().any(|grammar| grammar.words.contains(word))
}

fn is_of_calls(word: &str) -> bool {
    OF_CALLS_SET.contains(word)
}

type Words = HashSet<&'static str>;

struct Grammar {
    language: &'static str,
    words: Words,
}

static COURTESY_SET: LazyLock<Words> = LazyLock::new(|| set(COURTESY));
static CLOSING_SET: LazyLock<Words> = LazyLock::new(|| set(CLOSING));
static OF_CALLS_SET: LazyLock<Words> = LazyLock::new(|| set(OF_CALLS));
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
    fn small_talk_tells_nothing_and_content_does_in_many_languages() {
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
            assert_eq!(says_something(&said), tells_something, "{said}");
        }
    }

    #[test]
    fn a_sentence_about_a_call_tells_more_than_that_there_was_one() {
        let courtesies = [
            "The caller thanked the agent and said goodbye.",
            "The call ended.",
            "Der Anrufer bedankte sich.",
        ];
        assert!(
            courtesies
                .iter()
                .all(|sentence| !tells_of_more_than_courtesy(sentence))
        );
        let telling = [
            "He paid with cash.",
            "The caller complained.",
            "Dana gave an address.",
            "客户要哑光纸。",
        ];
        assert!(
            telling
                .iter()
                .all(|sentence| tells_of_more_than_courtesy(sentence))
        );
    }
}
