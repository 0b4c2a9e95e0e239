//! Detects a claim that says of the present what the caller says of the past: "used to", "früher",
//! "I stopped smoking".

use text::is_listed;
use text::numbers::number_of_word;

use super::cues::{Cue, Cues};
use super::denial::{nearest_clauses, shared_words};
use super::statement::Statement;
use super::words::{WordClass, is_in};

/// A claim's verb is among this many first words.
const MAX_WORDS_TO_VERB: usize = 4;
/// How many thirds of a claim's words must occur in the clause of the past.
const MIN_SHARED_THIRDS: usize = 2;

/// Returns whether a claim in the present repeats a clause about the past. `before` is what
/// precedes the quote in its turn.
pub(super) fn is_outdated(claim: &Statement<'_>, quote: &Statement<'_>, before: &str) -> bool {
    let is_led = ends_with_former(before);
    if quote.has(Cue::Still) || !(is_led || has_former(quote)) || is_about_change(claim) {
        return false;
    }
    let nearest = nearest_clauses(claim, quote);
    !nearest.is_empty()
        && nearest.iter().all(|clause| {
            let shared = shared_words(claim, quote, *clause);
            is_former(quote, *clause, is_led && *clause == 0)
                && 3 * shared >= MIN_SHARED_THIRDS * claim.words.len()
        })
}

/// Returns whether a text may be about the past at all.
pub(super) fn has_former(text: &Statement<'_>) -> bool {
    text.has(Cue::Former)
        || text.has(Cue::Ceased)
        || text.tokens.iter().any(|token| token.lower == "used")
}

/// Returns whether a text ends with a clause of one word such as "formerly": "Avant, j'habitais".
fn ends_with_former(before: &str) -> bool {
    let words = before.trim_end();
    let Some(clause) = words.strip_suffix(',') else {
        return false;
    };
    let (rest, word) = clause
        .rsplit_once(char::is_whitespace)
        .unwrap_or(("", clause));
    let is_whole = rest.trim_end().is_empty() || rest.trim_end().ends_with([',', '.', '!', '?']);
    is_whole && Cues::of(&word.to_lowercase()).has(Cue::Former)
}

/// Returns whether a claim is about the past or about a change.
fn is_about_change(claim: &Statement<'_>) -> bool {
    claim.denies_anything()
        || claim.has_class(WordClass::SoftNegation)
        || claim.has(Cue::Ended)
        || has_former(claim)
        || has_past_verb(claim)
}

/// Returns whether a claim has a verb of the past among its first words, or at its end as in German.
fn has_past_verb(claim: &Statement<'_>) -> bool {
    let end = claim.tokens.len();
    (0..end.min(MAX_WORDS_TO_VERB))
        .chain(end.checked_sub(1))
        .any(|at| is_past(claim, at))
}

/// Returns whether a clause is about what is no longer so.
fn is_former(quote: &Statement<'_>, clause: usize, is_led: bool) -> bool {
    let range = || quote.clause(clause);
    let follows_lead = clause.checked_sub(1).is_some_and(|before| {
        let before = quote.clause(before);
        before.len() == 1 && quote.is(before.start, Cue::Former)
    });
    let is_adverb = |at: usize| quote.is(at, Cue::Former) && !is_preposition(quote, at);
    let has_former = is_led || follows_lead || range().any(is_adverb);
    range().any(|at| says_former(quote, at)) || (has_former && range().any(|at| is_past(quote, at)))
}

/// Returns whether a word alone says that something is no longer so: "used to", "stopped smoking",
/// "dejé de fumar".
fn says_former(text: &Statement<'_>, at: usize) -> bool {
    let (word, next) = (text.lower(at), text.lower(at + 1));
    let before = at.checked_sub(1).map_or("", |before| text.lower(before));
    let is_ceasing = next.ends_with("ing")
        || matches!(next, "up" | "de" | "di" | "met" | "zu" | "mit")
        || ["aufgehört", "przesta", "rzuci"]
            .iter()
            .any(|verb| word.starts_with(verb));
    (word == "used" && next == "to" && !is_listed(before, FORMS_OF_BE))
        || matches!(word, "solía" | "solíamos" | "costumava")
        || (text.is(at, Cue::Ceased) && is_ceasing)
}

/// Returns whether a word such as "antes" is a preposition: "antes de las seis".
fn is_preposition(text: &Statement<'_>, at: usize) -> bool {
    let next = text.lower(at + 1);
    text.is(at, Cue::Before) && (number_of_word(next).is_some() || is_listed(next, PREPOSITIONS))
}

/// Returns whether a word may be a verb of the past. A noun with such an ending does no harm: the
/// claim is then kept.
fn is_past(text: &Statement<'_>, at: usize) -> bool {
    let word = text.lower(at);
    if is_listed(word, PAST) {
        return true;
    }
    let is_noun = at > 0 && text.tokens[at].text.starts_with(char::is_uppercase);
    let is_verb = word.chars().count() > 3 && !is_noun && !is_in(WordClass::Ignored, word);
    is_verb && (has_past_ending(text.language.get(), word) || is_participle(text, at))
}

/// Returns whether a word has an ending of the past in a language, or in any if it is unclear.
fn has_past_ending(language: Option<&str>, word: &str) -> bool {
    let ends = |endings: &str| endings.split(' ').any(|ending| word.ends_with(ending));
    let is_germanic = word.starts_with("ge") && word.len() > 5 && ends("t en d");
    PAST_ENDINGS.iter().any(|(known, endings, others)| {
        let is_spoken = language.is_none_or(|language| known.contains(&language));
        is_spoken
            && ((ends(endings) && (others.is_empty() || !ends(others)))
                || (known.contains(&"de") && is_germanic))
    })
}

/// Returns whether a word is a participle behind "has" or "is" in a Romance language.
fn is_participle(text: &Statement<'_>, at: usize) -> bool {
    let word = text.lower(at);
    let ends = PARTICIPLES.split(' ').any(|ending| word.ends_with(ending));
    ends && at
        .checked_sub(1)
        .is_some_and(|before| is_listed(text.lower(before), AUXILIARIES))
}

/// Before "used to", these mean that somebody is accustomed to something.
const FORMS_OF_BE: &str = "am m is s are re be been was were get got getting not never";

const PREPOSITIONS: &str =
    "de del da do das dos di dello della delle dei degli dell che que qu le la les l midi ce cette";

/// Frequent verbs of the past, in all languages.
const PAST: &str = "\
     was were had lived went got grew left used did war waren hatte ging kam era fue tuvo iba \
     étais était avait avais eu ero aveva avevo foi tinha teve kwam był była miał miała vivait \
     vivais";

/// Endings of the past: languages, endings, and endings that are not of the past.
const PAST_ENDINGS: [(&[&str], &str, &str); 6] = [
    (&["en"], "ed", "eed"),
    (&["de", "nl"], "te ten de den", ""),
    (&["es", "pt"], "ó ía ían aba aban ou eu iu ava ia", ""),
    (&["fr"], "ais ait aient", "rais rait raient"),
    (&["it"], "avo evo ivo ava eva iva", ""),
    (&["pl"], "ł ła łem łam", ""),
];

const PARTICIPLES: &str = "é ée és u i is ato ata uto ito sto sso ado ido";

const AUXILIARIES: &str = "a ai ont est ha ho è sono tem tenho he han";
