//! Checks that a greeting consists only of verified parts: words of welcome, the caller's own name,
//! and at most one memory.
//!
//! Each sentence must be a welcome, an offer of help, or a question or hope about one matter. The
//! grammar has no place for other statements, orders, requests or promises, whatever their words
//! are.

use common::memory::is_profane;
use text::numbers::runs_of;

use super::facts::{GreetingFacts, is_contact, is_intimate};
use super::sentence::{Sentence, Word, sentences};
use super::vocabulary::Vocabulary;
use crate::extract::grounding::contradiction::is_title;
use crate::extract::language::tokens::tokens;

/// Most words of a topic.
const MAX_TOPIC_WORDS: usize = 6;
/// Most parts of a name.
const MAX_NAME_WORDS: usize = 4;
/// Most sentences that ask or hope.
const MAX_FOLLOW_UPS: usize = 2;

/// The role of a word in a greeting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum WordRole {
    Welcome,
    FollowUp,
    Name,
    Agent,
    Topic,
}

/// Returns whether each part of a greeting is verified.
pub(crate) fn is_verified(greeting: &str, language: &str, facts: &GreetingFacts<'_>) -> bool {
    let Some(vocabulary) = Vocabulary::for_language(language) else {
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
    let kinds: Option<Vec<SentenceKind>> = sentences
        .iter()
        .map(|sentence| sentence_kind(sentence, vocabulary, facts))
        .collect();
    let Some(kinds) = kinds else { return false };
    let follow_ups = kinds
        .iter()
        .filter(|kind| **kind != SentenceKind::Welcome)
        .count();
    let topics = kinds
        .iter()
        .filter(|kind| **kind == SentenceKind::Topic)
        .count();
    !kinds.is_empty() && follow_ups <= MAX_FOLLOW_UPS && topics <= 1
}

/// What a sentence does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SentenceKind {
    /// Greets or offers help.
    Welcome,
    /// Asks about nothing in particular, or about a parcel, an order, an appointment and the like.
    General,
    /// Asks about a memory.
    Topic,
}

/// Classifies a sentence. Returns `None` if it does anything that a greeting must not do.
fn sentence_kind(
    sentence: &Sentence,
    vocabulary: &Vocabulary,
    facts: &GreetingFacts<'_>,
) -> Option<SentenceKind> {
    let words = &sentence.words;
    if words.iter().any(|word| is_letter(word, vocabulary)) {
        return None;
    }
    let roles = word_roles(words, vocabulary, facts)?;
    if !roles.contains(&WordRole::FollowUp) && !roles.contains(&WordRole::Topic) {
        return Some(SentenceKind::Welcome);
    }
    let is_wish = words
        .iter()
        .take(MAX_NAME_WORDS)
        .any(|word| vocabulary.is_wish(&word.lower));
    if !(sentence.is_question || is_wish) || roles.contains(&WordRole::Agent) {
        return None;
    }
    let topic: Vec<usize> = (0..words.len())
        .filter(|at| roles[*at] == WordRole::Topic)
        .collect();
    if topic.is_empty() {
        return Some(SentenceKind::General);
    }
    let has_name = topic
        .iter()
        .any(|at| *at > 0 && words[*at].is_capitalised() && !vocabulary.capitalises_nouns());
    let spoken: Vec<&str> = topic.iter().map(|at| words[*at].lower.as_str()).collect();
    let is_placed = topic
        .iter()
        .all(|at| is_noun(*at, words, &roles, vocabulary));
    let is_grounded = facts.supports_topic(&spoken, has_name);
    (topic.len() <= MAX_TOPIC_WORDS && is_placed && is_grounded).then_some(SentenceKind::Topic)
}

/// Returns the role of each word, or `None` if a name is too long.
fn word_roles(
    words: &[Word],
    vocabulary: &Vocabulary,
    facts: &GreetingFacts<'_>,
) -> Option<Vec<WordRole>> {
    let roles: Vec<WordRole> = (0..words.len())
        .map(|at| word_role(at, words, vocabulary, facts))
        .collect();
    let names = roles.iter().filter(|role| **role == WordRole::Name).count();
    (names <= MAX_NAME_WORDS).then_some(roles)
}

fn word_role(
    at: usize,
    words: &[Word],
    vocabulary: &Vocabulary,
    facts: &GreetingFacts<'_>,
) -> WordRole {
    let word = &words[at];
    // A title belongs to the name after it.
    let named = words[at..]
        .iter()
        .find(|next| !is_title(&next.lower))
        .filter(|next| is_callers_name(next, facts));
    if is_callers_name(word, facts) || (is_title(&word.lower) && named.is_some()) {
        WordRole::Name
    } else if vocabulary.is_welcome(&word.lower) {
        WordRole::Welcome
    } else if vocabulary.is_follow_up(&word.lower) {
        WordRole::FollowUp
    } else if word.is_capitalised() && facts.names_agent(&word.lower) {
        WordRole::Agent
    } else {
        WordRole::Topic
    }
}

fn is_callers_name(word: &Word, facts: &GreetingFacts<'_>) -> bool {
    word.is_capitalised() && facts.names_caller(&word.lower)
}

/// Returns whether a word of a topic is in the position of a noun or its adjective: after an
/// article or preposition, after another word of the topic, or with a capital. After the noun it
/// may be a verb, unless one of the speakers is its subject: so nobody is asked to do anything.
fn is_noun(at: usize, words: &[Word], roles: &[WordRole], vocabulary: &Vocabulary) -> bool {
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
    let is_common_topic =
        |at: usize| roles[at] == WordRole::Topic || vocabulary.is_common_topic(&words[at].lower);
    if is_joined && (vocabulary.is_before_nouns(&words[before].lower) || is_common_topic(before)) {
        return true;
    }
    let earlier = (0..at).any(is_common_topic);
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
    let is_word = |at: usize| FALSE_NUMBERS.contains(&(language, tokens[at].lower.as_ref()));
    let runs = runs_of(greeting, &tokens);
    runs.iter().any(|run| {
        run.digits() != "1" && (run.groups.len() > 1 || !run.tokens.clone().all(is_word))
    })
}

/// Words of one language that are numbers in another: the English quince, the French oven ("four"),
/// the Polish "this" ("ten").
const FALSE_NUMBERS: [(&str, &str); 21] = [
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
