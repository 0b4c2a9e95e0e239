//! Reads a model's weights in chunks. Holding the whole file besides its tensors would take twice
//! the memory.

use std::collections::HashMap;
use std::error::Error;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Maximum size of the header. Large models have headers of a few hundred kilobytes.
const MAX_HEADER_BYTES: u64 = 100_000_000;
/// Bytes read at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// Describes a tensor and its position after the header.
#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

/// Reads all floating-point tensors of a safetensors file, as 32-bit floats.
pub(super) fn tensors(path: &Path) -> Result<HashMap<String, Tensor>, Box<dyn Error>> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut length = [0; 8];
    file.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > MAX_HEADER_BYTES.min(size) {
        return Err("its header is damaged".into());
    }
    let mut header = vec![0; usize::try_from(length)?];
    file.read_exact(&mut header)?;
    let header: Map<String, Value> = serde_json::from_slice(&header)?;
    let mut tensors = HashMap::new();
    for (name, entry) in header
        .into_iter()
        .filter(|(name, _)| name != "__metadata__")
    {
        let entry = Entry::deserialize(entry)?;
        // Skip stored integer position ids: the network computes them.
        let kind = match entry.dtype.as_str() {
            "F32" => DType::F32,
            "F16" => DType::F16,
            "BF16" => DType::BF16,
            _ => continue,
        };
        let tensor = entry
            .read(&mut file, kind, (8 + length, size))
            .map_err(|error| format!("{name}: {error}"))?;
        tensors.insert(name, tensor);
    }
    Ok(tensors)
}

impl Entry {
    fn read(
        &self,
        file: &mut File,
        kind: DType,
        (start, size): (u64, u64),
    ) -> Result<Tensor, Box<dyn Error>> {
        let [from, to] = self.data_offsets;
        let count = self
            .shape
            .iter()
            .try_fold(1_usize, |count, side| count.checked_mul(*side));
        let bytes = count.and_then(|count| count.checked_mul(kind.size_in_bytes()));
        let (Some(count), Some(mut left)) = (count, bytes) else {
            return Err("it is too large".into());
        };
        let is_sound = from.checked_add(left as u64) == Some(to)
            && start.checked_add(to).is_some_and(|end| end <= size);
        if !is_sound {
            return Err("its offsets are invalid".into());
        }
        file.seek(SeekFrom::Start(start + from))?;
        let mut values: Vec<f32> = Vec::with_capacity(count);
        let mut chunk = vec![0; CHUNK_BYTES.min(left)];
        while left > 0 {
            let chunk = &mut chunk[..CHUNK_BYTES.min(left)];
            file.read_exact(chunk)?;
            let numbers = [chunk.len() / kind.size_in_bytes()];
            let numbers = Tensor::from_raw_buffer(chunk, kind, &numbers, &Device::Cpu)?;
            values.extend(numbers.to_dtype(DType::F32)?.to_vec1::<f32>()?);
            left -= chunk.len();
        }
        Ok(Tensor::from_vec(
            values,
            self.shape.as_slice(),
            &Device::Cpu,
        )?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(header: &Value, data: &[u8]) -> Result<HashMap<String, Tensor>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let header = header.to_string();
        let file = [
            &(header.len() as u64).to_le_bytes(),
            header.as_bytes(),
            data,
        ]
        .concat();
        std::fs::write(&path, file).unwrap();
        tensors(&path).map_err(|error| error.to_string())
    }

    fn entry(dtype: &str, shape: &[usize], from: usize, to: usize) -> Value {
        serde_json::json!({ "dtype": dtype, "shape": shape, "data_offsets": [from, to] })
    }

    #[test]
    fn floats_of_each_width_are_read_and_integers_are_skipped() {
        let many: Vec<f32> = (0..10)
            .flat_map(|_| (0..60_000_u16).map(f32::from))
            .collect();
        let long: Vec<u8> = many.iter().flat_map(|value| value.to_le_bytes()).collect();
        // 1.5 and -2 as 16-bit floats of both kinds.
        let halves = [0x00, 0x3e, 0x00, 0xc0, 0xc0, 0x3f, 0x00, 0xc0];
        let header = serde_json::json!({
            "__metadata__": { "format": "pt" },
            "half": entry("F16", &[2, 1], 0, 4),
            "brain": entry("BF16", &[2], 4, 8),
            "long": entry("F32", &[many.len()], 8, 8 + long.len()),
            "positions": entry("I64", &[1], 0, 8),
        });
        let read = written(&header, &[&halves[..], &long].concat()).unwrap();
        assert_eq!(read.len(), 3);
        assert_eq!(read["half"].to_vec2::<f32>().unwrap(), [[1.5], [-2.0]]);
        assert_eq!(read["brain"].to_vec1::<f32>().unwrap(), [1.5, -2.0]);
        assert_eq!(
            read["long"].to_vec1::<f32>().unwrap(),
            many,
            "longer than a chunk"
        );
    }

    #[test]
    fn a_damaged_file_is_an_error_and_allocates_no_memory() {
        let of = |dtype: &str, shape: &[usize], from: usize, to: usize| {
            written(
                &serde_json::json!({ "a": entry(dtype, shape, from, to) }),
                &[0; 8],
            )
        };
        assert!(of("F32", &[2], 0, 8).is_ok());
        for (shape, from, to) in [
            (&[3][..], 0, 12),
            (&[2], 4, 12),
            (&[1], 0, 8),
            (&[2], 8, 0),
            (&[usize::MAX, 2], 0, 8),
            (&[1 << 40], 0, 8),
        ] {
            assert!(of("F32", shape, from, to).is_err(), "{shape:?} {from} {to}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        for file in [&b""[..], b"short", &[255; 64]] {
            std::fs::write(&path, file).unwrap();
            assert!(tensors(&path).is_err());
        }
    }
}
