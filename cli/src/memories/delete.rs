//! `elaaoms memories delete`: single memories, and the cards that told of them.

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

/// Most memories that are looked at, and that a card is made of.
const MOST: usize = 100;

/// Erase single memories of a caller; the card is made anew without them
///
/// The call in which it was said stays kept, with its record: `memories forget` erases those too.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories delete +12025550142 mem_0193a7
  elaaoms memories delete +12025550142 mem_0193a7 mem_0193b2 --stage prod")]
pub(super) struct Arguments {
    /// Whose: a telephone number, or user:ID
    #[arg(value_parser = caller)]
    caller: CallerId,
    /// The memories, by the ids that `memories list` shows
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
    let (store, caller) = (deployment.openmemory()?, &arguments.caller);
    let chosen = chosen(&store, arguments).await?;
    let question = format!(
        "Erase {} memories of {}?",
        chosen.len(),
        arguments.reveal.show(caller)
    );
    arguments.confirmation.ask(&question)?;
    // Before anything is erased: what cannot be written down is not done.
    let subject = Some(
        caller
            .hash(&deployment.secret("CALLER_ID_PEPPER")?)
            .as_str()
            .to_owned(),
    );
    let calls = deployment.calls()?;
    for memory in &chosen {
        // The tombstone first: from then on no import and no restore brings it back.
        if let Some(id) = tombstone::of_memory(&memory.id.0) {
            calls.put(&Key::erased(&id), Bytes::new()).await?;
        }
        store.delete(&memory.id).await?;
    }
    let mut agents: Vec<AgentId> = chosen
        .iter()
        .filter_map(|memory| memory.agent_id.clone())
        .collect();
    agents.sort();
    agents.dedup();
    let ttl = deployment.settings()?.memory.caller_card_ttl_hours;
    let mut cards = 0;
    for agent in &agents {
        cards += u64::from(rebuild(&store, agent, caller, &chosen, ttl).await?);
    }
    let counts = json!({"memories": chosen.len(), "cards_rebuilt": cards});
    let deed = AuditEntry {
        action: "delete",
        subject,
        counts: counts.clone(),
        outcome: "done",
    };
    deployment.trail()?.write(context, &deed).await?;
    Ok(CommandOutput::new(
        format!(
            "Erased: {} memories. Cards made anew: {cards}.",
            chosen.len()
        ),
        counts,
    ))
}

/// Only memories of this caller: nobody erases another's by a slip of the finger.
async fn chosen(store: &OpenMemory, arguments: &Arguments) -> Result<Vec<Memory>, Failure> {
    let known = of(store, &arguments.caller, None).await?;
    let find = |id: &String| {
        let memory = known
            .iter()
            .find(|memory| memory.id == MemoryId(id.clone()));
        memory
            .cloned()
            .ok_or_else(|| Failure::MemoryNotFound(id.clone()))
    };
    arguments.memories.iter().map(find).collect()
}

pub(super) async fn of(
    store: &OpenMemory,
    caller: &CallerId,
    agent: Option<&AgentId>,
) -> Result<Vec<Memory>, Failure> {
    let search = Search {
        caller,
        agent,
        query: "",
        min_importance: Importance::MIN,
        limit: MOST,
        include_superseded: false,
        distinct: false,
    };
    Ok(store.search(search).await?)
}

/// Whether there was a card.
async fn rebuild(
    store: &OpenMemory,
    agent: &AgentId,
    caller: &CallerId,
    erased: &[Memory],
    ttl_hours: u32,
) -> Result<bool, Failure> {
    let Some(card) = store.card(agent, caller).await? else {
        return Ok(false);
    };
    let left = of(store, caller, Some(agent)).await?;
    store
        .put_card(
            agent,
            caller,
            &card.without_memories(erased, &left),
            ttl_hours,
        )
        .await?;
    Ok(true)
}
