//! The archive as a folder. A file appears whole or not at all. A write returns only after the file
//! is on disk.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use tempfile::NamedTempFile;

use super::{Archive, ArchiveError, Key, ObjectListing, PutOutcome, StoredObject};
use crate::call::{ConversationId, Deadlines};

/// An archive in one folder. Payloads may be in a folder of their own.
#[derive(Debug, Clone)]
pub struct FolderArchive(Arc<Folders>);

#[derive(Debug)]
struct Folders {
    root: PathBuf,
    payloads: PathBuf,
    /// Folders that are created at start and never removed.
    permanent: [PathBuf; 4],
}

const PAYLOADS: &str = "payloads/";

impl FolderArchive {
    /// Opens an archive in `root`. Payloads go to `payloads` if given
    /// (`ELEVENLABS_POST_CALL_PAYLOAD_PATH`).
    ///
    /// # Errors
    /// Fails if the folders cannot be created.
    pub fn open(root: impl Into<PathBuf>, payloads: Option<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        let payloads = payloads.unwrap_or_else(|| root.join(PAYLOADS));
        let permanent = [
            payloads.clone(),
            root.join("callers"),
            root.join("extractions"),
            root.join("erased"),
        ];
        for folder in &permanent {
            std::fs::create_dir_all(folder)?;
        }
        sync(&root)?;
        Ok(Self(Arc::new(Folders {
            root,
            payloads,
            permanent,
        })))
    }

    /// Deletes every payload, record and index entry written before `limit`, then the folders left
    /// empty. Returns the number of deleted files. Tombstones stay.
    ///
    /// # Errors
    /// [`ArchiveError`]. Files deleted so far stay deleted.
    pub async fn expire(&self, limit: Timestamp) -> Result<usize, ArchiveError> {
        let folders = Arc::clone(&self.0);
        blocking(move || {
            let expiring = [
                folders.payloads.clone(),
                folders.root.join("callers"),
                folders.root.join("extractions"),
            ];
            expiring.iter().map(|folder| expire(folder, limit)).sum()
        })
        .await
    }

    /// Deletes the objects of conversations whose ElevenLabs deadline ([`Key::deadline`]) has
    /// passed. Returns the number of deleted files. Tombstones and markers stay, so that a
    /// redelivered call is recognised.
    ///
    /// # Errors
    /// [`ArchiveError`]. Files deleted so far stay deleted.
    pub async fn expire_due(&self, now: Timestamp) -> Result<usize, ArchiveError> {
        let mut deleted = 0;
        for key in self.list("extractions/").await? {
            if !key.is_deadline() {
                continue;
            }
            let Some(conversation) = key.conversation() else {
                continue;
            };
            let Some(body) = self.get(&key).await? else {
                continue;
            };
            if let Ok(deadlines) = serde_json::from_slice(&body) {
                deleted += self
                    .expire_conversation(&conversation, &deadlines, now)
                    .await?;
            }
        }
        Ok(deleted)
    }

    async fn expire_conversation(
        &self,
        conversation: &ConversationId,
        deadlines: &Deadlines,
        now: Timestamp,
    ) -> Result<usize, ArchiveError> {
        let mut deleted = 0;
        for prefix in [
            Key::payloads_of(conversation),
            Key::extractions_of(conversation),
        ] {
            for key in self.list(&prefix).await? {
                if key.expires_at(deadlines).is_some_and(|at| at <= now) {
                    self.delete(&key).await?;
                    deleted += 1;
                }
            }
        }
        Ok(deleted)
    }

    async fn write(
        &self,
        key: &Key,
        body: Bytes,
        replace: bool,
    ) -> Result<PutOutcome, ArchiveError> {
        let folders = Arc::clone(&self.0);
        let path = folders.path(key);
        blocking(move || folders.write_whole(&path, &body, replace)).await
    }
}

impl Archive for FolderArchive {
    async fn put(&self, key: &Key, body: Bytes) -> Result<(), ArchiveError> {
        self.write(key, body, true).await.map(|_| ())
    }

