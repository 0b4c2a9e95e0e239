//! Whether a greeting is made of verified parts: words of welcome, the caller's own name, and at
//! most one memory.
//!
//! Each sentence is a welcome or an offer of help, or it asks or hopes how one matter went. A
//! statement about anything else, an order, a request or a promise has no place in this grammar,
//! whatever its words are.

use common::memory::is_profane;

use super::super::claims::is_title;
use super::super::spoken_numbers::runs_of;
use super::super::tokens::tokens;
use super::evidence::{Evidence, is_contact, is_intimate};
use super::sentence::{Sentence, Word, sentences};
use super::vocabulary::Vocabulary;

/// Most words of a matter.
const MAX_TOPIC: usize = 6;
/// Most parts of a name.
const MAX_NAME: usize = 4;
/// Most sentences that ask or hope.
const MAX_FOLLOW_UPS: usize = 2;

/// What a word of a greeting is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Open,
    FollowUp,
    Name,
    Agent,
    Topic,
}

/// Whether each part of a greeting in this language is verified.
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
    /// It greets or offers help.
    Welcome,
    /// It asks about nothing in particular, or about a parcel, an order, an appointment.
    General,
    /// It asks about a memory.
    Topic,
}

/// What a sentence does, or `None` when it does anything that no greeting should do.
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

/// What each word is. `None` for a name that is too long.
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

/// Whether a word of a matter stands where a noun or its adjective stands: behind an article or
/// preposition, behind another word of the matter, or with a capital. Behind the noun it may be a
/// verb of which neither speaker is the subject: so nobody is asked to do anything.
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

/// Whether a Polish word has the ending of an infinitive or of a verb that addresses somebody.
fn is_polish_verb(word: &str) -> bool {
    let is_noun = word.ends_with("ość");
    let endings = [
        "ć", "sz", "cie", "łeś", "łaś", "liście", "łyście", "aj", "uj", "ij", "my",
    ];
    !is_noun && word.chars().count() > 3 && endings.iter().any(|ending| word.ends_with(ending))
}

/// A letter by itself spells something out, unless it is a word or an apostrophe joins it to one.
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

/// Whether a number is said. "One" by itself is an article or a pronoun in every one of the
/// languages.
fn says_number(greeting: &str, language: &str) -> bool {
    let tokens = tokens(greeting);
    let is_word = |at: usize| NO_NUMBERS.contains(&(language, tokens[at].lower.as_ref()));
    let runs = runs_of(greeting, &tokens);
    runs.iter().any(|run| {
        run.digits() != "1" && (run.groups.len() > 1 || !run.tokens.clone().all(is_word))
    })
}

/// Words of one language that are numbers of another: an English quince, the French oven, the
/// Polish "this".
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
