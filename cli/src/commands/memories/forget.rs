//! `elaaoms memories forget`: permanently erases all data of a caller.

use clap::Args;
use common::call::CallerId;
use operator::Forgotten;
use serde_json::json;

use super::other_copies;
use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::erasing;
use crate::error::Failure;
use crate::input::caller;
use crate::terminal::{CommandOutput, Confirmation, Reveal};

/// Erase all data of a caller: memories, cards, payloads in every version, extraction records
///
/// Erases all linked ids of the person. Finds their calls in the index that post-call writes. Also reads every archived event, to
/// find calls that the index misses and calls that were never connected. Searches for earlier
/// spellings of the number too. Prints what was removed and writes an audit entry with the caller's
/// pseudonym. Leaves a tombstone with the id of each call, and one with the caller's pseudonym, so
/// that no erased data comes back.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories forget +12025550142
  elaaoms memories forget +12025550142 --yes --stage prod
  elaaoms memories forget user:dana --yes --output json")]
pub(super) struct Arguments {
    /// The caller: a telephone number, or user:ID
    #[arg(value_parser = caller)]
    caller: CallerId,
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
    let caller = arguments.reveal.show(&arguments.caller);
    let person = erasing::of(&deployment)?.person(&arguments.caller).await?;
    let linked: Vec<String> = person
        .linked()
        .map(|id| arguments.reveal.show(id))
        .collect();
    let question = question(&caller, &linked, deployment.name());
    arguments.confirmation.ask(&question)?;
    let erasing = erasing::announced(&deployment).await?;
    let Forgotten { counts, calls } = erasing.forget_and_audit(&arguments.caller).await?;
    let copies = other_copies::list(&deployment, &calls);
    let text = format!(
        "{}\n\n{}",
        counts.describe(&caller),
        other_copies::describe(&copies)
    );
    Ok(CommandOutput::new(
        text,
        json!({"caller": caller, "linked": linked, "removed": counts, "elsewhere": copies}),
    ))
}

fn question(caller: &str, linked: &[String], place: impl std::fmt::Display) -> String {
    let also = match linked {
        [] => String::new(),
        linked => format!(", who is one person with {},", linked.join(", ")),
    };
    format!("Erase all data of {caller}{also} in {place}? This cannot be undone.")
}
