//! Compares relations: "before six" and "after six", "more sugar" and "less sugar".

use text::numbers::{number_of_word, ordinal};

use super::cues::Cue;
use super::statement::{Statement, Word};
use super::words::{WordClass, is_in};

/// Most words between a relation and its object: "prima delle sei", "after a long day".
const MAX_WORDS_TO_OBJECT: usize = 3;
/// Hours after which a clock begins again: six in the evening is eighteen.
const HOURS: u64 = 12;

/// Relations and their opposites. The object of a time is needed to compare it.
const OPPOSITES: [(Cue, Cue, bool); 4] = [
    (Cue::Before, Cue::After, true),
    (Cue::Earlier, Cue::Later, false),
    (Cue::More, Cue::Less, false),
    (Cue::Larger, Cue::Smaller, false),
];

/// Index of "earlier" and "later" in [`OPPOSITES`].
const TIMES: usize = 1;

/// What a claim says of a relation that the quote has too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Comparison {
    Same,
    Opposite,
}

/// A relation in a text, such as "after six".
struct Relation<'a> {
    /// Index in [`OPPOSITES`].
    pair: usize,
    /// Whether it is the first of its pair.
    is_first: bool,
    /// Whether it is denied, so that it means the other of its pair.
    is_turned: bool,
    object: Option<Object<'a>>,
    at: usize,
    clause: usize,
}

impl Relation<'_> {
    /// Whether it means the first of its pair: "before", or "not after".
    fn is_meant_first(&self) -> bool {
        self.is_first != self.is_turned
    }
}

enum Object<'a> {
    Number(u64),
    Word(&'a Word),
}

/// Returns what a claim says of the relations in the quote, or `None` if they cannot be compared.
pub(super) fn compare(claim: &Statement<'_>, quote: &Statement<'_>) -> Option<Comparison> {
    let claimed = relations(claim);
    if claimed.is_empty() {
        return None;
    }
    let said = relations(quote);
    let compared: Vec<Comparison> = claimed
        .iter()
        .filter_map(|relation| compare_relation(relation, &said, claim, quote))
        .collect();
    if compared.contains(&Comparison::Opposite) {
        return Some(Comparison::Opposite);
    }
    compared.first().copied()
}

