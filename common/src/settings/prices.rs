//! The prices of models.
//!
//! Prices change, so the built-in list is only a default that operators can override
//! (`LLM_PRICES`).

/// The prices of a model, in US dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// Price of input tokens that were not cached.
    pub input: f64,
    /// Price of output tokens.
    pub output: f64,
    /// Price of input tokens from the provider's cache.
    pub cached: f64,
}

/// The prices of models, by name. A model's name may end with a date or a version that the list
/// does not contain. An entry of the operator may end with `*` to match all names with its
/// beginning.
#[derive(Debug, Clone, PartialEq)]
pub struct Prices(Vec<(String, Price)>);

/// The value of `LLM_PRICES` is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "use MODEL=INPUT/OUTPUT/CACHED with prices in US dollars per million tokens, separated by commas"
)]
pub struct InvalidPrices;

impl Default for Prices {
    /// Returns the built-in list prices.
    fn default() -> Self {
        let price = |(model, input, output, cached): &(&str, f64, f64, f64)| {
            (
                (*model).to_owned(),
                Price {
                    input: *input,
                    output: *output,
                    cached: *cached,
                },
            )
        };
        Self(LIST_PRICES.iter().map(price).collect())
    }
}

impl Prices {
    /// Returns the list prices with the operator's own prices before them, such as
    /// `gpt-6-luna=0.1/0.5/0.01,llama*=0/0/0`.
    ///
    /// # Errors
    /// [`InvalidPrices`] if an entry has another form or a negative price.
    pub fn with_overrides(text: &str) -> Result<Self, InvalidPrices> {
        let entries = text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty());
        let mut prices = entries.map(parse_entry).collect::<Result<Vec<_>, _>>()?;
        prices.extend(Self::default().0);
        Ok(Self(prices))
    }

    /// Returns the price of a model, if known. Prefixes of gateways and clouds, such as
    /// `us.anthropic.`, are ignored.
    #[must_use]
    pub fn for_model(&self, model: &str) -> Option<Price> {
        let lower = model.rsplit('/').next().unwrap_or(model).to_lowercase();
        let name = lower
            .rsplit_once("anthropic.")
            .map_or(lower.as_str(), |(_, name)| name);
        let rank = |entry: &str| match entry.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning).then_some(beginning.len()),
            None => name
                .strip_prefix(entry)
                .filter(|rest| is_version(rest))
                .map(|_| usize::MAX),
        };
        // `max_by_key` returns the last of equal entries. The list is reversed so that this is the
        // operator's own.
        let matches = self
            .0
            .iter()
            .rev()
            .filter_map(|(entry, price)| Some((rank(entry)?, *price)));
        matches
            .max_by_key(|(rank, _)| *rank)
            .map(|(_, price)| price)
    }
}

/// Returns whether the rest of a model's name is only a version: a date, `latest`, or a cloud's
/// version such as `-v1:0`.
fn is_version(rest: &str) -> bool {
    let (suffix, version) = rest
        .split_once("-v")
        .map_or((rest, None), |(date, version)| (date, Some(version)));
    let is_cloud_version = |version: &str| {
        !version.is_empty() && version.chars().all(|c| c.is_ascii_digit() || c == ':')
    };
    let date = suffix.strip_prefix(['-', '@', ':']).unwrap_or(suffix);
    (date.is_empty() || date == "latest" || is_date(date)) && version.is_none_or(is_cloud_version)
}

fn is_date(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    digits == 8 && text.chars().all(|c| c.is_ascii_digit() || c == '-')
}

fn parse_entry(text: &str) -> Result<(String, Price), InvalidPrices> {
    let (model, prices) = text.split_once('=').ok_or(InvalidPrices)?;
    let numbers: Vec<f64> = prices
        .split('/')
        .map(|number| number.trim().parse())
        .collect::<Result<_, _>>()
        .map_err(|_| InvalidPrices)?;
    let valid = numbers
        .iter()
        .all(|number| number.is_finite() && *number >= 0.0);
    match numbers[..] {
        [input, output, cached] if valid => Ok((
            model.trim().to_lowercase(),
            Price {
                input,
                output,
                cached,
            },
        )),
        _ => Err(InvalidPrices),
    }
}

/// List prices as published by the providers on 2026-11-29: model, input, output, cached input.
/// Some models cost more for prompts above a certain length, which is not considered.
const LIST_PRICES: [(&str, f64, f64, f64); 21] = [
    ("gpt-6.1-sol", 2.0, 10.0, 0.1),
    ("gpt-6.1-terra", 1.0, 5.0, 0.05),
    ("gpt-6-astra", 10.0, 50.0, 1.0),
    ("gpt-6-sol", 2.0, 10.0, 0.2),
    ("gpt-6-luna", 0.1, 0.5, 0.01),
    ("gpt-5.6-terra", 2.0, 12.0, 0.2),
    ("gpt-5.6-luna", 0.2, 1.2, 0.02),
    ("gpt-4.1", 2.0, 8.0, 0.5),
    ("gpt-4.1-mini", 0.4, 1.6, 0.1),
    ("gpt-4.1-nano", 0.1, 0.4, 0.025),
    ("gpt-4o", 2.5, 10.0, 1.25),
    ("gpt-4o-mini", 0.15, 0.6, 0.075),
    ("claude-opus-5-5", 4.0, 20.0, 0.2),
    ("claude-sonnet-5-5", 2.0, 10.0, 0.2),
    ("claude-haiku-5-5", 0.1, 0.5, 0.01),
    ("claude-opus-5", 5.0, 25.0, 0.5),
    ("claude-sonnet-5", 2.0, 10.0, 0.2),
    ("claude-opus-4-5", 5.0, 25.0, 0.5),
    ("claude-sonnet-4-6", 3.0, 15.0, 0.3),
    ("claude-sonnet-4-5", 3.0, 15.0, 0.3),
    ("claude-haiku-4-5", 1.0, 5.0, 0.1),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_never_has_the_price_of_another_model_with_a_similar_name() {
        let prices = Prices::with_overrides("gpt-4.1=1/2/0.5, llama*=0/0/0").unwrap();
        let input = |model: &str| prices.for_model(model).map(|price| price.input);
        for (model, expected) in [
            ("gpt-4.1-mini-2025-04-14", Some(0.4)),
            ("gpt-4.1-2025-04-14", Some(1.0)),
            ("meta/Llama-4-70b", Some(0.0)),
            ("claude-haiku-5-5-20261007", Some(0.1)),
            ("claude-sonnet-4-5-latest", Some(3.0)),
            ("us.anthropic.claude-haiku-4-5-20251001-v1:0", Some(1.0)),
            ("anthropic/claude-opus-5-5", Some(4.0)),
            ("claude-opus-5@20260724", Some(5.0)),
            ("claude-opus-5-5-5", None),
            ("claude-opus-6", None),
            ("gpt-6-luna-pro", None),
            ("gpt-6", None),
            ("gpt-4o-audio-preview", None),
            ("gpt-4.1-turbo", None),
            ("some-model", None),
        ] {
            assert_eq!(input(model), expected, "{model}");
        }
    }

    #[test]
    fn an_invalid_price_list_is_rejected() {
        for text in ["gpt", "gpt=1", "gpt=1/2/x", "gpt=1/2/-3", "gpt=1/2/3/4"] {
            assert_eq!(Prices::with_overrides(text), Err(InvalidPrices), "{text}");
        }
    }
}
