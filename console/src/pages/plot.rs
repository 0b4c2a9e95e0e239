//! A small plot of bars.

/// Height of the plot, in its own units.
const HEIGHT: usize = 80;
/// Distance from one bar to the next.
const STEP: usize = 24;

/// A plot with one bar for each value.
pub(crate) struct Plot {
    pub(crate) bars: Vec<Bar>,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// A bar of a plot.
pub(crate) struct Bar {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) height: usize,
    /// What the value belongs to.
    pub(crate) label: String,
    pub(crate) value: u64,
}

impl Plot {
    /// Draws labelled values from left to right. The largest one has the full height.
    pub(crate) fn new(values: Vec<(String, u64)>) -> Self {
        let most = values.iter().map(|(_, value)| *value).max().unwrap_or(0);
        let width = values.len().max(1) * STEP;
        let bars = values.into_iter().enumerate().map(|(index, value)| {
            let height = height_of(value.1, most);
            Bar {
                x: index * STEP,
                y: HEIGHT - height,
                height,
                label: value.0,
                value: value.1,
            }
        });
        Self {
            bars: bars.collect(),
            width,
            height: HEIGHT,
        }
    }
}

/// Rounds up, so that a small value is still visible.
fn height_of(value: u64, most: u64) -> usize {
    let scaled = u128::from(value) * HEIGHT as u128;
    usize::try_from(scaled.div_ceil(u128::from(most.max(1)))).unwrap_or(HEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heights(values: &[u64]) -> Vec<usize> {
        let labelled = values.iter().map(|value| (String::new(), *value));
        let plot = Plot::new(labelled.collect());
        plot.bars.iter().map(|bar| bar.height).collect()
    }

    #[test]
    fn bars_scale_with_the_largest_value_and_small_ones_stay_visible() {
        assert_eq!(heights(&[0, 1, 500, 1000]), [0, 1, 40, 80]);
        assert_eq!(heights(&[0, 0]), [0, 0]);
        assert_eq!(heights(&[u64::MAX]), [80]);
        assert!(heights(&[]).is_empty());
    }
}
