//! The archive as a folder. A file appears whole or not at all, and is on disk before it is
//! acknowledged.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use tempfile::NamedTempFile;

use super::{Archive, ArchiveError, Key, Payloads, PutOutcome, StoredObject};
use crate::call::Deadlines;

/// An archive below one folder, with payloads possibly in a folder of their own.
#[derive(Debug, Clone)]
pub struct FolderArchive(Arc<Folders>);

#[derive(Debug)]
struct Folders {
    root: PathBuf,
    payloads: PathBuf,
    /// Made at the start, and never taken away.
    lasting: [PathBuf; 4],
}

const PAYLOADS: &str = "payloads/";

impl FolderArchive {
    /// An archive below `root`. Payloads go to `payloads` when it is given
    /// (`ELEVENLABS_POST_CALL_PAYLOAD_PATH`).
    ///
    /// # Errors
    /// When the folders cannot be made.
    pub fn open(root: impl Into<PathBuf>, payloads: Option<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        let payloads = payloads.unwrap_or_else(|| root.join(PAYLOADS));
        let lasting = [
            payloads.clone(),
            root.join("callers"),
            root.join("extractions"),
            root.join("erased"),
        ];
        for folder in &lasting {
            std::fs::create_dir_all(folder)?;
        }
        sync(&root)?;
        Ok(Self(Arc::new(Folders {
            root,
            payloads,
            lasting,
        })))
    }

    /// Deletes everything that was kept before `limit`, with the folders that are empty then, and
    /// says how many files. Tombstones of erased conversations stay.
    ///
    /// # Errors
    /// [`ArchiveError`]; what was deleted before stays deleted.
    pub async fn expire(&self, limit: Timestamp) -> Result<usize, ArchiveError> {
        let folders = Arc::clone(&self.0);
        blocking(move || {
            let of_records = [
                folders.root.join("callers"),
                folders.root.join("extractions"),
            ];
            let all = std::iter::once(&folders.payloads).chain(&of_records);
            all.map(|folder| expire(folder, limit)).sum()
        })
        .await
    }

