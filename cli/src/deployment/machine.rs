//! A deployment on one machine.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use common::settings::dotenv::{self, DotenvError};

/// A data folder of elaaoms-local, whether or not it is running.
pub(crate) struct Machine {
    pub(crate) data_dir: PathBuf,
    development: HashMap<String, String>,
}

impl Machine {
    /// Opens a data folder and reads its development secrets.
    ///
    /// Fails if the file exists but cannot be read. Treating it as absent would use another pepper,
    /// and no caller would be found.
    pub(super) fn open(data_dir: &Path) -> Result<Self, DotenvError> {
        let development = dotenv::read(&data_dir.join("development-secrets.env"))?;
        Ok(Self {
            data_dir: data_dir.to_owned(),
            development,
        })
    }

    /// Returns a secret that elaaoms-local generated because none was set.
    pub(super) fn development_secret(&self, name: &str) -> Option<String> {
        self.development.get(name).cloned()
    }

    /// The file of the queue.
    pub(crate) fn queue(&self) -> PathBuf {
        self.data_dir.join("queue.db")
    }
}
