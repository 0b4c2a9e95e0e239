//! The folder of a backup: the archive's own layout, with the memories and the manifest beside it.

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

use super::BackupError;
use super::manifest::{Entries, Entry, Manifest, Sum, line, read_entries};
use super::memories::without;
use crate::failure::Failure;
use crate::memories::tombstone::Erasures;
use crate::memories::{Remembered, remembered_in};
use crate::sign::read;

const MANIFEST: &str = "manifest.json";
const FILES: &str = "files.jsonl";
const UNFINISHED: &str = "unfinished.jsonl";
const MEMORIES: &str = "memories.json";
/// What a name ends in as long as the manifest that tells of it is not written, and until it has
/// the name of the one before.
const NEW: &str = ".new";
/// Below which all keys of the archive are that a backup holds.
pub(super) const PREFIXES: [&str; 4] = ["extractions/", "payloads/", "callers/", "erased/"];

/// A folder that holds a backup, or will.
pub(super) struct BackupFolder {
    root: PathBuf,
    archive: FolderArchive,
}

impl BackupFolder {
    /// A new folder, or one with a backup in it. Callers' numbers will be in it: it is for its
    /// owner alone.
    pub(super) fn make(root: &Path) -> Result<Self, Failure> {
        let failed = |error| Failure::Write {
            file: root.to_owned(),
            error,
        };
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(root).map_err(failed)?;
        let is_ours = [MANIFEST, UNFINISHED]
            .iter()
            .any(|name| root.join(name).is_file());
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
        let archive = archive.map_err(|error| Failure::Write {
            file: root.to_owned(),
            error,
        })?;
        Ok(Self {
            root: root.to_owned(),
            archive,
        })
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
    /// Of those that a later run wrote anew before it broke off, the new ones; and the marks that
    /// it found.
    pub(super) fn files(&self, manifest: &Manifest) -> Result<Entries, BackupError> {
        let mut entries = read_entries(&self.written(FILES, &manifest.files)?, false)?;
        for (key, entry) in read_entries(&self.root.join(UNFINISHED), true)? {
            if key.is_tombstone() || entries.contains_key(&key) {
                entries.insert(key, entry);
            }
        }
        Ok(entries)
    }

    /// The export in a finished backup.
    pub(super) fn memories(&self, manifest: &Manifest) -> Result<PathBuf, BackupError> {
        self.written(MEMORIES, &manifest.memories)
    }

    /// Where the next backup's export goes until it is finished.
    pub(super) fn new_memories(&self) -> PathBuf {
        self.root.join(format!("{MEMORIES}{NEW}"))
    }

    /// Takes what rests on these calls out of the new export, and counts what is left.
    pub(super) fn leave_out(
        &self,
        erasures: &Erasures,
        pepper: Option<&SecretString>,
    ) -> Result<Remembered, Failure> {
        let name = format!("{MEMORIES}{NEW}");
        if !erasures.is_empty() {
            let (left, count) = without(read(&self.new_memories())?, erasures, pepper)?;
            if count > 0 {
                self.write(&name, &left)?;
            }
        }
        let file = self.new_memories();
        remembered_in(File::open(&file).map_err(|error| Failure::Read { file, error })?)
    }

    /// The file that the manifest tells of, under its name or still under the new one.
    fn written(&self, name: &str, wanted: &Sum) -> Result<PathBuf, BackupError> {
        let (file, new) = (self.root.join(name), self.root.join(format!("{name}{NEW}")));
        if Sum::of_file(&new).is_ok_and(|found| found == *wanted) {
            return Ok(new);
        }
        let found =
            Sum::of_file(&file).map_err(|error| BackupError::Unreadable(file.clone(), error))?;
        if found == *wanted {
            Ok(file)
        } else {
            Err(BackupError::Damaged(name.to_owned()))
        }
    }

    /// Gives what the manifest tells of its name.
    fn name(&self, manifest: &Manifest) -> Result<(), Failure> {
        for (name, sum) in [(FILES, &manifest.files), (MEMORIES, &manifest.memories)] {
            let (file, new) = (self.root.join(name), self.root.join(format!("{name}{NEW}")));
            if Sum::of_file(&new).is_ok_and(|found| found == *sum) {
                std::fs::rename(new, &file).map_err(|error| Failure::Write { file, error })?;
            }
        }
        Ok(())
    }

    /// The body of a file, which must be the one that was written.
    pub(super) async fn get(&self, entry: &Entry) -> Result<Bytes, Failure> {
        let body = self.archive.get(&entry.key).await?;
        let body = body.filter(|body| Sum::of(body) == entry.sum);
        Ok(body.ok_or_else(|| BackupError::Damaged(entry.key.to_string()))?)
    }

    /// Whether the file is there with this length.
    pub(super) fn has(&self, entry: &Entry) -> bool {
        std::fs::metadata(self.root.join(entry.key.as_str()))
            .is_ok_and(|file| file.len() == entry.sum.bytes)
    }

    pub(super) async fn put(&self, key: &Key, body: Bytes) -> Result<(), Failure> {
        Ok(self.archive.put(key, body).await?)
    }

    /// Deletes what is in the folder and not in the backup: what has left it, and the remains of
    /// runs that were killed.
    async fn sweep(&self, entries: &Entries) -> Result<(), Failure> {
        for prefix in PREFIXES {
            for kept in self
                .archive
                .list_objects(prefix)
                .await?
                .into_iter()
                .filter(|kept| !entries.contains_key(&kept.key))
            {
                self.archive.delete(&kept.key).await?;
            }
        }
        remove_temporary(&self.root).map_err(|error| Failure::Write {
            file: self.root.clone(),
            error,
        })
    }

    /// The list of what a run has done so far; one run at a time has it.
    pub(super) fn journal(&self) -> Result<Journal, Failure> {
        let path = self.root.join(UNFINISHED);
        let failed = |error| Failure::Write {
            file: path.clone(),
            error,
        };
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
        // A run may have been killed after the manifest was written.
        self.manifest()?
            .map_or(Ok(()), |manifest| self.name(&manifest))?;
        // What a run before left may end in half a line.
        file.write_all(b"\n").map_err(failed)?;
        Ok(Journal { file, path })
    }

    /// Writes list and manifest; from then on it is a whole backup. Until then the one before is
    /// whole: what leaves the folder is deleted last.
    pub(super) async fn finish(
        &self,
        entries: &Entries,
        manifest: impl FnOnce(Sum, Sum) -> Manifest,
        journal: Journal,
    ) -> Result<Manifest, Failure> {
        let files: Vec<u8> = entries.values().flat_map(line).collect();
        self.write(&format!("{FILES}{NEW}"), &files)?;
        let file = self.new_memories();
        let memories = Sum::of_file(&file).map_err(|error| BackupError::Unreadable(file, error))?;
        let manifest = manifest(Sum::of(&files), memories);
        let text =
            serde_json::to_vec_pretty(&manifest).map_err(|error| Failure::Output(error.into()))?;
        self.write(MANIFEST, &text)?;
        self.name(&manifest)?;
        self.sweep(entries).await?;
        std::fs::remove_file(&journal.path).map_err(|error| Failure::Write {
            file: journal.path,
            error,
        })?;
        Ok(manifest)
    }

    fn write(&self, name: &str, body: &[u8]) -> Result<(), Failure> {
        let failed = |error| Failure::Write {
            file: self.root.join(name),
            error,
        };
        let mut new = NamedTempFile::new_in(&self.root).map_err(failed)?;
        new.write_all(body).map_err(failed)?;
        new.as_file().sync_all().map_err(failed)?;
        new.persist(self.root.join(name))
            .map_err(|error| failed(error.error))?;
        File::open(&self.root)
            .and_then(|folder| folder.sync_all())
            .map_err(failed)
    }
}

/// What a run has done so far.
pub(super) struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    pub(super) fn add(&mut self, entry: &Entry) -> Result<(), Failure> {
        self.file
            .write_all(&line(entry))
            .map_err(|error| Failure::Write {
                file: self.path.clone(),
                error,
            })
    }
}

