//! `elaaoms outbound`: what goes along with a call that the agent makes. ElevenLabs asks the
//! initiation webhook for calls that come in alone; whoever starts one sends the same along.

mod recipients;

use std::path::{Path, PathBuf};

use clap::Args;
use common::call::{AgentId, CallerId};
use common::openmemory::OpenMemory;
use common::settings::{CallerSettings, Settings};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Value, json};

use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::failure::Failure;
use crate::sign::read;
use crate::terminal::{CommandOutput, Progress};
pub(crate) use recipients::Fault;
use recipients::Recipients;

/// Numbers that are looked up at once.
const AT_ONCE: usize = 8;

/// Print what to send along with calls that an agent makes
///
/// The conversation_initiation_client_data of ElevenLabs' outbound, batch and campaign requests:
/// the answer that the deployment gives when the same person calls. One number gives the object,
/// several give one recipient a line. A CSV file with the column phone_number comes back with a
/// column for each variable. Numbers that nobody knows, or that are withheld, get the defaults.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms outbound --agent agent_1 +12025550142
  elaaoms outbound --agent agent_1 +12025550142 +12025550143 > recipients.jsonl
  elaaoms outbound --agent agent_1 --csv list.csv --stage prod > upload.csv")]
pub(crate) struct Arguments {
    /// The agent that calls
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
    /// Who is called: telephone numbers, or user:ID
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
        return of_file(&lookup, file).await;
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

/// A recipient of a batch. The user of a web session has no number: the data holds the id.
fn recipient(number: &str, data: Value) -> Value {
    match user_id(number) {
        Some(_) => json!({"conversation_initiation_client_data": data}),
        None => json!({"phone_number": number, "conversation_initiation_client_data": data}),
    }
}

/// The id of a web session's user, written as `user:ID`.
fn user_id(number: &str) -> Option<&str> {
    number.strip_prefix("user:")
}

async fn of_file(lookup: &Lookup, file: &Path) -> Result<CommandOutput, Failure> {
    let mut recipients = Recipients::read(&read(file)?).map_err(|fault| Failure::Recipients {
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

/// A deployment's memory, asked for an agent's calls.
struct Lookup {
    openmemory: OpenMemory,
    settings: Settings,
    trusts_user_id: bool,
    agent: AgentId,
}

impl Lookup {
    fn new(deployment: &Deployment, agent: &AgentId) -> Result<Self, Failure> {
        let trusts_user_id = CallerSettings::read(|name| deployment.get(name))?.trust_user_id;
        Ok(Self {
            openmemory: deployment.openmemory()?,
            settings: deployment.settings()?,
            trusts_user_id,
            agent: agent.clone(),
        })
    }

    /// The data for each number, in their order.
    async fn all(&self, numbers: &[String]) -> Result<Vec<Value>, Failure> {
        let progress = Progress::new(u64::try_from(numbers.len()).ok(), "numbers");
        let data = futures_util::stream::iter(numbers)
            .map(|number| self.one(number))
            .buffered(AT_ONCE);
        data.inspect_ok(|_| progress.step()).try_collect().await
    }

    async fn one(&self, number: &str) -> Result<Value, Failure> {
        let user = user_id(number);
        let callee = match user {
            Some(id) => CallerId::from_user_id(id),
            None => CallerId::from_phone(number),
        };
        let answer = client_data::outbound(
            &self.openmemory,
            &self.settings,
            &self.agent,
            callee.as_ref(),
        )
        .await?;
        // The search tool of a deployment that trusts web sessions uses it: without the variable
        // the call is refused.
        let answer = if self.trusts_user_id {
            answer.with_user_id(user.unwrap_or_default())
        } else {
            answer
        };
        let mut data =
            serde_json::to_value(answer).map_err(|error| Failure::Output(error.into()))?;
        if let Some(id) = user {
            data["user_id"] = json!(id);
        }
        Ok(data)
    }
}

#[cfg(test)]
mod tests;