    async fn put_if_absent(&self, key: &Key, body: Bytes) -> Result<PutOutcome, ArchiveError> {
        self.write(key, body, false).await
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>, ArchiveError> {
        let folders = Arc::clone(&self.0);
        let path = folders.path(key);
        blocking(move || folders.read(&path)).await
    }

    async fn contains(&self, key: &Key) -> Result<bool, ArchiveError> {
        let folders = Arc::clone(&self.0);
        let path = folders.path(key);
        blocking(move || Ok(!folders.is_behind_link(&path)? && path.try_exists()?)).await
    }

    async fn delete(&self, key: &Key) -> Result<(), ArchiveError> {
        let folders = Arc::clone(&self.0);
        let path = folders.path(key);
        blocking(move || folders.remove(&path)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Key>, ArchiveError> {
        let folders = Arc::clone(&self.0);
        let prefix = prefix.to_owned();
        blocking(move || folders.list(&prefix)).await
    }
}

impl ObjectListing for FolderArchive {
    /// Skips files whose names are not valid keys.
    async fn list_objects(&self, prefix: &str) -> Result<Vec<StoredObject>, ArchiveError> {
        let folders = Arc::clone(&self.0);
        let prefix = prefix.to_owned();
        blocking(move || folders.list_objects(&prefix)).await
    }
}

impl Folders {
    fn path(&self, key: &Key) -> PathBuf {
        self.path_of(key.as_str())
    }

    /// Returns the path for a key, whether or not it exists. `name` must consist of plain segments.
    fn path_of(&self, name: &str) -> PathBuf {
        match name.strip_prefix(PAYLOADS) {
            Some(rest) => self.payloads.join(rest),
            None => self.root.join(name),
        }
    }

    fn read(&self, path: &Path) -> io::Result<Option<Bytes>> {
        if self.is_behind_link(path)? {
            return Ok(None);
        }
        Ok(none_if_absent(std::fs::read(path))?.map(Bytes::from))
    }

    /// Returns whether the path leads through a symbolic link inside the archive. The archive
    /// creates no links. Following one that somebody else created would read or write outside the
    /// archive.
    fn is_behind_link(&self, path: &Path) -> io::Result<bool> {
        Ok(self.find_link(path)?.is_some())
    }

    fn find_link<'a>(&self, path: &'a Path) -> io::Result<Option<&'a Path>> {
        for part in path
            .ancestors()
            .take_while(|part| !self.is_permanent(part) && *part != self.root)
        {
            match part.symlink_metadata() {
                Ok(metadata) if metadata.is_symlink() => return Ok(Some(part)),
                // A path that does not exist, or that continues below a file, is not a link.
                Err(error)
                    if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
                {
                    return Err(error);
                }
                _ => {}
            }
        }
        Ok(None)
    }

    fn write_whole(&self, path: &Path, body: &[u8], replace: bool) -> io::Result<PutOutcome> {
        let folder = path.parent().ok_or(ErrorKind::InvalidInput)?;
        // Remove a link in the path rather than lose the call.
        while let Some(link) = self.find_link(path)? {
            std::fs::remove_file(link)?;
        }
        let mut file = temporary_in(folder)?;
        file.write_all(body)?;
        file.as_file().sync_all()?;
        let persisted = if replace {
            file.persist(path)
        } else {
            file.persist_noclobber(path)
        };
        match persisted {
            Ok(_) => self.sync(folder).map(|()| PutOutcome::Stored),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
                Ok(PutOutcome::AlreadyExists)
            }
            Err(error) => Err(error.error),
        }
    }

