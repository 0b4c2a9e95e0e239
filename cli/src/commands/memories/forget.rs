//! `elaaoms memories forget`: permanently erases all data of a caller.
//!
//! Calls are erased before memories, because the extraction of an archived call could bring
//! memories back. For each call, the tombstone is written first. It prevents a waiting job, a
//! repeated webhook, a backfill or a restored backup from bringing the call back. A call's entry in
//! the caller's index is deleted last, so that a new run completes an interrupted one.
//!
//! All linked ids of a person are erased together. The memory store comes last and forgets the links
//! too, so an interrupted run finds the same ids again.
//!
//! Memories outlive calls. A memory names the call that it comes from, and that call also gets a
//! tombstone before the memory is erased, even if it is no longer archived. Otherwise an earlier
//! backup would bring it back.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bytes::Bytes;
use clap::Args;
use common::archive::{Archive, Key, PayloadKind, mark_forgotten};
use common::call::{CallerHash, CallerId, ConversationId};
use common::erasure::CallFiles;
use serde::Serialize;
use serde_json::json;

use super::caller_data::{CallerData, Person};
use super::{forgotten_event, other_copies};
use crate::audit::{AuditEntry, AuditTrail};
use crate::context::Context;
use crate::deployment::{CallStore, Deployment, DeploymentArguments};
use crate::error::Failure;
use crate::input::caller;
use crate::memory_server::MemoryServer;
use crate::terminal::{CommandOutput, Confirmation, Progress, Reveal};
use crate::tombstone;

/// How long to wait for running extractions.
const EXTRACTION_TIMEOUT: Duration = Duration::from_secs(30);
/// How often to check whether an extraction has finished.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Erase all data of a caller: memories, cards, payloads in every version, extraction records
///
/// Erases all linked ids of the person. Finds their calls in the index that post-call writes. Also reads every archived event, to
/// find calls that the index misses and calls that were never connected. Searches for earlier
/// spellings of the number too. Prints what was removed and writes an audit entry with the caller's
/// pseudonym. Leaves a tombstone with the id of each call, and one with the caller's pseudonym, so
/// that no erased data comes back.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories forget +12025550142
  elaaoms memories forget +12025550142 --yes --stage prod
  elaaoms memories forget user:dana --yes --output json")]
pub(super) struct Arguments {
    /// The caller: a telephone number, or user:ID
    #[arg(value_parser = caller)]
    caller: CallerId,
    #[command(flatten)]
    confirmation: Confirmation,
    #[command(flatten)]
    reveal: Reveal,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

/// Number of removed items by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ErasureCounts {
    pub(crate) memories: u64,
    pub(crate) cards: u64,
    pub(crate) calls: u64,
    pub(crate) payloads: u64,
    pub(crate) records: u64,
}

pub(super) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let caller = arguments.reveal.show(&arguments.caller);
    let server = MemoryServer::new(&deployment)?;
    let person = Person::find(&arguments.caller, &deployment, &server).await?;
    let linked: Vec<String> = person
        .linked()
        .map(|id| arguments.reveal.show(id))
        .collect();
    let question = question(&caller, &linked, deployment.name());
    arguments.confirmation.ask(&question)?;
    let Forgotten { counts, calls } = forget_and_audit(&deployment, &arguments.caller).await?;
    let copies = other_copies::list(&deployment, &calls);
    let text = format!(
        "{}\n\n{}",
        counts.describe(&caller),
        other_copies::describe(&copies)
    );
    Ok(CommandOutput::new(
        text,
        json!({"caller": caller, "linked": linked, "removed": counts, "elsewhere": copies}),
    ))
}

fn question(caller: &str, linked: &[String], place: impl std::fmt::Display) -> String {
    let also = match linked {
        [] => String::new(),
        linked => format!(", who is one person with {},", linked.join(", ")),
    };
    format!("Erase all data of {caller}{also} in {place}? This cannot be undone.")
}

/// What was erased with a caller.
pub(crate) struct Forgotten {
    pub(crate) counts: ErasureCounts,
    pub(super) calls: BTreeSet<ConversationId>,
}

/// Erases all data of a caller and writes the audit entry, also if the erasure fails. Then announces
/// it to receivers of events.
pub(crate) async fn forget_and_audit(
    deployment: &Deployment,
    caller: &CallerId,
) -> Result<Forgotten, Failure> {
    let subject = Person::new(caller, deployment)?.subject();
    // The store forgets the links of the person too.
    let person = Person::find(caller, deployment, &MemoryServer::new(deployment)?).await;
    let mut counts = ErasureCounts::default();
    let result = forget(deployment, caller, &mut counts).await;
    let outcome = if result.is_ok() { "done" } else { "failed" };
    let entry = AuditEntry {
        action: "forget",
        subject: Some(subject),
        counts: json!(counts),
        outcome,
    };
    AuditTrail::of(deployment)?
        .write(&deployment.context, &entry)
        .await?;
    let calls = result?;
    // A run that fails here is repeated by the operator, and announces the same caller again.
    forgotten_event::announce(deployment, &person?.hashes).await?;
    Ok(Forgotten { counts, calls })
}

