//! `elaaoms memories unlink`: takes an id from a person.

use std::borrow::Cow;

use clap::Args;
use common::call::CallerId;
use serde_json::json;

use super::change::Change;
use super::identities::{data, table};
use crate::context::Context;
use crate::deployment::DeploymentArguments;
use crate::error::{CommandError, Failure};
use crate::input::caller;
use crate::terminal::{CommandOutput, Reveal};

/// The id does not belong to the person.
#[derive(Debug, thiserror::Error)]
#[error("the callers are not linked")]
struct NotLinked;

impl CommandError for NotLinked {
    fn advice(&self) -> Option<Cow<'static, str>> {
        Some("run `elaaoms memories identities` to see the linked ids".into())
    }
}

/// Unlink an id from a person: what was told under it moves back
///
/// The caller cards of the person are deleted, because they may contain something of both. The next
/// call of each writes a new one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories unlink +12025550142 +12025550188
  elaaoms memories unlink +12025550142 user:dana --stage prod")]
pub(super) struct Arguments {
    /// The caller: a telephone number, or user:ID
    #[arg(value_parser = caller)]
    caller: CallerId,
    /// The id to unlink
    #[arg(value_parser = caller)]
    other: CallerId,
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
    let unlinked = change
        .store()
        .unlink(&arguments.caller, &arguments.other)
        .await?;
    let rest = unlinked.ok_or(NotLinked)?;
    change
        .audit("unlink", json!({"identities": rest.ids.len()}))
        .await?;
    let reveal = arguments.reveal;
    let caller = reveal.show(&arguments.caller);
    let other = reveal.show(&arguments.other);
    Ok(CommandOutput::new(
        format!("Unlinked {other} from {caller}.\n{}", table(&rest, reveal)),
        json!({"caller": caller, "unlinked": other, "identities": data(&rest, reveal)}),
    ))
}
