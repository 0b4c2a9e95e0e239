//! Measures values in standard deviations.

/// Minimum standard deviation when similarities are standardized: if they hardly differ, they say
/// little.
pub(super) const LEAST_SPREAD: f64 = 0.05;

/// Returns how many standard deviations each value is above the mean of the present values; 0 for a
/// missing one. Each value counts as often as `sample_weights` says.
///
/// `least` is added to the deviation, so that values which hardly differ stay close to 0.
pub(super) fn standardize(values: &[Option<f64>], sample_weights: &[f64], least: f64) -> Vec<f64> {
    let present: Vec<(f64, f64)> = values
        .iter()
        .zip(sample_weights)
        .filter_map(|(value, times)| Some(((*value)?, *times)))
        .collect();
    let count = present.iter().map(|(_, times)| times).sum::<f64>().max(1.0);
    let mean = present
        .iter()
        .map(|(value, times)| value * times)
        .sum::<f64>()
        / count;
    let deviation = (present
        .iter()
        .map(|(value, times)| times * (value - mean).powi(2))
        .sum::<f64>()
        / count)
        .sqrt();
    values
        .iter()
        .map(|value| value.map_or(0.0, |value| (value - mean) / (deviation + least)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_measured_in_standard_deviations() {
        let standardized = standardize(&[Some(0.2), Some(0.4), None, Some(0.9)], &[1.0; 4], 0.05);
        assert!(standardized[3] > 1.0 && standardized[0] < 0.0 && standardized[2] == 0.0);
        assert_eq!(super::standardize(&[Some(0.5)], &[1.0], 0.05), [0.0]);
        assert!(super::standardize(&[], &[], 0.05).is_empty());
    }

    #[test]
    fn a_value_that_stands_for_several_counts_several_times() {
        let once = standardize(
            &[Some(0.2), Some(0.2), Some(0.2), Some(0.9)],
            &[1.0; 4],
            0.05,
        );
        let for_three = standardize(&[Some(0.2), Some(0.9)], &[3.0, 1.0], 0.05);
        assert!((once[0] - for_three[0]).abs() < 1e-9 && (once[3] - for_three[1]).abs() < 1e-9);
    }
}
