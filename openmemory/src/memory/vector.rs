//! The meaning of a text as numbers.

use std::fmt;
use std::sync::Arc;

/// A direction of length 1 in the space of one embedding; only vectors of the same space can be compared.
/// `Debug` shows no numbers: a text can be guessed from them.
#[derive(Clone, PartialEq)]
pub(crate) struct Vector {
    pub(crate) space: Arc<str>,
    values: Vec<f32>,
}

impl Vector {
    /// Scales to length 1; `None` when there is no direction in it.
    pub(crate) fn new(space: Arc<str>, mut values: Vec<f32>) -> Option<Self> {
        let length = values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
        if !length.is_finite() || length <= f64::EPSILON {
            return None;
        }
        values.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
        Some(Self { space, values })
    }

    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    /// The cosine of the angle between two vectors, -1..=1; `None` when they are of different spaces.
    pub(crate) fn cosine(&self, other: &Self) -> Option<f64> {
        if self.space != other.space || self.values.len() != other.values.len() {
            return None;
        }
        let product: f32 = self.values.iter().zip(&other.values).map(|(one, other)| one * other).sum();
        Some(f64::from(product).clamp(-1.0, 1.0))
    }
}

impl fmt::Debug for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vector").field("space", &self.space).field("dimensions", &self.values.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_vectors_of_one_space_are_compared() {
        let of = |space: &str, values: &[f32]| Vector::new(space.into(), values.to_vec()).unwrap();
        let one = of("a", &[3.0, 4.0]);
        assert!((one.cosine(&of("a", &[30.0, 40.0])).unwrap() - 1.0).abs() < 1e-6);
        assert_eq!(one.cosine(&of("b", &[3.0, 4.0])), None);
        assert!(Vector::new("a".into(), vec![0.0, 0.0]).is_none());
        assert!(Vector::new("a".into(), vec![f32::NAN]).is_none());
    }
}
