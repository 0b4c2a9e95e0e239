//! The errors of backing up and restoring.

use std::borrow::Cow;
use std::path::PathBuf;

use crate::error::CommandError;

/// Why a folder cannot be backed up to or restored from.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    #[error("{} contains something else than a backup", .0.display())]
    NotABackup(PathBuf),
    #[error("there is no backup in {}", .0.display())]
    NotFound(PathBuf),
    #[error("the backup in {} was never finished", .0.display())]
    Unfinished(PathBuf),
    #[error("another backup into {} is running", .0.display())]
    Busy(PathBuf),
    #[error("the backup comes from a deployment with a different CALLER_ID_PEPPER")]
    DifferentPepper,
    #[error("the backup is damaged: {0} does not match its checksum")]
    Damaged(String),
    #[error("could not read {}: {}", .0.display(), .1)]
    Unreadable(PathBuf, std::io::Error),
    #[error("this version does not support the format of the backup")]
    UnknownFormat,
}

impl CommandError for BackupError {
    fn advice(&self) -> Option<Cow<'static, str>> {
        let advice = match self {
            Self::NotABackup(_) => "choose an empty or new folder, or one that holds a backup",
            Self::NotFound(_) => "pass the folder that `elaaoms backup` wrote",
            Self::Unfinished(_) => {
                "run `elaaoms backup` with this folder again: it resumes where it stopped"
            }
            Self::Busy(_) => "wait until it ends, or choose another folder",
            Self::DifferentPepper => {
                "set CALLER_ID_PEPPER to the value of the deployment that was backed up"
            }
            Self::Damaged(_) | Self::Unreadable(..) => {
                "nothing was restored: restore another backup, or, if the deployment still exists, delete \
                 that file and run `elaaoms backup` with this folder again"
            }
            Self::UnknownFormat => "use the version of elaaoms that wrote it",
        };
        Some(advice.into())
    }
}
