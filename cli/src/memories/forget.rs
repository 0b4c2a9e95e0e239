//! `elaaoms memories forget`: everything that is kept of a caller, gone for good.
//!
//! Calls first: as long as a call is kept, its extraction could bring memories back. Each gets the
//! mark of an erased call before anything of it goes: a job that waits, a webhook that comes again,
//! a backfill or a restored backup does not bring it back. The index of the caller's calls goes
//! last, call by call, so that a run that broke off is completed by the next.
//!
//! Memories stay longer than calls: those that rest on a call that is kept no longer say which it
//! was, and it is marked as well before they go. An earlier backup would bring them back otherwise.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bytes::Bytes;
use clap::Args;
use common::archive::{Archive, CallerTombstone, Key, PayloadKind};
use common::call::{CallerId, ConversationId};
use serde::Serialize;
use serde_json::json;

use super::kept::{KeptOfCaller, Person};
use super::{MemoryServer, caller, elsewhere, tombstone};
use crate::audit::AuditEntry;
use crate::context::Context;
use crate::deployment::{CallStore, Deployment, DeploymentArguments};
use crate::failure::Failure;
use crate::terminal::{CommandOutput, Confirmation, Progress, Reveal};

/// How long an extraction that is under way is waited for.
const UNDER_WAY: Duration = Duration::from_secs(30);
/// How often it is looked whether it is over.
const LOOK: Duration = Duration::from_millis(500);

/// Erase a caller: memories, cards, payloads in every version, extraction records
///
/// Finds the caller's calls by the index that post-call keeps, and reads every kept event besides,
/// so that one whose index is missing is found too, and a call that never came about. Says what it
/// removed and writes an audit line with the caller's pseudonym. Of each call a mark with its id is
/// left, also of those that only memories tell of, and one of the caller, under the pseudonym, so
/// that nothing comes back. Numbers that earlier versions wrote in another way are looked for as
/// well.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories forget +12025550142
  elaaoms memories forget +12025550142 --yes --stage prod
  elaaoms memories forget user:dana --yes --output json")]
pub(super) struct Arguments {
    /// Whom: a telephone number, or user:ID
    #[arg(value_parser = caller)]
    caller: CallerId,
    #[command(flatten)]
    confirmation: Confirmation,
    #[command(flatten)]
    reveal: Reveal,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ForgetSummary {
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
    let question = format!(
        "Erase everything that {} keeps of {caller}? It cannot be undone.",
        deployment.name()
    );
    arguments.confirmation.ask(&question)?;
    let subject = Person::new(&arguments.caller, &deployment)?.subject();
    let mut forgotten = ForgetSummary::default();
    let result = forget(&deployment, &arguments.caller, &mut forgotten).await;
    let outcome = if result.is_ok() { "done" } else { "failed" };
    let deed = AuditEntry {
        action: "forget",
        subject: Some(subject),
        counts: json!(forgotten),
        outcome,
    };
    deployment.trail()?.write(context, &deed).await?;
    let elsewhere = elsewhere::copies(&deployment, &result?);
    let text = format!(
        "{}\n\n{}",
        forgotten.told(&caller),
        elsewhere::described(&elsewhere)
    );
    Ok(CommandOutput::new(
        text,
        json!({"caller": caller, "removed": forgotten, "elsewhere": elsewhere}),
    ))
}

/// Removes everything of a caller and counts it as it goes. Gives the calls that it erased.
pub(crate) async fn forget(
    deployment: &Deployment,
    caller: &CallerId,
    forgotten: &mut ForgetSummary,
) -> Result<BTreeSet<ConversationId>, Failure> {
    let (calls, server) = (deployment.calls()?, MemoryServer::of(deployment)?);
    let person = Person::new(caller, deployment)?;
    let KeptOfCaller {
        conversations,
        unrecognised,
        remembered,
    } = person.kept(deployment, &server).await?;
    // Before anything goes: what names no call is kept away by it.
    tombstone::of(&calls).await?;
    let forgotten_at = deployment.context.now();
    for hash in &person.hashes {
        calls
            .put(
                &Key::forgotten(hash),
                CallerTombstone { forgotten_at }.to_bytes(),
            )
            .await?;
    }
    for key in &unrecognised {
        if let Some(tombstone) = key.tombstone() {
            calls.put(&tombstone, Bytes::new()).await?;
        }
        calls.delete(key).await?;
        forgotten.payloads += 1;
    }
    let mut unfinished = Vec::new();
    for conversation in &conversations {
        let call = Key::payload(conversation, &PayloadKind::Transcription);
        if calls.contains(&call).await? && !calls.contains(&Key::done(conversation)).await? {
            unfinished.push(conversation);
        }
        erase_call(&calls, conversation, forgotten).await?;
        for hash in &person.hashes {
            calls.delete(&Key::caller_index(hash, conversation)).await?;
        }
    }
    until_over(&calls, &unfinished).await?;
    for hash in &person.hashes {
        calls.delete(&Key::model_budget(hash)).await?;
    }
    for conversation in unfinished {
        erase(&calls, conversation, forgotten).await?;
    }
    for conversation in &remembered {
        erase_call(&calls, conversation, forgotten).await?;
    }
    let removed = server.forget(caller).await?;
    forgotten.memories += removed.memories;
    forgotten.cards += removed.cards;
    Ok(conversations.into_iter().chain(remembered).collect())
}

/// The mark first: nothing of the call comes back from then on.
async fn erase_call(
    calls: &CallStore,
    conversation: &ConversationId,
    forgotten: &mut ForgetSummary,
) -> Result<(), Failure> {
    forgotten.calls += 1;
    calls.put(&Key::erased(conversation), Bytes::new()).await?;
    erase(calls, conversation, forgotten).await
}

/// Everything of a call but its mark.
async fn erase(
    calls: &CallStore,
    conversation: &ConversationId,
    forgotten: &mut ForgetSummary,
) -> Result<(), Failure> {
    forgotten.payloads += remove(calls, &Key::payloads_of(conversation)).await?;
    forgotten.records += remove(calls, &Key::extractions_of(conversation)).await?;
    Ok(())
}

/// An extraction that began before the mark was there goes on to its end: what it writes then must
/// be erased as well. Whether one is under way cannot be asked, so calls without an extraction are
/// waited for.
async fn until_over(calls: &CallStore, unfinished: &[&ConversationId]) -> Result<(), Failure> {
    let progress = Progress::new(None, "looks whether an extraction is under way");
    let started = Instant::now();
    for conversation in unfinished {
        while started.elapsed() < UNDER_WAY && !calls.contains(&Key::done(conversation)).await? {
            progress.step();
            tokio::time::sleep(LOOK).await;
        }
    }
    Ok(())
}

async fn remove(calls: &CallStore, prefix: &str) -> Result<u64, Failure> {
    let keys: Vec<Key> = calls
        .list(prefix)
        .await?
        .into_iter()
        .filter(|key| !key.is_tombstone())
        .collect();
    for key in &keys {
        calls.delete(key).await?;
    }
    Ok(keys.len() as u64)
}

impl ForgetSummary {
    fn told(&self, caller: &str) -> String {
        let Self {
            memories,
            cards,
            calls,
            payloads,
            records,
        } = self;
        format!(
            "Forgotten: {caller}. Removed {memories} memories, {cards} cards, and of {calls} calls {payloads} payloads \
             and {records} extraction records."
        )
    }
}
