//! What the negations of a clause deny.

use std::ops::Range;

use text::negation::{Kind, Reach};

use super::cues::Cue;
use super::negations::Negation;
use super::statement::{Polarity, Statement};

/// Words after "without" that it denies.
const MAX_WORDS_WITHOUT: usize = 2;
/// Words between a negation and the "only" that cancels it.
const MAX_WORDS_TO_ONLY: usize = 2;

/// What the negations of a clause deny.
pub(super) struct Scope {
    /// How the whole clause is denied.
    whole: Option<Polarity>,
    /// Behind which token something is denied, and how.
    following: Option<(usize, Polarity)>,
    /// Behind a second "never" nothing is denied.
    until: usize,
    /// Behind another second negation, as in "not that I don't", it is unclear what is denied.
    unclear: usize,
    /// What each "without" denies.
    without: Vec<Range<usize>>,
    /// Where the meaning turns: "except".
    turn: Option<usize>,
    /// Whether the negation denies nothing: "not only".
    is_cancelled: bool,
}

impl Scope {
    pub(super) fn new(text: &Statement<'_>, clause: Range<usize>, negations: &[Negation]) -> Self {
        let find = |reach: Reach| {
            negations
                .iter()
                .find(|negation| negation.kind != Kind::Without && negation.reach == reach)
        };
        let is_weak = negations
            .iter()
            .any(|negation| negation.kind == Kind::Hardly);
        let degree = if is_weak {
            Polarity::Hardly
        } else {
            Polarity::Denied
        };
        let following = find(Reach::Following).map(|negation| negation.at);
        let never = following
            .and_then(|first| (first + 1..clause.end).find(|at| text.lower(*at) == "never"));
        let mut english = negations
            .iter()
            .map(|negation| negation.at)
            .filter(|at| matches!(text.lower(*at), "t" | "not" | "cannot" | "no"));
        Self {
            whole: find(Reach::Clause).map(|_| degree),
            following: following.map(|at| (at, degree)),
            until: never.unwrap_or(clause.end),
            unclear: english.nth(1).unwrap_or(clause.end),
            without: negations
                .iter()
                .filter(|negation| negation.kind == Kind::Without)
                .map(|negation| without(text, negation.at, clause.end))
                .collect(),
            turn: (clause.start + 1..clause.end).find(|at| text.is(*at, Cue::Exception)),
            is_cancelled: !negations.is_empty() && is_cancelled(text, &clause, negations),
        }
    }

    /// Returns whether something is denied, and not denied again.
    pub(super) fn is_denied(&self) -> bool {
        let has_not = !self.is_cancelled && (self.whole.is_some() || self.following.is_some());
        has_not != (self.without.len() % 2 == 1)
    }

    pub(super) fn polarity(&self, at: usize) -> Polarity {
        if self.is_cancelled || at > self.unclear {
            return Polarity::Open;
        }
        let following = self
            .following
            .filter(|(from, _)| at > *from && at < self.until);
        let stated = self.whole.or(following.map(|(_, polarity)| polarity));
        let is_turned = self.turn.is_some_and(|turn| at > turn);
        let without = self.without.iter().filter(|range| range.contains(&at));
        if (usize::from(is_turned) + without.count()) % 2 == 1 {
            return if stated.is_some() {
                Polarity::Affirmed
            } else {
                Polarity::Denied
            };
        }
        // The subject of a denial, and the verb of "eats no meat".
        let precedes = self.following.is_some_and(|(from, _)| at < from);
        stated.unwrap_or(if precedes {
            Polarity::Open
        } else {
            Polarity::Affirmed
        })
    }
}

/// Returns the tokens that a "without" denies.
fn without(text: &Statement<'_>, at: usize, end: usize) -> Range<usize> {
    let last = (at + 1..end)
        .filter(|at| text.is_word(*at))
        .nth(MAX_WORDS_WITHOUT - 1);
    at + 1..last.map_or(end, |last| last + 1)
}

fn is_cancelled(text: &Statement<'_>, clause: &Range<usize>, negations: &[Negation]) -> bool {
    let has_not = negations.iter().any(|negation| negation.kind == Kind::Not);
    has_not
        && (text.any_is(clause.clone(), Cue::NegativeVerb)
            || negations
                .iter()
                .any(|negation| denies_nothing(text, negation.at))
            || says_only(text, clause.clone()))
}

/// Returns whether a negation denies nothing: "not only", "nothing but".
fn denies_nothing(text: &Statement<'_>, at: usize) -> bool {
    let near = at + 1..at + 1 + MAX_WORDS_TO_ONLY;
    text.any_is(near.clone(), Cue::Only)
        || (text.is(at, Cue::Nothing) && text.any_is(near, Cue::ButAfterNothing))
}

/// Returns whether a clause says "only" by a negation and a "than": "ne … que", "no … más que".
fn says_only(text: &Statement<'_>, clause: Range<usize>) -> bool {
    let has = |word: &str| clause.clone().any(|at| text.lower(at) == word);
    let has_pair = |one: &str, other: &str| {
        clause
            .clone()
            .any(|at| text.lower(at) == one && text.lower(at + 1) == other)
    };
    let is_french = clause.clone().any(|at| {
        matches!(text.lower(at), "n" | "ne")
            && (at..clause.end).any(|at| matches!(text.lower(at), "que" | "qu"))
    });
    let has_second = ["pas", "plus", "jamais", "rien", "aucun", "aucune", "ni"];
    (is_french && !has_second.into_iter().any(has))
        || has_pair("más", "que")
        || has_pair("mais", "que")
        || has_pair("altro", "che")
        || has("senão")
}
