//! Embeddings of texts.

use std::fmt;
use std::sync::Arc;

/// A unit vector in the space of one embedding model. Only vectors of the same space can be
/// compared. `Debug` hides the numbers, because a text can be guessed from them.
#[derive(Clone, PartialEq)]
pub(crate) struct Vector {
    pub(crate) space: Arc<str>,
    values: Vec<f32>,
}

impl Vector {
    /// Scales a vector to length 1. Returns `None` for zero, infinite or NaN vectors.
    pub(crate) fn new(space: Arc<str>, mut values: Vec<f32>) -> Option<Self> {
        let length = values
            .iter()
            .map(|value| f64::from(*value).powi(2))
            .sum::<f64>()
            .sqrt();
        if !length.is_finite() || length <= f64::EPSILON {
            return None;
        }
        values
            .iter_mut()
            .for_each(|value| *value = (f64::from(*value) / length) as f32);
        Some(Self { space, values })
    }

    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    /// The cosine of the angle between two vectors, from -1 to 1; `None` if their spaces differ.
    pub(crate) fn cosine(&self, other: &Self) -> Option<f64> {
        if self.space != other.space || self.values.len() != other.values.len() {
            return None;
        }
        Some(f64::from(dot_product(&self.values, &other.values)).clamp(-1.0, 1.0))
    }
}

/// How similar a memory's vector is to a question and to all memories, each from -1 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct VectorSimilarity {
    /// Cosine with the question's vector.
    pub(crate) to_query: f64,
    /// Dot product with the mean of all the caller's vectors. Large if the memory says what most of
    /// them say.
    pub(crate) to_mean: f64,
}

impl VectorSimilarity {
    /// Compares each vector with a question and with the mean of all. Skips vectors of other
    /// spaces.
    pub(crate) fn compare_all<Id>(
        vectors: Vec<(Id, Vector)>,
        question: &Vector,
    ) -> Vec<(Id, Self)> {
        let compared: Vec<(Id, f64, Vector)> = vectors
            .into_iter()
            .filter_map(|(id, vector)| Some((id, vector.cosine(question)?, vector)))
            .collect();
        let mut mean = vec![0.0; question.values.len()];
        for (_, _, vector) in &compared {
            mean.iter_mut()
                .zip(&vector.values)
                .for_each(|(sum, value)| *sum += value);
        }
        mean.iter_mut()
            .for_each(|sum| *sum /= compared.len() as f32);
        compared
            .into_iter()
            .map(|(id, to_query, vector)| {
                let to_mean = f64::from(dot_product(&vector.values, &mean));
                (id, Self { to_query, to_mean })
            })
            .collect()
    }
}

fn dot_product(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

impl fmt::Debug for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vector")
            .field("space", &self.space)
            .field("dimensions", &self.values.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_of_different_spaces_are_not_compared() {
        let of = |space: &str, values: &[f32]| Vector::new(space.into(), values.to_vec()).unwrap();
        let one = of("a", &[3.0, 4.0]);
        assert!((one.cosine(&of("a", &[30.0, 40.0])).unwrap() - 1.0).abs() < 1e-6);
        assert_eq!(one.cosine(&of("b", &[3.0, 4.0])), None);
        assert!(Vector::new("a".into(), vec![0.0, 0.0]).is_none());
        assert!(Vector::new("a".into(), vec![f32::NAN]).is_none());
    }

    #[test]
    fn each_vector_is_compared_with_the_question_and_the_mean() {
        let of = |space: &str, values: &[f32]| Vector::new(space.into(), values.to_vec()).unwrap();
        let vectors = vec![
            (1, of("a", &[1.0, 0.0])),
            (2, of("a", &[0.0, 1.0])),
            (3, of("b", &[1.0, 0.0])),
        ];
        let near = VectorSimilarity::compare_all(vectors, &of("a", &[0.0, 2.0]));
        assert_eq!(
            near,
            [
                (
                    1,
                    VectorSimilarity {
                        to_query: 0.0,
                        to_mean: 0.5
                    }
                ),
                (
                    2,
                    VectorSimilarity {
                        to_query: 1.0,
                        to_mean: 0.5
                    }
                )
            ]
        );
        assert!(
            VectorSimilarity::compare_all(Vec::<(u8, Vector)>::new(), &of("a", &[1.0])).is_empty()
        );
    }
}
