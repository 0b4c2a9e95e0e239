//! The folder of a backup: the archive's own layout, with the memories and the manifest beside it.

use std::collections::BTreeSet;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use common::archive::folder::FolderArchive;
use common::archive::{Archive, Key};
use common::call::ConversationId;
use tempfile::NamedTempFile;

use super::BackupError;
use super::manifest::{Entries, Entry, Manifest, Sum, line, read_entries};
use crate::failure::Failure;

const MANIFEST: &str = "manifest.json";
const FILES: &str = "files.jsonl";
const UNFINISHED: &str = "unfinished.jsonl";
const MEMORIES: &str = "memories.json";

/// A folder that holds a backup, or will.
pub(super) struct BackupFolder {
    root: PathBuf,
    archive: FolderArchive,
}

impl BackupFolder {
    /// A new folder, or one with a backup in it. Callers' numbers will be in it: it is for its owner alone.
    pub(super) fn make(root: &Path) -> Result<Self, Failure> {
        let failed = |error| Failure::Write { file: root.to_owned(), error };
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(root).map_err(failed)?;
        let is_ours = [MANIFEST, UNFINISHED].iter().any(|name| root.join(name).is_file());
        let is_empty = std::fs::read_dir(root).map_err(failed)?.next().is_none();
        if !is_ours && !is_empty {
            return Err(BackupError::SomethingElse(root.to_owned()).into());
        }
        Self::at(root)
    }

    /// One with a finished backup in it.
    pub(super) fn finished(root: &Path) -> Result<(Self, Manifest), Failure> {
        let missing = || match root.join(UNFINISHED).is_file() {
            true => BackupError::Unfinished(root.to_owned()),
            false => BackupError::None(root.to_owned()),
        };
        let manifest = Manifest::read(&root.join(MANIFEST))?.ok_or_else(missing)?;
        Ok((Self::at(root)?, manifest))
    }

    fn at(root: &Path) -> Result<Self, Failure> {
        let archive = FolderArchive::open(root, None);
        let archive = archive.map_err(|error| Failure::Write { file: root.to_owned(), error })?;
        Ok(Self { root: root.to_owned(), archive })
    }

    pub(super) fn manifest(&self) -> Result<Option<Manifest>, BackupError> {
        Manifest::read(&self.root.join(MANIFEST))
    }

    /// What is there already: of the last backup, and of one that broke off.
    pub(super) fn known(&self) -> Result<Entries, BackupError> {
        let mut entries = read_entries(&self.root.join(FILES), true)?;
        entries.extend(read_entries(&self.root.join(UNFINISHED), true)?);
        Ok(entries)
    }

    /// The files of a finished backup, after a look whether the list is the one that was written.
    pub(super) fn files(&self, manifest: &Manifest) -> Result<Entries, BackupError> {
        self.check(FILES, &manifest.files)?;
        read_entries(&self.root.join(FILES), false)
    }

    /// The export in a finished backup.
    pub(super) fn memories(&self, manifest: &Manifest) -> Result<PathBuf, BackupError> {
        self.check(MEMORIES, &manifest.memories)?;
        Ok(self.memories_file())
    }

    pub(super) fn memories_file(&self) -> PathBuf {
        self.root.join(MEMORIES)
    }

    fn check(&self, name: &str, wanted: &Sum) -> Result<(), BackupError> {
        let file = self.root.join(name);
        let found = Sum::of_file(&file).map_err(|error| BackupError::Unreadable(file, error))?;
        if found == *wanted { Ok(()) } else { Err(BackupError::Damaged(name.to_owned())) }
    }

    /// The body of a file, which must be the one that was written.
    pub(super) async fn get(&self, entry: &Entry) -> Result<Bytes, Failure> {
        let body = self.archive.get(&entry.key).await?;
        let body = body.filter(|body| Sum::of(body) == entry.sum);
        Ok(body.ok_or_else(|| BackupError::Damaged(entry.key.to_string()))?)
    }

