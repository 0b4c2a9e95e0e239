//! Checksums of downloaded files, as stated by the hub.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use reqwest::header::HeaderMap;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// Checksum of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Checksum {
    /// SHA-256 of the content, for files in Git LFS.
    Sha256(String),
    /// SHA-1 of the Git blob, for all other files.
    GitBlob(String),
}

/// Bytes read at a time.
const CHUNK: usize = 1 << 16;

impl Checksum {
    /// Reads the checksum from the hub's response headers. Returns `None` if there is none of a
    /// known kind.
    pub(super) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        ["x-linked-etag", "etag"]
            .into_iter()
            .find_map(|name| Self::parse(headers.get(name)?.to_str().ok()?))
    }

    fn parse(tag: &str) -> Option<Self> {
        let tag = tag
            .strip_prefix("W/")
            .unwrap_or(tag)
            .trim_matches('"')
            .to_ascii_lowercase();
        let is_hex = tag.chars().all(|letter| letter.is_ascii_hexdigit());
        match tag.len() {
            64 if is_hex => Some(Self::Sha256(tag)),
            40 if is_hex => Some(Self::GitBlob(tag)),
            _ => None,
        }
    }

    /// Whether the file has this checksum.
    pub(super) fn matches(&self, path: &Path) -> io::Result<bool> {
        match self {
            Self::Sha256(expected) => Ok(digest(Sha256::new(), path)? == *expected),
            Self::GitBlob(expected) => {
                let size = path.metadata()?.len();
                Ok(digest(Sha1::new_with_prefix(format!("blob {size}\0")), path)? == *expected)
            }
        }
    }
}

fn digest(mut hash: impl Digest, path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk)? {
            0 => {
                return Ok(hash
                    .finalize()
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect());
            }
            read => hash.update(&chunk[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checksums of "hello\n", from `sha256sum` and `git hash-object`.
    const SHA256: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
    const GIT: &str = "ce013625030ba8dba906f756967f9e9ca394464a";

    fn headers(values: &[(&'static str, String)]) -> HeaderMap {
        values
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn the_linked_etag_takes_precedence_and_unknown_etags_are_ignored() {
        let linked = headers(&[
            ("etag", format!("\"{GIT}\"")),
            ("x-linked-etag", format!("\"{SHA256}\"")),
        ]);
        assert_eq!(
            Checksum::from_headers(&linked),
            Some(Checksum::Sha256(SHA256.to_owned()))
        );
        let weak = headers(&[("etag", format!("W/\"{}\"", GIT.to_uppercase()))]);
        assert_eq!(
            Checksum::from_headers(&weak),
            Some(Checksum::GitBlob(GIT.to_owned()))
        );
        assert_eq!(
            Checksum::from_headers(&headers(&[("etag", "\"5f3a-6abc\"".to_owned())])),
            None
        );
        assert_eq!(Checksum::from_headers(&HeaderMap::new()), None);
    }

    #[test]
    fn a_checksum_matches_only_its_own_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        let other = folder.path().join("b");
        std::fs::write(&file, "hello\n").unwrap();
        std::fs::write(&other, "hello!").unwrap();
        for checksum in [
            Checksum::Sha256(SHA256.to_owned()),
            Checksum::GitBlob(GIT.to_owned()),
        ] {
            assert!(
                checksum.matches(&file).unwrap() && !checksum.matches(&other).unwrap(),
                "{checksum:?}"
            );
        }
    }
}
