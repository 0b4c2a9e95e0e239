//! `elaaoms memories delete`: erases single memories and rebuilds the caller cards that contain
//! them.

use std::borrow::Cow;

use clap::Args;
use common::call::CallerId;
use common::erasure::{EraseError, erase_memories};
use common::memory::{Memory, MemoryId};
use common::openmemory::OpenMemory;
use serde_json::json;

use super::change::MemoryNotFound;
use crate::audit::{AuditEntry, AuditTrail};
use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::error::{CommandError, Failure};
use crate::input::caller;
use crate::terminal::{CommandOutput, Confirmation, Reveal};

impl CommandError for EraseError {
    fn message(&self) -> String {
        match self {
            Self::Archive(error) => error.message(),
            Self::Store(error) => error.message(),
        }
    }

    fn advice(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Archive(error) => error.advice(),
            Self::Store(error) => error.advice(),
        }
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::Archive(error) => error.exit_code(),
            Self::Store(error) => error.exit_code(),
        }
    }
}

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
    let ttl = deployment.settings()?.memory.caller_card_ttl_hours;
    let cards = erase_memories(&calls, &store, caller, &memories, ttl).await?;
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