    /// Deletes what conversations hold past the deadlines that ElevenLabs gave them
    /// ([`Key::deadline`]), and says how many files. Marks stay: by them the call is known when it
    /// comes again.
    ///
    /// # Errors
    /// [`ArchiveError`]; what was deleted before stays deleted.
    pub async fn expire_due(&self, now: Timestamp) -> Result<usize, ArchiveError> {
        let mut deleted = 0;
        for key in self
            .list("extractions/")
            .await?
            .into_iter()
            .filter(Key::is_deadline)
        {
            let (Some(conversation), Some(deadlines)) = (key.conversation(), self.get(&key).await?)
            else {
                continue;
            };
            let Ok(deadlines) = serde_json::from_slice::<Deadlines>(&deadlines) else {
                continue;
            };
            for prefix in [
                Key::payloads_of(&conversation),
                Key::extractions_of(&conversation),
            ] {
                let is_due = |key: &Key| key.until(&deadlines).is_some_and(|until| until <= now);
                for key in self.list(&prefix).await?.into_iter().filter(is_due) {
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
        let (folders, path) = (Arc::clone(&self.0), self.0.path(key));
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
        let (folders, path) = (Arc::clone(&self.0), self.0.path(key));
        blocking(move || folders.read(&path)).await
    }

    async fn contains(&self, key: &Key) -> Result<bool, ArchiveError> {
        let (folders, path) = (Arc::clone(&self.0), self.0.path(key));
        blocking(move || Ok(!folders.is_behind_link(&path)? && path.try_exists()?)).await
    }

    async fn delete(&self, key: &Key) -> Result<(), ArchiveError> {
        let (folders, path) = (Arc::clone(&self.0), self.0.path(key));
        blocking(move || folders.remove(&path)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Key>, ArchiveError> {
        let (folders, prefix) = (Arc::clone(&self.0), prefix.to_owned());
        blocking(move || folders.list(&prefix)).await
    }
}

impl Payloads for FolderArchive {
    /// Files that are named by no key are passed over.
    async fn kept(&self, prefix: &str) -> Result<Vec<StoredObject>, ArchiveError> {
        let (folders, prefix) = (Arc::clone(&self.0), prefix.to_owned());
        blocking(move || folders.kept(&prefix)).await
    }
}

impl Folders {
    fn path(&self, key: &Key) -> PathBuf {
        self.place(key.as_str())
    }

    /// Where a name is, or would be. Only names made of plain segments come here.
    fn place(&self, name: &str) -> PathBuf {
        match name.strip_prefix(PAYLOADS) {
            Some(rest) => self.payloads.join(rest),
            None => self.root.join(name),
        }
    }

    fn read(&self, path: &Path) -> io::Result<Option<Bytes>> {
        if self.is_behind_link(path)? {
            return Ok(None);
        }
        Ok(absent_is_none(std::fs::read(path))?.map(Bytes::from))
    }

    /// Whether a symbolic link below the archive's folders leads to the file. The archive makes
    /// none: following one that somebody put there would read or write elsewhere.
    fn is_behind_link(&self, path: &Path) -> io::Result<bool> {
        Ok(self.link_to(path)?.is_some())
    }

    fn link_to<'a>(&self, path: &'a Path) -> io::Result<Option<&'a Path>> {
        for part in path
            .ancestors()
            .take_while(|part| !self.lasts(part) && *part != self.root)
        {
            match part.symlink_metadata() {
                Ok(found) if found.is_symlink() => return Ok(Some(part)),
                // What is not there, or below a file, is no link.
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
        // A call is not lost for a link in its place: the link goes.
        while let Some(link) = self.link_to(path)? {
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

    /// Removes a file; a folder that it leaves empty goes too where it is named after a
    /// conversation or a caller.
    fn remove(&self, path: &Path) -> io::Result<()> {
        if path
            .parent()
            .is_some_and(|folder| self.is_behind_link(folder).unwrap_or(true))
        {
            return Ok(());
        }
        let Some(()) = absent_is_none(std::fs::remove_file(path))? else {
            return Ok(());
        };
        let folder = path.parent().ok_or(ErrorKind::InvalidInput)?;
        if !self.lasts(folder) {
            // Refused while anything is in it.
            let _ = std::fs::remove_dir(folder);
        }
        self.sync(folder)
    }

    /// A name that came or went is on disk only when its folder is, and that of its folder only
    /// when the one above is. A folder that is gone by now took with it what was in it.
    fn sync(&self, folder: &Path) -> io::Result<()> {
        absent_is_none(sync(folder))?;
        match folder.parent() {
            Some(above) if !self.lasts(folder) => sync(above),
            _ => Ok(()),
        }
    }

    fn lasts(&self, folder: &Path) -> bool {
        self.lasting.iter().any(|lasting| lasting == folder)
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<Key>> {
        let mut keys: Vec<Key> = self
            .kept(prefix)?
            .into_iter()
            .map(|kept| kept.key)
            .collect();
        keys.sort();
        Ok(keys)
    }

    fn kept(&self, prefix: &str) -> io::Result<Vec<StoredObject>> {
        // Below the folder that the prefix names, or nowhere: a prefix that would leave the archive
        // is that of no key.
        let Some((folder, _)) = prefix
            .rsplit_once('/')
            .filter(|(folder, _)| is_plain(folder))
        else {
            return Ok(Vec::new());
        };
        let mut all = Vec::new();
        self.collect(&format!("{folder}/"), &mut all)?;
        all.retain(|kept| kept.key.as_str().starts_with(prefix));
        Ok(all)
    }

    /// All files below a folder, which is named with a `/` at its end.
    fn collect(&self, folder: &str, all: &mut Vec<StoredObject>) -> io::Result<()> {
        let place = self.place(folder.trim_end_matches('/'));
        if self.is_behind_link(&place)? {
            return Ok(());
        }
        for entry in absent_is_none(std::fs::read_dir(place))?
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
                // Deleted since it was listed.
                && let Some(file) = absent_is_none(entry.metadata())?
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

/// Deletes old files below `folder`, and then the folders in it that are empty.
fn expire(folder: &Path, limit: Timestamp) -> io::Result<usize> {
    let mut deleted = 0;
    for entry in absent_is_none(std::fs::read_dir(folder))?
        .into_iter()
        .flatten()
    {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            deleted += expire(&entry.path(), limit)?;
            // Refused while anything is in it, which may have come just now.
            let _ = std::fs::remove_dir(entry.path());
        } else if let Some(file) = absent_is_none(entry.metadata())?
            && written_at(&file)? < limit
            && !is_earlier_tombstone(&entry.path())
        {
            deleted += usize::from(absent_is_none(std::fs::remove_file(entry.path()))?.is_some());
        }
    }
    Ok(deleted)
}

/// Whether earlier versions wrote it beside the records: [`Key::erased_by_earlier_versions`].
fn is_earlier_tombstone(file: &Path) -> bool {
    file.extension()
        .is_some_and(|extension| extension == "erased")
}

/// A new file in a folder that is made for it. Whoever deletes the last file of a folder takes the
/// folder away, perhaps just now: then once more.
fn temporary_in(folder: &Path) -> io::Result<NamedTempFile> {
    const TRIES: usize = 100;
    let once = || std::fs::create_dir_all(folder).and_then(|()| NamedTempFile::new_in(folder));
    (1..TRIES)
        .map(|_| once())
        .find(|made| !met_a_deletion(made))
        .unwrap_or_else(once)
}

/// The folder was there and is not, or the other way round.
fn met_a_deletion<T>(made: &io::Result<T>) -> bool {
    made.as_ref()
        .is_err_and(|error| matches!(error.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists))
}

/// Whether a name is made of segments that are folders and nothing else.
fn is_plain(name: &str) -> bool {
    name.split('/')
        .all(|segment| !matches!(segment, "" | "." | ".."))
}

fn sync(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

fn absent_is_none<T>(result: io::Result<T>) -> io::Result<Option<T>> {
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
        let (outside, data) = (folder.path().join("outside"), folder.path().join("data"));
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
    async fn what_is_put_is_got_back_byte_for_byte() {
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
    async fn of_many_writers_at_once_one_wins() {
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
        let mut kept = 0;
        for writer in writers.collect::<Vec<_>>() {
            kept += usize::from(writer.await.unwrap() == PutOutcome::Stored);
        }
        assert_eq!(kept, 1);
        let body = archive.get(&key).await.unwrap().unwrap();
        assert!(
            body.len() == 1000 && body.iter().all(|byte| *byte == body[0]),
            "one whole body"
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn keeping_and_deleting_at_once_is_no_outage() {
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
    async fn payloads_may_have_a_folder_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let payloads = folder.path().join("calls");
        let archive =
            FolderArchive::open(folder.path().join("data"), Some(payloads.clone())).unwrap();
        let key = Key::payload(&conversation(), &PayloadKind::Transcription);
        archive.put(&key, Bytes::from_static(b"{}")).await.unwrap();
        assert!(payloads.join("conv_1/conv_1_transcription.json").is_file());
    }

    #[tokio::test]
    async fn what_is_too_old_is_deleted_with_its_folder_and_the_rest_stays() {
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
            "its folder went with it"
        );
        assert!(
            archive.contains(&new).await.unwrap()
                && archive.contains(&Key::done(&conversation())).await.unwrap()
        );
        archive.put(&old, Bytes::from_static(b"{}")).await.unwrap();
    }

    #[tokio::test]
    async fn a_conversation_goes_at_its_deadline_and_its_marks_stay() {
        let (_folder, archive) = archive();
        let at = |second| Timestamp::from_second(second).unwrap();
        let other = ConversationId::parse("conv_10").unwrap();
        let (call, audio) = (
            Key::payload(&conversation(), &PayloadKind::Transcription),
            Key::payload(&conversation(), &PayloadKind::Audio),
        );
        let (record, part) = (
            Key::extraction(&conversation()),
            Key::extraction_part(&conversation(), None, &(0..3)),
        );
        let marks = [Key::done(&conversation()), Key::erased(&conversation())];
        let others = Key::payload(&other, &PayloadKind::Transcription);
        for key in [&call, &audio, &record, &part, &others]
            .into_iter()
            .chain(&marks)
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
            "the recording has a deadline of its own"
        );
        assert_eq!(archive.expire_due(at(3000)).await.unwrap(), 1);
        assert_eq!(archive.list("payloads/").await.unwrap(), [others]);
        for mark in &marks {
            assert!(archive.contains(mark).await.unwrap(), "{mark}");
        }
    }

    #[tokio::test]
    async fn what_is_listed_by_a_prefix_can_be_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let archive = FolderArchive::open(
            folder.path().join("data"),
            Some(folder.path().join("calls")),
        )
        .unwrap();
        let other = ConversationId::parse("conv_10").unwrap();
        let (payload, audio) = (
            Key::payload(&conversation(), &PayloadKind::Transcription),
            Key::payload(&conversation(), &PayloadKind::Audio),
        );
        let (record, done, others) = (
            Key::extraction(&conversation()),
            Key::done(&conversation()),
            Key::extraction(&other),
        );
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
            "a place that was never used"
        );
        for key in archive.list("payloads/conv_1/").await.unwrap() {
            archive.delete(&key).await.unwrap();
            archive.delete(&key).await.unwrap();
        }
        assert_eq!(archive.list("payloads/").await.unwrap(), []);
        assert!(
            !folder.path().join("calls/conv_1").exists(),
            "not even the conversation's name is left"
        );
        archive.delete(&record).await.unwrap();
        assert!(archive.contains(&others).await.unwrap());
    }

    #[tokio::test]
    async fn no_prefix_lists_what_is_outside() {
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
    async fn a_folder_that_is_gone_is_an_outage_and_no_absence() {
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
