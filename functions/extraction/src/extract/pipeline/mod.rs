//! The extraction of a call: a draft from a model or from ElevenLabs' analysis, the checks of each
//! memory, and the record.

mod agent_conduct;
mod analysis;
mod by_model;
mod collected;
mod collected_labels;
mod compose;
mod draft;
mod idempotency;
mod lenient_fields;
mod lenient_json;
mod model_output;
mod other_agents;
mod parts;
mod prompt;
mod speakers;
mod storage_rules;
mod task;
mod verification;

use common::archive::Archive;
use common::call::Transcript;
use common::llm::{Llm, Usage};
use common::memory::Source;

use crate::answer_cache::AnswerCache;
use crate::attempts::{Attempts, NextAttempt};
use crate::budget::{Budget, DAILY_BUDGET_EXHAUSTED};
use crate::error::ExtractionError;
use crate::extract::language::call_time;
use crate::extract::redaction::transcript_masking;
use crate::record::Record;
use by_model::{DeclineReason, DraftError};
use compose::{Origin, record, speaker, verify_greeting};
use draft::{Candidate, Draft};
pub(crate) use other_agents::{memories_for_agent, share_with_agent};
use storage_rules::storable_memories;
pub(crate) use task::Task;

/// Version of the prompt, the schema and the checks. Stored with each memory.
pub const EXTRACTOR: &str = "elaaoms-extractor/6";

/// Extracts a call and returns its record.
///
/// # Errors
///
/// Returns an error only when the model's provider or the archive is unavailable. If the provider
/// refuses permanently, or gives no usable answer within the allowed attempts, the call is
/// extracted without the model and the record says so.
pub(crate) async fn extract<A: Archive>(
    llm: Option<&Llm>,
    task: &Task<'_>,
    answers: &AnswerCache<'_, A>,
    attempts: &Attempts<'_, A>,
    budget: &Budget<'_, A>,
) -> Result<Record, ExtractionError> {
    let call = task.call;
    let transcript = transcript_masking::masked_call(call, task.settings);
    let (mut draft, provider, declined) = match llm {
        None => (analysis::draft(task, &transcript), "none", None),
        Some(llm) => {
            match draft_by_model(llm, &transcript, task, answers, attempts, budget).await {
                Ok(draft) => (
                    add_left_out_parts(draft, task, &transcript, budget),
                    llm.provider(),
                    None,
                ),
                Err(DraftError::Declined(reason, usage)) => {
                    let DeclineReason { kind, status } = reason;
                    tracing::warn!(conversation_id = %call.conversation_id, reason = kind, status, "call extracted without the model");
                    let draft = Draft {
                        usage,
                        ..analysis::draft(task, &transcript)
                    };
                    (draft, "none", Some(reason))
                }
                Err(DraftError::Transient(error)) => return Err(error.into()),
                Err(DraftError::Archive(error)) => return Err(error.into()),
            }
        }
    };
    let used_llm = llm.filter(|_| declined.is_none());
    let mut memories = storable_memories(&mut draft, task);
    if let Some(llm) = used_llm.filter(|llm| llm.is_verification_enabled()) {
        memories = verification::verified_memories(
            llm,
            memories,
            &mut draft,
            &transcript,
            task,
            answers,
            budget,
        )
        .await?;
    }
    speakers::record_speaker(
        &mut memories,
        speaker(&draft).as_deref(),
        &task.known.memories,
    );
    verify_greeting(&mut draft, &memories, task, &transcript);
    let origin = Origin {
        provider,
        model: used_llm.map(|llm| llm.model().to_owned()),
        // Failed requests cost money too.
        cost: llm
            .filter(|_| declined.is_none() || draft.usage != Usage::default())
            .and_then(|llm| llm.cost(draft.usage)),
        declined,
    };
    Ok(record(draft, memories, task, origin))
}

/// Asks the model for a draft. The number of attempts is limited, so a call that makes the model
/// time out or kills the process cannot block later calls.
async fn draft_by_model<A: Archive>(
    llm: &Llm,
    transcript: &Transcript,
    task: &Task<'_>,
    answers: &AnswerCache<'_, A>,
    attempts: &Attempts<'_, A>,
    budget: &Budget<'_, A>,
) -> Result<Draft, DraftError> {
    if budget.is_exhausted() {
        return Err(DraftError::Declined(
            DAILY_BUDGET_EXHAUSTED.into(),
            Usage::default(),
        ));
    }
    let attempt = match attempts
        .begin(llm.max_attempts())
        .await
        .map_err(DraftError::Archive)?
    {
        NextAttempt::Attempt(attempt) => attempt,
        NextAttempt::Exhausted(reason) => {
            return Err(DraftError::Declined(reason.into(), Usage::default()));
        }
    };
    let at = call_time::local_time(task.call, task.call_at());
    let result = by_model::draft(llm, transcript, &at, task, answers, budget).await;
    match &result {
        Err(DraftError::Transient(error)) if error.is_timeout() => {
            if let Some(reason) = attempts.timed_out(attempt).await {
                return Err(DraftError::Declined(reason.into(), Usage::default()));
            }
        }
        Err(DraftError::Transient(_) | DraftError::Archive(_)) => attempts.take_back(attempt).await,
        Ok(_) | Err(DraftError::Declined(..)) => {}
    }
    result
}

/// Adds memories for the parts of the call that exceeded the budget. They are extracted without the
/// model: from ElevenLabs' analysis of the whole call, or from the words of those parts.
fn add_left_out_parts<A: Archive>(
    mut draft: Draft,
    task: &Task<'_>,
    transcript: &Transcript,
    budget: &Budget<'_, A>,
) -> Draft {
    let left_out = budget.skipped_turns();
    if !left_out.is_empty() {
        let conversation_id = &task.call.conversation_id;
        tracing::warn!(%conversation_id, reason = DAILY_BUDGET_EXHAUSTED, "parts of a call extracted without the model");
        // The analysis is about the whole call, whichever turn a sentence of it comes from.
        let is_missing = |memory: &Candidate| {
            memory.source == Source::Analysis
                || memory
                    .turn
                    .is_none_or(|turn| left_out.iter().any(|turns| turns.contains(&turn)))
        };
        draft.memories.extend(
            analysis::draft(task, transcript)
                .memories
                .into_iter()
                .filter(is_missing),
        );
    }
    draft
}
