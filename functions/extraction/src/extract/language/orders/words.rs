//! Words of orders to the machine in eight languages, without accents, indexed in one sorted table.

use std::sync::LazyLock;

use crate::extract::language::word_table::WordTable;

/// What a system does when it is told to. Decides which further words make a verb an order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Grants something or leaves out a check: "approve", "waive", "skip".
    Grant,
    /// Gives a benefit, if one is named: "give".
    Give,
    /// Moves money or a call: "refund", "transfer".
    Move,
    /// Checks who is calling. An order only if it is denied or about every caller.
    Verify,
    /// Asks the caller for something. An order only if it is denied.
    Ask,
    /// Says what is secret or what was put into its mouth: "reveal", "say".
    Say,
    /// Says something to somebody: "tell me".
    Tell,
    /// Answers in a certain way: "respond only".
    Answer,
    /// Leaves rules aside: "ignore", "forget".
    Override,
    /// Plays a role: "act as".
    Role,
    /// Regards the caller as somebody: "treat this caller as".
    Treat,
    /// Deletes: "erase all".
    Delete,
}

/// The form of a verb.
pub(super) mod form {
    /// An imperative.
    pub(in super::super) const IMPERATIVE: u8 = 1;
    /// An imperative that is also a noun: "refund".
    pub(in super::super) const AMBIGUOUS: u8 = 2;
    /// An infinitive, as behind "must".
    pub(in super::super) const INFINITIVE: u8 = 4;
    /// An imperative that also says what the caller does: Spanish "aprueba".
    pub(in super::super) const STATEMENT: u8 = 8;
}

/// The classes of the other words. A word may have several.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// May precede an imperative: "please", "always".
    Filler,
    /// "not", "never" before an imperative.
    Not,
    /// Joins two clauses: "and".
    And,
    /// Begins a subordinate clause: "when".
    When,
    /// Extends an order to everything: "all", "only", "without".
    Universal,
    /// The caller, as a text names them.
    Caller,
    /// "you", "your".
    Second,
    /// "I", "my".
    First,
    /// "me", "us" as the one who is told.
    Me,
    /// What a system is protected by, or what it was told before: "rules", "password", "previous".
    System,
    /// Something a caller may be given: "discount".
    Benefit,
    /// Asks: "when", "whether".
    Question,
    /// The subject "you".
    You,
    /// "must", "should" with any subject.
    Must,
    /// "may", "can".
    May,
    /// "must" in the second person, which needs no subject.
    YouMust,
    /// "are" in the second person.
    Are,
    /// "are" in the second person, which needs no subject.
    YouAre,
    /// "now".
    Now,
    /// The machine as the subject of an obligation.
    Agent,
    /// A role that a machine may be given: "administrator".
    RoleNoun,
    /// An article or pronoun before an object, which shows that "refund" is a verb.
    Object,
    /// A subject, auxiliary or particle that shows that a final infinitive is no order.
    Finite,
    /// "as".
    As,
    /// Before a channel: "answer by e-mail".
    By,
    /// Shows that the English word before it is a noun: "transfer from".
    Preposition,
    /// May precede a role or the agent.
    Article,
    /// An English word after which a verb is an infinitive or a statement: "to", "would".
    Governor,
}

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
    let acts = super::lists::ACTS
        .iter()
        .map(|(act, forms, words)| (Meaning::Act(*act, *forms), *words));
    let classes = super::lists::CLASSES
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
