//! How much a memory matters.

use serde::{Deserialize, Serialize};

/// A whole number from 1 (trivia) to 10 (must not be forgotten).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Importance(u8);

/// A number outside 1 to 10.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("importance is a whole number from 1 to 10")]
pub struct ImportanceOutOfRange;

impl Importance {
    /// The least importance, 1.
    pub const MIN: Self = Self(1);
    /// The middle, 5: for what nobody weighed.
    pub const MIDDLE: Self = Self(5);
    /// The greatest importance, 10.
    pub const MAX: Self = Self(10);

    /// The nearest importance to any number.
    #[must_use]
    pub fn clamped(number: i64) -> Self {
        Self(number.clamp(1, 10) as u8)
    }

    /// 1 to 10.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Importance {
    type Error = ImportanceOutOfRange;

    fn try_from(number: u8) -> Result<Self, ImportanceOutOfRange> {
        if (1..=10).contains(&number) {
            Ok(Self(number))
        } else {
            Err(ImportanceOutOfRange)
        }
    }
}

impl From<Importance> for u8 {
    fn from(importance: Importance) -> Self {
        importance.0
    }
}
