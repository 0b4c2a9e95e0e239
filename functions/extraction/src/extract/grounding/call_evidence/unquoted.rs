//! Grounding of statements without a quote, such as those of ElevenLabs' analysis.

use std::collections::HashSet;

use common::call::Role;
use text::words;

use super::{CallEvidence, clauses, stems};
use crate::extract::grounding::contradiction::{
    Evidence, contradiction, has_unknown_number_or_name,
};
use crate::extract::language::normalize::normalized_words;
use crate::small_talk::{clear_language_of, is_known, language_of};

/// A clause must contain at least one in this many of a statement's stems to be its source.
const MIN_SHARE: usize = 2;

impl<'a> CallEvidence<'a> {
    /// Returns why the call does not support a statement, or `None`. The agent's words count only
    /// if the caller confirms them, unless `agent_counts` is set (agents say when the appointment
    /// is). A statement in another language than the caller's uses other words, so only its numbers
    /// and names are compared.
    pub(crate) fn rejection_reason(
        &self,
        statement: &str,
        agent_counts: bool,
    ) -> Option<&'static str> {
        // Without a transcript there is nothing to compare with.
        if self.turns.is_empty() {
            return None;
        }
        if self.is_tainted(statement) {
            return Some("instruction");
        }
        let said = self.evidence_texts(agent_counts);
        if !self.is_translated(statement) && !shares_meaning(statement, &said) {
            return Some("unsupported");
        }
        let (turn, quote) = self.closest_clause(statement).unwrap_or((0, ""));
        let question = turn
            .checked_sub(1)
            .and_then(|before| self.turns.get(before))
            .filter(|before| before.role == Role::Agent)
            .map_or("", |before| before.text);
        // German capitalizes every noun, so names cannot be recognized.
        let is_german = [language_of(statement), self.language()].contains(&Some("de"));
        let was_said = |word: &str| is_german || self.was_said(word);
        let text = if quote.is_empty() {
            ""
        } else {
            self.text(turn).unwrap_or_default()
        };
        let evidence = Evidence {
            quote,
            turn: text,
            question,
            said: &said,
            asked: None,
            is_known: &was_said,
        };
        let is_false = if quote.is_empty() {
            has_unknown_number_or_name(statement, &evidence)
        } else {
            contradiction(statement, &evidence).is_some()
        };
        is_false.then_some("contradicted")
    }

    /// Returns the clause of the caller that says most of a statement, and the number of its turn; if
    /// no clause says half of it, the whole turn that does. Of the 279 labelled memories in
    /// `tests/cases/extraction` this names the turn of 155, one of them another than the label.
    pub(crate) fn source_of(&self, statement: &str) -> Option<(usize, &str)> {
        self.closest_clause(statement)
            .or_else(|| closest(self.caller_turns(), statement))
    }

    /// Returns the clause of the caller that says most of a statement, and the number of its turn.
    /// Returns `None` if no clause says half of it. A translated statement shares no words with any
    /// clause.
    fn closest_clause(&self, statement: &str) -> Option<(usize, &str)> {
        closest(self.caller_clauses(), statement)
    }

    fn caller_clauses(&self) -> &[Passage<'_>] {
        self.caller_clauses.get_or_init(|| {
            let clauses_of = |(turn, said): (usize, &'a str)| {
                let clauses = clauses(said).into_iter();
                clauses.map(move |clause| Passage::new(turn, clause))
            };
            self.by_caller().flat_map(clauses_of).collect()
        })
    }

    fn caller_turns(&self) -> &[Passage<'_>] {
        self.caller_turns.get_or_init(|| {
            self.by_caller()
                .map(|(turn, said)| Passage::new(turn, said))
                .collect()
        })
    }

    /// Returns the caller's turns with their numbers, without instructions to the machine.
    fn by_caller(&self) -> impl Iterator<Item = (usize, &'a str)> {
        let turns = self.turns.iter().enumerate();
        turns
            .filter(|(_, turn)| turn.role == Role::Caller && !turn.is_instruction)
            .map(|(index, turn)| (index, turn.text))
    }

    /// Returns the texts that count as evidence.
    fn evidence_texts(&self, agent_counts: bool) -> Vec<&str> {
        if !agent_counts {
            return self.confirmed.clone();
        }
        self.turns
            .iter()
            .filter(|turn| !turn.is_instruction)
            .map(|turn| turn.text)
            .collect()
    }

    /// Returns the language that the caller speaks.
    fn language(&self) -> Option<&'static str> {
        language_of(&self.clauses().collect::<Vec<_>>().join(" "))
    }

    fn is_translated(&self, statement: &str) -> bool {
        clear_language_of(statement)
            .zip(self.language())
            .is_some_and(|(one, other)| one != other)
    }
}

/// A clause or a turn of the caller, prepared for comparison with statements.
pub(super) struct Passage<'a> {
    /// The number of the turn in the transcript, from 0.
    turn: usize,
    text: &'a str,
    stems: HashSet<String>,
}

impl<'a> Passage<'a> {
    fn new(turn: usize, text: &'a str) -> Self {
        Self {
            turn,
            text,
            stems: stems(text).into_iter().collect(),
        }
    }
}

fn closest<'a>(passages: &[Passage<'a>], statement: &str) -> Option<(usize, &'a str)> {
    let claimed: HashSet<String> = stems(statement).into_iter().collect();
    let shared = |passage: &Passage<'_>| passage.stems.intersection(&claimed).count();
    let closest = passages.iter().max_by_key(|passage| shared(passage))?;
    let shared = shared(closest);
    (shared > 0 && MIN_SHARE * shared >= claimed.len()).then_some((closest.turn, closest.text))
}

/// Returns whether at least one meaningful word of a statement was said.
fn shares_meaning(statement: &str, said: &[&str]) -> bool {
    let stems_said: HashSet<String> = said.iter().flat_map(|text| stems(text)).collect();
    stems(statement)
        .iter()
        .any(|stem| stems_said.contains(stem))
        || shares_word(statement, said)
}

/// Returns whether at least one word of a statement, other than an ordinary one, was said.
fn shares_word(statement: &str, said: &[&str]) -> bool {
    let ordinary: HashSet<String> = words(statement).filter(|word| is_known(word)).collect();
    let words_said: HashSet<String> = said
        .iter()
        .flat_map(|text| normalized_words(text))
        .collect();
    normalized_words(statement)
        .iter()
        .any(|word| !ordinary.contains(word) && words_said.contains(word))
}
