//! Decides what a greeting may mention: one memory of the caller, or one thing that the caller said
//! in this call.

use std::collections::HashSet;

use common::call::{Role, Transcript};
use common::memory::{is_profane, speakable_name, spoken_name};
use regex::Regex;
use std::sync::LazyLock;
use text::{SHARED_LETTERS, fold_spelling, words};

use super::ADDRESS_OR_DEBT;
use crate::extract::grounding::contradiction::is_title;
use crate::extract::language::clauses::clauses;
use crate::extract::language::instructions::is_instruction;
use crate::extract::language::introductions;
use crate::extract::language::tokens::MASKS;
use crate::extract::redaction::private::is_private;
use crate::extract::redaction::secrets::{mask, pattern};

/// Most letters by which the endings of two forms differ.
const MAX_ENDING_LETTERS: usize = 3;

/// What is known of the caller, for checking a greeting.
pub(crate) struct GreetingFacts<'a> {
    /// Words of the caller's own names.
    names: HashSet<String>,
    /// Capitalized words from the agent's introduction: its name and its company.
    agent: HashSet<String>,
    memories: Vec<&'a str>,
    transcript: &'a Transcript,
}

impl<'a> GreetingFacts<'a> {
    /// Collects the facts from the caller's names (or, if none is known, from introductions in the
    /// call), the stored memories, the call, and the agent's own first words.
    pub(crate) fn new(
        names: impl Iterator<Item = &'a str>,
        memories: impl Iterator<Item = &'a str>,
        transcript: &'a Transcript,
        agents_own: impl Iterator<Item = &'a str>,
    ) -> Self {
        let turns = transcript.turns();
        let opening = turns
            .iter()
            .take_while(|turn| turn.role == Role::Agent)
            .map(|turn| turn.text.as_str());
        let mut spoken_names: Vec<String> = names
            .filter(|name| speakable_name(name).is_some())
            .map(str::to_owned)
            .collect();
        if spoken_names.is_empty() {
            spoken_names = introductions::introduced_names(transcript)
                .into_iter()
                .filter(|name| spoken_name(name).is_some())
                .collect();
        }
        let name_words = spoken_names
            .iter()
            .flat_map(|name| folded_words(name))
            .filter(|word| !is_title(word));
        let is_name = |word: &&str| word.chars().next().is_some_and(char::is_uppercase);
        let agent = agents_own
            .chain(opening)
            .flat_map(|text| text.split(|c: char| !c.is_alphabetic()))
            .filter(is_name)
            .map(|word| fold_spelling(&word.to_lowercase()))
            .collect();
        Self {
            names: name_words.collect(),
            agent,
            memories: memories.collect(),
            transcript,
        }
    }

    pub(super) fn names_caller(&self, word: &str) -> bool {
        self.names.contains(&fold_spelling(word))
    }

    pub(super) fn names_agent(&self, word: &str) -> bool {
        self.agent.contains(&fold_spelling(word))
    }

    /// Returns whether all words occur in one memory, or one clause of the caller, that may be
    /// mentioned. The name of another person or thing must come from a memory, because only
    /// memories are known to concern the caller.
    pub(super) fn supports_topic(&self, topic: &[&str], has_name: bool) -> bool {
        let topic: Vec<String> = topic.iter().map(|word| fold_spelling(word)).collect();
        let is_of = |text: &&str| {
            let words = folded_words(text);
            topic
                .iter()
                .all(|word| words.iter().any(|other| is_form_of(other, word)))
                && is_tellable(text)
        };
        self.memories.iter().any(is_of)
            || (!has_name && self.caller_clauses().any(|clause| is_of(&clause)))
    }

    /// Returns the clauses of the caller.
    fn caller_clauses(&self) -> impl Iterator<Item = &'a str> {
        let callers = self
            .transcript
            .by_caller()
            .map(|(_, turn)| turn.text.as_str());
        callers
            .filter(|text| !is_instruction(text))
            .flat_map(|text| text.split(['.', '!', '?']))
            .flat_map(clauses)
    }
}

fn folded_words(text: &str) -> Vec<String> {
    words(text).map(|word| fold_spelling(&word)).collect()
}

/// Returns whether two words are forms of one: "rower" and "roweru", "córka" and "córce".
fn is_form_of(one: &str, other: &str) -> bool {
    let shared = one
        .chars()
        .zip(other.chars())
        .take_while(|(one, other)| one == other)
        .count();
    let rest = one.chars().count().max(other.chars().count()) - shared;
    rest == 0
        || (shared >= SHARED_LETTERS && rest <= MAX_ENDING_LETTERS)
        || (shared + 1 >= SHARED_LETTERS && rest < MAX_ENDING_LETTERS)
}