    /// Removes a file, and its folder if that is now empty and belongs to one conversation or
    /// caller.
    fn remove(&self, path: &Path) -> io::Result<()> {
        if path
            .parent()
            .is_some_and(|folder| self.is_behind_link(folder).unwrap_or(true))
        {
            return Ok(());
        }
        let Some(()) = none_if_absent(std::fs::remove_file(path))? else {
            return Ok(());
        };
        let folder = path.parent().ok_or(ErrorKind::InvalidInput)?;
        if !self.is_permanent(folder) {
            // Fails if the folder is not empty.
            let _ = std::fs::remove_dir(folder);
        }
        self.sync(folder)
    }

    /// Flushes a folder after an entry was added or removed, and its parent if the folder itself
    /// may be new or gone. A missing folder needs no flush.
    fn sync(&self, folder: &Path) -> io::Result<()> {
        none_if_absent(sync(folder))?;
        match folder.parent() {
            Some(above) if !self.is_permanent(folder) => sync(above),
            _ => Ok(()),
        }
    }

    fn is_permanent(&self, folder: &Path) -> bool {
        self.permanent.iter().any(|permanent| permanent == folder)
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<Key>> {
        let mut keys: Vec<Key> = self
            .list_objects(prefix)?
            .into_iter()
            .map(|object| object.key)
            .collect();
        keys.sort();
        Ok(keys)
    }

    fn list_objects(&self, prefix: &str) -> io::Result<Vec<StoredObject>> {
        // A prefix without a plain folder matches no key and must not leave the archive.
        let Some((folder, _)) = prefix
            .rsplit_once('/')
            .filter(|(folder, _)| is_plain(folder))
        else {
            return Ok(Vec::new());
        };
        let mut all = Vec::new();
        self.collect(&format!("{folder}/"), &mut all)?;
        all.retain(|object| object.key.as_str().starts_with(prefix));
        Ok(all)
    }

    /// Collects all files below a folder. `folder` ends with a `/`.
    fn collect(&self, folder: &str, all: &mut Vec<StoredObject>) -> io::Result<()> {
        let path = self.path_of(folder.trim_end_matches('/'));
        if self.is_behind_link(&path)? {
            return Ok(());
        }
        for entry in none_if_absent(std::fs::read_dir(path))?
            .into_iter()
            .flatten()
        {
            let entry = entry?;
            let name = format!("{folder}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.collect(&format!("{name}/"), all)?;
            } else if kind.is_file()
                && let Ok(key) = Key::try_from(name)
                // `None` if the file was deleted since it was listed.
                && let Some(file) = none_if_absent(entry.metadata())?
            {
                all.push(StoredObject {
                    key,
                    bytes: file.len(),
                    at: written_at(&file)?,
                });
            }
        }
        Ok(())
    }
}

fn written_at(file: &std::fs::Metadata) -> io::Result<Timestamp> {
    Timestamp::try_from(file.modified()?).map_err(io::Error::other)
}

/// Deletes the files below `folder` that were written before `limit`, then its empty subfolders.
fn expire(folder: &Path, limit: Timestamp) -> io::Result<usize> {
    let mut deleted = 0;
    for entry in none_if_absent(std::fs::read_dir(folder))?
        .into_iter()
        .flatten()
    {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            deleted += expire(&entry.path(), limit)?;
            // Fails if the folder is not empty; a file may have been added just now.
            let _ = std::fs::remove_dir(entry.path());
        } else if let Some(file) = none_if_absent(entry.metadata())?
            && written_at(&file)? < limit
            && !is_earlier_tombstone(&entry.path())
        {
            deleted += usize::from(none_if_absent(std::fs::remove_file(entry.path()))?.is_some());
        }
    }
    Ok(deleted)
}

/// Returns whether this is a tombstone of an earlier version, stored beside the records:
/// [`Key::erased_by_earlier_versions`].
fn is_earlier_tombstone(file: &Path) -> bool {
    file.extension()
        .is_some_and(|extension| extension == "erased")
}

