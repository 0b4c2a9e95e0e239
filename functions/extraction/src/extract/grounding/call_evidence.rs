//! Grounding: a claimed memory must be supported by what was said in the call.

mod quote;
mod stems;
#[cfg(test)]
mod tests;
mod unquoted;

pub(crate) use stems::{may_repeat, stems};

use std::collections::HashSet;
use std::sync::OnceLock;

use common::call::{Role, Transcript};
use text::{beginning, runs, words};

use super::confirmation::{confirmed_text, confirms, is_bare_yes, is_yes};
use super::contradiction::{Evidence, contradiction, is_about_thing, is_title};
use crate::extract::language::instructions::is_instruction;
use crate::extract::language::normalize::normalized_words;
use quote::{Quote, clauses, contains_most, parts_of, span};
use stems::numbers;
use unquoted::Passage;

/// Most stems of an inference that shares no stem with what was said.
const MAX_INFERENCE_STEMS: usize = 4;
/// Fewest words of a quote that supports an inference.
const MIN_INFERENCE_QUOTE_WORDS: usize = 2;

/// Indexes what was said in a call. Turns that give orders to the machine are marked and support
/// nothing.
pub(crate) struct CallEvidence<'a> {
    turns: Vec<EvidenceTurn<'a>>,
    /// What callers said, and what agents said and callers confirmed.
    confirmed: Vec<&'a str>,
    /// Stems of everything said except instructions to the machine.
    said: HashSet<String>,
    /// Stems that occur only in instructions to the machine.
    tainted: HashSet<String>,
    /// What the caller said, by clause and by turn. Prepared when a statement has no quote.
    caller_clauses: OnceLock<Vec<Passage<'a>>>,
    caller_turns: OnceLock<Vec<Passage<'a>>>,
}

/// A turn, prepared for comparison.
struct EvidenceTurn<'a> {
    role: Role,
    text: &'a str,
    words: Vec<String>,
    /// The words, normalized for comparison.
    normalized: Vec<String>,
    is_instruction: bool,
}

impl<'a> CallEvidence<'a> {
    pub(crate) fn new(transcript: &'a Transcript) -> Self {
        let turns: Vec<EvidenceTurn<'a>> = transcript
            .turns()
            .iter()
            .map(|turn| EvidenceTurn {
                role: turn.role,
                text: &turn.text,
                words: words(&turn.text).collect(),
                normalized: normalized_words(&turn.text),
                is_instruction: turn.role == Role::Caller && is_instruction(&turn.text),
            })
            .collect();
        let stems_of = |instruction: bool| -> HashSet<String> {
            turns
                .iter()
                .filter(|turn| turn.is_instruction == instruction)
                .flat_map(|turn| stems(turn.text))
                .collect()
        };
        let said = stems_of(false);
        let tainted = stems_of(true).difference(&said).cloned().collect();
        Self {
            confirmed: confirmed(&turns),
            turns,
            said,
            tainted,
            caller_clauses: OnceLock::new(),
            caller_turns: OnceLock::new(),
        }
    }

    /// Returns the caller's turn that supports a quote. The turn named by the model is tried first
    /// and then all turns, because models miscount. A sentence that transcription split belongs to
    /// the turn where it begins. An agent's words count if the caller's next turn confirms them;
    /// that turn is then returned.
    pub(crate) fn turn_of_quote(&self, quote: &str, named: Option<usize>) -> Option<usize> {
        let quoted = Quote::new(quote);
        if quoted.words.is_empty() {
            return None;
        }
        let order = || named.into_iter().chain(0..self.turns.len());
        order()
            .find_map(|index| self.supporting_turn(index, &quoted))
            .or_else(|| order().find(|index| self.is_split_from(*index, &quoted)))
            .or_else(|| self.turn_of_parts(quote, named))
    }

    /// Returns the turn of the first part of a quote that a model assembled from several turns of
    /// the caller.
    fn turn_of_parts(&self, quote: &str, named: Option<usize>) -> Option<usize> {
        let parts = parts_of(quote);
        if parts.len() < 2 {
            return None;
        }
        let turns: Vec<usize> = parts
            .iter()
            .map(|part| self.turn_of_quote(part, named))
            .collect::<Option<_>>()?;
        turns.first().copied()
    }

    /// Returns the caller's turn that supports a claim. A quote that only says yes proves what was
    /// asked and nothing else.
    pub(crate) fn turn_of_claim(
        &self,
        content: &str,
        quote: &str,
        named: Option<usize>,
    ) -> Option<usize> {
        if !is_bare_yes(quote) {
            return self.turn_of_quote(quote, named);
        }
        let quote: Vec<String> = words(quote).collect();
        named
            .into_iter()
            .chain(0..self.turns.len())
            .find(|index| self.confirms_claim(*index, &quote, content))
    }

