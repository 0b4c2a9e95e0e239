//! The folder of a backup: the layout of the archive, with the memories and the manifest beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use common::archive::folder::FolderArchive;
use common::archive::{Archive, Key, ObjectListing};
use common::call::ConversationId;
use secrecy::SecretString;
use tempfile::NamedTempFile;

use super::error::BackupError;
use super::manifest::{Checksum, Entries, Entry, Manifest, journal_line, read_entries};
use crate::error::Failure;
use crate::files::{FileError, read};
use crate::memory_server::{ExportCounts, count_entries, without_erased};
use crate::terminal::TerminalError;
use crate::tombstone::Erasures;

const MANIFEST: &str = "manifest.json";
const FILES: &str = "files.jsonl";
const UNFINISHED: &str = "unfinished.jsonl";
const MEMORIES: &str = "memories.json";
/// Suffix of files whose manifest is not written yet, or that have not replaced their predecessor
/// yet.
const NEW_SUFFIX: &str = ".new";
/// Prefixes of all archive keys that a backup holds.
pub(super) const PREFIXES: [&str; 4] = ["extractions/", "payloads/", "callers/", "erased/"];

/// A folder that holds a backup or will hold one.
pub(super) struct BackupFolder {
    root: PathBuf,
    archive: FolderArchive,
}

impl BackupFolder {
    /// Creates the folder, or opens one that already holds a backup. Only the owner can access it,
    /// because it will hold callers' numbers.
    pub(super) fn create_or_open(root: &Path) -> Result<Self, Failure> {
        let failed = FileError::write(root);
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(root).map_err(failed)?;
        let is_backup = [MANIFEST, UNFINISHED]
            .iter()
            .any(|name| root.join(name).is_file());
        let is_empty = std::fs::read_dir(root).map_err(failed)?.next().is_none();
        if !is_backup && !is_empty {
            return Err(BackupError::NotABackup(root.to_owned()).into());
        }
        Self::open(root)
    }

    /// Opens a folder that holds a finished backup.
    pub(super) fn open_finished(root: &Path) -> Result<(Self, Manifest), Failure> {
        match Manifest::read(&root.join(MANIFEST))? {
            Some(manifest) => Ok((Self::open(root)?, manifest)),
            None if root.join(UNFINISHED).is_file() => {
                Err(BackupError::Unfinished(root.to_owned()).into())
            }
            None => Err(BackupError::NotFound(root.to_owned()).into()),
        }
    }

    fn open(root: &Path) -> Result<Self, Failure> {
        let archive = FolderArchive::open(root, None).map_err(FileError::write(root))?;
        Ok(Self {
            root: root.to_owned(),
            archive,
        })
    }

    /// Returns the manifest of the last finished backup, if any.
    pub(super) fn manifest(&self) -> Result<Option<Manifest>, BackupError> {
        Manifest::read(&self.root.join(MANIFEST))
    }

    /// Returns the files of the last backup and of an interrupted run.
    pub(super) fn recorded_entries(&self) -> Result<Entries, BackupError> {
        let mut entries = read_entries(&self.root.join(FILES), true)?;
        entries.extend(read_entries(&self.root.join(UNFINISHED), true)?);
        Ok(entries)
    }

    /// Returns the files of a finished backup, after checking that the list is undamaged.
    ///
    /// Files that a later, interrupted run rewrote are taken from that run, as are the tombstones
    /// that it found.
    pub(super) fn files(&self, manifest: &Manifest) -> Result<Entries, BackupError> {
        let mut entries = read_entries(&self.verified(FILES, &manifest.files)?, false)?;
        for (key, entry) in read_entries(&self.root.join(UNFINISHED), true)? {
            if key.is_tombstone() || entries.contains_key(&key) {
                entries.insert(key, entry);
            }
        }
        Ok(entries)
    }

    /// Returns the path of the memory export in a finished backup.
    pub(super) fn memories(&self, manifest: &Manifest) -> Result<PathBuf, BackupError> {
        self.verified(MEMORIES, &manifest.memories)
    }

    /// Returns the path for the export of the next backup, until that is finished.
    pub(super) fn new_memories(&self) -> PathBuf {
        self.root.join(format!("{MEMORIES}{NEW_SUFFIX}"))
    }

