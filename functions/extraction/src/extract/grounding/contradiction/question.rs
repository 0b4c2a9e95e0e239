//! Detects a claim that rests on a question of the caller alone: "Do you deliver to Berlin?" does
//! not say where the caller lives.

use text::is_listed;

use super::cues::{Cue, INTEREST};
use super::denial::nearest_clauses;
use super::statement::Statement;

/// Returns whether a claim states as a fact what the caller only asks. `is_asked` tells whether a
/// question mark follows the quote.
pub(super) fn is_only_asked(claim: &Statement<'_>, quote: &Statement<'_>, is_asked: bool) -> bool {
    let asks = |clause: usize| {
        (is_asked && clause + 1 == quote.clauses()) || begins_question(quote, clause)
    };
    let asked: Vec<usize> = (0..quote.clauses())
        .filter(|clause| asks(*clause))
        .collect();
    if asked.is_empty() {
        return false;
    }
    let nearest = nearest_clauses(claim, quote);
    let is_question = if nearest.is_empty() {
        asked.len() == quote.clauses()
    } else {
        nearest.iter().all(|clause| asked.contains(clause))
    };
    is_question
        && asked
            .iter()
            .all(|clause| !is_about_speaker(quote, *clause) && !has_statement(quote, *clause))
        && !claim
            .tokens
            .iter()
            .any(|token| is_listed(&token.lower, INTEREST))
}

/// Returns whether a clause begins as only questions do: "do you", "est-ce que", "czy".
fn begins_question(quote: &Statement<'_>, clause: usize) -> bool {
    let first = quote.clause(clause).start;
    let second = quote.lower(first + 1);
    match quote.lower(first) {
        "czy" => true,
        "est" => second == "ce",
        _ => quote.is(first, Cue::AskingVerb) && matches!(second, "you" | "there"),
    }
}

/// Returns whether a question is about the caller, so that it tells something of them: "Can I bring
/// my dog?" A question of fact, "Am I insured?", does not.
fn is_about_speaker(quote: &Statement<'_>, clause: usize) -> bool {
    let range = quote.clause(clause);
    let has = |cue| quote.any_is(range.clone(), cue);
    let verb = range.clone().find(|at| quote.lower(*at) != "czy");
    let begins_with_verb = verb.is_some_and(|at| quote.is(at, Cue::SpeakerVerb));
    has(Cue::Own) || (has(Cue::Speaker) && !begins_with_verb)
}

/// Returns whether a question contains a statement: "Can you note that the bell is broken?"
fn has_statement(quote: &Statement<'_>, clause: usize) -> bool {
    quote
        .clause(clause)
        .any(|at| quote.is(at, Cue::That) && !matches!(quote.lower(at - at.min(1)), "ce" | "cosa"))
}