/// The conversations that are marked as erased among these keys.
pub(super) fn erased<'a>(keys: impl Iterator<Item = &'a Key>) -> BTreeSet<ConversationId> {
    keys.filter(|key| key.is_tombstone())
        .filter_map(Key::conversation)
        .collect()
}

/// Those, and with them the other calls of a caller who was forgotten: the marks of calls that are
/// long past their retention may be gone. A caller of whom the deployment keeps another call of the
/// backup was not forgotten: one of their calls was erased.
pub(super) fn with_forgotten<'a>(
    mut erased: BTreeSet<ConversationId>,
    backup: impl Iterator<Item = &'a Key>,
    is_kept: impl Fn(&Key) -> bool,
) -> BTreeSet<ConversationId> {
    let mut callers: BTreeMap<&str, Vec<(&Key, ConversationId)>> = BTreeMap::new();
    for key in backup.filter(|key| key.as_str().starts_with("callers/")) {
        if let (Some((caller, _)), Some(conversation)) =
            (key.as_str().rsplit_once('/'), key.conversation())
        {
            callers.entry(caller).or_default().push((key, conversation));
        }
    }
    for calls in callers.into_values() {
        let (gone, others): (Vec<_>, Vec<_>) = calls
            .into_iter()
            .partition(|(_, call)| erased.contains(call));
        if !gone.is_empty() && !others.iter().any(|(key, _)| is_kept(key)) {
            erased.extend(others.into_iter().map(|(_, call)| call));
        }
    }
    erased
}