/// Returns whether a fact may be told to whoever holds the phone: it is not private, not an
/// instruction, and neither an address nor about money.
fn is_tellable(text: &str) -> bool {
    let has_secret = MASKS.iter().any(|mask| text.contains(mask)) || mask(text) != text;
    !has_secret
        && !is_contact(text)
        && !is_private(text)
        && !is_instruction(text)
        && !is_profane(text)
        && !is_intimate(text)
}

/// Returns whether a text is about somebody's money or family quarrels.
pub(super) fn is_intimate(text: &str) -> bool {
    INTIMATE.is_match(text)
}

/// Returns whether a text says where somebody lives or how to reach them.
pub(super) fn is_contact(text: &str) -> bool {
    text.contains(['@', '/'])
        || ADDRESS_OR_DEBT.is_match(text)
        || RESIDENCE_OR_CONTACT.is_match(text)
}

/// Residences, kinds of streets, and contact data.
static RESIDENCE_OR_CONTACT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        // Only at the end of a clause: "the road trip" is not an address.
        r"(?i)\p{L}{3} (?:road|lane|drive|close|court|terrace|crescent)(?:[,.!?;]|$)|",
        r"\b(?:lives? (?:at|on|in)|(?:moved|moving) to|resides?|vivo|vive|viven|vivimos|mudé|mudamos|wohn\p{L}*|umgezogen|habite|habitons|",
        r"déménagé\p{L}*|abit[oa]|abitiamo|trasferit\p{L}|mor[oa] (?:na|no|em)|moramos|mudei|woont?|wonen|verhuisd|mieszka\p{L}*|",
        r"\p{L}*(?:straße|strasse|gasse|straat|laan)|streets?|avenues?|boulevard|alley|",
        r"calle|avenida|paseo|callejón|rue|ruelle|via [\p{L}]+|viale|vicolo|piazza|rua|travessa|praça|plein|gracht|ulic\p{L}*|alej[aię]|",
        r"dot (?:com|net|org|example)|e-?mail|postcode|zip code|phone number|telefonnummer|número de teléfono|numéro|numero di telefono|telefoonnummer|numer telefonu)\b",
    ))
});

static INTIMATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?:loans?|mortgages?|overdraft|savings|wages?|income|inherit\p{L}*|alimony|bankrupt\p{L}*|insolven\p{L}*|divorc\p{L}*|custody|",
        r"pension|pregnan\p{L}*|unemploy\p{L}*|benefits|affair|mistress|lover|redundan\p{L}*|lawsuit|",
        r"préstamos?|hipoteca\p{L}*|ahorros|ingresos|herencia|pensión|quiebra|embarg\p{L}*|custodia|embaraz\p{L}*|desempleo|paro|amante|nómina|",
        r"kredit\p{L}*|darlehen|hypothek\p{L}*|lohn|erspart\p{L}*|ersparnisse|erbschaft|unterhalt|insolvenz|scheidung|geschieden|sorgerecht|",
        r"schwanger\p{L}*|arbeitslos\p{L}*|rente|affäre|geliebte\p{L}?|einkommen|",
        r"prêts?|emprunts?|hypothèque|salaire|épargne|héritage|faillite|pension|garde des enfants|enceinte|chômage|retraite|maîtresse|",
        r"prestit\p{L}|mutuo|stipendio|risparmi|eredità|fallimento|affidamento|incinta|disoccupa\p{L}*|pensione|amante|",
        r"empréstimos?|salário|poupança|herança|falência|pensão|guarda dos filhos|grávida|desempreg\p{L}*|aposentadoria|reforma|",
        r"lening\p{L}*|hypotheek|loon|salaris|spaargeld|erfenis|alimentatie|failliet\p{L}*|scheiding|gescheiden|voogdij|zwanger\p{L}*|",
        r"werkloos\p{L}*|uitkering|pensioen|minnares|minnaar|",
        r"kredyt\p{L}*|pożyczk\p{L}*|hipote\p{L}*|pensj\p{L}*|oszczędności|spadek|alimenty|upadłoś\p{L}*|rozwod\p{L}*|rozwód|ciąż\p{L}*|",
        r"bezrobo\p{L}*|emerytur\p{L}*|zasiłek|kochank\p{L}*|kochanek|wypłat\p{L}*)\b",
    ))
});
