//! `elaaoms memories pin`: keeps a memory at hand in every call.

use clap::Args;
use common::call::CallerId;
use common::openmemory::MemoryEdit;
use serde_json::json;

use super::change::{Change, MemoryNotFound};
use crate::context::Context;
use crate::deployment::DeploymentArguments;
use crate::error::Failure;
use crate::input::caller;
use crate::terminal::{CommandOutput, Reveal};

/// Pin a memory: it is never evicted, and agents receive it at the start of every call
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories pin +12025550142 mem_0193a7
  elaaoms memories pin +12025550142 mem_0193a7 --unpin --stage prod")]
pub(super) struct Arguments {
    /// The caller: a telephone number, or user:ID
    #[arg(value_parser = caller)]
    caller: CallerId,
    /// ID of the memory, as shown by `memories list`
    #[arg(value_name = "MEMORY")]
    memory: String,
    /// Take the pin back
    #[arg(long)]
    unpin: bool,
    #[command(flatten)]
    reveal: Reveal,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

pub(super) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let change = Change::begin(&arguments.deployment, &arguments.caller, context).await?;
    let memory = change.memory(&arguments.memory).await?;
    let is_pinned = !arguments.unpin;
    let pin = MemoryEdit {
        is_pinned: Some(is_pinned),
        ..MemoryEdit::default()
    };
    let edited = change.corrections().edit(&memory.id, &pin).await?;
    let edited = edited.ok_or_else(|| MemoryNotFound(memory.id.0.clone()))?;
    let count = if is_pinned { "pinned" } else { "unpinned" };
    change.audit("pin", json!({count: 1})).await?;
    let caller = arguments.reveal.show(&arguments.caller);
    let verb = if is_pinned { "Pinned" } else { "Unpinned" };
    Ok(CommandOutput::new(
        format!("{verb} {}.", edited.id.0),
        json!({"caller": caller, "memory_id": edited.id, "pinned": edited.is_pinned}),
    ))
}
