//! Reads the descriptive files in a model's folder.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::super::{EmbedError, Prefixes};
use super::files::{file, unreadable};

/// Maximum number of tokens of a text. The cost of attention grows with the square of the length.
const MAX_TOKENS: usize = 512;

/// A sentence model, as its files describe it.
pub(super) struct Description {
    pub(super) family: Family,
    /// `config.json` with defaults for missing values.
    config: Value,
    pub(super) pooling: Pooling,
    pub(super) max_tokens: usize,
    pub(super) prefixes: Prefixes,
}

/// How a network numbers positions and names its weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// BERT: positions start at 0.
    Bert,
    /// RoBERTa and XLM-RoBERTa: positions start at the padding id plus 1; padding has no position.
    Roberta,
}

/// How the vectors of tokens are combined into the vector of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pooling {
    /// The mean of all token vectors.
    Mean,
    /// The vector of the first token.
    First,
}

impl Description {
    /// Reads the description of the model in `folder`.
    pub(super) fn read(folder: &Path, config: &[u8]) -> Result<Self, EmbedError> {
        let config = with_defaults(parse("config.json", config)?);
        let family = family(&config)?;
        check_modules(optional(folder, "modules.json")?.as_ref())?;
        let pooling = optional(folder, "1_Pooling/config.json")?;
        let limits = optional(folder, "sentence_bert_config.json")?;
        let prompts = optional(folder, "config_sentence_transformers.json")?;
        let prompts = prompts
            .map(|prompts| Prefixes::from_prompts(&prompts))
            .unwrap_or_default();
        Ok(Self {
            family,
            pooling: pooling.map_or(Ok(Pooling::Mean), |file| Pooling::read(&file))?,
            max_tokens: max_tokens(family, &config, limits.as_ref()),
            prefixes: prompts.or(prefixes_by_name(folder, &config)),
            config,
        })
    }

    /// Returns the configuration in the form that a network expects.
    pub(super) fn config<T: DeserializeOwned>(&self) -> Result<T, EmbedError> {
        T::deserialize(&self.config).map_err(|error| unreadable("config.json", error))
    }

    /// Returns a number of the configuration, or 0.
    pub(super) fn number(&self, name: &str) -> usize {
        number(&self.config, name).unwrap_or_default()
    }
}

impl Pooling {
    fn read(file: &Value) -> Result<Self, EmbedError> {
        let flag = |name: &str| file[name].as_bool().unwrap_or_default();
        // Newer versions name one mode; older ones have a flag for each.
        let (is_mean, is_first) = match file["pooling_mode"].as_str() {
            Some(mode) => (mode == "mean", mode == "cls"),
            None => (
                flag("pooling_mode_mean_tokens"),
                flag("pooling_mode_cls_token"),
            ),
        };
        let others = [
            "max_tokens",
            "mean_sqrt_len_tokens",
            "weightedmean_tokens",
            "lasttoken",
        ];
        let is_other = others
            .iter()
            .any(|name| flag(&format!("pooling_mode_{name}")));
        match (is_mean, is_first, is_other) {
            (true, false, false) => Ok(Self::Mean),
            (false, true, false) => Ok(Self::First),
            _ => Err(unreadable(
                "1_Pooling/config.json",
                "only mean and cls pooling are supported",
            )),
        }
    }
}

/// Adds the defaults of the libraries that write `config.json`.
fn with_defaults(config: Map<String, Value>) -> Value {
    let mut all = json!({
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "initializer_range": 0.02,
        "layer_norm_eps": 1e-12,
        "position_embedding_type": "absolute",
        "type_vocab_size": 2,
        "pad_token_id": 0,
    });
    for (name, value) in config.into_iter().filter(|(_, value)| !value.is_null()) {
        all[name] = value;
    }
    all
}

fn family(config: &Value) -> Result<Family, EmbedError> {
    if config["position_embedding_type"] != "absolute" {
        return Err(unreadable(
            "config.json",
            "only absolute positions are supported",
        ));
    }
    match config["model_type"].as_str() {
        Some("bert") => Ok(Family::Bert),
        Some("xlm-roberta" | "roberta" | "camembert") => Ok(Family::Roberta),
        _ => Err(unreadable(
            "config.json",
            "model_type must be bert, xlm-roberta, roberta or camembert",
        )),
    }
}

/// Rejects further layers such as `2_Dense`: without them, the vectors would be wrong.
fn check_modules(file: Option<&Value>) -> Result<(), EmbedError> {
    let modules = file.and_then(Value::as_array).into_iter().flatten();
    let mut kinds = modules.filter_map(|module| module["type"].as_str()?.rsplit('.').next());
    match kinds.find(|kind| !matches!(*kind, "Transformer" | "Pooling" | "Normalize")) {
        None => Ok(()),
        Some(other) => Err(unreadable(
            "modules.json",
            format_args!("a layer of the kind {other} is not supported"),
        )),
    }
}

fn max_tokens(family: Family, config: &Value, limits: Option<&Value>) -> usize {
    let own = limits
        .and_then(|limits| number(limits, "max_seq_length"))
        .unwrap_or(MAX_TOKENS);
    let positions = number(config, "max_position_embeddings").unwrap_or(MAX_TOKENS);
    let unused = match family {
        Family::Bert => 0,
        Family::Roberta => number(config, "pad_token_id").unwrap_or_default() + 1,
    };
    own.min(positions.saturating_sub(unused))
        .clamp(1, MAX_TOKENS)
}

/// Derives the prefixes from the name of the folder or of the original model.
fn prefixes_by_name(folder: &Path, config: &Value) -> Prefixes {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let own = folder
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let original = config["_name_or_path"]
        .as_str()
        .and_then(|name| name.rsplit('/').next())
        .unwrap_or_default();
    Prefixes::for_model_name(&own).or(Prefixes::for_model_name(original))
}

fn number(file: &Value, name: &str) -> Option<usize> {
    file[name]
        .as_u64()
        .and_then(|number| number.try_into().ok())
}

fn optional(folder: &Path, name: &'static str) -> Result<Option<Value>, EmbedError> {
    if folder.join(name).exists() {
        parse(name, &file(folder, name)?).map(Some)
    } else {
        Ok(None)
    }
}

fn parse<T: DeserializeOwned>(name: &'static str, text: &[u8]) -> Result<T, EmbedError> {
    serde_json::from_slice(text).map_err(|error| unreadable(name, error))
}

#[cfg(test)]
mod tests;
