//! Reads variables one by one and collects what is wrong.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as ChoiceError;
use url::Url;

use super::{AllowList, Prices};
use crate::arguments::parse_flag;
use crate::http_client::may_carry_key;
use crate::memory::{Importance, StoreSensitive};

/// A setting that is missing or wrong. Holds no value, because a value in the wrong place may be a
/// secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable.
    pub name: &'static str,
    /// What it should be.
    pub what: String,
}

/// All settings that are missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError(pub Vec<Problem>);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("settings: ")?;
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{} {}", problem.name, problem.what)?;
        }
        Ok(())
    }
}

impl std::error::Error for SettingsError {}

pub(super) struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            lookup,
            problems: Vec::new(),
        }
    }

    pub(super) fn finish<T>(self, settings: T) -> Result<T, SettingsError> {
        if self.problems.is_empty() {
            Ok(settings)
        } else {
            Err(SettingsError(self.problems))
        }
    }

    pub(super) fn problem(&mut self, name: &'static str, what: impl Into<String>) {
        self.problems.push(Problem {
            name,
            what: what.into(),
        });
    }

    /// Reads a variable. A blank one counts as not set.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        (self.lookup)(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    pub(super) fn choice<T: for<'de> Deserialize<'de>>(
        &mut self,
        name: &'static str,
        default: &'static str,
        options: &str,
    ) -> T {
        let value = self
            .text(name)
            .unwrap_or_else(|| default.to_owned())
            .to_ascii_lowercase();
        parse_choice(&value).unwrap_or_else(|| {
            self.problem(name, format!("must be {options}"));
            parse_choice(default)
                .unwrap_or_else(|| unreachable!("{name}: {default} is one of {options}"))
        })
    }

    /// Like [`choice`](Self::choice), but `None` if it is not set.
    pub(super) fn optional_choice<T: for<'de> Deserialize<'de>>(
        &mut self,
        name: &'static str,
        options: &str,
    ) -> Option<T> {
        let choice = parse_choice(&self.text(name)?.to_ascii_lowercase());
        if choice.is_none() {
            self.problem(name, format!("must be {options}"));
        }
        choice
    }

    pub(super) fn flag(&mut self, name: &'static str, default: bool) -> bool {
        let Some(text) = self.text(name) else {
            return default;
        };
        parse_flag(&text).unwrap_or_else(|| {
            self.problem(name, "must be true or false");
            default
        })
    }

    pub(super) fn number<T>(
        &mut self,
        name: &'static str,
        default: T,
        range: RangeInclusive<T>,
    ) -> T
    where
        T: FromStr + PartialOrd + fmt::Display + Copy,
    {
        let Some(text) = self.text(name) else {
            return default;
        };
        match text.parse() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                self.problem(
                    name,
                    format!("must be a number from {} to {}", range.start(), range.end()),
                );
                default
            }
        }
    }

    /// Like [`number`](Self::number), but `None` if it is not set.
    pub(super) fn optional_number<T>(
        &mut self,
        name: &'static str,
        range: RangeInclusive<T>,
    ) -> Option<T>
    where
        T: FromStr + PartialOrd + fmt::Display + Copy,
    {
        self.text(name)?;
        Some(self.number(name, *range.start(), range))
    }

    pub(super) fn importance(&mut self, name: &'static str, default: Importance) -> Importance {
        Importance::clamped(self.number(name, i64::from(default.get()), 1..=10))
    }

    pub(super) fn fraction(&mut self, name: &'static str, default: f64) -> f64 {
        self.number(name, default, 0.0..=1.0)
    }

    pub(super) fn milliseconds(&mut self, name: &'static str, default: u64) -> Duration {
        Duration::from_millis(self.number(name, default, 10..=900_000))
    }

    pub(super) fn optional_url(&mut self, name: &'static str) -> Option<Url> {
        let text = self.text(name)?;
        let url = Url::parse(&text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if url.is_none() {
            let what = match text.is_ascii() {
                true => "must be an http:// or https:// URL",
                false => "must be an http:// or https:// URL whose host name is in ASCII (xn--…)",
            };
            self.problem(name, what);
        }
        url
    }

    /// Reads the address of a service that receives a key or callers' words.
    pub(super) fn optional_service_url(&mut self, name: &'static str) -> Option<Url> {
        let url = self.optional_url(name)?;
        if !may_carry_key(&url, self.text("PLAIN_HTTP_HOSTS").as_deref()) {
            self.problem(
                name,
                "must be https: over http, others can read keys and what callers said. If only trusted \
                 machines share the network, name the host in PLAIN_HTTP_HOSTS",
            );
        }
        Some(url)
    }

    pub(super) fn required(&mut self, name: &'static str) -> String {
        self.text(name).unwrap_or_else(|| {
            self.problem(name, "is required");
            String::new()
        })
    }

    pub(super) fn required_url(&mut self, name: &'static str) -> Url {
        if self.text(name).is_none() {
            self.problem(name, "is required");
        }
        self.optional_url(name)
            .unwrap_or_else(|| literal_url("http://unset.invalid"))
    }

    /// Like [`optional_service_url`](Self::optional_service_url), with a default address.
    pub(super) fn service_url(&mut self, name: &'static str, default: &str) -> Url {
        self.optional_service_url(name)
            .unwrap_or_else(|| literal_url(default))
    }

    /// Like [`optional_service_url`](Self::optional_service_url), but required.
    pub(super) fn required_service_url(&mut self, name: &'static str) -> Url {
        let url = self.optional_service_url(name);
        if self.text(name).is_none() {
            self.problem(name, "is required");
        }
        url.unwrap_or_else(|| literal_url("http://unset.invalid"))
    }

    pub(super) fn prices(&mut self, name: &'static str) -> Prices {
        let text = self.text(name).unwrap_or_default();
        Prices::with_overrides(&text).unwrap_or_else(|invalid| {
            self.problem(name, format!("cannot be read: {invalid}"));
            Prices::default()
        })
    }

    pub(super) fn store_sensitive(&mut self, name: &'static str) -> StoreSensitive {
        let text = self.text(name).unwrap_or_default();
        StoreSensitive::parse(&text).unwrap_or_else(|invalid| {
            self.problem(name, format!("must be {invalid}"));
            StoreSensitive::default()
        })
    }

    pub(super) fn allow_list(&mut self, name: &'static str) -> AllowList {
        let text = self.text(name).unwrap_or_default();
        AllowList::parse(&text).unwrap_or_else(|_| {
            self.problem(
                name,
                "must be addresses or networks such as 203.0.113.0/24, separated by commas",
            );
            AllowList::default()
        })
    }
}

fn parse_choice<T: for<'de> Deserialize<'de>>(choice: &str) -> Option<T> {
    let deserializer: serde::de::value::StrDeserializer<'_, ChoiceError> =
        choice.into_deserializer();
    T::deserialize(deserializer).ok()
}

#[expect(clippy::expect_used, reason = "only called with literals")]
fn literal_url(literal: &str) -> Url {
    Url::parse(literal).expect("a literal URL")
}
