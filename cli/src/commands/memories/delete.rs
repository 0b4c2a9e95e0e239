//! `elaaoms memories delete`: erases single memories and rebuilds the caller cards that contain
//! them.

use std::collections::BTreeSet;

use bytes::Bytes;
use clap::Args;
use common::archive::{Archive, Key};
use common::call::{AgentId, CallerId};
use common::erasure::{Erased, rebuild_card};
use common::memory::{Memory, MemoryId};
use common::openmemory::OpenMemory;
use serde_json::json;

use super::change::MemoryNotFound;
use crate::audit::{AuditEntry, AuditTrail};
use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::error::Failure;
use crate::input::caller;
use crate::terminal::{CommandOutput, Confirmation, Reveal};
use crate::tombstone;

/// Erase single memories of a caller and rebuild the caller card without them
///
/// The call that a memory comes from stays archived, with its extraction record. To erase those
/// too, use `memories forget`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories delete +12025550142 mem_0193a7
  elaaoms memories delete +12025550142 mem_0193a7 mem_0193b2 --stage prod")]
pub(super) struct Arguments {
    /// The caller: a telephone number, or user:ID
    #[arg(value_parser = caller)]
    caller: CallerId,
    /// IDs of the memories, as shown by `memories list`
    #[arg(required = true, value_name = "MEMORY")]
    memories: Vec<String>,
    #[command(flatten)]
    confirmation: Confirmation,
    #[command(flatten)]
    reveal: Reveal,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

pub(super) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let store = deployment.openmemory()?;
    let caller = &arguments.caller;
    let memories = selected_memories(&store, arguments).await?;
    let question = format!(
        "Erase {} memories of {}?",
        memories.len(),
        arguments.reveal.show(caller)
    );
    arguments.confirmation.ask(&question)?;
    // Fails here if the audit entry cannot name the caller, before anything is erased.
    let subject = Some(
        caller
            .hash(&deployment.secret("CALLER_ID_PEPPER")?)
            .as_str()
            .to_owned(),
    );
    let calls = deployment.calls()?;
    // The tombstones come first: they prevent an import or a restore from bringing a memory back.
    for memory in &memories {
        if let Some(id) = tombstone::memory_tombstone_id(&memory.id.0) {
            calls.put(&Key::erased(&id), Bytes::new()).await?;
        }
    }
    let ttl = deployment.settings()?.memory.caller_card_ttl_hours;
    let cards = rebuild_cards(&store, caller, &memories, ttl).await?;
    for memory in &memories {
        store.delete(&memory.id).await?;
    }
    let counts = json!({"memories": memories.len(), "cards_rebuilt": cards});
    let entry = AuditEntry {
        action: "delete",
        subject,
        counts: counts.clone(),
        outcome: "done",
    };
    AuditTrail::of(&deployment)?.write(context, &entry).await?;
    Ok(CommandOutput::new(
        format!(
            "Erased: {} memories. Cards rebuilt: {cards}.",
            memories.len()
        ),
        counts,
    ))
}

/// Returns the memories with the given ids. Considers only memories of this caller, so that a
/// mistyped id cannot erase another caller's memory.
async fn selected_memories(
    store: &OpenMemory,
    arguments: &Arguments,
) -> Result<Vec<Memory>, Failure> {
    let memories = store.all_memories(None, &arguments.caller).await?;
    arguments
        .memories
        .iter()
        .map(|id| {
            memories
                .iter()
                .find(|memory| memory.id == MemoryId(id.clone()))
                .cloned()
                .ok_or_else(|| MemoryNotFound(id.clone()).into())
        })
        .collect()
}

/// Rebuilds the caller's cards without the erased memories. Returns how many there were.
async fn rebuild_cards(
    store: &OpenMemory,
    caller: &CallerId,
    erased: &[Memory],
    ttl_hours: u32,
) -> Result<u64, Failure> {
    let ids: Vec<MemoryId> = erased.iter().map(|memory| memory.id.clone()).collect();
    let agents: BTreeSet<&AgentId> = erased
        .iter()
        .filter_map(|memory| memory.agent_id.as_ref())
        .collect();
    let mut cards = 0;
    for agent in agents {
        let memories = store.all_memories(Some(agent), caller).await?;
        let erased = Erased::Memories(&ids);
        let card = rebuild_card(store, agent, caller, erased, &memories, ttl_hours).await?;
        cards += u64::from(card.is_some());
    }
    Ok(cards)
}
