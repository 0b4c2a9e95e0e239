//! `elaaoms memories export` and `elaaoms memories import`.

use std::fs::File;
use std::io::{BufWriter, Seek, stdout};
use std::path::{Path, PathBuf};

use clap::Args;
use common::call::CallerId;
use operator::Person;
use secrecy::SecretString;
use serde_json::json;

use super::subject::{self, DocumentCounts};
use crate::audit::{AuditEntry, AuditTrail};
use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::error::Failure;
use crate::files::{read, write_atomically};
use crate::input::caller;
use crate::memory_server::{MemoryServer, export_to, without_erased};
use crate::terminal::{CommandOutput, Confirmation, Reveal, TerminalError};
use crate::tombstone;

/// Export the memory store, or all data about one caller, to a file
///
/// The file contains callers' numbers and memories, so only its owner can read it. The export
/// writes an audit entry. With --caller, the file is one JSON document about one person. It
/// contains memories including superseded ones, caller cards, archived calls, extraction records,
/// and a list of places that may hold other copies. Recordings are listed but not included.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories export memories.json
  elaaoms memories export memories.json --stage prod
  elaaoms memories export --caller +12025550142 dana.json
  elaaoms memories export --caller user:dana - --stage prod")]
pub(super) struct ExportArguments {
    /// File to write; - for standard output [default with --caller: -]
    #[arg(required_unless_present = "caller")]
    file: Option<PathBuf>,
    /// Export only this caller, with calls and records: a telephone number, or user:ID
    #[arg(long, value_name = "NUMBER", value_parser = caller)]
    caller: Option<CallerId>,
    #[command(flatten)]
    reveal: Reveal,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

/// Import an export into the memory store; existing entries do not change
///
/// Skips memories and cards of erased calls and of forgotten callers, and prints their number.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories import memories.json
  elaaoms memories import memories.json --yes --stage staging")]
pub(super) struct ImportArguments {
    /// File written by `memories export`; - for standard input
    file: PathBuf,
    #[command(flatten)]
    confirmation: Confirmation,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

pub(super) async fn export(
    arguments: &ExportArguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let file = arguments
        .file
        .as_deref()
        .filter(|file| file.as_os_str() != "-");
    match &arguments.caller {
        Some(caller) => export_caller(&deployment, context, (caller, arguments.reveal), file).await,
        None => export_all(&deployment, context, file).await,
    }
}

async fn export_all(
    deployment: &Deployment,
    context: &Context,
    file: Option<&Path>,
) -> Result<CommandOutput, Failure> {
    let bytes = match file {
        None => {
            MemoryServer::new(deployment)?
                .stores
                .export(&mut stdout().lock())
                .await?
        }
        Some(file) => export_to(deployment, file).await?,
    };
    let counts = json!({"bytes": bytes});
    let entry = AuditEntry {
        action: "export",
        subject: None,
        counts: counts.clone(),
        outcome: "done",
    };
    AuditTrail::of(deployment)?.write(context, &entry).await?;
    Ok(file.map_or_else(CommandOutput::empty, |file| {
        CommandOutput::new(
            format!("Exported: {bytes} bytes into {}.", file.display()),
            counts,
        )
    }))
}

/// Exports one caller's data. The audit entry is written before the data is handed out; if that
/// fails, the export fails.
async fn export_caller(
    deployment: &Deployment,
    context: &Context,
    (caller, reveal): (&CallerId, Reveal),
    file: Option<&Path>,
) -> Result<CommandOutput, Failure> {
    let pepper = deployment.secret("CALLER_ID_PEPPER")?;
    let subject = Person::new(caller, &pepper).subject();
    let write = async |new: &File| {
        let mut out = BufWriter::new(new);
        let counts = subject::export(deployment, context, caller, &mut out).await?;
        audit_caller_export(deployment, context, subject, &counts).await?;
        Ok(counts)
    };
    let Some(file) = file else {
        let mut new = tempfile::tempfile().map_err(TerminalError::Output)?;
        write(&new).await?;
        new.rewind()
            .and_then(|()| std::io::copy(&mut new, &mut stdout().lock()))
            .map_err(TerminalError::Output)?;
        return Ok(CommandOutput::empty());
    };
    let counts = write_atomically(file, write).await?;
    let text = format!(
        "Exported {}: {} into {}.",
        reveal.show(caller),
        counts.describe(),
        file.display()
    );
    Ok(CommandOutput::new(
        text,
        json!({"caller": reveal.show(caller), "exported": counts}),
    ))
}

async fn audit_caller_export(
    deployment: &Deployment,
    context: &Context,
    subject: String,
    counts: &DocumentCounts,
) -> Result<(), Failure> {
    let entry = AuditEntry {
        action: "export",
        subject: Some(subject),
        counts: json!(counts),
        outcome: "done",
    };
    AuditTrail::of(deployment)?.write(context, &entry).await?;
    Ok(())
}

pub(super) async fn import(
    arguments: &ImportArguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let export = read(&arguments.file)?;
    arguments.confirmation.ask(&format!(
        "Import {} into {}?",
        arguments.file.display(),
        deployment.name()
    ))?;
    let erasures = tombstone::read_deployment(&deployment).await?;
    let pepper = deployment.get("CALLER_ID_PEPPER").map(SecretString::from);
    let (export, erased) = without_erased(export, &erasures, pepper.as_ref())?;
    let imported = MemoryServer::new(&deployment)?.import(export).await?;
    let counts = json!({
        "erased": erased,
        "memories": imported.memories, "memories_skipped": imported.memories_skipped,
        "profiles": imported.profiles, "profiles_skipped": imported.profiles_skipped,
    });
    let entry = AuditEntry {
        action: "import",
        subject: None,
        counts: counts.clone(),
        outcome: "done",
    };
    AuditTrail::of(&deployment)?.write(context, &entry).await?;
    let mut text = format!(
        "Imported: {} memories and {} cards. Already present: {} memories and {} cards.",
        imported.memories, imported.profiles, imported.memories_skipped, imported.profiles_skipped,
    );
    if erased > 0 {
        text += &format!(" Skipped as erased: {erased}.");
    }
    Ok(CommandOutput::new(text, counts))
}
