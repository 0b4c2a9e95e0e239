//! Checks that a greeting consists only of verified parts: words of welcome, the caller's own name,
//! and at most one memory.
//!
//! Each sentence must be a welcome, an offer of help, or a question or hope about one matter. The
//! grammar has no place for other statements, orders, requests or promises, whatever their words
//! are.

use common::memory::is_profane;

use super::super::claims::is_title;
use super::super::spoken_numbers::runs_of;
use super::super::tokens::tokens;
use super::evidence::{Evidence, is_contact, is_intimate};
use super::sentence::{Sentence, Word, sentences};
use super::vocabulary::Vocabulary;

/// Most words of a topic.
const MAX_TOPIC: usize = 6;
/// Most parts of a name.
const MAX_NAME: usize = 4;
/// Most sentences that ask or hope.
const MAX_FOLLOW_UPS: usize = 2;

/// The role of a word in a greeting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Open,
    FollowUp,
    Name,
    Agent,
    Topic,
}

/// Returns whether each part of a greeting is verified.
pub(crate) fn is_verified(greeting: &str, language: &str, evidence: &Evidence<'_>) -> bool {
    let Some(vocabulary) = Vocabulary::of(language) else {
        return false;
    };
    let Some(sentences) = sentences(greeting) else {
        return false;
    };
    if is_profane(greeting)
        || is_intimate(greeting)
        || is_contact(greeting)
        || says_number(greeting, vocabulary.language)
    {
        return false;
    }
    let kinds: Option<Vec<Kind>> = sentences
        .iter()
        .map(|sentence| kind(sentence, vocabulary, evidence))
        .collect();
    let Some(kinds) = kinds else { return false };
    let follow_ups = kinds.iter().filter(|kind| **kind != Kind::Welcome).count();
    let topics = kinds.iter().filter(|kind| **kind == Kind::Topic).count();
    !kinds.is_empty() && follow_ups <= MAX_FOLLOW_UPS && topics <= 1
}

/// What a sentence does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Greets or offers help.
    Welcome,
    /// Asks about nothing in particular, or about a parcel, an order, an appointment and the like.
    General,
    /// Asks about a memory.
    Topic,
}

/// Classifies a sentence. Returns `None` if it does anything that a greeting must not do.
fn kind(sentence: &Sentence, vocabulary: &Vocabulary, evidence: &Evidence<'_>) -> Option<Kind> {
    let words = &sentence.words;
    if words.iter().any(|word| is_letter(word, vocabulary)) {
        return None;
    }
    let parts = parts(words, vocabulary, evidence)?;
    let has = |part: Part| parts.contains(&part);
    if !has(Part::FollowUp) && !has(Part::Topic) {
        return Some(Kind::Welcome);
    }
    let is_hope = words
        .iter()
        .take(MAX_NAME)
        .any(|word| vocabulary.is_hope(&word.lower));
    if !(sentence.is_question || is_hope) || has(Part::Agent) {
        return None;
    }
    let topic: Vec<usize> = (0..words.len())
        .filter(|at| parts[*at] == Part::Topic)
        .collect();
    if topic.is_empty() {
        return Some(Kind::General);
    }
    let is_name =
        |at: &usize| *at > 0 && words[*at].is_capitalised() && !vocabulary.capitalises_nouns();
    let spoken: Vec<&str> = topic.iter().map(|at| words[*at].lower.as_str()).collect();
    let is_placed = topic
        .iter()
        .all(|at| is_noun(*at, words, &parts, vocabulary));
    let is_grounded = evidence.holds(&spoken, topic.iter().any(is_name));
    (topic.len() <= MAX_TOPIC && is_placed && is_grounded).then_some(Kind::Topic)
}

/// Returns the role of each word, or `None` if a name is too long.
fn parts(words: &[Word], vocabulary: &Vocabulary, evidence: &Evidence<'_>) -> Option<Vec<Part>> {
    let is_name = |word: &Word| word.is_capitalised() && evidence.names_caller(&word.lower);
    let title_of_name = |at: usize| {
        let behind = words[at + 1..].iter().find(|word| !is_title(&word.lower));
        is_title(&words[at].lower) && behind.is_some_and(is_name)
    };
    let part = |at: usize| {
        let word = &words[at];
        let lower = word.lower.as_str();
        if is_name(word) || title_of_name(at) {
            Part::Name
        } else if vocabulary.is_open(lower) {
            Part::Open
        } else if vocabulary.is_follow_up(lower) {
            Part::FollowUp
        } else if word.is_capitalised() && evidence.names_agent(lower) {
            Part::Agent
        } else {
            Part::Topic
        }
    };
    let parts: Vec<Part> = (0..words.len()).map(part).collect();
    let names = parts.iter().filter(|part| **part == Part::Name).count();
    (names <= MAX_NAME).then_some(parts)
}

