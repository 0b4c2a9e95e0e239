//! What a backup says of itself: where it is from, how much it holds, and the checksums by which
//! damage is seen.
//!
//! `files.jsonl` has one line for each file, `manifest.json` the sums and the checksum of that
//! list. While a backup is made, each file that is there is added to `unfinished.jsonl`: a run that
//! broke off goes on from it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use common::archive::Key;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::BackupError;

/// The version of a backup's shape.
const FORMAT: &str = "elaaoms-backup/1";

/// A backup as a whole. It is written last, so that a folder without one is no backup.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: String,
    /// The version of the command that made it.
    pub(super) version: String,
    /// The data folder or the stack that it is of.
    pub(super) deployment: String,
    /// What is written at the source from this moment on may be missing.
    pub(super) began_at: Timestamp,
    pub(super) ended_at: Timestamp,
    /// A fingerprint of `CALLER_ID_PEPPER`, where that was known: with another one no caller's
    /// calls are found again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pepper: Option<String>,
    pub(super) counts: Counts,
    /// `files.jsonl`
    pub(super) files: Sum,
    /// `memories.json`
    pub(super) memories: Sum,
}

/// How much of what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) payloads: u64,
    pub(super) records: u64,
    /// Entries of the callers' index.
    pub(super) index: u64,
    /// Marks of erased conversations.
    pub(super) erased: u64,
    pub(super) memories: u64,
    pub(super) cards: u64,
}

/// How long something is, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sum {
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

/// One file of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) key: Key,
    #[serde(flatten)]
    pub(super) sum: Sum,
    /// When it was written at the source.
    pub(super) at: Timestamp,
}

/// All files by key.
pub(super) type Entries = BTreeMap<Key, Entry>;

impl Manifest {
    pub(super) fn new(
        deployment: String,
        (began_at, ended_at): (Timestamp, Timestamp),
        pepper: Option<String>,
        counts: Counts,
        (files, memories): (Sum, Sum),
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

    /// `None` where the folder has none.
    pub(super) fn read(file: &Path) -> Result<Option<Self>, BackupError> {
        let text = match std::fs::read(file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| BackupError::Unreadable(file.to_owned(), error))?,
        };
        let manifest: Self = serde_json::from_slice(&text).map_err(|_| BackupError::OtherFormat)?;
        if manifest.format == FORMAT {
            Ok(Some(manifest))
        } else {
            Err(BackupError::OtherFormat)
        }
    }
}

impl Counts {
    /// Counts files; memories and cards are left as they are.
    pub(super) fn of<'a>(keys: impl Iterator<Item = &'a Key>) -> Self {
        let (mut counts, mut erased) = (Self::default(), BTreeSet::new());
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

    pub(super) fn told(&self) -> String {
        let Self {
            payloads,
            records,
            index,
            erased,
            memories,
            cards,
        } = self;
        format!(
            "{payloads} payloads, {records} extraction records, {index} entries of the callers' index, {memories} memories, \
             {cards} cards, {erased} marks of erased calls"
        )
    }
}

impl Sum {
    pub(super) fn of(body: &[u8]) -> Self {
        Self {
            bytes: body.len() as u64,
            sha256: hex::encode(Sha256::digest(body)),
        }
    }

    /// Of a file, without holding it.
    pub(super) fn of_file(file: &Path) -> std::io::Result<Self> {
        let mut hash = Sha256::new();
        let bytes = std::io::copy(&mut File::open(file)?, &mut Hashing(&mut hash))?;
        Ok(Self {
            bytes,
            sha256: hex::encode(hash.finalize()),
        })
    }
}

struct Hashing<'a>(&'a mut Sha256);

impl Write for Hashing<'_> {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        self.0.update(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The lines of a list of files. A torn last line is what a run that broke off leaves; it is passed
/// over when `torn` may be.
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

pub(super) fn line(entry: &Entry) -> Vec<u8> {
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
            sum: Sum::of(body),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_line_that_was_torn_is_passed_over_in_an_unfinished_list_and_damage_in_a_finished_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("files.jsonl");
        let whole = entry("payloads/conv_1/conv_1_audio.mp3", b"ID3");
        let torn = &line(&entry("extractions/conv_1.done", b""))[..30];
        std::fs::write(&file, [&line(&whole), torn].concat()).unwrap();
        let read = read_entries(&file, true).unwrap();
        assert_eq!(read.into_values().collect::<Vec<_>>(), [whole]);
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
    fn a_file_has_the_checksum_of_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("f"), b"abc").unwrap();
        let sum = Sum::of_file(&folder.path().join("f")).unwrap();
        assert_eq!(sum, Sum::of(b"abc"));
        assert_eq!((sum.bytes, &sum.sha256[..8]), (3, "ba7816bf"));
    }

    #[test]
    fn files_are_counted_by_what_they_are() {
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