    /// Removes erased memories and cards from the new export, and counts what remains.
    pub(super) fn remove_erased_memories(
        &self,
        erasures: &Erasures,
        pepper: Option<&SecretString>,
    ) -> Result<ExportCounts, Failure> {
        let name = format!("{MEMORIES}{NEW_SUFFIX}");
        if !erasures.is_empty() {
            let (remaining, removed) =
                without_erased(read(&self.new_memories())?, erasures, pepper)?;
            if removed > 0 {
                self.write(&name, &remaining)?;
            }
        }
        let file = self.new_memories();
        Ok(count_entries(
            File::open(&file).map_err(FileError::read(&file))?,
        )?)
    }

    /// Returns the path of a file that matches its checksum in the manifest: under its own name or
    /// still under the new one.
    fn verified(&self, name: &str, expected: &Checksum) -> Result<PathBuf, BackupError> {
        let file = self.root.join(name);
        let new = self.root.join(format!("{name}{NEW_SUFFIX}"));
        if Checksum::of_file(&new).is_ok_and(|actual| actual == *expected) {
            return Ok(new);
        }
        let actual = Checksum::of_file(&file)
            .map_err(|error| BackupError::Unreadable(file.clone(), error))?;
        if actual == *expected {
            Ok(file)
        } else {
            Err(BackupError::Damaged(name.to_owned()))
        }
    }

    /// Renames the new files to their final names once the manifest lists them.
    fn promote_new_files(&self, manifest: &Manifest) -> Result<(), Failure> {
        for (name, expected) in [(FILES, &manifest.files), (MEMORIES, &manifest.memories)] {
            let file = self.root.join(name);
            let new = self.root.join(format!("{name}{NEW_SUFFIX}"));
            if Checksum::of_file(&new).is_ok_and(|actual| actual == *expected) {
                std::fs::rename(new, &file).map_err(FileError::write(&file))?;
            }
        }
        Ok(())
    }

    /// Reads a file and verifies its checksum.
    pub(super) async fn get(&self, entry: &Entry) -> Result<Bytes, Failure> {
        match self.archive.get(&entry.key).await? {
            Some(body) if Checksum::of(&body) == entry.checksum => Ok(body),
            _ => Err(BackupError::Damaged(entry.key.to_string()).into()),
        }
    }

    /// Whether the file exists and has the recorded length.
    pub(super) fn has(&self, entry: &Entry) -> bool {
        std::fs::metadata(self.root.join(entry.key.as_str()))
            .is_ok_and(|file| file.len() == entry.checksum.bytes)
    }

    pub(super) async fn put(&self, key: &Key, body: Bytes) -> Result<(), Failure> {
        Ok(self.archive.put(key, body).await?)
    }

    /// Deletes files that are not part of the backup: those that left it, and leftovers of killed
    /// runs.
    async fn delete_unlisted(&self, entries: &Entries) -> Result<(), Failure> {
        for prefix in PREFIXES {
            for object in self.archive.list_objects(prefix).await? {
                if !entries.contains_key(&object.key) {
                    self.archive.delete(&object.key).await?;
                }
            }
        }
        Ok(remove_temporary(&self.root).map_err(FileError::write(&self.root))?)
    }

    /// Opens and locks the journal of this run. Only one run at a time can hold it.
    pub(super) fn journal(&self) -> Result<Journal, Failure> {
        let path = self.root.join(UNFINISHED);
        let failed = FileError::write(&path);
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(BackupError::Busy(self.root.clone()).into());
            }
            locked => locked.map_err(|error| failed(error.into()))?,
        }
        // The previous run may have been killed right after it wrote the manifest.
        self.manifest()?
            .map_or(Ok(()), |manifest| self.promote_new_files(&manifest))?;
        // The journal of an interrupted run may end in a partial line.
        file.write_all(b"\n").map_err(failed)?;
        Ok(Journal { file, path })
    }

    /// Writes the file list and the manifest, which completes the backup. Until then the previous
    /// backup is complete, because files that leave the folder are deleted last.
    pub(super) async fn finish(
        &self,
        entries: &Entries,
        manifest: impl FnOnce(Checksum, Checksum) -> Manifest,
        journal: Journal,
    ) -> Result<Manifest, Failure> {
        let files: Vec<u8> = entries.values().flat_map(journal_line).collect();
        self.write(&format!("{FILES}{NEW_SUFFIX}"), &files)?;
        let file = self.new_memories();
        let memories =
            Checksum::of_file(&file).map_err(|error| BackupError::Unreadable(file, error))?;
        let manifest = manifest(Checksum::of(&files), memories);
        let text = serde_json::to_vec_pretty(&manifest)
            .map_err(|error| TerminalError::Output(error.into()))?;
        self.write(MANIFEST, &text)?;
        self.promote_new_files(&manifest)?;
        self.delete_unlisted(entries).await?;
        std::fs::remove_file(&journal.path).map_err(FileError::write(&journal.path))?;
        Ok(manifest)
    }

    /// Writes a file atomically and syncs it and the folder to disk.
    fn write(&self, name: &str, body: &[u8]) -> Result<(), FileError> {
        let file = self.root.join(name);
        let failed = FileError::write(&file);
        let mut new = NamedTempFile::new_in(&self.root).map_err(failed)?;
        new.write_all(body).map_err(failed)?;
        new.as_file().sync_all().map_err(failed)?;
        new.persist(&file).map_err(|error| failed(error.error))?;
        File::open(&self.root)
            .and_then(|folder| folder.sync_all())
            .map_err(failed)
    }
}

