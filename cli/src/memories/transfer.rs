//! `elaaoms memories export` and `import`

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Seek, Write, stdout};
use std::path::{Path, PathBuf};

use clap::Args;
use common::call::CallerId;
use secrecy::SecretString;
use serde_json::json;

use super::kept::Person;
use super::subject::{self, Exported};
use super::{MemoryServer, caller, tombstone};
use crate::audit::AuditEntry;
use crate::backup::memories::without_erased;
use crate::connect::dotenv::resolve_links;
use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::failure::Failure;
use crate::sign::read;
use crate::terminal::{CommandOutput, Confirmation, Reveal};

/// Write everything that the memory store holds into a file, or everything that is kept of one
/// caller
///
/// The file holds callers' numbers and memories: it is readable for its owner only, and the export
/// leaves an audit line. With --caller it is one JSON document about one person: memories, replaced
/// ones included, caller cards, kept calls, extraction records, and the places that hold copies
/// elsewhere. Recordings are named, not included.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories export memories.json
  elaaoms memories export memories.json --stage prod
  elaaoms memories export --caller +12025550142 dana.json
  elaaoms memories export --caller user:dana - --stage prod")]
pub(super) struct ExportArguments {
    /// The file; - for standard output [default with --caller: -]
    #[arg(required_unless_present = "caller")]
    file: Option<PathBuf>,
    /// Only this person, with calls and records: a telephone number, or user:ID
    #[arg(long, value_name = "NUMBER", value_parser = caller)]
    caller: Option<CallerId>,
    #[command(flatten)]
    reveal: Reveal,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

/// Take an export into the memory store; what is there already stays as it is
///
/// Memories and cards of calls that the deployment has erased, and of callers it has forgotten,
/// stay away and are counted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories import memories.json
  elaaoms memories import memories.json --yes --stage staging")]
pub(super) struct ImportArguments {
    /// The file that `memories export` wrote; - for standard input
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
            MemoryServer::of(deployment)?
                .export(&mut stdout().lock())
                .await?
        }
        Some(file) => export_to(deployment, file).await?,
    };
    let counts = json!({"bytes": bytes});
    let deed = AuditEntry {
        action: "export",
        subject: None,
        counts: counts.clone(),
        outcome: "done",
    };
    deployment.trail()?.write(context, &deed).await?;
    Ok(file.map_or_else(CommandOutput::empty, |file| {
        CommandOutput::new(
            format!("Exported: {bytes} bytes into {}.", file.display()),
            counts,
        )
    }))
}

/// The audit line comes before the data leaves: what cannot be written down is not handed out.
async fn export_caller(
    deployment: &Deployment,
    context: &Context,
    (caller, reveal): (&CallerId, Reveal),
    file: Option<&Path>,
) -> Result<CommandOutput, Failure> {
    let subject = Person::new(caller, deployment)?.subject();
    let audit = async |exported: &Exported| {
        let deed = AuditEntry {
            action: "export",
            subject: Some(subject),
            counts: json!(exported),
            outcome: "done",
        };
        deployment.trail()?.write(context, &deed).await
    };
    let Some(file) = file else {
        let mut new = tempfile::tempfile().map_err(Failure::Output)?;
        let exported =
            subject::export(deployment, context, caller, &mut BufWriter::new(&new)).await?;
        audit(&exported).await?;
        new.rewind()
            .and_then(|()| std::io::copy(&mut new, &mut stdout().lock()))
            .map_err(Failure::Output)?;
        return Ok(CommandOutput::empty());
    };
    let write = async |new: &File| {
        let exported =
            subject::export(deployment, context, caller, &mut BufWriter::new(new)).await?;
        audit(&exported).await?;
        Ok(exported)
    };
    let exported = whole(file, write).await?;
    let text = format!(
        "Exported {}: {} into {}.",
        reveal.show(caller),
        exported.described(),
        file.display()
    );
    Ok(CommandOutput::new(
        text,
        json!({"caller": reveal.show(caller), "exported": exported}),
    ))
}

/// Everything that the memory store holds, in a file; how many bytes.
pub(crate) async fn export_to(deployment: &Deployment, file: &Path) -> Result<u64, Failure> {
    let write = async |new: &File| {
        let mut out = BufWriter::new(new);
        let bytes = MemoryServer::of(deployment)?.export(&mut out).await?;
        out.flush().map_err(|error| Failure::Write {
            file: file.to_owned(),
            error,
        })?;
        Ok(bytes)
    };
    whole(file, write).await
}

/// Whole or not at all: half an export is none. Until then it is beside the file, under a name that
/// the next run takes over from one that was killed.
async fn whole<T>(
    file: &Path,
    write: impl AsyncFnOnce(&File) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let file = &resolve_links(file);
    let failed = |error| Failure::Write {
        file: file.to_owned(),
        error,
    };
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let new = private(&part).map_err(failed)?;
    // On disk before it has its name.
    let written = write(&new)
        .await
        .and_then(|written| new.sync_all().map(|()| written).map_err(failed));
    let moved = written.and_then(|written| {
        std::fs::rename(&part, file)
            .map(|()| written)
            .map_err(failed)
    });
    if moved.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    moved
}

/// A new file that is its owner's alone, in place of whatever has the name.
fn private(file: &Path) -> std::io::Result<File> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

pub(super) async fn import(
    arguments: &ImportArguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let export = read(&arguments.file)?;
    arguments.confirmation.ask(&format!(
        "Take {} into {}?",
        arguments.file.display(),
        deployment.name()
    ))?;
    let erased = tombstone::all(&deployment).await?;
    let pepper = deployment.get("CALLER_ID_PEPPER").map(SecretString::from);
    let (export, left_out) = without_erased(export, &erased, pepper.as_ref())?;
    let imported = MemoryServer::of(&deployment)?.import(export).await?;
    let counts = json!({
        "erased": left_out,
        "memories": imported.memories, "memories_skipped": imported.memories_skipped,
        "profiles": imported.profiles, "profiles_skipped": imported.profiles_skipped,
    });
    let deed = AuditEntry {
        action: "import",
        subject: None,
        counts: counts.clone(),
        outcome: "done",
    };
    deployment.trail()?.write(context, &deed).await?;
    let text = format!(
        "Imported: {} memories and {} cards; {} and {} were there already.{}",
        imported.memories,
        imported.profiles,
        imported.memories_skipped,
        imported.profiles_skipped,
        match left_out {
            0 => String::new(),
            count => format!(" {count} are of erased calls or forgotten callers and stay away."),
        }
    );
    Ok(CommandOutput::new(text, counts))
}
