//! `elaaoms memories opt-out` and `opt-in`: a caller who does not want to be remembered.

use clap::Args;
use common::archive::{CallerTombstone, OptOut, caller_tombstone};
use common::call::CallerId;
use operator::{NOTHING_IS_STORED, opted_in};
use serde_json::{Value, json};

use super::other_copies;
use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::erasing;
use crate::error::Failure;
use crate::input::caller;
use crate::terminal::{CommandOutput, Confirmation, Reveal, Table};
use crate::tombstone;

/// Do not remember a caller: erase all data, and store nothing of later calls
///
/// Does what `memories forget` does. From then on nothing of the caller's calls is stored, not even
/// the payload, until `memories opt-in`. Covers all linked ids of the person. An agent can record the same wish with the tool
/// do_not_remember. It deletes the memories, but archived calls stay until this command: a number
/// can be forged. --pending lists such callers by pseudonym.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories opt-out +12025550142
  elaaoms memories opt-out user:dana --yes --stage prod
  elaaoms memories opt-out --pending --stage prod")]
pub(super) struct OptOutArguments {
    /// The caller: a telephone number, or user:ID
    #[arg(value_parser = caller, required_unless_present = "pending", conflicts_with = "pending")]
    caller: Option<CallerId>,
    /// List callers who opted out through an agent and whose archived calls are not erased yet
    #[arg(long)]
    pending: bool,
    #[command(flatten)]
    confirmation: Confirmation,
    #[command(flatten)]
    reveal: Reveal,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

/// Remember a caller again who had opted out
///
/// Later calls are remembered, also those of the ids that were linked when the caller opted out.
/// Nothing comes back: neither what was erased, nor the links, nor what the caller said in the
/// meantime.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories opt-in +12025550142
  elaaoms memories opt-in user:dana --stage prod")]
pub(super) struct OptInArguments {
    /// The caller: a telephone number, or user:ID
    #[arg(value_parser = caller)]
    caller: CallerId,
    #[command(flatten)]
    reveal: Reveal,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

pub(super) async fn opt_out(
    arguments: &OptOutArguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let Some(caller) = &arguments.caller else {
        return pending(&deployment).await;
    };
    let shown = arguments.reveal.show(caller);
    let question = format!(
        "Erase all data of {shown} in {} and store nothing of later calls? The erasure cannot be \
         undone.",
        deployment.name()
    );
    arguments.confirmation.ask(&question)?;
    let erasing = erasing::announced(&deployment).await?;
    let forgotten = erasing.opt_out_and_audit(caller).await?;
    let copies = other_copies::list(&deployment, &forgotten.calls);
    let text = format!(
        "{}\n{NOTHING_IS_STORED}\n\n{}",
        forgotten.counts.describe(&shown),
        other_copies::describe(&copies)
    );
    let data = json!({"caller": shown, "removed": forgotten.counts, "elsewhere": copies,
        "do_not_remember": true});
    Ok(CommandOutput::new(text, data))
}

pub(super) async fn opt_in(
    arguments: &OptInArguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let caller = arguments.reveal.show(&arguments.caller);
    let had_opted_out = erasing::of(&deployment)?
        .opt_in_and_audit(&arguments.caller)
        .await?;
    let text = if had_opted_out {
        opted_in(&caller)
    } else {
        format!("{caller} has not opted out: nothing was changed.")
    };
    let data = json!({"caller": caller, "do_not_remember": false});
    Ok(CommandOutput::new(text, data))
}

/// Returns the wish of a caller not to be remembered. `None` also if this command cannot read the
/// archive, or has no key of the pseudonyms.
pub(super) async fn wish(
    deployment: &Deployment,
    caller: &CallerId,
) -> Result<Option<OptOut>, Failure> {
    let Ok(calls) = deployment.calls() else {
        return Ok(None);
    };
    let Ok(pepper) = deployment.secret("CALLER_ID_PEPPER") else {
        return Ok(None);
    };
    for hash in caller.pseudonyms(&pepper) {
        let tombstone = caller_tombstone(&calls, &hash).await?;
        if let Some(wish) = tombstone.as_ref().and_then(CallerTombstone::opted_out) {
            return Ok(Some(wish.clone()));
        }
    }
    Ok(None)
}

/// Describes the wish in one line.
pub(super) fn describe(wish: &OptOut) -> String {
    let by = if wish.is_by_agent() {
        "an agent, at the caller's request"
    } else {
        "an operator"
    };
    let since = wish.since.strftime("%Y-%m-%d");
    format!("Do not remember: recorded on {since} by {by}. {NOTHING_IS_STORED}")
}

/// Lists the callers who opted out through an agent and whose archived calls are not erased yet.
async fn pending(deployment: &Deployment) -> Result<CommandOutput, Failure> {
    let erasures = tombstone::read_deployment(deployment).await?;
    let mut table = Table::new(&["caller", "since", "agent", "call"]);
    let mut data: Vec<Value> = Vec::new();
    for (pseudonym, tombstone) in erasures.pending() {
        let Some(wish) = tombstone.opted_out() else {
            continue;
        };
        let agent = wish.agent_id.as_ref().map(ToString::to_string);
        let call = wish.conversation_id.as_ref().map(ToString::to_string);
        table.row([
            pseudonym.to_owned(),
            wish.since.strftime("%Y-%m-%d").to_string(),
            agent.unwrap_or_default(),
            call.unwrap_or_default(),
        ]);
        data.push(json!({"pseudonym": pseudonym, "wish": wish}));
    }
    let text = if data.is_empty() {
        "No caller waits for the erasure of archived calls.".to_owned()
    } else {
        table.text()
    };
    Ok(CommandOutput::new(text, json!({"pending": data})))
}
