//! The supported neural networks.

use std::path::Path;

use candle_core::{Device, Result, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::{bert, xlm_roberta};

use super::super::EmbedError;
use super::files::unreadable;
use super::folder::{Description, Family};
use super::weights::tensors;

/// A loaded network.
pub(super) enum Network {
    Bert(bert::BertModel),
    Roberta(xlm_roberta::XLMRobertaModel),
}

impl Network {
    pub(super) fn load(
        weights: &Path,
        description: &Description,
    ) -> std::result::Result<Self, EmbedError> {
        let tensors = tensors(weights).map_err(|error| unreadable("model.safetensors", error))?;
        let variables = VarBuilder::from_tensors(tensors, bert::DTYPE, &Device::Cpu);
        let network = match description.family {
            Family::Bert => {
                bert::BertModel::load(variables, &description.config()?).map(Self::Bert)
            }
            Family::Roberta => {
                let config = description.config()?;
                let is_inner =
                    variables.contains_tensor("roberta.embeddings.word_embeddings.weight");
                let variables = if is_inner {
                    variables.pp("roberta")
                } else {
                    variables
                };
                xlm_roberta::XLMRobertaModel::new(&config, variables).map(Self::Roberta)
            }
        };
        network.map_err(|error| unreadable("model.safetensors", error))
    }

    /// Computes a vector for each token.
    pub(super) fn states(&self, ids: &Tensor, mask: &Tensor) -> Result<Tensor> {
        let types = ids.zeros_like()?;
        match self {
            Self::Bert(model) => model.forward(ids, &types, Some(mask)),
            Self::Roberta(model) => model.forward(ids, mask, &types, None, None, None),
        }
    }
}
