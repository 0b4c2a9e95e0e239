//! What answers cost. Prices change: the table is a starting point that an operator overrides (`LLM_PRICES`), and cost is
//! a metric, not a promise.

use super::Usage;

/// US dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// Tokens read that were not cached.
    pub input: f64,
    /// Tokens written.
    pub output: f64,
    /// Tokens read from the provider's cache.
    pub cached: f64,
}

impl Price {
    /// What these tokens cost, in US dollars.
    #[must_use]
    pub fn of(&self, usage: Usage) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^53")]
        let millions = |tokens: u64| tokens as f64 / 1e6;
        let fresh = usage.input.saturating_sub(usage.cached);
        millions(fresh) * self.input + millions(usage.output) * self.output + millions(usage.cached) * self.cached
    }
}

/// Prices by the beginning of a model's name; the longest beginning counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Prices(Vec<(String, Price)>);

/// A price list that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("prices are MODEL=INPUT/OUTPUT/CACHED in dollars per million tokens, separated by commas")]
pub struct InvalidPrices;

impl Default for Prices {
    /// The known prices.
    fn default() -> Self {
        let price = |(model, input, output, cached): &(&str, f64, f64, f64)| {
            ((*model).to_owned(), Price { input: *input, output: *output, cached: *cached })
        };
        Self(KNOWN.iter().map(price).collect())
    }
}

impl Prices {
    /// The known prices with an operator's own in front, such as `gpt-4.1-mini=0.4/1.6/0.1,llama=0/0/0`.
    ///
    /// # Errors
    /// [`InvalidPrices`]
    pub fn with_overrides(text: &str) -> Result<Self, InvalidPrices> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let mut prices = entries.map(entry).collect::<Result<Vec<_>, _>>()?;
        prices.extend(Self::default().0);
        Ok(Self(prices))
    }

    /// The price of a model, where it is known. A date or a provider's prefix on the name does not matter.
    #[must_use]
    pub fn of(&self, model: &str) -> Option<Price> {
        let name = model.rsplit('/').next().unwrap_or(model).to_lowercase();
        // `max_by_key` keeps the last of equals, so the list is walked from its end: an operator's own price counts.
        let fitting = self.0.iter().rev().filter(|(beginning, _)| name.starts_with(beginning.as_str()));
        fitting.max_by_key(|(beginning, _)| beginning.len()).map(|(_, price)| *price)
    }
}

fn entry(text: &str) -> Result<(String, Price), InvalidPrices> {
    let (model, prices) = text.split_once('=').ok_or(InvalidPrices)?;
    let numbers: Vec<f64> =
        prices.split('/').map(|number| number.trim().parse()).collect::<Result<_, _>>().map_err(|_| InvalidPrices)?;
    let valid = numbers.iter().all(|number| number.is_finite() && *number >= 0.0);
    match numbers[..] {
        [input, output, cached] if valid => Ok((model.trim().to_lowercase(), Price { input, output, cached })),
        _ => Err(InvalidPrices),
    }
}

/// List prices as published by the providers; model, input, output, cached input.
const KNOWN: [(&str, f64, f64, f64); 16] = [
    ("gpt-3.5-turbo", 0.5, 1.5, 0.5),
    ("gpt-4-turbo", 10.0, 30.0, 10.0),
    ("gpt-4o", 2.5, 10.0, 1.25),
    ("gpt-4o-mini", 0.15, 0.6, 0.075),
    ("gpt-4.1", 2.0, 8.0, 0.5),
    ("gpt-4.1-mini", 0.4, 1.6, 0.1),
    ("gpt-4.1-nano", 0.1, 0.4, 0.025),
    ("gpt-5", 1.25, 10.0, 0.125),
    ("gpt-5-mini", 0.25, 2.0, 0.025),
    ("gpt-5-nano", 0.05, 0.4, 0.005),
    ("claude-3-haiku", 0.25, 1.25, 0.03),
    ("claude-3-5-haiku", 0.8, 4.0, 0.08),
    ("claude-haiku-4", 1.0, 5.0, 0.1),
    ("claude-3", 3.0, 15.0, 0.3),
    ("claude-sonnet-4", 3.0, 15.0, 0.3),
    ("claude-opus-4", 15.0, 75.0, 1.5),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_beginning_of_a_name_counts_and_an_operators_price_first() {
        let prices = Prices::with_overrides("gpt-4.1=1/2/0.5, llama=0/0/0").unwrap();
        let input = |model: &str| prices.of(model).map(|price| price.input);
        assert_eq!(input("gpt-4.1-mini-2025-04-14"), Some(0.4));
        assert_eq!(input("gpt-4.1-2025-04-14"), Some(1.0));
        assert_eq!(input("meta/Llama-4-70b"), Some(0.0));
        assert_eq!(input("some-model"), None);
    }

    #[test]
    fn cached_tokens_cost_less() {
        let price = Prices::default().of("gpt-4.1-mini").unwrap();
        let cost = price.of(Usage { input: 1_000_000, output: 100_000, cached: 500_000 });
        assert!((cost - (0.2 + 0.16 + 0.05)).abs() < 1e-9, "{cost}");
    }

    #[test]
    fn a_list_that_cannot_be_read_is_refused() {
        for text in ["gpt", "gpt=1", "gpt=1/2/x", "gpt=1/2/-3", "gpt=1/2/3/4"] {
            assert_eq!(Prices::with_overrides(text), Err(InvalidPrices), "{text}");
        }
    }
}
