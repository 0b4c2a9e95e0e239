//! Words of orders to the machine in eight languages, without accents, indexed in one sorted table.

use std::sync::LazyLock;

use super::classes::{Act, Class};
use super::lists::{ACTS, CLASSES};
use crate::extract::language::word_table::WordTable;

/// Returns the act of a folded word and the forms that it may be.
pub(super) fn act(word: &str) -> Option<(Act, u8)> {
    let mut found: Option<(Act, u8)> = None;
    for meaning in TABLE.meanings(word) {
        if let Meaning::Act(act, forms) = meaning {
            found = Some(found.map_or((act, forms), |(first, known)| (first, known | forms)));
        }
    }
    found
}

/// Returns whether a folded word is in a class.
pub(super) fn is_in(class: Class, word: &str) -> bool {
    TABLE
        .meanings(word)
        .any(|meaning| matches!(meaning, Meaning::Class(known) if known == class))
}

#[derive(Clone, Copy)]
enum Meaning {
    Act(Act, u8),
    Class(Class),
}

static TABLE: LazyLock<WordTable<Meaning>> = LazyLock::new(|| {
    let acts = ACTS
        .iter()
        .map(|(act, forms, words)| (Meaning::Act(*act, *forms), *words));
    let classes = CLASSES
        .iter()
        .map(|(class, words)| (Meaning::Class(*class), *words));
    WordTable::new(acts.chain(classes))
});

/// Openings of a standing order: "from now on".
pub(super) const OPENINGS: [&[&str]; 35] = [
    &["from", "now", "on"],
    &["from", "this", "point", "on"],
    &["from", "here", "on"],
    &["from", "today"],
    &["going", "forward"],
    &["henceforth"],
    &["in", "future"],
    &["in", "the", "future"],
    &["ab", "sofort"],
    &["ab", "jetzt"],
    &["ab", "heute"],
    &["von", "nun", "an"],
    &["von", "jetzt", "an"],
    &["kunftig"],
    &["zukunftig"],
    &["in", "zukunft"],
    &["a", "partir", "de"],
    &["desde", "ahora"],
    &["de", "ahora", "en", "adelante"],
    &["en", "adelante"],
    &["desormais"],
    &["dorenavant"],
    &["d", "ora", "in", "poi"],
    &["da", "ora", "in", "poi"],
    &["d", "ora", "in", "avanti"],
    &["da", "adesso", "in", "poi"],
    &["de", "agora", "em", "diante"],
    &["doravante"],
    &["vanaf", "nu"],
    &["voortaan"],
    &["vanaf", "vandaag"],
    &["od", "teraz"],
    &["odtad"],
    &["od", "dzis"],
    &["od", "dzisiaj"],
];