/// What the tombstones of a backup say was erased.
pub(super) async fn erasures(
    folder: &BackupFolder,
    entries: &Entries,
) -> Result<Erasures, Failure> {
    let mut erasures = Erasures::default();
    for entry in entries.values().filter(|entry| entry.key.is_tombstone()) {
        erasures.add(&entry.key, &folder.get(entry).await?, entry.at);
    }
    Ok(erasures)
}

/// The calls of a backup that were kept before their caller was forgotten. They may have no
/// tombstone, because they were past their retention by then.
pub(super) fn calls_of_forgotten<'a>(
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

/// A file that was being written when its writer was killed; one run at a time has the folder.
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

/// Whether a key is of an erased conversation or body, and not its tombstone.
pub(super) fn is_of_erased(key: &Key, erased: &BTreeSet<ConversationId>) -> bool {
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
            sum: Sum::of(body),
            at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

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

    fn finished(root: &Path) -> (Entries, Vec<u8>) {
        let (folder, manifest) = BackupFolder::finished(root).unwrap();
        (
            folder.files(&manifest).unwrap(),
            std::fs::read(folder.memories(&manifest).unwrap()).unwrap(),
        )
    }

    #[tokio::test]
    async fn a_backup_that_breaks_off_leaves_the_finished_one_whole_until_the_manifest_is_written()
    {
        let place = tempfile::tempdir().unwrap();
        let folder = BackupFolder::make(place.path()).unwrap();
        let (old, new) = (
            entry("extractions/conv_1.done", b"old"),
            entry("extractions/conv_2.done", b"new"),
        );
        let entries = |entry: &Entry| Entries::from([(entry.key.clone(), entry.clone())]);
        folder.put(&old.key, "old".into()).await.unwrap();
        finish(&folder, &entries(&old), b"{}").await;
        let whole = finished(place.path());
        assert_eq!(whole, (entries(&old), b"{}".to_vec()));

        // Killed before the manifest: the export and the list are new.
        std::fs::write(folder.new_memories(), b"{\"half\":").unwrap();
        std::fs::write(place.path().join("files.jsonl.new"), line(&new)).unwrap();
        std::fs::write(place.path().join(".tmpAbCdEf"), b"remains").unwrap();
        folder.put(&new.key, "new".into()).await.unwrap();
        assert_eq!(finished(place.path()), whole);

        // Killed after the manifest: the next run goes on.
        finish(&folder, &entries(&new), b"{\"new\":1}").await;
        std::fs::rename(place.path().join("memories.json"), folder.new_memories()).unwrap();
        std::fs::write(place.path().join("memories.json"), b"{}").unwrap();
        assert_eq!(finished(place.path()).1, b"{\"new\":1}");
        drop(folder.journal().unwrap());
        std::fs::remove_file(place.path().join("unfinished.jsonl")).unwrap();
        assert_eq!(
            std::fs::read(place.path().join("memories.json")).unwrap(),
            b"{\"new\":1}"
        );
        assert!(!folder.has(&old) && folder.has(&new), "what left is gone");
        assert!(!place.path().join(".tmpAbCdEf").exists());
    }

    #[test]
    fn the_older_calls_of_a_forgotten_caller_go_with_the_marked_ones_and_those_of_others_stay() {
        let key = |name: &str| Key::try_from(name.to_owned()).unwrap();
        let backup = [
            "callers/a/conv_1",
            "callers/a/conv_2",
            "callers/b/conv_3",
            "callers/b/conv_4",
            "callers/c/conv_5",
        ];
        let (backup, kept) = (backup.map(key), key("callers/b/conv_4"));
        let calls = |ids: &[&str]| {
            ids.iter()
                .map(|id| ConversationId::parse(*id).unwrap())
                .collect::<BTreeSet<_>>()
        };
        let erased = with_forgotten(calls(&["conv_1", "conv_3"]), backup.iter(), |key| {
            *key == kept
        });
        assert_eq!(erased, calls(&["conv_1", "conv_2", "conv_3"]));
    }

    #[test]
    fn one_run_at_a_time_writes_into_a_folder_and_the_next_goes_on() {
        let place = tempfile::tempdir().unwrap();
        let (first, second) = (BackupFolder::make(place.path()).unwrap(), || {
            BackupFolder::make(place.path()).unwrap().journal()
        });
        let mut journal = first.journal().unwrap();
        assert!(matches!(
            second(),
            Err(Failure::Backup(BackupError::Busy(_)))
        ));
        let key = Key::try_from("extractions/conv_1.done".to_owned()).unwrap();
        let entry = Entry {
            key: key.clone(),
            sum: Sum::of(b""),
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        journal.add(&entry).unwrap();
        drop(journal);
        assert!(second().is_ok());
        assert_eq!(first.known().unwrap().get(&key), Some(&entry));
    }
}
