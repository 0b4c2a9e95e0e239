//! `elaaoms outbound`: prints the client data for calls that an agent makes. ElevenLabs calls the
//! initiation webhook for inbound calls only. For an outbound call, the program that starts it
//! sends the same data with its request.

mod recipients;

use std::path::{Path, PathBuf};

use clap::Args;
use common::call::{AgentId, CallerId};
use common::openmemory::OpenMemory;
use common::settings::{CallerSettings, Settings};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Value, json};

use crate::audit;
use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::error::{CommandError, Failure};
use crate::files::read;
use crate::terminal::{CommandOutput, Progress, TerminalError};
use recipients::Recipients;
pub(crate) use recipients::RecipientsError;

/// A list of recipients cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{} {fault}", file.display())]
struct InvalidList {
    file: PathBuf,
    fault: RecipientsError,
}

impl CommandError for InvalidList {}

/// Number of lookups that run at once.
const CONCURRENT_LOOKUPS: usize = 8;

/// Print the client data to send with outbound calls
///
/// This is the conversation_initiation_client_data of ElevenLabs' outbound, batch and campaign
/// requests. It equals the deployment's response when the same person calls. For one number, prints
/// the object; for several, prints one recipient per line. For a CSV file with the column
/// phone_number, prints the file with a column added for each variable. Unknown and withheld
/// numbers get the default values.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms outbound --agent agent_1 +12025550142
  elaaoms outbound --agent agent_1 +12025550142 +12025550143 > recipients.jsonl
  elaaoms outbound --agent agent_1 --csv list.csv --stage prod > upload.csv")]
pub(crate) struct Arguments {
    /// The agent that makes the calls
    #[arg(long, value_name = "ID", value_parser = |id: &str| AgentId::parse(id))]
    agent: AgentId,
    /// A list of recipients for ElevenLabs' batch upload; - for standard input
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "numbers",
        required_unless_present = "numbers"
    )]
    csv: Option<PathBuf>,
    /// The people to call: telephone numbers, or user:ID
    #[arg(value_name = "NUMBER")]
    numbers: Vec<String>,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let lookup = Lookup::new(&deployment, &arguments.agent)?;
    if let Some(file) = &arguments.csv {
        return complete_file(&lookup, file).await;
    }
    let data = lookup.all(&arguments.numbers).await?;
    if let [one] = &data[..] {
        return Ok(CommandOutput::new(format!("{one:#}"), one));
    }
    let recipients: Vec<Value> = arguments
        .numbers
        .iter()
        .zip(data)
        .map(|(number, data)| recipient(number, data))
        .collect();
    let lines: Vec<String> = recipients.iter().map(Value::to_string).collect();
    Ok(CommandOutput::new(lines.join("\n"), recipients))
}

/// Builds a recipient of a batch. A web session's user has no number; the data holds the user id.
fn recipient(number: &str, data: Value) -> Value {
    match user_id(number) {
        Some(_) => json!({"conversation_initiation_client_data": data}),
        None => json!({"phone_number": number, "conversation_initiation_client_data": data}),
    }
}

/// Returns the id of a web session's user, which is written as `user:ID`.
fn user_id(number: &str) -> Option<&str> {
    number.strip_prefix("user:")
}

/// Adds the client data to a CSV file of recipients.
async fn complete_file(lookup: &Lookup<'_>, file: &Path) -> Result<CommandOutput, Failure> {
    let mut recipients = Recipients::read(&read(file)?).map_err(|fault| InvalidList {
        file: file.to_owned(),
        fault,
    })?;
    let data = lookup.all(&recipients.numbers()).await?;
    recipients.add(&data);
    let text = recipients.text();
    Ok(CommandOutput::new(
        text.clone(),
        json!({"recipients": data.len(), "csv": text}),
    ))
}

/// Looks up the client data of one agent's callers in a deployment.
struct Lookup<'a> {
    deployment: &'a Deployment,
    openmemory: OpenMemory,
    settings: Settings,
    trusts_user_id: bool,
    agent: AgentId,
}

impl<'a> Lookup<'a> {
    fn new(deployment: &'a Deployment, agent: &AgentId) -> Result<Self, Failure> {
        let trusts_user_id = CallerSettings::read(|name| deployment.get(name))?.trust_user_id;
        Ok(Self {
            deployment,
            openmemory: deployment.openmemory()?,
            settings: deployment.settings()?,
            trusts_user_id,
            agent: agent.clone(),
        })
    }

    /// Returns the client data of each number, in the order of the numbers.
    async fn all(&self, numbers: &[String]) -> Result<Vec<Value>, Failure> {
        let progress = Progress::new(u64::try_from(numbers.len()).ok(), "numbers");
        let data = futures_util::stream::iter(numbers)
            .map(|number| self.one(number))
            .buffered(CONCURRENT_LOOKUPS);
        data.inspect_ok(|_| progress.step()).try_collect().await
    }

    async fn one(&self, number: &str) -> Result<Value, Failure> {
        let user = user_id(number);
        let callee = match user {
            Some(id) => CallerId::from_user_id(id),
            None => CallerId::from_phone(number),
        };
        let response = client_data::outbound(
            &self.openmemory,
            &self.settings,
            &self.agent,
            callee.as_ref(),
        )
        .await?;
        if let Some(callee) = &callee {
            audit::record_access(self.deployment, "outbound", callee, json!({})).await?;
        }
        // If the deployment trusts web sessions, its search tool uses this variable: ElevenLabs
        // refuses a call without it.
        let response = if self.trusts_user_id {
            response.with_user_id(user.unwrap_or_default())
        } else {
            response
        };
        let mut data =
            serde_json::to_value(response).map_err(|error| TerminalError::Output(error.into()))?;
        if let Some(id) = user {
            data["user_id"] = json!(id);
        }
        Ok(data)
    }
}

#[cfg(test)]
mod tests;
