//! `elaaoms memories export` and `import`

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write, stdout};
use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::SecretString;
use serde_json::json;

use super::{MemoryServer, tombstone};
use crate::audit::Deed;
use crate::backup::memories::without;
use crate::connect::dotenv::behind_links;
use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::failure::Failure;
use crate::sign::read;
use crate::terminal::{Answer, Confirmation};

/// Write everything that the memory store holds into a file
///
/// The file holds callers' numbers and memories: it is readable for its owner only, and the export leaves an audit line.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories export memories.json
  elaaoms memories export memories.json --stage prod")]
pub(super) struct ExportArguments {
    /// The file; - for standard output
    file: PathBuf,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

/// Take an export into the memory store; what is there already stays as it is
///
/// Memories and cards of calls that the deployment has erased, and of callers it has forgotten, stay away and are counted.
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

pub(super) async fn export(arguments: &ExportArguments, context: &Context) -> Result<Answer, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let bytes = match arguments.file.to_str() {
        Some("-") => MemoryServer::of(&deployment)?.export(&mut stdout().lock()).await?,
        _ => export_to(&deployment, &arguments.file).await?,
    };
    let counts = json!({"bytes": bytes});
    let deed = Deed { action: "export", subject: None, counts: counts.clone(), outcome: "done" };
    deployment.trail()?.write(context, &deed).await?;
    match arguments.file.to_str() {
        Some("-") => Ok(Answer::silent()),
        _ => Ok(Answer::new(format!("Exported: {bytes} bytes into {}.", arguments.file.display()), counts)),
    }
}

/// Whole or not at all: half an export is none. Until then it is beside the file, under a name that the next run takes over
/// from one that was killed.
pub(crate) async fn export_to(deployment: &Deployment, file: &Path) -> Result<u64, Failure> {
    let file = &behind_links(file);
    let failed = |error| Failure::Write { file: file.to_owned(), error };
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let new = private(&part).map_err(failed)?;
    let exported = export_into(deployment, &new, file).await;
    let moved = exported.and_then(|bytes| std::fs::rename(&part, file).map(|()| bytes).map_err(failed));
    if moved.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    moved
}

/// On disk when it returns.
async fn export_into(deployment: &Deployment, new: &File, file: &Path) -> Result<u64, Failure> {
    let failed = |error| Failure::Write { file: file.to_owned(), error };
    let mut out = BufWriter::new(new);
    let bytes = MemoryServer::of(deployment)?.export(&mut out).await?;
    out.flush().map_err(failed)?;
    new.sync_all().map_err(failed)?;
    Ok(bytes)
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

pub(super) async fn import(arguments: &ImportArguments, context: &Context) -> Result<Answer, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let export = read(&arguments.file)?;
    arguments.confirmation.ask(&format!("Take {} into {}?", arguments.file.display(), deployment.name()))?;
    let erased = tombstone::all(&deployment).await?;
    let pepper = deployment.get("CALLER_ID_PEPPER").map(SecretString::from);
    let (export, left_out) = without(export, &erased, pepper.as_ref())?;
    let imported = MemoryServer::of(&deployment)?.import(export).await?;
    let counts = json!({
        "erased": left_out,
        "memories": imported.memories, "memories_skipped": imported.memories_skipped,
        "profiles": imported.profiles, "profiles_skipped": imported.profiles_skipped,
    });
    let deed = Deed { action: "import", subject: None, counts: counts.clone(), outcome: "done" };
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
    Ok(Answer::new(text, counts))
}
