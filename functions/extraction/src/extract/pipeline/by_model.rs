//! Extraction with a model: one prompt for the call, or one for each part of a very long call. A
//! memory from the model is accepted only if the caller's words support it.

mod claims;
mod requests;

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Mutex;

use common::archive::{Archive, ArchiveError};
use common::call::Transcript;
use common::llm::{Llm, LlmError, Usage};
use common::memory::Memory;
use futures_util::{StreamExt, stream};
use jiff::Zoned;
use text::{fold_spelling, words};

use crate::PriorKnowledge;
use crate::answer_cache::AnswerCache;
use crate::budget::{Budget, DAILY_BUDGET_EXHAUSTED};
use crate::extract::pipeline::draft::Draft;
use crate::extract::pipeline::task::Task;
use crate::extract::pipeline::{parts, prompt};
use claims::{ground_claims, merge};
use requests::{PartRequests, PartResult};

/// Most known memories in a prompt.
const MAX_KNOWN: usize = 40;
/// Most tokens of one answer.
const MAX_OUTPUT_TOKENS: u32 = 8000;
/// How many parts of one call are requested concurrently.
const CONCURRENT_PARTS: usize = 4;

/// Why there is no draft from the model.
#[derive(Clone)]
pub(crate) enum DraftError {
    /// Permanent: another attempt would fail too. Holds what was spent so far.
    Declined(DeclineReason, Usage),
    /// Transient: a later attempt may succeed.
    Transient(LlmError),
    /// The cached answers of an earlier delivery cannot be read.
    Archive(ArchiveError),
}

/// Why a call is extracted without the model.
#[derive(Clone, Copy)]
pub(crate) struct DeclineReason {
    /// A fixed word for logs and metrics.
    pub(crate) kind: &'static str,
    /// HTTP status of the provider, if it answered with one.
    pub(crate) status: Option<u16>,
}

impl DeclineReason {
    fn from_error(error: &LlmError) -> Self {
        Self {
            kind: error.kind(),
            status: error.status().map(|status| status.as_u16()),
        }
    }
}

impl From<&'static str> for DeclineReason {
    fn from(kind: &'static str) -> Self {
        Self { kind, status: None }
    }
}

/// Requests the parts of a call, at most [`CONCURRENT_PARTS`] at a time, and merges the answers in
/// the order of the call.
pub(crate) async fn draft<A: Archive>(
    llm: &Llm,
    transcript: &Transcript,
    at: &Zoned,
    task: &Task<'_>,
    answers: &AnswerCache<'_, A>,
    budget: &Budget<'_, A>,
) -> Result<Draft, DraftError> {
    let known = task.known;
    let relevant = most_relevant(&known.memories, transcript);
    let turns = transcript.turns();
    let profile = known.profile.as_ref();
    let requests = PartRequests {
        llm,
        turns,
        at,
        known: &relevant,
        profile,
        answers,
        budget,
        stopped: Mutex::default(),
    };
    let prompt_tokens = parts::estimate_tokens(&[
        prompt::SYSTEM.as_str(),
        prompt::SCHEMA.get(),
        &prompt::user(&[], 0, at, &relevant, profile),
    ]);
    let all_parts = parts::split(turns, llm.part_tokens(prompt_tokens, MAX_OUTPUT_TOKENS));
    let affordable_parts = fit_to_budget(all_parts, budget);
    // Let every request finish even if one fails: an answer in progress is paid for and should be
    // kept.
    let outcomes: Vec<_> =
        stream::iter(affordable_parts.into_iter().map(|part| requests.part(part)))
            .buffered(CONCURRENT_PARTS)
            .collect()
            .await;
    let usage = total_usage(&outcomes);
    let answered_parts: Vec<PartResult> = outcomes
        .into_iter()
        .collect::<Result<_, _>>()
        .map_err(|reason| reason.with_usage(usage))?;
    if answered_parts
        .iter()
        .all(|answered| answered.answers.is_empty())
    {
        return Err(DraftError::Declined(DAILY_BUDGET_EXHAUSTED.into(), usage));
    }
    let (claims, rest) = merge(
        answered_parts
            .into_iter()
            .flat_map(|answered| answered.answers)
            .collect(),
    );
    let mut draft = ground_claims(
        claims,
        rest,
        transcript,
        &known_words(known),
        task.private_policy(),
    );
    draft.usage = usage;
    Ok(draft)
}

/// Returns the parts that fit the budget. A call that is too long keeps its beginning, where
/// callers say who they are and what they want, and its end, where the matter is settled.
fn fit_to_budget<A: Archive>(
    mut parts: Vec<Range<usize>>,
    budget: &Budget<'_, A>,
) -> Vec<Range<usize>> {
    let left = budget.left().max(1);
    if parts.len() > left {
        let middle = left.div_ceil(2)..parts.len() - left / 2;
        parts.drain(middle).for_each(|part| budget.skip_turns(part));
    }
    parts
}

/// Returns the normalized words of everything known of the caller. A memory may name somebody from
/// an earlier call.
fn known_words(known: &PriorKnowledge) -> HashSet<String> {
    let name = known
        .card
        .as_ref()
        .and_then(|card| card.caller_name.as_deref());
    let texts = known
        .memories
        .iter()
        .map(|memory| memory.content.as_str())
        .chain(name);
    texts
        .flat_map(|text| words(text).map(|word| fold_spelling(&word)))
        .collect()
}

/// Sums the usage of all parts, including failed ones.
fn total_usage(parts: &[Result<PartResult, DraftError>]) -> Usage {
    parts.iter().fold(Usage::default(), |mut sum, part| {
        match part {
            Ok(PartResult { usage, .. }) | Err(DraftError::Declined(_, usage)) => sum += *usage,
            Err(DraftError::Transient(_) | DraftError::Archive(_)) => {}
        }
        sum
    })
}

impl DraftError {
    /// Adds usage to a permanent error.
    fn plus_usage(self, mut paid: Usage) -> Self {
        match self {
            Self::Declined(reason, usage) => {
                paid += usage;
                Self::Declined(reason, paid)
            }
            away => away,
        }
    }

    /// Replaces the usage of a permanent error.
    fn with_usage(self, usage: Usage) -> Self {
        match self {
            Self::Declined(reason, _) => Self::Declined(reason, usage),
            away => away,
        }
    }
}

fn draft_error(error: &LlmError) -> DraftError {
    if error.is_permanent() {
        DraftError::Declined(DeclineReason::from_error(error), error.usage())
    } else {
        DraftError::Transient(error.clone())
    }
}

/// Returns the known memories that share the most words with this conversation; the more important
/// one first if equal.
fn most_relevant<'a>(known: &'a [Memory], transcript: &Transcript) -> Vec<&'a Memory> {
    let call_words: HashSet<String> = transcript
        .turns()
        .iter()
        .flat_map(|turn| meaningful(&turn.text))
        .collect();
    let shared = |memory: &Memory| {
        meaningful(&memory.content)
            .filter(|word| call_words.contains(word))
            .count()
    };
    let mut ranked: Vec<(usize, &Memory)> = known
        .iter()
        .map(|memory| (shared(memory), memory))
        .collect();
    ranked.sort_by_key(|(shared, memory)| std::cmp::Reverse((*shared, memory.importance)));
    ranked
        .into_iter()
        .take(MAX_KNOWN)
        .map(|(_, memory)| memory)
        .collect()
}

fn meaningful(text: &str) -> impl Iterator<Item = String> + '_ {
    words(text).filter(|word| word.len() > 3)
}

#[cfg(test)]
mod cases;
#[cfg(test)]
mod greetings;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod reversals;
