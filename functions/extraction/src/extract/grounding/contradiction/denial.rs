//! Detects a claim that affirms what the caller denied, or denies what the caller affirmed.

use super::Evidence;
use super::cues::{Cue, Cues};
use super::former;
use super::statement::{Polarity, Statement, Word};
use super::words::{WordClass, is_in};
use crate::extract::language::tokens::tokens;

/// How many thirds of a claim's words must occur in the quote before their denials are compared. An
/// inference uses other words.
const MIN_SHARED_THIRDS: usize = 2;

/// Returns whether a claim uses the quote's words but one of the two denies what the other affirms.
pub(super) fn is_reversed(claim: &Statement<'_>, quote: &Statement<'_>) -> bool {
    // Fast path: most claims and quotes deny nothing.
    if !claim.denies_a_word() && !quote.denies_a_word() {
        return false;
    }
    let nearest = nearest_clauses(claim, quote);
    let matches: Vec<(&Word, Option<Match>)> = claim
        .words
        .iter()
        .map(|word| (word, matching(word, claim, quote, &nearest)))
        .collect();
    let matches = without_subject(matches, claim);
    let shared = matches.iter().filter(|(_, found)| found.is_some()).count();
    let is_restated = shared > 0 && 3 * shared >= MIN_SHARED_THIRDS * matches.len();
    if !is_restated || !has_reversed_part(&matches) {
        return false;
    }
    let is_softened =
        is_softened_by(claim, quote) || is_softened_by(quote, claim) || former::has_former(quote);
    let is_flipped = quote.has_class(WordClass::Before) && claim.has_class(WordClass::After);
    !is_softened
        && !is_flipped
        && !wishes_what_is_missing(claim, quote, &nearest)
        && !replaces_what_is_denied(&matches, claim, quote, &nearest)
}

/// Returns whether a text has a softer denial, such as "avoids", that the other text does not have.
fn is_softened_by(text: &Statement<'_>, other: &Statement<'_>) -> bool {
    let is_soft =
        |at: usize| text.is(at, Cue::Ended) || is_in(WordClass::SoftNegation, text.lower(at));
    let is_in_other = |at: usize| other.tokens.iter().any(|said| said.lower == text.lower(at));
    (0..text.tokens.len()).any(|at| is_soft(at) && !is_in_other(at))
}

/// Returns whether the quote only says no and the claim affirms what was asked.
pub(super) fn affirms_refused_question(
    claim: &Statement<'_>,
    quote: &Statement<'_>,
    evidence: &Evidence<'_>,
) -> bool {
    let is_filler = |word: &str| {
        let classes = [WordClass::No, WordClass::Ignored, WordClass::FirstPerson];
        classes.into_iter().any(|class| is_in(class, word))
            || Cues::of(word).has(Cue::Light)
            || matches!(word, "t" | "don" | "haven" | "didn" | "am" | "m")
    };
    let says_no =
        quote.has_class(WordClass::No) && quote.tokens.iter().all(|token| is_filler(&token.lower));
    says_no && {
        let refused = format!("nicht {}", evidence.question);
        let tokens = tokens(&refused);
        is_reversed(claim, &Statement::new(&tokens, claim.language))
    }
}

/// How the quote uses a word of the claim.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    Agrees,
    Open,
    Conflicts,
}

/// Returns the clauses of the quote that share most words with the claim.
pub(super) fn nearest_clauses(claim: &Statement<'_>, quote: &Statement<'_>) -> Vec<usize> {
    let clauses = 0..quote.clauses();
    let shared: Vec<usize> = clauses
        .clone()
        .map(|clause| shared_words(claim, quote, clause))
        .collect();
    let most = shared.iter().copied().max().unwrap_or_default();
    clauses
        .filter(|clause| most > 0 && shared[*clause] == most)
        .collect()
}

/// Returns how many words of a claim a clause has.
pub(super) fn shared_words(claim: &Statement<'_>, quote: &Statement<'_>, clause: usize) -> usize {
    let in_clause = |word: &&Word| {
        quote
            .words
            .iter()
            .any(|said| said.clause == clause && said.form.is_same(&word.form))
    };
    claim.words.iter().filter(in_clause).count()
}

