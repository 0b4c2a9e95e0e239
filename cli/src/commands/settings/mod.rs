//! `elaaoms settings`: shows the settings of a stack and changes them while its functions run.
//!
//! A change is written into the deployment's secret, under the name of the setting. The functions
//! read their secrets every five minutes.

mod assignment;

use std::borrow::Cow;

use clap::Args;
use common::settings::{Changes, ENTRY_NAMES, SettingsError, entries};
use serde_json::{Map, Value, json};

use crate::audit::{AuditEntry, AuditTrail};
use crate::aws::{Stack, StackArguments};
use crate::context::Context;
use crate::deployment::Deployment;
use crate::error::{CommandError, Failure, NEEDS_CORRECTION};
use crate::terminal::{CommandOutput, Table};
use assignment::Assignment;

/// The operator selected no stack. One machine reads its settings from `.env`.
#[derive(Debug, thiserror::Error)]
#[error("this command changes settings on AWS; name the deployment with --stage or --stack")]
struct NoStackSelected;

impl CommandError for NoStackSelected {
    fn advice(&self) -> Option<Cow<'static, str>> {
        Some("on one machine, edit .env and restart elaaoms-local".into())
    }

    fn exit_code(&self) -> u8 {
        NEEDS_CORRECTION
    }
}

/// Show the settings of a deployment on AWS, or change them without a deployment
///
/// Without assignments, lists the settings that differ from their defaults. NAME=VALUE changes a
/// setting, and NAME= takes the change back. The functions use a change within five minutes.
/// docs/settings.md lists the names and which of them need a deployment. Secrets and parameters of
/// the template are not changed here.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms settings --stage prod
  elaaoms settings --stage prod LLM_VERIFY=true MIN_IMPORTANCE_TO_STORE=4
  elaaoms settings --stage prod LLM_VERIFY=")]
pub(crate) struct Arguments {
    /// Settings to change; an empty value takes a change back
    // Text, because clap shows an argument that it cannot parse, and this one may be a secret.
    #[arg(value_name = "NAME=VALUE")]
    assignments: Vec<String>,
    #[command(flatten)]
    stack: StackArguments,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    if !arguments.stack.is_selected() {
        return Err(NoStackSelected.into());
    }
    let assignments: Vec<Assignment> = arguments
        .assignments
        .iter()
        .map(|text| text.parse())
        .collect::<Result<_, _>>()?;
    let stack = Stack::find(&arguments.stack, context).await?;
    if assignments.is_empty() {
        return Ok(list(&stack));
    }
    change(&assignments, stack, context).await
}

fn list(stack: &Stack) -> CommandOutput {
    let changes = changes_of(stack);
    let deployed = stack.setting("SETTINGS").unwrap_or_default();
    let changed = changes.iter().map(|(name, value)| (name, value, "changed"));
    let is_unchanged = |name: &str| changes.iter().all(|(changed, _)| changed != name);
    let entries = entries(&deployed)
        .filter(|(name, _)| is_unchanged(name))
        .map(|(name, value)| (name, value, "deployed"));
    let rows: Vec<(&str, &str, &str)> = changed.chain(entries).collect();
    let data: Vec<Value> = rows
        .iter()
        .map(|(name, value, source)| json!({"name": name, "value": value, "source": source}))
        .collect();
    if rows.is_empty() {
        return CommandOutput::new("All settings have their defaults.", data);
    }
    let mut table = Table::new(&["setting", "value", "source"]);
    for (name, value, source) in rows {
        table.row([name, value, source]);
    }
    CommandOutput::new(table.text(), data)
}

/// Returns the changes that the deployment's secret holds.
fn changes_of(stack: &Stack) -> Changes {
    Changes::read(|name| stack.secret(name))
}

async fn change(
    assignments: &[Assignment],
    stack: Stack,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let arn = stack.output("SecretsArn")?.to_owned();
    let mut secret = stack.session.secret(&arn).await?;
    for assignment in assignments {
        assignment.apply_to(&mut secret);
    }
    check(&secret, &stack, context)?;
    stack.session.put_secret(&arn, secret).await?;
    let names: Vec<&str> = assignments.iter().map(Assignment::name).collect();
    let deployment = Deployment::of_stack(context, stack);
    let entry = AuditEntry {
        action: "settings",
        subject: None,
        counts: json!({"settings": names.len()}),
        outcome: "done",
    };
    AuditTrail::of(&deployment)?.write(context, &entry).await?;
    let text = format!(
        "Written: {}. The functions use it within five minutes.",
        names.join(", ")
    );
    Ok(CommandOutput::new(text, json!({"changed": names})))
}

/// Checks all settings as the functions do, before anything is written.
fn check(
    secret: &Map<String, Value>,
    stack: &Stack,
    context: &Context,
) -> Result<(), SettingsError> {
    let changes = Changes::read(|name| Some(secret.get(name)?.as_str()?.to_owned()));
    let settings = changes.apply(|name| match name {
        // The functions sign requests to the store with their own roles.
        "OPENMEMORY_AUTH" => None,
        name if ENTRY_NAMES.contains(&name) => stack.setting(name),
        name => stack.setting(name).or_else(|| context.get(name)),
    });
    settings.map(|_| ())
}

#[cfg(test)]
mod tests;
