//! Downloads a sentence model from a Hugging Face hub.
//!
//! All files of one revision are downloaded to a staging folder and checked. Only then are they
//! moved to their final names.

mod checksum;
mod download;
mod error;
mod expected_file;
mod hub;
mod name;
mod partial_file;
mod progress;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::SecretString;
use tempfile::TempDir;

use crate::embedding::check_folder;

pub use error::PullError;
use hub::Hub;
pub use name::ModelName;
use progress::Progress;

/// Files of a model, and whether each one is required.
const MODEL_FILES: [(&str, bool); 7] = [
    ("config.json", true),
    ("modules.json", false),
    ("1_Pooling/config.json", false),
    ("config_sentence_transformers.json", false),
    ("sentence_bert_config.json", false),
    ("tokenizer.json", true),
    ("model.safetensors", true),
];
/// The first files describe the model. They are checked before the large ones are downloaded.
const DESCRIPTION_FILES: usize = 5;

/// Which model to download, from where, and to which folder.
#[derive(Args, Clone, Debug)]
pub struct Pull {
    /// Name of the model on the hub, optionally with a revision:
    /// intfloat/multilingual-e5-small[@REVISION].
    #[arg(value_parser = ModelName::parse)]
    pub name: ModelName,
    /// Folder for the files [default: models/NAME].
    #[arg(long, value_name = "DIR")]
    pub into: Option<PathBuf>,
    /// URL of the hub [default: the public one].
    #[arg(long, env = "HF_ENDPOINT", hide_env_values = true, default_value = "")]
    pub endpoint: String,
    /// Token for models that require one. It is only sent to the hub itself.
    #[arg(long, env = "HF_TOKEN", hide_env_values = true)]
    pub token: Option<SecretString>,
    /// PEM file of certificate authorities to trust besides the public ones, for a hub of your own.
    #[arg(long, env = "EXTRA_CA_FILE")]
    pub extra_ca_file: Option<String>,
}

/// A downloaded model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// Folder with the model's files.
    pub folder: PathBuf,
    /// The commit of the files, or the name of the revision if the hub stated none.
    pub revision: String,
    /// Files for which the server stated no known checksum.
    pub unchecked: Vec<&'static str>,
}

/// Downloads a model. Leaves nothing behind if it fails.
///
/// # Errors
/// A required file is missing, the hub does not answer, a file differs from what the hub announced,
/// the model is not supported, or the folder is not empty.
pub async fn pull(pull: &Pull, shows_progress: bool) -> Result<Pulled, PullError> {
    let folder = pull
        .into
        .clone()
        .unwrap_or_else(|| Path::new("models").join(pull.name.base_name()));
    let hub = Hub::new(
        &pull.endpoint,
        pull.token.clone(),
        pull.extra_ca_file.as_deref(),
    )?;
    let mut target = Target::open(folder)?;
    let mut progress = Progress::new(shows_progress);
    let mut revision = pull.name.revision().to_owned();
    let mut unchecked = Vec::new();
    let mut downloaded = Vec::new();
    for (at, (file, is_needed)) in MODEL_FILES.into_iter().enumerate() {
        if at == DESCRIPTION_FILES {
            check_folder(target.staging.path())?;
        }
        let address = hub.file(&pull.name, &revision, file)?;
        let path = target.staging.path().join(file);
        let Some(received) =
            download::download(&hub, address, &path, (file, is_needed), &mut progress).await?
        else {
            continue;
        };
        // Download all files from the commit of the first one.
        revision = received.commit.unwrap_or(revision);
        if !received.is_checked {
            unchecked.push(file);
        }
        downloaded.push(file);
    }
    target.publish(&downloaded)?;
    let folder = target
        .folder
        .canonicalize()
        .unwrap_or_else(|_| target.folder.clone());
    Ok(Pulled {
        folder,
        revision,
        unchecked,
    })
}

/// The model's folder, and a staging folder inside it for files until all have arrived.
struct Target {
    folder: PathBuf,
    staging: TempDir,
    /// Folders that were created for it, outermost first.
    created: Vec<PathBuf>,
    is_complete: bool,
}

impl Target {
    fn open(folder: PathBuf) -> Result<Self, PullError> {
        let is_not_empty = |entries: fs::ReadDir| entries.count() > 0;
        if fs::read_dir(&folder).is_ok_and(is_not_empty) {
            return Err(PullError::FolderNotEmpty(folder));
        }
        let missing = folder
            .ancestors()
            .take_while(|parent| !parent.as_os_str().is_empty() && !parent.exists());
        let mut created: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        created.reverse();
        fs::create_dir_all(&folder).map_err(PullError::Folder)?;
        let staging = tempfile::Builder::new()
            .prefix(".part-")
            .tempdir_in(&folder)
            .map_err(PullError::Folder)?;
        Ok(Self {
            folder,
            staging,
            created,
            is_complete: false,
        })
    }

    /// Moves files to their final names, the weights last.
    fn publish(&mut self, files: &[&str]) -> Result<(), PullError> {
        for file in files {
            let path = self.folder.join(file);
            path.parent()
                .map_or(Ok(()), fs::create_dir_all)
                .map_err(PullError::Folder)?;
            fs::rename(self.staging.path().join(file), path).map_err(PullError::Folder)?;
        }
        self.is_complete = true;
        Ok(())
    }
}

impl Drop for Target {
    /// Removes what was created, unless the model is complete. [`TempDir`] removes the staging
    /// folder.
    fn drop(&mut self) {
        if !self.is_complete {
            let _ = fs::remove_dir_all(self.staging.path());
            self.created.iter().rev().for_each(|folder| {
                let _ = fs::remove_dir(folder);
            });
        }
    }
}
