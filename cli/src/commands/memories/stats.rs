//! `elaaoms memories stats`: counts the stored data without naming any caller.

use std::collections::BTreeSet;

use clap::Args;
use common::archive::Archive;
use serde_json::json;

use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::error::Failure;
use crate::memory_server::{MemoryServer, count_entries};
use crate::terminal::{CommandOutput, Table};

/// Count callers, calls, extractions and memories
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories stats
  elaaoms memories stats --stage prod --output json")]
pub(super) struct Arguments {
    #[command(flatten)]
    deployment: DeploymentArguments,
}

pub(super) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let calls = deployment.calls()?;
    let index = calls.list("callers/").await?;
    let callers: BTreeSet<&str> = index
        .iter()
        .filter_map(|key| key.as_str().split('/').nth(1))
        .collect();
    let payloads = calls.list("payloads/").await?;
    let transcriptions = payloads.iter().filter(|key| key.is_transcription()).count();
    let records = calls.list("extractions/").await?;
    let done = records.iter().filter(|key| key.is_done()).count();
    let entries = count_entries(
        MemoryServer::new(&deployment)?
            .stores
            .export_to_file()
            .await?,
    )?;
    let counts = [
        ("callers", callers.len() as u64),
        ("payloads", payloads.len() as u64),
        ("conversations", transcriptions as u64),
        ("extracted", done as u64),
        ("memories", entries.memories),
        ("cards and profiles", entries.profiles),
    ];
    let mut table = Table::new(&["item", "count"]);
    counts
        .iter()
        .for_each(|(name, count)| table.row([(*name).to_owned(), count.to_string()]));
    let data = json!({
        "callers": counts[0].1, "payloads": counts[1].1, "conversations": counts[2].1, "extracted": counts[3].1,
        "memories": counts[4].1, "profiles": counts[5].1,
    });
    Ok(CommandOutput::new(table.text(), data))
}
