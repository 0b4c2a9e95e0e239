//! The importance of a memory.

use serde::{Deserialize, Serialize};

/// The importance of a memory: an integer from 1 (trivial) to 10 (must not be forgotten).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Importance(u8);

/// The number is not between 1 and 10.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("importance must be a whole number from 1 to 10")]
pub struct ImportanceOutOfRange;

impl Importance {
    /// The lowest importance, 1.
    pub const MIN: Self = Self(1);
    /// The default importance, 5, for memories without a rating.
    pub const MIDDLE: Self = Self(5);
    /// The highest importance, 10.
    pub const MAX: Self = Self(10);

    /// Clamps a number to the range from 1 to 10.
    #[must_use]
    pub fn clamped(number: i64) -> Self {
        Self(number.clamp(1, 10) as u8)
    }

    /// Returns the importance as a number from 1 to 10.
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
