//! Compares a claim with its evidence: the same numbers, days and names, the same direction and
//! subject, and no denial that the evidence does not have.

mod denial;
mod numbers;
mod words;

use std::collections::HashSet;

use super::normalize::folded;
use super::tokens::{Token, tokens};
use crate::small_talk::language_of;
use numbers::numbers_match;
use words::{WEEKDAYS, WordClass, day_or_month, is_in};

/// What supports a claim.
pub(super) struct Evidence<'a> {
    /// The caller's clauses that the model quotes.
    pub(super) quote: &'a str,
    /// The whole turn.
    pub(super) turn: &'a str,
    /// The agent's turn before it, if any.
    pub(super) question: &'a str,
    /// What callers said, and what agents said and callers confirmed.
    pub(super) said: &'a [&'a str],
    /// Returns whether a word was said in the call or is known of the caller.
    pub(super) is_known: &'a dyn Fn(&str) -> bool,
}

/// Returns in what respect a claim contradicts its evidence, or `None`.
pub(super) fn contradiction(content: &str, evidence: &Evidence<'_>) -> Option<&'static str> {
    let claim = tokens(content);
    if !numbers_match(content, evidence) {
        Some("number")
    } else if names_another_day(&claim, evidence) {
        Some("day")
    } else if names_unknown(&claim, evidence) {
        Some("name")
    } else if reverses_direction(&claim, &tokens(evidence.turn)) {
        Some("direction")
    } else if is_about_relative(&claim, evidence) {
        Some("subject")
    } else {
        let is_denied = denial::is_reversed(content, evidence.quote)
            || denial::affirms_refused_question(content, evidence);
        is_denied.then_some("denial")
    }
}

/// Returns whether a claim has a number or name that nobody said.
pub(super) fn has_unknown_number_or_name(content: &str, evidence: &Evidence<'_>) -> bool {
    !numbers_match(content, evidence) || names_unknown(&tokens(content), evidence)
}

/// Returns whether a word is a title that precedes names.
pub(super) fn is_title(word: &str) -> bool {
    is_in(WordClass::Title, word)
}

/// Returns whether a clause is about a thing or another person and does not mention the speaker:
/// "My bike squeaks".
pub(super) fn is_about_thing(clause: &str) -> bool {
    let tokens = tokens(clause);
    let begins = tokens.first().is_some_and(|token| {
        is_in(WordClass::Possessive, &token.lower) || is_in(WordClass::Article, &token.lower)
    });
    begins
        && !tokens
            .iter()
            .any(|token| is_in(WordClass::FirstPerson, &token.lower))
}

/// Returns whether the claim names a weekday or month that was not said, while the caller or the
/// question names a different one.
fn names_another_day(claim: &[Token<'_>], evidence: &Evidence<'_>) -> bool {
    let named = |tokens: &[Token<'_>]| {
        tokens
            .iter()
            .filter_map(|token| day_or_month(&token.lower))
            .collect::<HashSet<_>>()
    };
    let claimed = named(claim);
    if claimed.is_empty() {
        return false;
    }
    let near: HashSet<usize> = [evidence.turn, evidence.question]
        .into_iter()
        .flat_map(|text| named(&tokens(text)))
        .collect();
    let said: HashSet<usize> = evidence
        .said
        .iter()
        .flat_map(|text| named(&tokens(text)))
        .collect();
    let is_day = |place: usize| place < WEEKDAYS;
    claimed.iter().any(|day| {
        !near.contains(day)
            && !said.contains(day)
            && near.iter().any(|other| is_day(*other) == is_day(*day))
    })
}

/// Returns whether the claim names a person or thing that nobody mentioned.
fn names_unknown(claim: &[Token<'_>], evidence: &Evidence<'_>) -> bool {
    // German capitalizes every noun.
    let is_german = claim
        .iter()
        .any(|token| is_in(WordClass::GermanMarker, &token.lower));
    let is_known = |token: &Token<'_>| (evidence.is_known)(&folded(&token.lower));
    let is_word = |token: &Token<'_>| {
        let letters = token.text.chars().filter(|c| c.is_alphabetic()).count();
        letters > 3
            && token.text.chars().skip(1).all(|c| !c.is_uppercase())
            && day_or_month(&token.lower).is_none()
    };
    (1..claim.len()).any(|at| {
        let (before, token) = (&claim[at - 1], &claim[at]);
        let is_capitalised =
            token.text.chars().next().is_some_and(char::is_uppercase) && !token.begins_sentence;
        let is_titled = is_title(&before.lower) && !is_title(&token.lower);
        let is_name = is_capitalised
            && is_word(token)
            && !is_title(&token.lower)
            && (is_titled || !is_german);
        is_name && !is_known(token)
    })
}

/// Returns whether the claim reverses a direction: it says "to" where the caller said "from", or
/// the other way round.
fn reverses_direction(claim: &[Token<'_>], turn: &[Token<'_>]) -> bool {
    let claimed = directions(claim);
    if claimed.is_empty() {
        return false;
    }
    let said = directions(turn);
    let turned: Vec<bool> = claimed
        .iter()
        .filter(|(word, from, _)| {
            said.iter()
                .any(|(other, other_from, _)| word == other && from != other_from)
        })
        .filter(|(word, from, _)| {
            !said
                .iter()
                .any(|(other, other_from, _)| word == other && from == other_from)
        })
        .map(|(_, _, is_certain)| *is_certain)
        .collect();
    // "de" and "a" have many other meanings, so both ends must be reversed.
    turned.iter().any(|is_certain| *is_certain) || turned.len() > 1
}

/// Returns the names that follow a word of direction. The first flag is true for "from"; the second
/// if the word has no other meaning.
fn directions(tokens: &[Token<'_>]) -> Vec<(String, bool, bool)> {
    let mut directions = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let from = is_in(WordClass::From, &token.lower);
        let to = is_in(WordClass::To, &token.lower);
        let is_article = |next: &&Token<'_>| is_in(WordClass::Determiner, &next.lower);
        let place = tokens[at + 1..]
            .iter()
            .take(2)
            .find(|next| !is_article(next));
        let is_place = |place: &&Token<'_>| {
            (from || to) && place.text.chars().next().is_some_and(char::is_uppercase)
        };
        if let Some(place) = place.filter(is_place) {
            let is_certain = is_in(WordClass::UnambiguousDirection, &token.lower);
            directions.push((folded(&place.lower), from, is_certain));
        }
    }
    directions
}

/// Returns whether the caller said something about a relative that the claim says about the caller.
fn is_about_relative(claim: &[Token<'_>], evidence: &Evidence<'_>) -> bool {
    let quote = tokens(evidence.quote);
    let is_relative = |token: &Token<'_>| is_in(WordClass::Relative, &token.lower);
    let speaks_of_self = quote
        .iter()
        .any(|token| is_in(WordClass::FirstPerson, &token.lower));
    let is_mine =
        |pair: &[Token<'_>]| is_in(WordClass::Possessive, &pair[0].lower) && is_relative(&pair[1]);
    let is_subject = quote.windows(2).take(3).any(is_mine);
    // "on" means "he" in Polish and is a preposition in English and Dutch.
    let is_third = |token: &Token<'_>| {
        is_in(WordClass::ThirdPerson, &token.lower)
            && (token.lower != "on" || language_of(evidence.turn) == Some("pl"))
    };
    let is_pronoun =
        || quote.iter().take(2).any(is_third) && tokens(evidence.turn).windows(2).any(is_mine);
    if speaks_of_self || !(is_subject || is_pronoun()) {
        return false;
    }
    let names_relative = claim
        .iter()
        .any(|token| is_relative(token) || is_in(WordClass::Family, &token.lower));
    let is_name = |token: &&Token<'_>| token.text.chars().next().is_some_and(char::is_uppercase);
    let is_named = quote
        .iter()
        .skip(1)
        .filter(is_name)
        .any(|name| claim[0].lower == name.lower);
    !names_relative && !is_named
}