/// Leaves out a name at the beginning of a claim if it was not said: "Dana has a dog".
fn without_subject<'w>(
    mut matches: Vec<(&'w Word, Option<Match>)>,
    claim: &Statement<'_>,
) -> Vec<(&'w Word, Option<Match>)> {
    let verbs = [Cue::Light, Cue::Possession, Cue::Wish];
    let has_subject = verbs.into_iter().any(|verb| claim.is(1, verb));
    let is_subject =
        |(word, found): &(&Word, Option<Match>)| has_subject && word.at == 0 && found.is_none();
    matches.retain(|found| !is_subject(found));
    matches
}

fn matching(
    word: &Word,
    claim: &Statement<'_>,
    quote: &Statement<'_>,
    nearest: &[usize],
) -> Option<Match> {
    let said: Vec<&Word> = quote
        .words
        .iter()
        .filter(|said| said.form.is_same(&word.form))
        .collect();
    let is_near = |said: &&&Word| nearest.contains(&said.clause);
    let has_near = said.iter().any(|said| is_near(&said));
    let relevant = said.iter().filter(|said| !has_near || is_near(said));
    let is_little = claim.has(Cue::Little);
    let has = claim.has(Cue::Possession);
    relevant
        // "My car doesn't start": there is a car.
        .map(|said| match said.polarity {
            Polarity::Denied if has && quote.is_own(said) => Match::Open,
            polarity => compared(word.polarity, polarity, is_little),
        })
        .reduce(|one, other| match (one, other) {
            (Match::Agrees, _) | (_, Match::Agrees) => Match::Agrees,
            (Match::Open, _) | (_, Match::Open) => Match::Open,
            _ => Match::Conflicts,
        })
}

fn compared(claimed: Polarity, said: Polarity, is_little: bool) -> Match {
    match (claimed, said) {
        (Polarity::Open | Polarity::Hardly, _) | (_, Polarity::Open) => Match::Open,
        (_, Polarity::Hardly) if is_little => Match::Open,
        (_, Polarity::Listed)
        | (Polarity::Listed, _)
        | (Polarity::Affirmed, Polarity::Affirmed)
        | (Polarity::Denied, Polarity::Denied | Polarity::Hardly) => Match::Agrees,
        _ => Match::Conflicts,
    }
}

/// Returns whether the whole claim, or one of its clauses of which every word was said, is the
/// reverse of the quote.
fn has_reversed_part(matches: &[(&Word, Option<Match>)]) -> bool {
    let is_reversed = |part: &[(&Word, Option<Match>)]| {
        let has = |wanted| part.iter().any(|(_, found)| *found == Some(wanted));
        has(Match::Conflicts) && !has(Match::Agrees)
    };
    let is_said = |part: &[(&Word, Option<Match>)]| part.iter().all(|(_, found)| found.is_some());
    is_reversed(matches)
        || matches
            .chunk_by(|(one, _), (next, _)| one.clause == next.clause)
            .any(|part| is_said(part) && is_reversed(part))
}

/// Returns whether a claim has another word for one that the caller denied: "not upstairs" and
/// "downstairs".
fn replaces_what_is_denied(
    matches: &[(&Word, Option<Match>)],
    claim: &Statement<'_>,
    quote: &Statement<'_>,
    nearest: &[usize],
) -> bool {
    let is_other = |said: &Word| {
        said.polarity == Polarity::Denied
            && nearest.contains(&said.clause)
            && !claim.words.iter().any(|word| word.form.is_same(&said.form))
    };
    matches.iter().any(|(_, found)| found.is_none()) && quote.words.iter().any(is_other)
}

/// Returns whether the caller says that something is missing and the claim that it is wanted.
fn wishes_what_is_missing(claim: &Statement<'_>, quote: &Statement<'_>, nearest: &[usize]) -> bool {
    claim.has(Cue::Wish)
        && !claim.denies_anything()
        && nearest.iter().any(|clause| {
            let has = |cue| quote.any_is(quote.clause(*clause), cue);
            quote.is_denied(*clause) && has(Cue::Possession) && !has(Cue::Wish)
        })
}
