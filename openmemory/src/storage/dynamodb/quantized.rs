//! Vectors with one byte for each dimension: a quarter of the size, and as good for ranking.

use std::sync::Arc;

use crate::memory::Vector;

/// Bytes of the scale before the values.
const SCALE_BYTES: usize = 4;
const STEPS: f32 = 127.0;

/// Encodes a vector as its largest value and a signed byte for each dimension.
pub(super) fn encode(vector: &Vector) -> Vec<u8> {
    let largest = vector
        .values()
        .iter()
        .fold(f32::MIN_POSITIVE, |most, value| most.max(value.abs()));
    let mut encoded = largest.to_le_bytes().to_vec();
    let values = vector.values().iter();
    encoded.extend(values.map(|value| (value / largest * STEPS).round() as i8 as u8));
    encoded
}

/// Decodes a vector; `None` if the bytes are not one.
pub(super) fn decode(space: &Arc<str>, encoded: &[u8]) -> Option<Vector> {
    let (scale, values) = encoded.split_first_chunk::<SCALE_BYTES>()?;
    let step = f32::from_le_bytes(*scale) / STEPS;
    let values = values.iter().map(|byte| f32::from(*byte as i8) * step);
    Vector::new(Arc::clone(space), values.collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_decoded_vector_has_nearly_the_same_direction(
            values in prop::collection::vec(-1.0f32..1.0, 8..400)
        ) {
            let space: Arc<str> = "a".into();
            if let Some(vector) = Vector::new(Arc::clone(&space), values) {
                let decoded = decode(&space, &encode(&vector)).unwrap();
                prop_assert!(vector.cosine(&decoded).unwrap() > 0.999);
            }
        }
    }

    #[test]
    fn bytes_without_a_vector_are_refused() {
        assert!(decode(&"a".into(), &[1, 2]).is_none());
        assert!(decode(&"a".into(), &[0; 12]).is_none());
    }
}
