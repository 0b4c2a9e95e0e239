//! A deployment on one machine.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A data folder of elaaoms-local, running or not.
pub(crate) struct Machine {
    pub(crate) data_dir: PathBuf,
    development: HashMap<String, String>,
}

impl Machine {
    pub(super) fn at(data_dir: &Path) -> Self {
        let file = data_dir.join("development-secrets.env");
        let lines = dotenvy::from_path_iter(file).into_iter().flatten().filter_map(Result::ok);
        Self { data_dir: data_dir.to_owned(), development: lines.collect() }
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
