//! `elaaoms memories list` and `elaaoms memories search`: show the memories of a caller.

use clap::Args;
use common::archive::OptOut;
use common::call::{AgentId, CallerId};
use common::memory::{Importance, Memory};
use common::openmemory::Search;
use serde_json::{Value, json};

use super::opt_out;
use crate::audit;
use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::error::Failure;
use crate::input::caller;
use crate::memory_server::memory_json;
use crate::terminal::{CommandOutput, Reveal, Table};

/// List a caller's memories, most important first
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories list +12025550142
  elaaoms memories list +12025550142 --agent agent_7101 --stage prod")]
pub(super) struct ListArguments {
    #[command(flatten)]
    selection: Selection,
}

/// Search a caller's memories, best first
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories search +12025550142 \"which oil did she want\"
  elaaoms memories search user:dana order --limit 3 --stage prod")]
pub(super) struct SearchArguments {
    #[command(flatten)]
    selection: Selection,
    /// What to search for, as the caller would say it
    query: String,
}

#[derive(Debug, Args)]
struct Selection {
    /// The caller: a telephone number, or user:ID
    #[arg(value_parser = caller)]
    caller: CallerId,
    /// Only memories from calls with this agent
    #[arg(long, value_name = "AGENT", value_parser = |id: &str| AgentId::parse(id))]
    agent: Option<AgentId>,
    /// Maximum number of memories
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=100))]
    limit: u16,
    #[command(flatten)]
    reveal: Reveal,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

pub(super) async fn list(
    arguments: &ListArguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    show("list", &arguments.selection, "", context).await
}

pub(super) async fn search(
    arguments: &SearchArguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    show("search", &arguments.selection, &arguments.query, context).await
}

/// Searches the memory store and writes an audit entry.
async fn show(
    action: &'static str,
    selection: &Selection,
    query: &str,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&selection.deployment, context).await?;
    let search = Search {
        caller: &selection.caller,
        agent: selection.agent.as_ref(),
        query,
        min_importance: Importance::MIN,
        limit: usize::from(selection.limit),
        include_superseded: false,
        distinct: false,
    };
    let memories = deployment.openmemory()?.search(search).await?;
    audit::record_access(
        &deployment,
        action,
        &selection.caller,
        json!({"memories": memories.len()}),
    )
    .await?;
    let caller = selection.reveal.show(&selection.caller);
    let wish = opt_out::wish(&deployment, &selection.caller).await?;
    Ok(CommandOutput::new(
        text(&caller, &memories) + &note(wish.as_ref()),
        data(&caller, &memories, wish.as_ref()),
    ))
}

fn note(wish: Option<&OptOut>) -> String {
    wish.map_or_else(String::new, |wish| format!("\n{}", opt_out::describe(wish)))
}

fn text(caller: &str, memories: &[Memory]) -> String {
    if memories.is_empty() {
        return format!("There are no memories of {caller}.");
    }
    let mut table = Table::new(&["id", "importance", "said", "agent", "memory"]);
    for memory in memories {
        let agent = memory
            .agent_id
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let said = memory
            .timestamp
            .map(|at| at.strftime("%Y-%m-%d").to_string())
            .unwrap_or_default();
        table.row([
            memory.id.0.clone(),
            memory.importance.get().to_string(),
            said,
            agent,
            memory.content.clone(),
        ]);
    }
    format!("{}\n{} memories of {caller}", table.text(), memories.len())
}

fn data(caller: &str, memories: &[Memory], wish: Option<&OptOut>) -> Value {
    let memories: Vec<Value> = memories.iter().map(memory_json).collect();
    json!({"caller": caller, "memories": memories, "do_not_remember": wish})
}
