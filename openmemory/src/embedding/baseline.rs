//! The cosine that a model gives texts that have nothing to do with each other.

use super::{EmbedError, Embedder};

/// Questions that none of the [`PASSAGES`] answers.
const QUESTIONS: [&str; 4] = [
    "shoe size",
    "What is the dog called?",
    "Lieferadresse",
    "¿Cuándo es la cita?",
];
/// Made-up memories.
const PASSAGES: [&str; 4] = [
    "Pays by bank transfer at the end of the month.",
    "The kitchen window was broken in the storm.",
    "Er arbeitet nachts in einer Bäckerei.",
    "Le gusta el café sin azúcar.",
];

/// Returns the mean cosine over all pairs of a question and a memory.
pub(super) async fn unrelated_cosine(embedder: &Embedder) -> Result<f64, EmbedError> {
    let (questions, passages) =
        tokio::try_join!(embedder.questions(&QUESTIONS), embedder.passages(&PASSAGES))?;
    let pairs = questions
        .iter()
        .flat_map(|question| passages.iter().map(move |passage| question.cosine(passage)));
    let cosines: Vec<f64> = pairs.collect::<Option<_>>().ok_or(EmbedError::Unusable)?;
    Ok(cosines.iter().sum::<f64>() / cosines.len() as f64)
}
