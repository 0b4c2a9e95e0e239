//! `elaaoms memories add`: stores what an operator knows about a caller.

use clap::Args;
use common::call::{AgentId, CallerId};
use common::correction::Statement;
use common::memory::{Category, Importance};
use common::openmemory::StoreOutcome;
use serde_json::json;

use super::change::Change;
use crate::context::Context;
use crate::deployment::DeploymentArguments;
use crate::error::Failure;
use crate::input::{caller, category, content, importance};
use crate::terminal::{CommandOutput, Reveal};

/// Add a memory about a caller; if the agent has the same one already, that is reinforced
///
/// The agent receives it from the next call on. It is not checked against any call.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories add +12025550142 --agent agent_1 --content \"Is deaf.\" --pin
  elaaoms memories add user:dana --agent agent_1 --content \"Has a dog.\"")]
pub(super) struct Arguments {
    /// The caller: a telephone number, or user:ID
    #[arg(value_parser = caller)]
    caller: CallerId,
    /// The agent that gets the memory
    #[arg(long, value_name = "AGENT", value_parser = |id: &str| AgentId::parse(id))]
    agent: AgentId,
    /// The statement about the caller
    #[arg(long, value_name = "TEXT", value_parser = content)]
    content: String,
    /// Importance, from 1 to 10 [default: 5]
    #[arg(long, value_name = "NUMBER", value_parser = importance)]
    importance: Option<Importance>,
    /// Category: factual, preference, issue, emotional or relational [default: factual]
    #[arg(long, value_name = "CATEGORY", value_parser = category)]
    category: Option<Category>,
    /// Pin it: it is never evicted, and agents receive it at the start of every call
    #[arg(long)]
    pin: bool,
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
    let statement = Statement {
        content: &arguments.content,
        importance: arguments.importance.unwrap_or(Importance::MIDDLE),
        category: arguments.category.unwrap_or(Category::Factual),
        is_pinned: arguments.pin,
    };
    let outbox = change.outbox().await?;
    let outcome = change
        .corrections()
        .add(&arguments.agent, &statement)
        .await?;
    let action = match &outcome {
        StoreOutcome::Stored(_) => "stored",
        StoreOutcome::Reinforced(_) => "reinforced",
    };
    change.audit("add", json!({action: 1})).await?;
    change
        .announce(&outbox, &arguments.agent, &outcome, None)
        .await?;
    let caller = arguments.reveal.show(&arguments.caller);
    let id = outcome.id();
    let text = match &outcome {
        StoreOutcome::Stored(_) => format!("Added {}.", id.0),
        StoreOutcome::Reinforced(_) => format!("Already stored as {}, now reinforced.", id.0),
    };
    Ok(CommandOutput::new(
        text,
        json!({"caller": caller, "memory_id": id, "action": action}),
    ))
}