/// Erases all data of a caller and returns the erased calls. Updates `counts` as it goes, so that
/// they are correct after an error too.
pub(crate) async fn forget(
    deployment: &Deployment,
    caller: &CallerId,
    counts: &mut ErasureCounts,
) -> Result<BTreeSet<ConversationId>, Failure> {
    let calls = deployment.calls()?;
    let server = MemoryServer::new(deployment)?;
    // The store forgets the links last, so a repeated run still finds all ids.
    let person = Person::find(caller, deployment, &server).await?;
    let CallerData {
        conversations,
        unrecognised,
        known_from_memories,
    } = person.find_data(deployment, &server).await?;
    // Moves the tombstones of earlier versions to their permanent place.
    tombstone::read_archive(&calls).await?;
    // The caller's tombstone comes before any erasure. It prevents memories that name no call from
    // coming back.
    mark_forgotten(&calls, &person.hashes, deployment.context.now()).await?;
    for key in &unrecognised {
        if let Some(tombstone) = key.tombstone() {
            calls.put(&tombstone, Bytes::new()).await?;
        }
        calls.delete(key).await?;
        counts.payloads += 1;
    }
    let mut unfinished = Vec::new();
    for conversation in &conversations {
        let call = Key::payload(conversation, &PayloadKind::Transcription);
        if calls.contains(&call).await? && !calls.contains(&Key::done(conversation)).await? {
            unfinished.push(conversation);
        }
        erase_call(&calls, conversation, counts).await?;
        for hash in &person.hashes {
            calls.delete(&Key::caller_index(hash, conversation)).await?;
        }
    }
    wait_for_extractions(&calls, &unfinished).await?;
    for hash in &person.hashes {
        calls.delete(&Key::model_budget(hash)).await?;
    }
    for conversation in unfinished {
        erase_files(&calls, conversation, counts).await?;
    }
    for conversation in &known_from_memories {
        erase_call(&calls, conversation, counts).await?;
    }
    let pseudonyms = person.hashes.iter().map(CallerHash::as_caller_id);
    for id in person.callers.iter().cloned().chain(pseudonyms) {
        let removed = server.forget(&id).await?;
        counts.memories += removed.memories;
        counts.cards += removed.cards;
    }
    Ok(conversations
        .into_iter()
        .chain(known_from_memories)
        .collect())
}

/// Writes the tombstone of a call, then erases the call's files.
async fn erase_call(
    calls: &CallStore,
    conversation: &ConversationId,
    counts: &mut ErasureCounts,
) -> Result<(), Failure> {
    counts.calls += 1;
    calls.put(&Key::erased(conversation), Bytes::new()).await?;
    erase_files(calls, conversation, counts).await
}

/// Erases the payloads and extraction records of a call, but not its tombstone.
async fn erase_files(
    calls: &CallStore,
    conversation: &ConversationId,
    counts: &mut ErasureCounts,
) -> Result<(), Failure> {
    let files = CallFiles::list(calls, conversation).await?;
    files.delete(calls).await?;
    counts.payloads += files.payloads.len() as u64;
    counts.records += files.extractions.len() as u64;
    Ok(())
}

/// Waits for extractions that may be running. An extraction that started before the tombstone was
/// written runs to its end, and what it writes must be erased too. There is no way to tell whether
/// one is running, so this waits for every call that is not extracted yet.
async fn wait_for_extractions(
    calls: &CallStore,
    unfinished: &[&ConversationId],
) -> Result<(), Failure> {
    let progress = Progress::new(None, "waiting for running extractions");
    let started = Instant::now();
    for conversation in unfinished {
        while started.elapsed() < EXTRACTION_TIMEOUT
            && !calls.contains(&Key::done(conversation)).await?
        {
            progress.step();
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
    Ok(())
}

impl ErasureCounts {
    pub(crate) fn describe(&self, caller: &str) -> String {
        let Self {
            memories,
            cards,
            calls,
            payloads,
            records,
        } = self;
        format!(
            "Erased {caller}: {memories} memories, {cards} cards, and {calls} calls with {payloads} payloads and {records} \
             extraction records."
        )
    }
}
