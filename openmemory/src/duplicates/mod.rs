//! Whether two memories say the same.
//!
//! Losing a fact is worse than keeping it twice, so everything here leans towards "different":
//! numbers and names must be equal, negations and other turning words must be there on both sides,
//! and a new memory that says anything beyond the old one is a new memory.

mod modifiers;
mod normalized;
mod similarity;
mod synonyms;

pub(crate) use normalized::NormalizedText;
pub(crate) use similarity::{is_duplicate, similarity};
pub(crate) use synonyms::canonical;