/// The list of files that a run has copied so far.
pub(super) struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    /// Records a copied file.
    pub(super) fn add(&mut self, entry: &Entry) -> Result<(), FileError> {
        self.file
            .write_all(&journal_line(entry))
            .map_err(FileError::write(&self.path))
    }
}

/// Returns the conversations that have a tombstone among these keys.
pub(super) fn with_tombstone<'a>(keys: impl Iterator<Item = &'a Key>) -> BTreeSet<ConversationId> {
    keys.filter(|key| key.is_tombstone())
        .filter_map(Key::conversation)
        .collect()
}

/// Adds the other calls of forgotten callers to the erased ones.
///
/// Calls that are long past their retention may have lost their tombstones. If the deployment still
/// holds another call of the caller, only single calls were erased and the caller was not
/// forgotten.
pub(super) fn with_calls_of_forgotten_callers<'a>(
    mut erased: BTreeSet<ConversationId>,
    keys: impl Iterator<Item = &'a Key>,
    is_kept: impl Fn(&Key) -> bool,
) -> BTreeSet<ConversationId> {
    let mut callers: BTreeMap<&str, Vec<(&Key, ConversationId)>> = BTreeMap::new();
    for key in keys.filter(|key| key.as_str().starts_with("callers/")) {
        if let (Some((caller, _)), Some(conversation)) =
            (key.as_str().rsplit_once('/'), key.conversation())
        {
            callers.entry(caller).or_default().push((key, conversation));
        }
    }
    for calls in callers.into_values() {
        let (erased_calls, others): (Vec<_>, Vec<_>) = calls
            .into_iter()
            .partition(|(_, call)| erased.contains(call));
        if !erased_calls.is_empty() && !others.iter().any(|(key, _)| is_kept(key)) {
            erased.extend(others.into_iter().map(|(_, call)| call));
        }
    }
    erased
}

/// Returns what the tombstones of a backup mark as erased.
pub(super) async fn erasures_of(
    folder: &BackupFolder,
    entries: &Entries,
) -> Result<Erasures, Failure> {
    let mut erasures = Erasures::default();
    for entry in entries.values().filter(|entry| entry.key.is_tombstone()) {
        erasures.add(&entry.key, &folder.get(entry).await?, entry.at);
    }
    Ok(erasures)
}

/// Returns the calls of a backup that were kept before their caller was forgotten. They may have no
/// tombstone, because they were past their retention by then.
pub(super) fn calls_of_forgotten_callers<'a>(
    entries: &'a Entries,
    erasures: &'a Erasures,
) -> impl Iterator<Item = ConversationId> + 'a {
    entries.values().filter_map(|entry| {
        let (caller, _) = entry
            .key
            .as_str()
            .strip_prefix("callers/")?
            .split_once('/')?;
        erasures
            .forgets(caller, entry.at)
            .then(|| entry.key.conversation())
            .flatten()
    })
}

