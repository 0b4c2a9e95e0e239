//! The manifest and the file list of a backup: its source, its size and its checksums.
//!
//! `files.jsonl` has one line per file. `manifest.json` has the totals and the checksums of that
//! list and of the memories. During a backup each copied file is added to `unfinished.jsonl`, from
//! which an interrupted run resumes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use common::archive::Key;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::BackupError;

/// Version of the backup format.
const FORMAT: &str = "elaaoms-backup/1";

/// The manifest of a backup. It is written last, so a folder without it holds no finished backup.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: String,
    /// Version of the command that made the backup.
    pub(super) version: String,
    /// The data folder or stack that was backed up.
    pub(super) deployment: String,
    /// Start of the backup. Data written to the source after this time may be missing.
    pub(super) began_at: Timestamp,
    pub(super) ended_at: Timestamp,
    /// Fingerprint of `CALLER_ID_PEPPER`, if it was known. With another pepper the calls of a
    /// caller cannot be found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pepper: Option<String>,
    pub(super) counts: Counts,
    /// Checksum of `files.jsonl`.
    pub(super) files: Checksum,
    /// Checksum of `memories.json`.
    pub(super) memories: Checksum,
}

/// Number of items in a backup by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) payloads: u64,
    pub(super) records: u64,
    /// Entries of the caller index.
    pub(super) index: u64,
    /// Tombstones of erased conversations.
    pub(super) erased: u64,
    pub(super) memories: u64,
    pub(super) cards: u64,
}

/// Length and SHA-256 of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checksum {
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

/// A file of the backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) key: Key,
    #[serde(flatten)]
    pub(super) checksum: Checksum,
    /// When the file was written at the source.
    pub(super) at: Timestamp,
}

/// The files of a backup by key.
pub(super) type Entries = BTreeMap<Key, Entry>;

impl Manifest {
    pub(super) fn new(
        deployment: String,
        (began_at, ended_at): (Timestamp, Timestamp),
        pepper: Option<String>,
        counts: Counts,
        (files, memories): (Checksum, Checksum),
    ) -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self {
            format: FORMAT.to_owned(),
            version,
            deployment,
            began_at,
            ended_at,
            pepper,
            counts,
            files,
            memories,
        }
    }

    /// Reads the manifest. Returns `None` if there is none.
    pub(super) fn read(file: &Path) -> Result<Option<Self>, BackupError> {
        let text = match std::fs::read(file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| BackupError::Unreadable(file.to_owned(), error))?,
        };
        let manifest: Self =
            serde_json::from_slice(&text).map_err(|_| BackupError::UnknownFormat)?;
        if manifest.format == FORMAT {
            Ok(Some(manifest))
        } else {
            Err(BackupError::UnknownFormat)
        }
    }
}

impl Counts {
    /// Counts the files by kind. The numbers of memories and cards are left at 0.
    pub(super) fn of<'a>(keys: impl Iterator<Item = &'a Key>) -> Self {
        let mut counts = Self::default();
        let mut erased = BTreeSet::new();
        for key in keys {
            match key.as_str().split('/').next() {
                Some("payloads") => counts.payloads += 1,
                Some("callers") => counts.index += 1,
                _ if key.is_tombstone() => drop(erased.insert(key.conversation())),
                _ => counts.records += 1,
            }
        }
        counts.erased = erased.len() as u64;
        counts
    }

    pub(super) fn describe(&self) -> String {
        let Self {
            payloads,
            records,
            index,
            erased,
            memories,
            cards,
        } = self;
        format!(
            "{payloads} payloads, {records} extraction records, {index} caller index entries, \
             {memories} memories, {cards} cards, {erased} tombstones"
        )
    }
}

impl Checksum {
    /// Computes the checksum of a body.
    pub(super) fn of(body: &[u8]) -> Self {
        Self {
            bytes: body.len() as u64,
            sha256: hex::encode(Sha256::digest(body)),
        }
    }

    /// Computes the checksum of a file without reading it into memory.
    pub(super) fn of_file(file: &Path) -> std::io::Result<Self> {
        let mut hash = Sha256::new();
        let bytes = std::io::copy(&mut File::open(file)?, &mut HashWriter(&mut hash))?;
        Ok(Self {
            bytes,
            sha256: hex::encode(hash.finalize()),
        })
    }
}

/// A writer that hashes what is written to it.
struct HashWriter<'a>(&'a mut Sha256);

impl Write for HashWriter<'_> {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        self.0.update(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Reads a list of files. A missing file is an empty list.
///
/// An interrupted run can leave a partial last line; it is skipped if `may_be_torn`, and otherwise
/// means damage.
pub(super) fn read_entries(file: &Path, may_be_torn: bool) -> Result<Entries, BackupError> {
    let unreadable = |error| BackupError::Unreadable(file.to_owned(), error);
    let lines = match File::open(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Entries::new()),
        open => BufReader::new(open.map_err(unreadable)?).lines(),
    };
    let mut entries = Entries::new();
    for line in lines {
        match serde_json::from_str::<Entry>(&line.map_err(unreadable)?) {
            Ok(entry) => drop(entries.insert(entry.key.clone(), entry)),
            Err(_) if may_be_torn => {}
            Err(_) => return Err(BackupError::Damaged(file.display().to_string())),
        }
    }
    Ok(entries)
}

/// Returns the line of a file for the file list or the journal.
pub(super) fn journal_line(entry: &Entry) -> Vec<u8> {
    let mut line = serde_json::to_vec(entry).unwrap_or_default();
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str, body: &[u8]) -> Entry {
        Entry {
            key: Key::try_from(key.to_owned()).unwrap(),
            checksum: Checksum::of(body),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_partial_line_is_skipped_in_an_unfinished_list_and_is_damage_in_a_finished_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("files.jsonl");
        let complete = entry("payloads/conv_1/conv_1_audio.mp3", b"ID3");
        let torn = &journal_line(&entry("extractions/conv_1.done", b""))[..30];
        std::fs::write(&file, [&journal_line(&complete), torn].concat()).unwrap();
        let read = read_entries(&file, true).unwrap();
        assert_eq!(read.into_values().collect::<Vec<_>>(), [complete]);
        assert!(matches!(
            read_entries(&file, false),
            Err(BackupError::Damaged(_))
        ));
        assert_eq!(
            read_entries(&folder.path().join("none"), false).unwrap(),
            Entries::new()
        );
    }

    #[test]
    fn the_checksum_of_a_file_is_that_of_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("f"), b"abc").unwrap();
        let sum = Checksum::of_file(&folder.path().join("f")).unwrap();
        assert_eq!(sum, Checksum::of(b"abc"));
        assert_eq!((sum.bytes, &sum.sha256[..8]), (3, "ba7816bf"));
    }

    #[test]
    fn files_are_counted_by_kind() {
        let keys = [
            "payloads/c/c_audio.mp3",
            "callers/h/c",
            "extractions/c.json",
            "extractions/c.done",
            "extractions/d.erased",
            "erased/d",
        ];
        let keys = keys.map(|key| Key::try_from(key.to_owned()).unwrap());
        let counts = Counts::of(keys.iter());
        assert_eq!(
            counts,
            Counts {
                payloads: 1,
                records: 2,
                index: 1,
                erased: 1,
                ..Counts::default()
            }
        );
    }
}
