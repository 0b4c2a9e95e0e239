//! Detects a claim that affirms what the caller denied, or denies what the caller affirmed.

use text::negation::{Kind, Reach, negation};
use text::{Token, beginning, fold_spelling};

use super::Evidence;
use super::words::{WordClass, is_in};
use crate::extract::language::tokens::tokens;

/// How many thirds of a claim's words must occur in the quote before their denials are compared. An
/// inference uses other words.
const MIN_SHARED_THIRDS: usize = 2;

/// Returns whether a claim uses the quote's words but one of the two denies what the other affirms.
pub(super) fn is_reversed(content: &str, quote: &str) -> bool {
    let claim = tokens(content);
    let quote = tokens(quote);
    let claimed = meaningful_stems(&claim);
    let quoted = meaningful_stems(&quote);
    let shared: Vec<bool> = claimed
        .iter()
        .filter_map(|(stem, denied)| {
            let same: Vec<bool> = quoted
                .iter()
                .filter(|(other, _)| other == stem)
                .map(|(_, denied)| *denied)
                .collect();
            (!same.is_empty()).then(|| same.iter().all(|quoted| quoted != denied))
        })
        .collect();
    let is_restated = !shared.is_empty() && 3 * shared.len() >= MIN_SHARED_THIRDS * claimed.len();
    if !is_restated || !shared.iter().all(|reversed| *reversed) {
        return false;
    }
    let has = |tokens: &[Token<'_>], class: WordClass| {
        tokens.iter().any(|token| is_in(class, &token.lower))
    };
    let is_softened = has(&claim, WordClass::SoftNegation) || has(&quote, WordClass::SoftNegation);
    let is_flipped = has(&quote, WordClass::Before) && has(&claim, WordClass::After);
    !is_softened && !is_flipped
}

/// Returns whether the quote only says no and the claim affirms what was asked.
pub(super) fn affirms_refused_question(content: &str, evidence: &Evidence<'_>) -> bool {
    let quote = tokens(evidence.quote);
    let says_no = !quote.is_empty()
        && quote.iter().all(|token| {
            is_in(WordClass::No, &token.lower) || is_in(WordClass::Ignored, &token.lower)
        });
    says_no
        && quote.iter().any(|token| is_in(WordClass::No, &token.lower))
        && is_reversed(content, &format!("nicht {}", evidence.question))
}

/// Returns the stems of the meaningful words of a text, each with whether it is denied.
fn meaningful_stems(tokens: &[Token<'_>]) -> Vec<(String, bool)> {
    let mut stems = Vec::new();
    let clauses = tokens
        .chunk_by(|_, next| !next.begins_clause && !is_in(WordClass::Adversative, &next.lower));
    for clause in clauses {
        let whole = clause
            .iter()
            .any(|token| denies(token) == Some(Reach::Clause));
        let from = clause.iter().position(|token| {
            denies(token) == Some(Reach::Following) || is_contracted(clause, token)
        });
        // A double negation denies nothing after "never": "Don't say that you never got it".
        let never = clause
            .iter()
            .position(|token| token.lower == "never")
            .filter(|never| from.is_some_and(|from| from < *never));
        for (at, token) in clause.iter().enumerate() {
            let is_word = token.lower.chars().count() > 2
                && !is_in(WordClass::Ignored, &token.lower)
                && denies(token).is_none();
            if is_word {
                stems.push((
                    stem(&token.lower),
                    whole
                        || from
                            .is_some_and(|from| at > from && never.is_none_or(|never| at < never)),
                ));
            }
        }
    }
    stems
}

/// Returns what a token denies. The French "n" of "n'est" is a token of its own.
fn denies(token: &Token<'_>) -> Option<Reach> {
    if token.lower == "n" {
        return Some(Reach::Following);
    }
    negation(&token.lower)
        .filter(|negation| negation.kind != Kind::Hardly)
        .map(|negation| negation.reach)
}

/// Returns whether a token is the "t" of "don't".
fn is_contracted(clause: &[Token<'_>], token: &Token<'_>) -> bool {
    token.lower == "t"
        && clause
            .windows(2)
            .any(|pair| pair[0].lower.ends_with('n') && pair[1].range == token.range)
}

fn stem(word: &str) -> String {
    let word = fold_spelling(word);
    let bare = if word.len() > 3 {
        word.trim_end_matches('s')
    } else {
        &word
    };
    beginning(bare)
}
