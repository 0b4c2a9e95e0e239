//! The errors of finding and opening a deployment.

use std::borrow::Cow;
use std::path::PathBuf;

use common::archive::ArchiveError;
use common::queue::QueueError;

use crate::error::{CommandError, NEEDS_CORRECTION};

/// Why a deployment cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeploymentError {
    #[error("HOST and PORT do not form a valid URL")]
    NoUrl,
    #[error("{0} is not set")]
    MissingSecret(&'static str),
    #[error("there is no data folder {} with calls", .0.display())]
    NoCallData(PathBuf),
    #[error("{0} uses plain HTTP, so others could read the key that is sent to it")]
    PlainHttp(String),
}

impl CommandError for DeploymentError {
    fn advice(&self) -> Option<Cow<'static, str>> {
        let advice = match self {
            Self::NoUrl => return None,
            Self::MissingSecret(name) => {
                return Some(Cow::from(format!(
                    "set {name} in the environment or in .env, or select a deployment on AWS with --stage"
                )));
            }
            Self::NoCallData(_) => {
                "select the data folder with --data-dir, or a deployment on AWS with --stage, or with --bucket and --queue"
            }
            Self::PlainHttp(_) => {
                "use https, or add the host to PLAIN_HTTP_HOSTS if only trusted machines share the network"
            }
        };
        Some(advice.into())
    }

    fn exit_code(&self) -> u8 {
        NEEDS_CORRECTION
    }
}

impl CommandError for ArchiveError {
    fn message(&self) -> String {
        format!("could not access the calls: {self}")
    }
}

impl CommandError for QueueError {}
