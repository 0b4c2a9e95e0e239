//! A file that is being downloaded.

use std::path::Path;

use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use super::PullError;

/// A partially written file.
pub(super) struct PartialFile<'a> {
    path: &'a Path,
    file: File,
    /// Number of bytes that it holds.
    pub(super) written: u64,
}

impl<'a> PartialFile<'a> {
    /// Creates an empty file, and its folder if it is missing.
    pub(super) async fn create(path: &'a Path) -> Result<Self, PullError> {
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder)
                .await
                .map_err(PullError::Folder)?;
        }
        let file = File::create(path).await.map_err(PullError::Folder)?;
        Ok(Self {
            path,
            file,
            written: 0,
        })
    }

    /// Appends bytes.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), PullError> {
        self.file
            .write_all(bytes)
            .await
            .map_err(PullError::Folder)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// Empties the file.
    pub(super) async fn restart(&mut self) -> Result<(), PullError> {
        if self.written > 0 {
            self.file = File::create(self.path).await.map_err(PullError::Folder)?;
            self.written = 0;
        }
        Ok(())
    }

    /// Waits until everything is on disk.
    pub(super) async fn flush(&self) -> Result<(), PullError> {
        self.file.sync_all().await.map_err(PullError::Folder)
    }

    /// Deletes the file.
    pub(super) async fn remove(self) -> Result<(), PullError> {
        tokio::fs::remove_file(self.path)
            .await
            .map_err(PullError::Folder)
    }
}