/// Creates a temporary file in `folder`, and the folder if it is missing. Retries when a concurrent
/// deletion removes the folder in between.
fn temporary_in(folder: &Path) -> io::Result<NamedTempFile> {
    const MAX_ATTEMPTS: usize = 100;
    let create = || std::fs::create_dir_all(folder).and_then(|()| NamedTempFile::new_in(folder));
    (1..MAX_ATTEMPTS)
        .map(|_| create())
        .find(|result| !raced_with_deletion(result))
        .unwrap_or_else(create)
}

/// Returns whether the folder appeared or disappeared between two system calls.
fn raced_with_deletion<T>(result: &io::Result<T>) -> bool {
    result
        .as_ref()
        .is_err_and(|error| matches!(error.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists))
}

/// Returns whether a path consists of plain names only.
fn is_plain(name: &str) -> bool {
    name.split('/')
        .all(|segment| !matches!(segment, "" | "." | ".."))
}

fn sync(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

fn none_if_absent<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, ArchiveError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) if error.kind() == ErrorKind::PermissionDenied => {
            Err(ArchiveError::Refused(error.kind().to_string()))
        }
        Ok(Err(error)) => Err(ArchiveError::Unavailable(error.kind().to_string())),
        Err(_) => Err(ArchiveError::Unavailable("interrupted".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::PayloadKind;
    use crate::call::ConversationId;

    fn archive() -> (tempfile::TempDir, FolderArchive) {
        let folder = tempfile::tempdir().unwrap();
        let archive = FolderArchive::open(folder.path().join("data"), None).unwrap();
        (folder, archive)
    }

    fn conversation() -> ConversationId {
        ConversationId::parse("conv_1").unwrap()
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn symbolic_links_are_neither_followed_nor_fatal() {
        use std::os::unix::fs::symlink;
        let (folder, archive) = archive();
        let outside = folder.path().join("outside");
        let data = folder.path().join("data");
        std::fs::create_dir(&outside).unwrap();
        let key = Key::payload(&conversation(), &PayloadKind::Transcription);
        let name = key.as_str().rsplit('/').next().unwrap();
        std::fs::write(outside.join(name), "not ours").unwrap();
        symlink(&outside, data.join("payloads/conv_1")).unwrap();
        std::fs::create_dir(data.join("payloads/conv_2")).unwrap();
        symlink(
            outside.join(name),
            data.join("payloads/conv_2")
                .join("conv_2_transcription.json"),
        )
        .unwrap();

        assert!(archive.list("payloads/").await.unwrap().is_empty());
        assert!(archive.list("payloads/conv_1/").await.unwrap().is_empty());
        assert!(
            archive.get(&key).await.unwrap().is_none() && !archive.contains(&key).await.unwrap()
        );
        archive.delete(&key).await.unwrap();
        archive.expire(Timestamp::MAX).await.unwrap();
        assert_eq!(std::fs::read(outside.join(name)).unwrap(), b"not ours");

        archive
            .put(&key, Bytes::from_static(b"ours"))
            .await
            .unwrap();
        assert_eq!(archive.get(&key).await.unwrap().unwrap(), "ours");
        assert_eq!(std::fs::read(outside.join(name)).unwrap(), b"not ours");
    }

    #[tokio::test]
    async fn an_object_is_returned_byte_for_byte() {
        let (_folder, archive) = archive();
        let key = Key::payload(&conversation(), &PayloadKind::Transcription);
        assert_eq!(archive.get(&key).await.unwrap(), None);
        archive
            .put(&key, Bytes::from_static(b"\xff\x00first"))
            .await
            .unwrap();
        archive
            .put(&key, Bytes::from_static(b"\xff\x00second"))
            .await
            .unwrap();
        assert_eq!(
            archive.get(&key).await.unwrap().unwrap(),
            &b"\xff\x00second"[..]
        );
        assert_eq!(
            archive.payloads(None).await.unwrap(),
            std::slice::from_ref(&key)
        );
        assert_eq!(
            archive.payloads(Some(Timestamp::UNIX_EPOCH)).await.unwrap(),
            [key]
        );
        assert_eq!(archive.payloads(Some(Timestamp::MAX)).await.unwrap(), []);
    }

    #[tokio::test]
    async fn one_of_many_concurrent_writers_wins() {
        let (_folder, archive) = archive();
        let key = Key::extraction(&conversation());
        let writers = (0..16u8).map(|writer| {
            let (archive, key) = (archive.clone(), key.clone());
            tokio::spawn(async move {
                archive
                    .put_if_absent(&key, Bytes::from(vec![writer; 1000]))
                    .await
                    .unwrap()
            })
        });
        let mut stored = 0;
        for writer in writers.collect::<Vec<_>>() {
            stored += usize::from(writer.await.unwrap() == PutOutcome::Stored);
        }
        assert_eq!(stored, 1);
        let body = archive.get(&key).await.unwrap().unwrap();
        assert!(
            body.len() == 1000 && body.iter().all(|byte| *byte == body[0]),
            "one whole body"
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn concurrent_writes_and_deletions_do_not_fail() {
        let (_folder, archive) = archive();
        let keys = [PayloadKind::Transcription, PayloadKind::Audio]
            .map(|kind| Key::payload(&conversation(), &kind));
        let work = (0..8).map(|worker| {
            let (archive, key) = (archive.clone(), keys[worker % 2].clone());
            tokio::spawn(async move {
                for _ in 0..100 {
                    archive.put(&key, Bytes::from_static(b"{}")).await?;
                    archive.payloads(Some(Timestamp::UNIX_EPOCH)).await?;
                    archive.delete(&key).await?;
                }
                Ok::<(), ArchiveError>(())
            })
        });
        for outcome in work.collect::<Vec<_>>() {
            outcome.await.unwrap().unwrap();
        }
        assert_eq!(archive.payloads(None).await.unwrap(), []);
    }

    #[tokio::test]
    async fn payloads_can_have_a_separate_folder() {
        let folder = tempfile::tempdir().unwrap();
        let payloads = folder.path().join("calls");
        let archive =
            FolderArchive::open(folder.path().join("data"), Some(payloads.clone())).unwrap();
        let key = Key::payload(&conversation(), &PayloadKind::Transcription);
        archive.put(&key, Bytes::from_static(b"{}")).await.unwrap();
        assert!(payloads.join("conv_1/conv_1_transcription.json").is_file());
    }

    #[tokio::test]
    async fn old_files_are_deleted_with_their_folder_and_the_rest_stays() {
        let (folder, archive) = archive();
        let old = Key::payload(
            &ConversationId::parse("conv_old").unwrap(),
            &PayloadKind::Transcription,
        );
        let new = Key::payload(&conversation(), &PayloadKind::Transcription);
        for key in [&old, &new, &Key::done(&conversation())] {
            archive.put(key, Bytes::from_static(b"{}")).await.unwrap();
        }
        let file = std::fs::File::options()
            .write(true)
            .open(folder.path().join("data").join(old.as_str()))
            .unwrap();
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1000))
            .unwrap();
        assert_eq!(
            archive
                .expire(Timestamp::from_second(2000).unwrap())
                .await
                .unwrap(),
            1
        );
        assert!(
            !folder.path().join("data/payloads/conv_old").exists(),
            "its folder is deleted too"
        );
        assert!(
            archive.contains(&new).await.unwrap()
                && archive.contains(&Key::done(&conversation())).await.unwrap()
        );
        archive.put(&old, Bytes::from_static(b"{}")).await.unwrap();
    }

    #[tokio::test]
    async fn a_conversation_is_deleted_at_its_deadline_and_its_markers_stay() {
        let (_folder, archive) = archive();
        let at = |second| Timestamp::from_second(second).unwrap();
        let other = ConversationId::parse("conv_10").unwrap();
        let call = Key::payload(&conversation(), &PayloadKind::Transcription);
        let audio = Key::payload(&conversation(), &PayloadKind::Audio);
        let record = Key::extraction(&conversation());
        let part = Key::extraction_part(&conversation(), None, &(0..3));
        let markers = [Key::done(&conversation()), Key::erased(&conversation())];
        let others = Key::payload(&other, &PayloadKind::Transcription);
        for key in [&call, &audio, &record, &part, &others]
            .into_iter()
            .chain(&markers)
        {
            archive.put(key, Bytes::from_static(b"{}")).await.unwrap();
        }
        let deadlines = Deadlines {
            call: Some(at(2000)),
            audio: Some(at(3000)),
        };
        let json = serde_json::to_vec(&deadlines).unwrap();
        archive
            .put(&Key::deadline(&conversation()), Bytes::from(json))
            .await
            .unwrap();
        archive
            .put(&Key::deadline(&other), Bytes::from_static(b"not json"))
            .await
            .unwrap();
        assert_eq!(archive.expire_due(at(1999)).await.unwrap(), 0);
        assert_eq!(
            archive.expire_due(at(2000)).await.unwrap(),
            3,
            "payload, record and part"
        );
        assert!(
            archive.contains(&audio).await.unwrap(),
            "the recording has its own deadline"
        );
        assert_eq!(archive.expire_due(at(3000)).await.unwrap(), 1);
        assert_eq!(archive.list("payloads/").await.unwrap(), [others]);
        for marker in &markers {
            assert!(archive.contains(marker).await.unwrap(), "{marker}");
        }
    }

    #[tokio::test]
    async fn keys_listed_by_prefix_can_be_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let archive = FolderArchive::open(
            folder.path().join("data"),
            Some(folder.path().join("calls")),
        )
        .unwrap();
        let other = ConversationId::parse("conv_10").unwrap();
        let payload = Key::payload(&conversation(), &PayloadKind::Transcription);
        let audio = Key::payload(&conversation(), &PayloadKind::Audio);
        let record = Key::extraction(&conversation());
        let done = Key::done(&conversation());
        let others = Key::extraction(&other);
        for key in [&payload, &audio, &record, &done, &others] {
            archive.put(key, Bytes::from_static(b"x")).await.unwrap();
        }
        assert_eq!(
            archive.list("payloads/conv_1/").await.unwrap(),
            [audio, payload]
        );
        assert_eq!(
            archive.list("extractions/conv_1.").await.unwrap(),
            [done, record.clone()]
        );
        assert_eq!(
            archive.list("callers/").await.unwrap(),
            [],
            "a prefix that was never used"
        );
        for key in archive.list("payloads/conv_1/").await.unwrap() {
            archive.delete(&key).await.unwrap();
            archive.delete(&key).await.unwrap();
        }
        assert_eq!(archive.list("payloads/").await.unwrap(), []);
        assert!(
            !folder.path().join("calls/conv_1").exists(),
            "the conversation's folder is deleted too"
        );
        archive.delete(&record).await.unwrap();
        assert!(archive.contains(&others).await.unwrap());
    }

    #[tokio::test]
    async fn no_prefix_lists_files_outside_the_archive() {
        let (folder, archive) = archive();
        std::fs::create_dir_all(folder.path().join("extractions")).unwrap();
        std::fs::write(folder.path().join("extractions/secret.json"), b"{}").unwrap();
        for prefix in [
            "",
            "..",
            "../",
            "payloads/../../extractions/",
            "/",
            "./extractions/",
        ] {
            assert_eq!(archive.list(prefix).await.unwrap(), [], "{prefix:?}");
        }
    }

    #[tokio::test]
    async fn a_missing_folder_is_reported_as_an_outage() {
        let (folder, archive) = archive();
        let blocked = folder.path().join("data/extractions");
        std::fs::remove_dir(&blocked).unwrap();
        std::fs::write(&blocked, b"a file where a folder should be").unwrap();
        let result = archive
            .put(&Key::extraction(&conversation()), Bytes::new())
            .await;
        assert!(
            matches!(result, Err(ArchiveError::Unavailable(_))),
            "{result:?}"
        );
    }
}