/// Deletes temporary files of killed runs. Only one run at a time uses the folder, so none is in
/// use.
fn remove_temporary(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_temporary(&entry.path())?;
        } else if entry.file_name().to_string_lossy().starts_with(".tmp") {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether a key belongs to an erased conversation or body and is not its tombstone.
pub(super) fn belongs_to_erased(key: &Key, erased: &BTreeSet<ConversationId>) -> bool {
    key.tombstone()
        .and_then(|tombstone| tombstone.conversation())
        .is_some_and(|id| erased.contains(&id))
}

#[cfg(test)]
mod tests {
    use super::super::manifest::Counts;
    use super::*;

    fn entry(key: &str, body: &[u8]) -> Entry {
        let key = Key::try_from(key.to_owned()).unwrap();
        Entry {
            key,
            checksum: Checksum::of(body),
            at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    /// Finishes a backup with these files and this export.
    async fn finish(folder: &BackupFolder, entries: &Entries, memories: &[u8]) {
        std::fs::write(folder.new_memories(), memories).unwrap();
        let at = jiff::Timestamp::UNIX_EPOCH;
        let manifest = |files, memories| {
            Manifest::new(
                "test".to_owned(),
                (at, at),
                None,
                Counts::default(),
                (files, memories),
            )
        };
        folder
            .finish(entries, manifest, folder.journal().unwrap())
            .await
            .unwrap();
    }

    fn read_finished(root: &Path) -> (Entries, Vec<u8>) {
        let (folder, manifest) = BackupFolder::open_finished(root).unwrap();
        (
            folder.files(&manifest).unwrap(),
            std::fs::read(folder.memories(&manifest).unwrap()).unwrap(),
        )
    }

    #[tokio::test]
    async fn an_interrupted_backup_leaves_the_previous_one_intact_until_the_manifest_is_written() {
        let place = tempfile::tempdir().unwrap();
        let folder = BackupFolder::create_or_open(place.path()).unwrap();
        let old = entry("extractions/conv_1.done", b"old");
        let new = entry("extractions/conv_2.done", b"new");
        let entries = |entry: &Entry| Entries::from([(entry.key.clone(), entry.clone())]);
        folder.put(&old.key, "old".into()).await.unwrap();
        finish(&folder, &entries(&old), b"{}").await;
        let previous = read_finished(place.path());
        assert_eq!(previous, (entries(&old), b"{}".to_vec()));

        // Killed before the manifest was written: the export and the list are new.
        std::fs::write(folder.new_memories(), b"{\"half\":").unwrap();
        std::fs::write(place.path().join("files.jsonl.new"), journal_line(&new)).unwrap();
        std::fs::write(place.path().join(".tmpAbCdEf"), b"leftover").unwrap();
        folder.put(&new.key, "new".into()).await.unwrap();
        assert_eq!(read_finished(place.path()), previous);

        // Killed after the manifest was written: the next run finishes the job.
        finish(&folder, &entries(&new), b"{\"new\":1}").await;
        std::fs::rename(place.path().join("memories.json"), folder.new_memories()).unwrap();
        std::fs::write(place.path().join("memories.json"), b"{}").unwrap();
        assert_eq!(read_finished(place.path()).1, b"{\"new\":1}");
        drop(folder.journal().unwrap());
        std::fs::remove_file(place.path().join("unfinished.jsonl")).unwrap();
        assert_eq!(
            std::fs::read(place.path().join("memories.json")).unwrap(),
            b"{\"new\":1}"
        );
        assert!(
            !folder.has(&old) && folder.has(&new),
            "a file that left the backup is deleted"
        );
        assert!(!place.path().join(".tmpAbCdEf").exists());
    }

    #[test]
    fn older_calls_of_a_forgotten_caller_are_erased_and_those_of_other_callers_stay() {
        let backup = [
            "callers/a/conv_1",
            "callers/a/conv_2",
            "callers/b/conv_3",
            "callers/b/conv_4",
            "callers/c/conv_5",
        ]
        .map(|key| Key::try_from(key.to_owned()).unwrap());
        let kept = &backup[3];
        let calls = |ids: &[&str]| {
            ids.iter()
                .map(|id| ConversationId::parse(*id).unwrap())
                .collect::<BTreeSet<_>>()
        };
        let erased =
            with_calls_of_forgotten_callers(calls(&["conv_1", "conv_3"]), backup.iter(), |key| {
                key == kept
            });
        assert_eq!(erased, calls(&["conv_1", "conv_2", "conv_3"]));
    }

    #[test]
    fn only_one_run_at_a_time_writes_to_a_folder_and_the_next_one_resumes() {
        let place = tempfile::tempdir().unwrap();
        let first = BackupFolder::create_or_open(place.path()).unwrap();
        let mut journal = first.journal().unwrap();
        let second = BackupFolder::create_or_open(place.path()).unwrap();
        let failure = second.journal().err().unwrap();
        assert!(matches!(failure.downcast_ref(), Some(BackupError::Busy(_))));
        let key = Key::try_from("extractions/conv_1.done".to_owned()).unwrap();
        let entry = Entry {
            key: key.clone(),
            checksum: Checksum::of(b""),
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        journal.add(&entry).unwrap();
        drop(journal);
        assert!(second.journal().is_ok());
        assert_eq!(first.recorded_entries().unwrap().get(&key), Some(&entry));
    }
}