    /// Returns whether the caller says yes in this turn, in the words of the quote, to a question
    /// about the claim.
    fn confirms_claim(&self, index: usize, quote: &[String], content: &str) -> bool {
        let before = index
            .checked_sub(1)
            .and_then(|before| self.turns.get(before));
        let Some((question, turn)) = before.zip(self.turns.get(index)) else {
            return false;
        };
        let is_answer =
            question.role == Role::Agent && turn.role == Role::Caller && !turn.is_instruction;
        let begins = (0..2).any(|skip| {
            turn.words
                .get(skip..)
                .is_some_and(|words| words.starts_with(quote))
        });
        if !is_answer || !begins || !is_yes(turn.text) {
            return false;
        }
        let confirmed = confirmed_text(question.text);
        let claimed = stems(content);
        let confirmed_stems = stems(&confirmed);
        let shared = claimed
            .iter()
            .filter(|stem| confirmed_stems.contains(stem))
            .count();
        let claimed_numbers = numbers(content);
        // A matching number is better evidence than half of the words.
        let names_it = 2 * shared >= claimed.len() || !claimed_numbers.is_empty();
        shared > 0 && names_it && claimed_numbers.is_subset(&numbers(&confirmed))
    }

    fn supporting_turn(&self, index: usize, quote: &Quote) -> Option<usize> {
        let turn = self.turns.get(index)?;
        match turn.role {
            Role::Caller => (!turn.is_instruction && quote.is_in(turn)).then_some(index),
            Role::Agent => {
                let next = self.turns.get(index + 1)?;
                let is_answered =
                    next.role == Role::Caller && !next.is_instruction && quote.is_in(turn);
                let is_confirmed =
                    is_answered && confirms(turn.text, next.text, |text| quote.is_in_text(text));
                is_confirmed.then_some(index + 1)
            }
        }
    }

    /// Returns whether the caller began the quote in this turn and finished it in their next one,
    /// with at most one turn of the agent in between.
    fn is_split_from(&self, index: usize, quote: &Quote) -> bool {
        let is_callers =
            |turn: &&EvidenceTurn<'_>| turn.role == Role::Caller && !turn.is_instruction;
        let Some(first) = self.turns.get(index).filter(is_callers) else {
            return false;
        };
        let Some(second) = self.turns.iter().skip(index + 1).take(2).find(is_callers) else {
            return false;
        };
        quote.words.len() > 1
            && contains_most(
                &[first.words.as_slice(), &second.words].concat(),
                &quote.words,
            )
    }

