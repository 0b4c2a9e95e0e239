//! Plain vectors of whole texts, without ranking. The benchmark compares the service with them.

use text::search_words;

use super::embedded_text::{EmbeddedText, look_up};
use super::{EmbedError, Embedder, Embeddings, Table};
use crate::memory::Vector;

/// Texts embedded in one batch.
const BATCH_SIZE: usize = 32;

/// Makes plain vectors: the mean of the bundled word vectors, or those of a model.
#[derive(Debug)]
pub struct PlainVectors(Source);

/// Where vectors come from.
#[derive(Debug)]
enum Source {
    Table(&'static Table),
    Model(Box<Embedder>),
}

impl PlainVectors {
    /// Opens the plain vectors of an embedding. Returns `None` if the embedding has none.
    ///
    /// # Errors
    /// The model cannot be opened.
    pub async fn open(embeddings: &Embeddings) -> Result<Option<Self>, EmbedError> {
        let source = match embeddings {
            Embeddings::Static => Table::bundled().map(Source::Table),
            other => Embedder::open(other, None)
                .await?
                .map(Box::new)
                .map(Source::Model),
        };
        Ok(source.map(Self))
    }

    /// Embeds memories. Each vector has length 1; a text of unknown words has only zeros.
    ///
    /// # Errors
    /// The model failed or did not answer.
    pub async fn memories(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        match &self.0 {
            Source::Table(table) => Ok(texts.iter().map(|text| mean(table, text)).collect()),
            Source::Model(model) => {
                let mut vectors = Vec::new();
                for part in texts.chunks(BATCH_SIZE) {
                    vectors.extend(model.passages(part).await?.iter().map(values));
                }
                Ok(vectors)
            }
        }
    }

    /// Embeds a question.
    ///
    /// # Errors
    /// The model failed or did not answer.
    pub async fn question(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        match &self.0 {
            Source::Table(table) => Ok(mean(table, text)),
            Source::Model(model) => model.question(text).await.map(|vector| values(&vector)),
        }
    }
}

fn mean(table: &Table, text: &str) -> Vec<f32> {
    let words = search_words(text);
    let matches = words.iter().flat_map(|word| look_up(table, word));
    EmbeddedText::new(table, matches.map(|table_match| (table_match, 1.0))).into_mean()
}

fn values(vector: &Vector) -> Vec<f32> {
    vector.values().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn static_vectors_of_related_texts_are_closer_than_of_unrelated_texts() {
        let plain = PlainVectors::open(&Embeddings::Static)
            .await
            .unwrap()
            .unwrap();
        let question = plain.question("delivery address").await.unwrap();
        let memories = plain
            .memories(&["She lives at 14 Quay Street.", "She is allergic to nuts."])
            .await
            .unwrap();
        let cosine = |memory: &[f32]| {
            memory
                .iter()
                .zip(&question)
                .map(|(one, other)| one * other)
                .sum::<f32>()
        };
        assert!(cosine(&memories[0]) > cosine(&memories[1]));
        let length = question.iter().map(|value| value * value).sum::<f32>();
        assert!((length - 1.0).abs() < 1e-4, "{length}");
    }

    #[tokio::test]
    async fn lexical_embeddings_have_no_vectors() {
        assert!(
            PlainVectors::open(&Embeddings::Lexical)
                .await
                .unwrap()
                .is_none()
        );
    }
}
