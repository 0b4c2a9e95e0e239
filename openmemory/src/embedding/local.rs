//! A sentence model of the MiniLM kind (BERT, mean pooling), run in this process without Python.

use std::fmt;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config, DTYPE};
use sha2::{Digest, Sha256};
use tokenizers::{PaddingParams, Tokenizer, TruncationParams};

use super::EmbedError;

/// Tokens of a text that are looked at; MiniLM was trained on no more.
const MAX_TOKENS: usize = 256;
/// Texts that go through the model together.
const BATCH: usize = 16;
/// Of the weights, what the fingerprint looks at: the first and the last so many bytes.
const SAMPLE: usize = 1 << 20;

pub(super) struct Local {
    model: BertModel,
    tokenizer: Tokenizer,
    fingerprint: String,
    #[cfg(feature = "postgres")]
    dimensions: usize,
}

impl Local {
    /// Reads a model from its folder.
    pub(super) fn load(folder: &Path) -> Result<Self, EmbedError> {
        let config = file(folder, "config.json")?;
        let words = file(folder, "tokenizer.json")?;
        let weights = file(folder, "model.safetensors")?;
        let fingerprint = fingerprint(&[&config, &words, &weights]);
        let config: Config = serde_json::from_slice(&config).map_err(|error| broken("config.json", error))?;
        let tokenizer = tokenizer(&words)?;
        let variables = VarBuilder::from_buffered_safetensors(weights, DTYPE, &Device::Cpu)
            .map_err(|error| broken("model.safetensors", error))?;
        let model = BertModel::load(variables, &config).map_err(|error| broken("model.safetensors", error))?;
        Ok(Self {
            model,
            tokenizer,
            fingerprint,
            #[cfg(feature = "postgres")]
            dimensions: config.hidden_size,
        })
    }

    /// Names the model by what is in its files.
    pub(super) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    #[cfg(feature = "postgres")]
    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// The vectors of some texts, in their order.
    pub(super) fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH) {
            let tokens = self.tokenizer.encode_batch(batch.to_vec(), true);
            let tokens = tokens.map_err(|error| EmbedError::Inference(error.to_string()))?;
            let ids: Vec<&[u32]> = tokens.iter().map(|tokens| tokens.get_ids()).collect();
            let mask: Vec<&[u32]> = tokens.iter().map(|tokens| tokens.get_attention_mask()).collect();
            vectors.extend(self.pooled(&ids, &mask).map_err(|error| EmbedError::Inference(error.to_string()))?);
        }
        Ok(vectors)
    }

    /// The mean over the tokens that are there.
    fn pooled(&self, ids: &[&[u32]], mask: &[&[u32]]) -> candle_core::Result<Vec<Vec<f32>>> {
        let ids = tensor(ids)?;
        let mask = tensor(mask)?;
        let states = self.model.forward(&ids, &ids.zeros_like()?, Some(&mask))?;
        let mask = mask.to_dtype(DType::F32)?.unsqueeze(2)?;
        let sums = states.broadcast_mul(&mask)?.sum(1)?;
        sums.broadcast_div(&mask.sum(1)?)?.to_vec2()
    }
}

fn tensor(rows: &[&[u32]]) -> candle_core::Result<Tensor> {
    let width = rows.first().map_or(0, |row| row.len());
    Tensor::from_vec(rows.concat(), (rows.len(), width), &Device::Cpu)
}

fn tokenizer(file: &[u8]) -> Result<Tokenizer, EmbedError> {
    let mut tokenizer = Tokenizer::from_bytes(file).map_err(|error| broken("tokenizer.json", error))?;
    let truncation = TruncationParams { max_length: MAX_TOKENS, ..TruncationParams::default() };
    tokenizer.with_truncation(Some(truncation)).map_err(|error| broken("tokenizer.json", error))?;
    tokenizer.with_padding(Some(PaddingParams::default()));
    Ok(tokenizer)
}

fn file(folder: &Path, name: &'static str) -> Result<Vec<u8>, EmbedError> {
    std::fs::read(folder.join(name)).map_err(|error| broken(name, error))
}

fn broken(file: &'static str, error: impl fmt::Display) -> EmbedError {
    EmbedError::Model { file, reason: error.to_string() }
}

fn fingerprint(files: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for file in files {
        hash.update((file.len() as u64).to_le_bytes());
        hash.update(&file[..file.len().min(SAMPLE)]);
        hash.update(&file[file.len().saturating_sub(SAMPLE)..]);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}
