//! Whether a claim says what its evidence says: the same numbers, days and names, no other
//! direction, no other subject, and no denial where there is none.

mod denial;
mod numbers;
mod words;

use std::collections::HashSet;

use super::heard::folded;
use super::tokens::{Token, tokens};
use crate::small_talk::language_of;
use numbers::says_numbers_of;
use words::{DAYS, List, day_or_month, is_in};

/// What a claim rests on.
pub(super) struct Evidence<'a> {
    /// The clauses of the caller that the model quotes.
    pub(super) quote: &'a str,
    /// The whole turn, and what the agent asked before it.
    pub(super) turn: &'a str,
    pub(super) question: &'a str,
    /// All that callers said, and what agents asked and they confirmed.
    pub(super) said: &'a [&'a str],
    /// Whether a word was heard in the call or is known of the caller.
    pub(super) is_known: &'a dyn Fn(&str) -> bool,
}

/// Why a claim is not what its evidence says.
pub(super) fn contradiction(content: &str, evidence: &Evidence<'_>) -> Option<&'static str> {
    let claim = tokens(content);
    if !says_numbers_of(content, evidence) {
        Some("number")
    } else if names_another_day(&claim, evidence) {
        Some("day")
    } else if names_a_stranger(&claim, evidence) {
        Some("name")
    } else if is_turned_round(&claim, &tokens(evidence.turn)) {
        Some("direction")
    } else if is_of_somebody_else(&claim, evidence) {
        Some("subject")
    } else {
        let is_denied =
            denial::is_reversed(content, evidence.quote) || denial::is_refused(content, evidence);
        is_denied.then_some("denial")
    }
}

/// Whether a claim has a number or a name that was not said anywhere.
pub(super) fn is_unheard(content: &str, evidence: &Evidence<'_>) -> bool {
    !says_numbers_of(content, evidence) || names_a_stranger(&tokens(content), evidence)
}

/// Whether a word stands before names.
pub(super) fn is_title(word: &str) -> bool {
    is_in(List::Title, word)
}

/// Whether the subject of a clause is a thing or somebody else, and the speaker is not in it: "My
/// bike squeaks".
pub(super) fn is_of_a_thing(clause: &str) -> bool {
    let tokens = tokens(clause);
    let begins = tokens
        .first()
        .is_some_and(|token| is_in(List::Mine, &token.lower) || is_in(List::Article, &token.lower));
    begins && !tokens.iter().any(|token| is_in(List::Own, &token.lower))
}

/// Whether the claim names a day that was not said, and the caller or the question names another of
/// its kind.
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
    let is_day = |place: usize| place < DAYS;
    claimed.iter().any(|day| {
        !near.contains(day)
            && !said.contains(day)
            && near.iter().any(|other| is_day(*other) == is_day(*day))
    })
}

/// Whether the claim names somebody or something of whom nobody spoke.
fn names_a_stranger(claim: &[Token<'_>], evidence: &Evidence<'_>) -> bool {
    // German writes every noun with a capital.
    let is_german = claim.iter().any(|token| is_in(List::German, &token.lower));
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

/// Whether the claim goes from where the caller goes to.
fn is_turned_round(claim: &[Token<'_>], turn: &[Token<'_>]) -> bool {
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
    // "de" and "a" say much else: both ends must be turned.
    turned.iter().any(|is_certain| *is_certain) || turned.len() > 1
}

/// The names that follow a word of direction: whether it means "from", and whether it means nothing
/// else.
fn directions(tokens: &[Token<'_>]) -> Vec<(String, bool, bool)> {
    let mut directions = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let from = is_in(List::From, &token.lower);
        let to = is_in(List::To, &token.lower);
        let is_article = |next: &&Token<'_>| is_in(List::Determiner, &next.lower);
        let place = tokens[at + 1..]
            .iter()
            .take(2)
            .find(|next| !is_article(next));
        let is_place = |place: &&Token<'_>| {
            (from || to) && place.text.chars().next().is_some_and(char::is_uppercase)
        };
        if let Some(place) = place.filter(is_place) {
            let is_certain = is_in(List::Certain, &token.lower);
            directions.push((folded(&place.lower), from, is_certain));
        }
    }
    directions
}

/// Whether the caller says it of a relative and the claim of the caller.
fn is_of_somebody_else(claim: &[Token<'_>], evidence: &Evidence<'_>) -> bool {
    let quote = tokens(evidence.quote);
    let is_relative = |token: &Token<'_>| is_in(List::Relative, &token.lower);
    let speaks_of_self = quote.iter().any(|token| is_in(List::Own, &token.lower));
    let is_mine = |pair: &[Token<'_>]| is_in(List::Mine, &pair[0].lower) && is_relative(&pair[1]);
    let is_subject = quote.windows(2).take(3).any(is_mine);
    // "on" is Polish for "he", and a preposition in English and Dutch.
    let is_third = |token: &Token<'_>| {
        is_in(List::Third, &token.lower)
            && (token.lower != "on" || language_of(evidence.turn) == Some("pl"))
    };
    let is_pronoun =
        || quote.iter().take(2).any(is_third) && tokens(evidence.turn).windows(2).any(is_mine);
    if speaks_of_self || !(is_subject || is_pronoun()) {
        return false;
    }
    let names_relative = claim
        .iter()
        .any(|token| is_relative(token) || is_in(List::Family, &token.lower));
    let is_name = |token: &&Token<'_>| token.text.chars().next().is_some_and(char::is_uppercase);
    let is_named = quote
        .iter()
        .skip(1)
        .filter(is_name)
        .any(|name| claim[0].lower == name.lower);
    !names_relative && !is_named
}
