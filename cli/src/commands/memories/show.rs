//! `elaaoms memories show`: shows an agent's caller card.

use clap::Args;
use common::call::{AgentId, CallerId};
use serde_json::json;

use super::opt_out;
use crate::audit;
use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::error::Failure;
use crate::input::caller;
use crate::terminal::{CommandOutput, Reveal, Table};

/// Show the caller card that an agent has of a caller, with the greeting
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories show +12025550142 --agent agent_7101
  elaaoms memories show user:dana --agent agent_7101 --stage prod")]
pub(super) struct Arguments {
    /// The caller: a telephone number, or user:ID
    #[arg(value_parser = caller)]
    caller: CallerId,
    /// The agent whose card to show
    #[arg(long, value_name = "AGENT", value_parser = |id: &str| AgentId::parse(id))]
    agent: AgentId,
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
    let caller = arguments.reveal.show(&arguments.caller);
    let card = deployment
        .openmemory()?
        .card(&arguments.agent, &arguments.caller)
        .await?;
    let counts = json!({"cards": usize::from(card.is_some())});
    audit::record_access(&deployment, "show", &arguments.caller, counts).await?;
    let wish = opt_out::wish(&deployment, &arguments.caller).await?;
    let note = wish
        .as_ref()
        .map_or_else(String::new, |wish| format!("\n{}", opt_out::describe(wish)));
    let Some(card) = card else {
        let text = format!(
            "{} has no card of {caller} and greets them as an unknown caller.{note}",
            arguments.agent
        );
        return Ok(CommandOutput::new(
            text,
            json!({"caller": caller, "card": null, "do_not_remember": wish}),
        ));
    };
    let mut table = Table::new(&["card", ""]);
    table.row(["name", &card.all_names()]);
    table.row(["greeting", &card.greeting]);
    table.row([
        "last call",
        &card
            .last_call_at
            .map(|at| at.to_string())
            .unwrap_or_default(),
    ]);
    table.row(["about", &card.last_summary]);
    table.row(["open", &card.open_issues.join("; ")]);
    table.row(["context", &card.memory_context]);
    table.row(["language", card.language.as_deref().unwrap_or_default()]);
    Ok(CommandOutput::new(
        format!("{}{note}", table.text()),
        json!({"caller": caller, "card": card, "do_not_remember": wish}),
    ))
}
