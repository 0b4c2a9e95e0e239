//! Compares a claim with its evidence: the same numbers, days and names, the same direction, subject
//! and time, and no denial that the evidence does not have.

mod comparison;
mod cues;
mod denial;
mod former;
mod language;
mod negations;
mod number_nouns;
mod numbers;
mod question;
mod same_word;
mod scope;
mod statement;
mod words;

use std::collections::HashSet;

use text::{Token, fold_spelling};

use crate::extract::language::tokens::tokens;
use crate::small_talk::language_of;
use comparison::Comparison;
use language::Language;
use numbers::numbers_match;
use statement::Statement;
use words::{WEEKDAYS, WordClass, day_or_month, is_in};

/// What supports a claim.
pub(crate) struct Evidence<'a> {
    /// The caller's clauses that the model quotes.
    pub(crate) quote: &'a str,
    /// The whole turn.
    pub(crate) turn: &'a str,
    /// The agent's turn before it, if any.
    pub(crate) question: &'a str,
    /// What callers said, and what agents said and callers confirmed.
    pub(crate) said: &'a [&'a str],
    /// Whether the quote ends with a question mark; `None` if it is no question, because the turn
    /// says yes or nothing is quoted.
    pub(crate) asked: Option<bool>,
    /// Returns whether a word was said in the call or is known of the caller.
    pub(crate) is_known: &'a dyn Fn(&str) -> bool,
}

/// Returns in what respect a claim contradicts its evidence, or `None`.
pub(crate) fn contradiction(content: &str, evidence: &Evidence<'_>) -> Option<&'static str> {
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
        reversal(&claim, content, evidence)
    }
}

/// Returns how a claim reverses what the caller said, or `None`.
fn reversal(claim: &[Token<'_>], content: &str, evidence: &Evidence<'_>) -> Option<&'static str> {
    let language = Language::of([evidence.turn, content]);
    let quote = tokens(evidence.quote);
    let claim = Statement::new(claim, &language);
    let quote = Statement::new(&quote, &language);
    let before = evidence.turn.find(evidence.quote).unwrap_or_default();
    let compared = comparison::compare(&claim, &quote);
    if number_nouns::are_swapped(&claim, evidence.turn) {
        Some("number")
    } else if evidence
        .asked
        .is_some_and(|is_asked| question::is_only_asked(&claim, &quote, is_asked))
    {
        Some("question")
    } else if compared == Some(Comparison::Opposite) {
        Some("comparison")
    } else if former::is_outdated(&claim, &quote, &evidence.turn[..before]) {
        Some("past")
    } else {
        let is_denied = (compared.is_none() && denial::is_reversed(&claim, &quote))
            || denial::affirms_refused_question(&claim, &quote, evidence);
        is_denied.then_some("denial")
    }
}

/// Returns whether a claim has a number or name that nobody said.
pub(crate) fn has_unknown_number_or_name(content: &str, evidence: &Evidence<'_>) -> bool {
    !numbers_match(content, evidence) || names_unknown(&tokens(content), evidence)
}

/// Returns whether a word is a title that precedes names.
pub(crate) fn is_title(word: &str) -> bool {
    is_in(WordClass::Title, word)
}

/// Returns whether a clause is about a thing or another person and does not mention the speaker:
/// "My bike squeaks".
pub(crate) fn is_about_thing(clause: &str) -> bool {
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
    let claimed = days_and_months(claim);
    if claimed.is_empty() {
        return false;
    }
    let near: HashSet<usize> = [evidence.turn, evidence.question]
        .into_iter()
        .flat_map(|text| days_and_months(&tokens(text)))
        .collect();
    let said: HashSet<usize> = evidence
        .said
        .iter()
        .flat_map(|text| days_and_months(&tokens(text)))
        .collect();
    claimed.iter().any(|day| {
        !near.contains(day)
            && !said.contains(day)
            && near
                .iter()
                .any(|other| (*other < WEEKDAYS) == (*day < WEEKDAYS))
    })
}

