//! A deployment on one machine.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use common::settings::dotenv::{self, DotenvError};

/// A data folder of elaaoms-local, running or not.
pub(crate) struct Machine {
    pub(crate) data_dir: PathBuf,
    development: HashMap<String, String>,
}

impl Machine {
    /// Secrets that cannot be read are not taken for secrets that were never made: with another
    /// pepper nobody is found.
    pub(super) fn at(data_dir: &Path) -> Result<Self, DotenvError> {
        let development = dotenv::read(&data_dir.join("development-secrets.env"))?;
        Ok(Self {
            data_dir: data_dir.to_owned(),
            development,
        })
    }

    /// A secret that elaaoms-local made because none was set.
    pub(super) fn development_secret(&self, name: &str) -> Option<String> {
        self.development.get(name).cloned()
    }

    /// The file of its queue.
    pub(crate) fn queue(&self) -> PathBuf {
        self.data_dir.join("queue.db")
    }
}