/// Returns whether a word of a topic is in the position of a noun or its adjective: after an
/// article or preposition, after another word of the topic, or with a capital. After the noun it
/// may be a verb, unless one of the speakers is its subject: so nobody is asked to do anything.
fn is_noun(at: usize, words: &[Word], parts: &[Part], vocabulary: &Vocabulary) -> bool {
    let word = &words[at];
    if at > 0 && word.is_capitalised() {
        return true;
    }
    if vocabulary.has_no_articles() {
        return at > 0 && !is_polish_verb(&word.lower);
    }
    let Some(before) = at.checked_sub(1) else {
        return false;
    };
    let is_joined = !word.after_comma;
    let is_matter = |at: usize| parts[at] == Part::Topic || vocabulary.is_matter(&words[at].lower);
    if is_joined && (vocabulary.is_before_nouns(&words[before].lower) || is_matter(before)) {
        return true;
    }
    let earlier = (0..at).any(is_matter);
    let speaks = words[..at]
        .iter()
        .any(|word| vocabulary.is_speaker(&word.lower));
    earlier && !speaks
}

/// Returns whether a Polish word ends like an infinitive or a verb that addresses somebody.
fn is_polish_verb(word: &str) -> bool {
    let is_noun = word.ends_with("ość");
    let endings = [
        "ć", "sz", "cie", "łeś", "łaś", "liście", "łyście", "aj", "uj", "ij", "my",
    ];
    !is_noun && word.chars().count() > 3 && endings.iter().any(|ending| word.ends_with(ending))
}

/// Returns whether a word is a single letter that spells something out. Letters that are words, and
/// letters joined by an apostrophe, do not count.
fn is_letter(word: &Word, vocabulary: &Vocabulary) -> bool {
    let is_one = word.lower.chars().count() == 1;
    is_one
        && !word.is_elided
        && !WORDS_OF_ONE_LETTER.contains(&(vocabulary.language, word.lower.as_str()))
}

const WORDS_OF_ONE_LETTER: [(&str, &str); 24] = [
    ("en", "a"),
    ("en", "i"),
    ("es", "a"),
    ("es", "y"),
    ("es", "o"),
    ("fr", "a"),
    ("fr", "à"),
    ("fr", "y"),
    ("it", "e"),
    ("it", "è"),
    ("it", "a"),
    ("it", "i"),
    ("it", "o"),
    ("pt", "a"),
    ("pt", "à"),
    ("pt", "e"),
    ("pt", "é"),
    ("nl", "u"),
    ("pl", "w"),
    ("pl", "z"),
    ("pl", "i"),
    ("pl", "o"),
    ("pl", "a"),
    ("pt", "o"),
];

/// Returns whether a greeting contains a number. "One" alone is an article or pronoun in all of the
/// languages.
fn says_number(greeting: &str, language: &str) -> bool {
    let tokens = tokens(greeting);
    let is_word = |at: usize| NO_NUMBERS.contains(&(language, tokens[at].lower.as_ref()));
    let runs = runs_of(greeting, &tokens);
    runs.iter().any(|run| {
        run.digits() != "1" && (run.groups.len() > 1 || !run.tokens.clone().all(is_word))
    })
}

/// Words of one language that are numbers in another: the English quince, the French oven ("four"),
/// the Polish "this" ("ten").
const NO_NUMBERS: [(&str, &str); 21] = [
    ("en", "once"),
    ("en", "quince"),
    ("en", "due"),
    ("en", "elf"),
    ("en", "seize"),
    ("en", "sept"),
    ("en", "otto"),
    ("en", "oh"),
    ("de", "sei"),
    ("de", "otto"),
    ("de", "oh"),
    ("fr", "four"),
    ("fr", "due"),
    ("fr", "tien"),
    ("es", "ten"),
    ("es", "oh"),
    ("it", "sei"),
    ("pt", "sei"),
    ("nl", "oh"),
    ("pl", "ten"),
    ("pl", "oh"),
];