fn days_and_months(tokens: &[Token<'_>]) -> HashSet<usize> {
    tokens
        .iter()
        .filter_map(|token| day_or_month(&token.lower))
        .collect()
}

/// Returns whether the claim names a person or thing that nobody mentioned.
fn names_unknown(claim: &[Token<'_>], evidence: &Evidence<'_>) -> bool {
    // German capitalizes every noun.
    let is_german = claim
        .iter()
        .any(|token| is_in(WordClass::GermanMarker, &token.lower));
    claim.windows(2).any(|pair| {
        let [before, token] = pair else { return false };
        is_like_name(token)
            && (is_title(&before.lower) || !is_german)
            && !(evidence.is_known)(&fold_spelling(&token.lower))
    })
}

/// Returns whether a word is written like a name: a capitalized word of more than three letters
/// inside a sentence, and not a title, weekday or month.
fn is_like_name(token: &Token<'_>) -> bool {
    let letters = token.text.chars().filter(|c| c.is_alphabetic()).count();
    is_capitalised(token)
        && !token.begins_sentence
        && letters > 3
        && token.text.chars().skip(1).all(|c| !c.is_uppercase())
        && day_or_month(&token.lower).is_none()
        && !is_title(&token.lower)
}

fn is_capitalised(token: &Token<'_>) -> bool {
    token.text.chars().next().is_some_and(char::is_uppercase)
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
            !said
                .iter()
                .any(|(other, other_from, _)| word == other && from == other_from)
        })
        .filter_map(|(word, from, is_certain)| {
            said.iter()
                .find(|(other, other_from, _)| word == other && from != other_from)
                .map(|(.., is_certain_there)| *is_certain && *is_certain_there)
        })
        .collect();
    // "de", "a" and "in" have many other meanings, so both ends must be reversed.
    turned.iter().any(|is_certain| *is_certain) || turned.len() > 1
}

/// Returns the names that follow a word of direction. The first flag is true for "from"; the second
/// if the word has no other meaning.
fn directions(tokens: &[Token<'_>]) -> Vec<(String, bool, bool)> {
    let mut directions = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let is_from = is_in(WordClass::From, &token.lower);
        if !is_from && !is_in(WordClass::To, &token.lower) {
            continue;
        }
        let place = tokens[at + 1..]
            .iter()
            .take(2)
            .find(|next| !is_in(WordClass::Determiner, &next.lower));
        if let Some(place) = place.filter(|place| is_capitalised(place)) {
            let is_certain = is_in(WordClass::UnambiguousDirection, &token.lower);
            directions.push((fold_spelling(&place.lower), is_from, is_certain));
        }
    }
    directions
}

/// Returns whether the caller said something about a relative that the claim says about the caller.
fn is_about_relative(claim: &[Token<'_>], evidence: &Evidence<'_>) -> bool {
    let quote = tokens(evidence.quote);
    if quote
        .iter()
        .any(|token| is_in(WordClass::FirstPerson, &token.lower))
    {
        return false;
    }
    let is_subject = quote.windows(2).take(3).any(is_my_relative);
    if !is_subject && !refers_to_relative(&quote, evidence.turn) {
        return false;
    }
    let names_relative = claim
        .iter()
        .any(|token| is_relative(token) || is_in(WordClass::Family, &token.lower));
    let begins_with_name = quote
        .iter()
        .skip(1)
        .any(|token| is_capitalised(token) && claim[0].lower == token.lower);
    !names_relative && !begins_with_name
}

/// Returns whether a quote begins with a pronoun such as "he" and its turn mentions a relative.
fn refers_to_relative(quote: &[Token<'_>], turn: &str) -> bool {
    // "on" means "he" in Polish and is a preposition in English and Dutch.
    let begins_with_pronoun = quote.iter().take(2).any(|token| {
        is_in(WordClass::ThirdPerson, &token.lower)
            && (token.lower != "on" || language_of(turn) == Some("pl"))
    });
    begins_with_pronoun && tokens(turn).windows(2).any(is_my_relative)
}

/// Returns whether two words are a possessive and a relative: "my brother".
fn is_my_relative(pair: &[Token<'_>]) -> bool {
    is_in(WordClass::Possessive, &pair[0].lower) && is_relative(&pair[1])
}

fn is_relative(token: &Token<'_>) -> bool {
    is_in(WordClass::Relative, &token.lower)
}
