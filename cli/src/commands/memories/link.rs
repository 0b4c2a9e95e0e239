//! `elaaoms memories link`: makes one person of two callers, or suggests who may be one person.

use clap::Args;
use common::call::CallerId;
use common::suggestions::{self, Reason, Suggestion};
use serde_json::json;

use super::change::Change;
use super::identities::{data, table};
use crate::audit::{AuditEntry, AuditTrail};
use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::error::Failure;
use crate::input::caller;
use crate::memory_server::{IncompleteExport, MemoryServer};
use crate::terminal::{CommandOutput, Confirmation, Reveal, Table};

/// Who links, in the store.
const OPERATOR: &str = "operator";

/// Link two callers that are one person: they are recalled, greeted and forgotten together
///
/// With --suggest, lists callers that may be one person, with the reason, and changes nothing: two
/// callers with the same full name, or a caller whose memory contains the other's number.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories link +12025550142 +12025550188
  elaaoms memories link +12025550142 user:dana --yes --stage prod
  elaaoms memories link --suggest")]
pub(super) struct Arguments {
    /// The caller: a telephone number, or user:ID
    #[arg(value_parser = caller, required_unless_present = "suggest", requires = "other")]
    caller: Option<CallerId>,
    /// The other caller
    #[arg(value_parser = caller)]
    other: Option<CallerId>,
    /// Suggest who may be one person
    #[arg(long, conflicts_with_all = ["caller", "other"])]
    suggest: bool,
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
    match (&arguments.caller, &arguments.other) {
        (Some(caller), Some(other)) => link(arguments, caller, other, context).await,
        _ => suggest(arguments, context).await,
    }
}

async fn link(
    arguments: &Arguments,
    caller: &CallerId,
    other: &CallerId,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let reveal = arguments.reveal;
    let shown = reveal.show(caller);
    let shown_other = reveal.show(other);
    let change = Change::begin(&arguments.deployment, caller, context).await?;
    arguments.confirmation.ask(&format!(
        "Link {shown} and {shown_other}? From then on, agents treat them as one person."
    ))?;
    let identities = change.store().link(caller, other, OPERATOR).await?;
    let cards = change.corrections().refresh_cards().await?;
    change
        .audit(
            "link",
            json!({"identities": identities.ids.len(), "cards": cards}),
        )
        .await?;
    Ok(CommandOutput::new(
        format!(
            "Linked {shown} and {shown_other}.\n{}",
            table(&identities, reveal)
        ),
        json!({"caller": shown, "linked": shown_other, "identities": data(&identities, reveal)}),
    ))
}

async fn suggest(arguments: &Arguments, context: &Context) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let export = MemoryServer::new(&deployment)?
        .stores
        .export_to_file()
        .await?;
    let suggestions = suggestions::read(export).map_err(|_| IncompleteExport)?;
    let entry = AuditEntry {
        action: "suggest-links",
        subject: None,
        counts: json!({"suggestions": suggestions.len()}),
        outcome: "done",
    };
    AuditTrail::of(&deployment)?.write(context, &entry).await?;
    let mut table = Table::new(&["caller", "other", "reason"]);
    let mut rows = Vec::new();
    for Suggestion { callers, reason } in &suggestions {
        let [one, other] = callers.each_ref().map(|id| shown(id, arguments.reveal));
        let reason = described(*reason);
        rows.push(json!({"caller": &one, "other": &other, "reason": &reason}));
        table.row([one, other, reason]);
    }
    let text = format!("{}\n{} suggestions", table.text(), rows.len());
    Ok(CommandOutput::new(text, json!({"suggestions": rows})))
}

fn described(reason: Reason) -> String {
    match reason {
        Reason::SameName => "their cards have the same full name",
        Reason::NumberInMemory => "a memory of the first contains the number of the second",
    }
    .to_owned()
}

/// An id of the store, masked unless `--reveal` was passed.
fn shown(id: &str, reveal: Reveal) -> String {
    match serde_json::from_value::<CallerId>(id.into()) {
        Ok(caller) => reveal.show(&caller),
        Err(_) => String::new(),
    }
}