    /// Whether the file is there with this length.
    pub(super) fn has(&self, entry: &Entry) -> bool {
        std::fs::metadata(self.root.join(entry.key.as_str())).is_ok_and(|file| file.len() == entry.sum.bytes)
    }

    pub(super) async fn put(&self, key: &Key, body: Bytes) -> Result<(), Failure> {
        Ok(self.archive.put(key, body).await?)
    }

    pub(super) async fn delete(&self, key: &Key) -> Result<(), Failure> {
        Ok(self.archive.delete(key).await?)
    }

    /// The list of what a run has done so far; one run at a time has it.
    pub(super) fn journal(&self) -> Result<Journal, Failure> {
        let path = self.root.join(UNFINISHED);
        let failed = |error| Failure::Write { file: path.clone(), error };
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(BackupError::Busy(self.root.clone()).into()),
            locked => locked.map_err(|error| failed(error.into()))?,
        }
        // What a run before left may end in half a line.
        file.write_all(b"\n").map_err(failed)?;
        Ok(Journal { file, path })
    }

    /// Writes list and manifest; from then on it is a whole backup.
    pub(super) fn finish(
        &self,
        entries: &Entries,
        manifest: impl FnOnce(Sum, Sum) -> Manifest,
        journal: Journal,
    ) -> Result<Manifest, Failure> {
        let files: Vec<u8> = entries.values().flat_map(line).collect();
        self.write(FILES, &files)?;
        let file = self.memories_file();
        let memories = Sum::of_file(&file).map_err(|error| BackupError::Unreadable(file, error))?;
        let manifest = manifest(Sum::of(&files), memories);
        let text = serde_json::to_vec_pretty(&manifest).map_err(|error| Failure::Output(error.into()))?;
        self.write(MANIFEST, &text)?;
        std::fs::remove_file(&journal.path).map_err(|error| Failure::Write { file: journal.path, error })?;
        Ok(manifest)
    }

    fn write(&self, name: &str, body: &[u8]) -> Result<(), Failure> {
        let failed = |error| Failure::Write { file: self.root.join(name), error };
        let mut new = NamedTempFile::new_in(&self.root).map_err(failed)?;
        new.write_all(body).map_err(failed)?;
        new.as_file().sync_all().map_err(failed)?;
        new.persist(self.root.join(name)).map_err(|error| failed(error.error))?;
        File::open(&self.root).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

/// What a run has done so far.
pub(super) struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    pub(super) fn add(&mut self, entry: &Entry) -> Result<(), Failure> {
        self.file.write_all(&line(entry)).map_err(|error| Failure::Write { file: self.path.clone(), error })
    }
}

/// The conversations that are marked as erased among these keys.
pub(super) fn erased<'a>(keys: impl Iterator<Item = &'a Key>) -> BTreeSet<ConversationId> {
    keys.filter(|key| key.is_erasure()).filter_map(Key::conversation).collect()
}

/// Whether a key is of an erased conversation, and not its mark.
pub(super) fn is_of_erased(key: &Key, erased: &BTreeSet<ConversationId>) -> bool {
    !key.is_erasure() && key.conversation().is_some_and(|conversation| erased.contains(&conversation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_run_at_a_time_writes_into_a_folder_and_the_next_goes_on() {
        let place = tempfile::tempdir().unwrap();
        let (first, second) =
            (BackupFolder::make(place.path()).unwrap(), || BackupFolder::make(place.path()).unwrap().journal());
        let mut journal = first.journal().unwrap();
        assert!(matches!(second(), Err(Failure::Backup(BackupError::Busy(_)))));
        let key = Key::try_from("extractions/conv_1.done".to_owned()).unwrap();
        let entry = Entry { key: key.clone(), sum: Sum::of(b""), at: jiff::Timestamp::UNIX_EPOCH };
        journal.add(&entry).unwrap();
        drop(journal);
        assert!(second().is_ok());
        assert_eq!(first.known().unwrap().get(&key), Some(&entry));
    }
}
