//! The names of months.

use std::collections::HashMap;
use std::sync::LazyLock;

use text::Word;

/// Returns the month that a folded word names, 1 to 12.
pub(in super::super) fn month(word: &str) -> Option<i8> {
    static BY_NAME: LazyLock<HashMap<&str, i8>> = LazyLock::new(|| {
        let named = (1..).zip(MONTHS);
        named
            .flat_map(|(month, names)| names.iter().map(move |name| (*name, month)))
            .collect()
    });
    BY_NAME.get(word).copied()
}

/// Returns the month that the word at a place names beyond doubt: a name that is also another word
/// counts only after a preposition.
pub(in super::super) fn sure_month(words: &[Word], at: usize) -> Option<i8> {
    let name = words[at].whole.as_str();
    month(name).filter(|_| !AMBIGUOUS.contains(&name) || follows_preposition(words, at))
}

/// Whether the word before a place is a preposition of time.
pub(in super::super) fn follows_preposition(words: &[Word], at: usize) -> bool {
    at.checked_sub(1)
        .is_some_and(|before| PREPOSITIONS.contains(&words[before].whole.as_str()))
}

/// Months that are also other words. They count only after one of the [`PREPOSITIONS`].
const AMBIGUOUS: &[&str] = &["may", "march", "mars", "sept", "mai", "marca", "maja"];

/// Words before a month or a year, in the languages of [`MONTHS`].
#[rustfmt::skip]
const PREPOSITIONS: &[&str] = &[
    "in", "last", "of", "since", "this", "until", "from", "during", "by", "early", "late", "mid",
    "en", "de", "del", "desde", "im", "seit", "vom", "letzten", "diesen", "depuis", "a", "nel", "di", "em", "sinds", "w", "od",
];

/// January to December as folded words in English, Spanish, German, French, Italian, Portuguese,
/// Dutch and Polish. Polish has the nominative, the locative (as after "in") and the genitive.
#[rustfmt::skip]
const MONTHS: [&[&str]; 12] = [
    &["january", "enero", "januar", "janner", "janvier", "gennaio", "janeiro", "januari", "styczen", "styczniu", "stycznia"],
    &["february", "febrero", "februar", "fevrier", "febbraio", "fevereiro", "februari", "luty", "lutym", "lutego"],
    &["march", "marzo", "marz", "mars", "marco", "maart", "marzec", "marcu", "marca"],
    &["april", "abril", "avril", "aprile", "kwiecien", "kwietniu", "kwietnia"],
    &["may", "mayo", "mai", "maggio", "maio", "mei", "maj", "maju", "maja"],
    &["june", "junio", "juni", "juin", "giugno", "junho", "czerwiec", "czerwcu", "czerwca"],
    &["july", "julio", "juli", "juillet", "luglio", "julho", "lipiec", "lipcu", "lipca"],
    &["august", "agosto", "aout", "augustus", "sierpien", "sierpniu", "sierpnia"],
    &["september", "septiembre", "setiembre", "septembre", "settembre", "setembro", "wrzesien", "wrzesniu", "wrzesnia"],
    &["october", "octubre", "oktober", "octobre", "ottobre", "outubro", "pazdziernik", "pazdzierniku", "pazdziernika"],
    &["november", "noviembre", "novembre", "novembro", "listopad", "listopadzie", "listopada"],
    &["december", "diciembre", "dezember", "decembre", "dicembre", "dezembro", "grudzien", "grudniu", "grudnia"],
];
