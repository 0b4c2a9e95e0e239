//! `elaaoms memories export` and `import`

use std::io::{BufWriter, Write, stdout};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::MemoryServer;
use crate::audit::Deed;
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
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories import memories.json
  elaaoms memories import memories.json --yes --stage staging")]
pub(super) struct ImportArguments {
    /// The file that `memories export` wrote
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

/// Whole or not at all: half an export is none.
pub(crate) async fn export_to(deployment: &Deployment, file: &Path) -> Result<u64, Failure> {
    let failed = |error| Failure::Write { file: file.to_owned(), error };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A temporary file is its owner's alone, and stays so under its new name.
    let mut part = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let mut out = BufWriter::new(part.as_file_mut());
    let bytes = MemoryServer::of(deployment)?.export(&mut out).await?;
    out.flush().map_err(failed)?;
    drop(out);
    part.persist(file).map_err(|error| failed(error.error))?;
    Ok(bytes)
}

pub(super) async fn import(arguments: &ImportArguments, context: &Context) -> Result<Answer, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let export = read(&arguments.file)?;
    arguments.confirmation.ask(&format!("Take {} into {}?", arguments.file.display(), deployment.name()))?;
    let imported = MemoryServer::of(&deployment)?.import(export).await?;
    let counts = json!({
        "memories": imported.memories, "memories_skipped": imported.memories_skipped,
        "profiles": imported.profiles, "profiles_skipped": imported.profiles_skipped,
    });
    let deed = Deed { action: "import", subject: None, counts: counts.clone(), outcome: "done" };
    deployment.trail()?.write(context, &deed).await?;
    let text = format!(
        "Imported: {} memories and {} cards; {} and {} were there already.",
        imported.memories, imported.profiles, imported.memories_skipped, imported.profiles_skipped
    );
    Ok(Answer::new(text, counts))
}
