//! `elaaoms memories delete`: erases single memories and rebuilds the caller cards that contain
//! them.

use bytes::Bytes;
use clap::Args;
use common::archive::{Archive, Key};
use common::call::{AgentId, CallerId};
use common::memory::{Importance, Memory, MemoryId};
use common::openmemory::{OpenMemory, Search};
use serde_json::json;

use super::{caller, tombstone};
use crate::audit::AuditEntry;
use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::failure::Failure;
use crate::terminal::{CommandOutput, Confirmation, Reveal};

/// Maximum number of memories to search, and to build a card from.
const MAX_MEMORIES: usize = 100;

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
    for memory in &memories {
        // The tombstone comes first: it prevents an import or a restore from bringing the memory
        // back.
        if let Some(id) = tombstone::memory_tombstone_id(&memory.id.0) {
            calls.put(&Key::erased(&id), Bytes::new()).await?;
        }
        store.delete(&memory.id).await?;
    }
    let mut agents: Vec<AgentId> = memories
        .iter()
        .filter_map(|memory| memory.agent_id.clone())
        .collect();
    agents.sort();
    agents.dedup();
    let ttl = deployment.settings()?.memory.caller_card_ttl_hours;
    let mut cards = 0;
    for agent in &agents {
        cards += u64::from(rebuild_card(&store, agent, caller, &memories, ttl).await?);
    }
    let counts = json!({"memories": memories.len(), "cards_rebuilt": cards});
    let entry = AuditEntry {
        action: "delete",
        subject,
        counts: counts.clone(),
        outcome: "done",
    };
    deployment.audit_trail()?.write(context, &entry).await?;
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
    let memories = find_memories(store, &arguments.caller, None).await?;
    arguments
        .memories
        .iter()
        .map(|id| {
            memories
                .iter()
                .find(|memory| memory.id == MemoryId(id.clone()))
                .cloned()
                .ok_or_else(|| Failure::MemoryNotFound(id.clone()))
        })
        .collect()
}

/// Returns up to [`MAX_MEMORIES`] active memories of a caller, most important first.
pub(super) async fn find_memories(
    store: &OpenMemory,
    caller: &CallerId,
    agent: Option<&AgentId>,
) -> Result<Vec<Memory>, Failure> {
    let search = Search {
        caller,
        agent,
        query: "",
        min_importance: Importance::MIN,
        limit: MAX_MEMORIES,
        include_superseded: false,
        distinct: false,
    };
    Ok(store.search(search).await?)
}

/// Rebuilds the caller card without the erased memories. Returns whether there was a card.
async fn rebuild_card(
    store: &OpenMemory,
    agent: &AgentId,
    caller: &CallerId,
    erased: &[Memory],
    ttl_hours: u32,
) -> Result<bool, Failure> {
    let Some(card) = store.card(agent, caller).await? else {
        return Ok(false);
    };
    let remaining = find_memories(store, caller, Some(agent)).await?;
    store
        .put_card(
            agent,
            caller,
            &card.without_memories(erased, &remaining),
            ttl_hours,
        )
        .await?;
    Ok(true)
}