    /// Returns the clauses of a turn that contain a quote, in the speaker's words. Returns the
    /// whole turn if they are not found.
    pub(crate) fn quoted_clauses(&self, turn: usize, quote: &str) -> &'a str {
        let text = self.text(turn).unwrap_or_default();
        let quote = Quote::new(parts_of(quote).first().copied().unwrap_or(quote));
        if quote.words.is_empty() {
            return text;
        }
        let clauses = clauses(text);
        let Some(to) = (0..clauses.len()).find(|to| quote.is_in_text(span(text, &clauses[..=*to])))
        else {
            return text;
        };
        let from = (0..=to)
            .rev()
            .find(|from| quote.is_in_text(span(text, &clauses[*from..=to])))
            .unwrap_or(0);
        span(text, &clauses[from..=to])
    }

    /// Returns whether the call has no transcript.
    pub(crate) fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// Returns whether each part of a name occurs in the call with a capital letter, which is how
    /// transcription writes names.
    pub(crate) fn is_written_as_name(&self, name: &str) -> bool {
        let is_capital = |part: &String| {
            self.turns
                .iter()
                .flat_map(|turn| runs(turn.text))
                .any(|run| {
                    run.to_lowercase() == *part
                        && run
                            .chars()
                            .next()
                            .is_some_and(|first| !first.is_lowercase())
                })
        };
        words(name)
            .filter(|word| !is_title(word))
            .all(|part| is_capital(&part))
    }

    /// Returns the clauses of all turns of callers.
    pub(crate) fn clauses(&self) -> impl Iterator<Item = &'a str> {
        let callers = self
            .turns
            .iter()
            .filter(|turn| turn.role == Role::Caller && !turn.is_instruction);
        callers.flat_map(|turn| clauses(turn.text))
    }

    /// Returns the text of a turn.
    pub(crate) fn text(&self, turn: usize) -> Option<&'a str> {
        self.turns.get(turn).map(|turn| turn.text)
    }

    /// Returns why a claim contradicts the quoted clauses of a turn, or `None`. `is_known` returns
    /// whether a word is already known of the caller.
    pub(crate) fn contradiction(
        &self,
        content: &str,
        turn: usize,
        quoted: &str,
        is_known: &dyn Fn(&str) -> bool,
    ) -> Option<&'static str> {
        let before = turn
            .checked_sub(1)
            .and_then(|before| self.turns.get(before));
        let question = before
            .filter(|before| before.role == Role::Agent)
            .map_or("", |before| before.text);
        let was_said = |word: &str| self.was_said(word) || is_known(word);
        let text = self.text(turn).unwrap_or_default();
        let evidence = Evidence {
            quote: quoted,
            turn: text,
            question,
            said: &self.confirmed,
            asked: (!is_yes(text)).then(|| ends_with_question_mark(text, quoted)),
            is_known: &was_said,
        };
        contradiction(content, &evidence)
    }

    /// Returns whether anybody said this word, or another form of it, in the call.
    fn was_said(&self, word: &str) -> bool {
        let stem = beginning(word);
        self.turns
            .iter()
            .any(|turn| turn.normalized.iter().any(|said| said.starts_with(&stem)))
    }

    /// Returns whether a statement may be an inference from a quote although it shares no word with
    /// the call: it is short, and in the quoted clauses the caller speaks of themselves and does
    /// not describe a thing.
    pub(crate) fn may_be_inferred(&self, statement: &str, quote: &str, quoted: &str) -> bool {
        stems(statement).len() <= MAX_INFERENCE_STEMS
            && (words(quote).count() >= MIN_INFERENCE_QUOTE_WORDS || !numbers(statement).is_empty())
            && !is_about_thing(quoted)
            && !self.is_tainted(statement)
    }

    /// Returns whether at least one stem of a statement was said in the call, and none occurs only
    /// in an instruction to the machine.
    pub(crate) fn supports(&self, statement: &str) -> bool {
        stems(statement).iter().any(|stem| self.said.contains(stem)) && !self.is_tainted(statement)
    }

    /// Returns whether a statement repeats words that occur only in instructions to the machine.
    pub(crate) fn is_tainted(&self, statement: &str) -> bool {
        stems(statement)
            .iter()
            .any(|stem| self.tainted.contains(stem) && !GENERIC_STEMS.contains(&stem.as_str()))
    }

    /// Returns whether the caller gave this name, or confirmed it when the agent said it.
    pub(crate) fn gives_name(&self, name: &str) -> bool {
        // Skip titles: "Dr." may be transcribed as "Doctor".
        let parts: Vec<String> = words(name).filter(|word| !is_title(word)).collect();
        !parts.is_empty() && (0..self.turns.len()).any(|index| self.turn_gives_name(index, &parts))
    }

    /// Returns whether the caller gave all parts of a name in this turn, or confirmed them in the
    /// next one.
    fn turn_gives_name(&self, index: usize, parts: &[String]) -> bool {
        let turn = &self.turns[index];
        if !contains_all(&turn.words, parts) {
            return false;
        }
        match turn.role {
            Role::Caller => !turn.is_instruction,
            Role::Agent => self.turns.get(index + 1).is_some_and(|next| {
                next.role == Role::Caller
                    && !next.is_instruction
                    && confirms(turn.text, next.text, |text| {
                        contains_all(&words(text).collect::<Vec<_>>(), parts)
                    })
            }),
        }
    }
}

/// Returns what callers said, and what agents said and callers confirmed.
fn confirmed<'a>(turns: &[EvidenceTurn<'a>]) -> Vec<&'a str> {
    turns
        .iter()
        .enumerate()
        .filter(|(index, turn)| match turn.role {
            Role::Caller => !turn.is_instruction,
            Role::Agent => turns
                .get(index + 1)
                .is_some_and(|next| next.role == Role::Caller && is_yes(next.text)),
        })
        .map(|(_, turn)| turn.text)
        .collect()
}

/// Returns whether the quoted clauses of a turn end with a question mark.
fn ends_with_question_mark(turn: &str, quoted: &str) -> bool {
    quoted.ends_with('?')
        || turn
            .find(quoted)
            .is_some_and(|at| turn[at + quoted.len()..].trim_start().starts_with('?'))
}

fn contains_all(words: &[String], parts: &[String]) -> bool {
    parts.iter().all(|part| words.contains(part))
}

/// Stems too common to show that a statement repeats an instruction.
const GENERIC_STEMS: [&str; 6] = ["call", "prev", "memo", "outp", "prin", "impo"];
