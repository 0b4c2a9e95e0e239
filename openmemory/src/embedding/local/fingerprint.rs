//! The fingerprint of a model, which identifies its vector space.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::super::Prefixes;
use super::folder::{Description, Pooling};

/// Number of bytes at each end of a file that go into the fingerprint.
const SAMPLE_BYTES: usize = 1 << 20;
/// Token limit and pooling of earlier versions. Models that use them keep their fingerprint.
const LEGACY_DEFAULTS: (usize, Pooling) = (256, Pooling::Mean);

/// The part of a file that goes into the fingerprint.
pub(super) struct Sample {
    size: u64,
    first: Vec<u8>,
    last: Vec<u8>,
}

impl Sample {
    pub(super) fn from_bytes(file: &[u8]) -> Self {
        let size = file.len();
        Self {
            size: size as u64,
            first: file[..size.min(SAMPLE_BYTES)].to_vec(),
            last: file[size.saturating_sub(SAMPLE_BYTES)..].to_vec(),
        }
    }
}

/// Samples a file that is too large to be read whole.
pub(super) fn sample(path: &Path) -> io::Result<Sample> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut read = |from: u64| {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        (&mut file)
            .take(SAMPLE_BYTES as u64)
            .read_to_end(&mut bytes)?;
        io::Result::Ok(bytes)
    };
    Ok(Sample {
        size,
        first: read(0)?,
        last: read(size.saturating_sub(SAMPLE_BYTES as u64))?,
    })
}

/// Identifies a model by samples of its files, and by how it is used.
pub(super) fn fingerprint(
    files: &[Sample],
    description: &Description,
    prefixes: &Prefixes,
) -> String {
    let mut hash = Sha256::new();
    for file in files {
        hash.update(file.size.to_le_bytes());
        hash.update(&file.first);
        hash.update(&file.last);
    }
    let way = (description.max_tokens, description.pooling);
    let way = (way != LEGACY_DEFAULTS).then(|| format!("{way:?}"));
    for part in way.into_iter().chain(prefixes.in_use()) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_on_disk_is_sampled_like_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights");
        for size in [0, 5, SAMPLE_BYTES, SAMPLE_BYTES + 3, 2 * SAMPLE_BYTES + 7] {
            let bytes: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            let read = sample(&path).unwrap();
            let wanted = Sample::from_bytes(&bytes);
            assert!(
                read.size == wanted.size && read.first == wanted.first && read.last == wanted.last,
                "{size}"
            );
        }
    }
}
