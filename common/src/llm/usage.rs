//! The token usage of model responses, and its cost.

use serde::{Deserialize, Serialize};

use crate::settings::Price;

/// Price of an input token that is written to the cache, relative to the normal price. It applies
/// to OpenAI's models from GPT-5.6 on, and to Anthropic's cache of five minutes.
const CACHE_WRITE_FACTOR: f64 = 1.25;

/// The tokens of one or more responses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Input tokens, including cached ones.
    pub input: u64,
    /// Output tokens.
    pub output: u64,
    /// Input tokens that the provider read from its cache.
    pub cached: u64,
    /// Input tokens that the provider wrote to its cache.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub written: u64,
}

impl Usage {
    /// Returns the cost at these prices, in US dollars. An estimate for metrics.
    #[must_use]
    pub fn cost(self, price: Price) -> f64 {
        let uncached = self
            .input
            .saturating_sub(self.cached)
            .saturating_sub(self.written);
        millions(uncached) * price.input
            + millions(self.written) * price.input * CACHE_WRITE_FACTOR
            + millions(self.output) * price.output
            + millions(self.cached) * price.cached
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "token counts are far below 2^53"
)]
fn millions(tokens: u64) -> f64 {
    tokens as f64 / 1e6
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, more: Self) {
        self.input += more.input;
        self.output += more.output;
        self.cached += more.cached;
        self.written += more.written;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Prices;

    #[test]
    fn cached_tokens_cost_less() {
        let price = Prices::default().for_model("gpt-4.1-mini").unwrap();
        let usage = Usage {
            input: 1_000_000,
            output: 100_000,
            cached: 500_000,
            written: 0,
        };
        let cost = usage.cost(price);
        assert!((cost - (0.2 + 0.16 + 0.05)).abs() < 1e-9, "{cost}");
        let written = Usage {
            written: 100_000,
            ..usage
        };
        let cost = written.cost(price);
        assert!(
            (cost - (0.16 + 0.05 + 0.16 + 0.05)).abs() < 1e-9,
            "tokens written to the cache must cost more: {cost}"
        );
    }
}