/// Compares one relation of a claim. The quote may have the same relation more than once.
fn compare_relation(
    claimed: &Relation<'_>,
    said: &[Relation<'_>],
    claim: &Statement<'_>,
    quote: &Statement<'_>,
) -> Option<Comparison> {
    let same_object = said.iter().filter(|said| {
        claimed.pair == said.pair
            && is_same_object(claimed, said)
            && speaks_of_same(claimed, said, claim, quote)
    });
    // "Unable to log in since Tuesday" has the "since" of "not able to log in since Tuesday": only
    // one of them is denied by a negation, and the denials are compared elsewhere.
    let comparable = same_object
        .filter(|said| claimed.is_first != said.is_first || claimed.is_turned == said.is_turned);
    let sides: Vec<bool> = comparable.map(Relation::is_meant_first).collect();
    let is_same = sides.contains(&claimed.is_meant_first());
    (!sides.is_empty()).then_some(if is_same {
        Comparison::Same
    } else {
        Comparison::Opposite
    })
}

fn is_same_object(one: &Relation<'_>, other: &Relation<'_>) -> bool {
    let needs_object = OPPOSITES[one.pair].2;
    match (&one.object, &other.object) {
        (Some(Object::Number(one)), Some(Object::Number(other))) => {
            one == other
                || (*one <= 2 * HOURS && *other <= 2 * HOURS && one % HOURS == other % HOURS)
        }
        (Some(Object::Word(one)), Some(Object::Word(other))) => one.form.is_same(&other.form),
        (Some(_), Some(_)) => false,
        _ => !needs_object,
    }
}

/// Returns whether half of the claim's other words, if any, are in the clause of the relation.
fn speaks_of_same(
    claimed: &Relation<'_>,
    said: &Relation<'_>,
    claim: &Statement<'_>,
    quote: &Statement<'_>,
) -> bool {
    let is_object = |word: &Word| match &claimed.object {
        Some(Object::Word(object)) => object.at == word.at,
        _ => {
            claim.tokens[word.at].lower == claim.tokens[claimed.at].lower
                || number(claim, word.at).is_some()
        }
    };
    let others: Vec<&Word> = claim.words.iter().filter(|word| !is_object(word)).collect();
    let shared = others
        .iter()
        .filter(|word| {
            let mut words = quote
                .words
                .iter()
                .filter(|other| other.clause == said.clause);
            words.any(|other| other.form.is_same(&word.form))
        })
        .count();
    let has_object = claimed.object.is_some() && said.object.is_some();
    2 * shared >= others.len() && (has_object || shared > 0)
}

fn relations<'a>(text: &'a Statement<'_>) -> Vec<Relation<'a>> {
    let mut relations = Vec::new();
    for at in 0..text.tokens.len() {
        let Some((pair, is_first)) = relation_at(text, at) else {
            continue;
        };
        let clause = text.clause_of[at];
        let is_turned = text.is_denied(clause) != is_refused(text, clause);
        relations.push(Relation {
            pair,
            is_first,
            is_turned,
            object: object(text, at),
            at,
            clause,
        });
    }
    relations
}

/// Returns the pair of a relation, and whether it is the first of the two.
fn relation_at(text: &Statement<'_>, at: usize) -> Option<(usize, bool)> {
    let is_hour = |at: usize| text.is(at, Cue::Early) || text.is(at, Cue::Late);
    // "más tarde", "plus tôt", "mais cedo".
    if is_hour(at) && text.follows(at, Cue::More) {
        return Some((TIMES, text.is(at, Cue::Early)));
    }
    let is_degree = text.is(at, Cue::More) && is_hour(at + 1);
    if is_degree || is_of_other_language(text, at) {
        return None;
    }
    OPPOSITES
        .iter()
        .enumerate()
        .find_map(|(pair, (first, second, _))| {
            let is_first = text.is(at, *first);
            (is_first || text.is(at, *second)).then_some((pair, is_first))
        })
}

/// Returns whether a word is a relation in another language only: "mais" is "but" in French, "do"
/// a verb in English, "na" is "in the" in Portuguese.
fn is_of_other_language(text: &Statement<'_>, at: usize) -> bool {
    match text.lower(at) {
        "mais" => !text.is_more(at),
        "do" => !text.language.is("pl"),
        "na" => !text.language.is("nl"),
        _ => false,
    }
}

/// Returns the number or word that a relation is about, which follows it.
fn object<'a>(text: &'a Statement<'_>, at: usize) -> Option<Object<'a>> {
    let end = text.clause(text.clause_of[at]).end;
    (at + 1..end).take(MAX_WORDS_TO_OBJECT + 1).find_map(|at| {
        let word = || text.words.iter().find(|word| word.at == at);
        number(text, at)
            .map(Object::Number)
            .or_else(|| word().map(Object::Word))
    })
}

/// Returns the number at a token. An hour may be an ordinal: "po szóstej".
fn number(text: &Statement<'_>, at: usize) -> Option<u64> {
    let word = text.lower(at);
    if text.is(at, Cue::One) {
        return None;
    }
    let said = number_of_word(word).and_then(|digits| digits.parse().ok());
    said.or_else(|| ordinal(word))
        .or_else(|| is_in(WordClass::Noon, word).then_some(HOURS))
}

/// Returns whether a clause says that a time is too early or too late.
fn is_refused(text: &Statement<'_>, clause: usize) -> bool {
    text.clause(clause).any(|at| {
        let is_hour = text.is(at, Cue::Early) || text.is(at, Cue::Late);
        is_hour && (text.follows(at, Cue::Too) || text.lower(at + 1) == "demais")
    })
}
