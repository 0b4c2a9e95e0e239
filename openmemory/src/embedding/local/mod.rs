//! Runs a sentence model of the BERT or XLM-RoBERTa family in this process, without Python.

mod batches;
mod files;
mod fingerprint;
mod folder;
mod network;
mod weights;

use std::fmt;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use tokenizers::{Encoding, Tokenizer, TruncationParams};

use self::batches::batches;
use self::files::{file, unreadable};
use self::fingerprint::{Sample, fingerprint, sample};
use self::folder::{Description, Pooling};
use self::network::Network;
use super::{EmbedError, LocalModel, Prefixes};

/// A loaded sentence model with its tokenizer.
pub(super) struct Local {
    network: Network,
    pooling: Pooling,
    padding: u32,
    tokenizer: Tokenizer,
    prefixes: Prefixes,
    fingerprint: String,
    #[cfg(feature = "postgres")]
    dimensions: usize,
}

impl Local {
    /// Loads a model from its folder.
    pub(super) fn load(model: &LocalModel) -> Result<Self, EmbedError> {
        let folder = model.folder.as_path();
        let config = file(folder, "config.json")?;
        let words = file(folder, "tokenizer.json")?;
        let weights = folder.join("model.safetensors");
        let sample = sample(&weights).map_err(|error| unreadable("model.safetensors", error))?;
        let description = Description::read(folder, &config)?;
        let prefixes = model.prefixes.clone().or(description.prefixes.clone());
        let fingerprint = fingerprint(
            &[
                Sample::from_bytes(&config),
                Sample::from_bytes(&words),
                sample,
            ],
            &description,
            &prefixes,
        );
        Ok(Self {
            tokenizer: tokenizer(&words, description.max_tokens)?,
            network: Network::load(&weights, &description)?,
            pooling: description.pooling,
            padding: description
                .number("pad_token_id")
                .try_into()
                .unwrap_or_default(),
            prefixes,
            fingerprint,
            #[cfg(feature = "postgres")]
            dimensions: description.number("hidden_size"),
        })
    }

    /// Identifies the model by the contents of its files and its prefixes.
    pub(super) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The prefixes for questions and memories.
    pub(super) fn prefixes(&self) -> &Prefixes {
        &self.prefixes
    }

    #[cfg(feature = "postgres")]
    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Embeds texts, in the given order.
    pub(super) fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError> {
        let tokens = self.tokenizer.encode_batch(texts, true);
        let tokens = tokens.map_err(|error| EmbedError::Inference(error.to_string()))?;
        let lengths: Vec<usize> = tokens.iter().map(Encoding::len).collect();
        let mut vectors = vec![Vec::new(); tokens.len()];
        for batch in batches(&lengths) {
            let ids: Vec<&[u32]> = batch.iter().map(|place| tokens[*place].get_ids()).collect();
            let pooled = self
                .pooled(&ids)
                .map_err(|error| EmbedError::Inference(error.to_string()))?;
            for (place, vector) in batch.into_iter().zip(pooled) {
                vectors[place] = vector;
            }
        }
        Ok(vectors)
    }

    fn pooled(&self, ids: &[&[u32]]) -> candle_core::Result<Vec<Vec<f32>>> {
        let width = ids.iter().map(|ids| ids.len()).max().unwrap_or_default();
        let mask: Vec<Vec<u32>> = ids.iter().map(|ids| vec![1; ids.len()]).collect();
        let mask = tensor(mask.iter().map(Vec::as_slice), width, 0)?;
        let states = self
            .network
            .states(&tensor(ids.iter().copied(), width, self.padding)?, &mask)?;
        if self.pooling == Pooling::First {
            return states.narrow(1, 0, 1)?.squeeze(1)?.to_vec2();
        }
        let mask = mask.to_dtype(DType::F32)?.unsqueeze(2)?;
        let sums = states.broadcast_mul(&mask)?.sum(1)?;
        sums.broadcast_div(&mask.sum(1)?)?.to_vec2()
    }
}

/// Checks that a model can be run. Reads the small descriptive files of its folder, not the large
/// ones.
pub(crate) fn check_folder(folder: &Path) -> Result<(), EmbedError> {
    Description::read(folder, &file(folder, "config.json")?).map(|_| ())
}

/// Builds a matrix whose rows are padded to `width`.
fn tensor<'a>(
    rows: impl Iterator<Item = &'a [u32]>,
    width: usize,
    padding: u32,
) -> candle_core::Result<Tensor> {
    let fill = |row: &'a [u32]| {
        row.iter()
            .copied()
            .chain(std::iter::repeat_n(padding, width - row.len()))
    };
    let values: Vec<u32> = rows.flat_map(fill).collect();
    let height = values.len().checked_div(width).unwrap_or_default();
    Tensor::from_vec(values, (height, width), &Device::Cpu)
}

fn tokenizer(file: &[u8], max_tokens: usize) -> Result<Tokenizer, EmbedError> {
    let mut tokenizer =
        Tokenizer::from_bytes(file).map_err(|error| unreadable("tokenizer.json", error))?;
    let truncation = TruncationParams {
        max_length: max_tokens,
        ..TruncationParams::default()
    };
    tokenizer
        .with_truncation(Some(truncation))
        .map_err(|error| unreadable("tokenizer.json", error))?;
    // Texts are padded later, to the length of their batch.
    tokenizer.with_padding(None);
    Ok(tokenizer)
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
