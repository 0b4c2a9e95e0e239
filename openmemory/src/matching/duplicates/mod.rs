//! Decides whether two memories say the same.
//!
//! Losing a fact is worse than storing it twice, so all rules lean towards "different". Numbers and
//! names must be equal. Negations and other modifiers must appear in both texts. A new memory that
//! says more than the old one is not a duplicate.

mod modifiers;
mod normalized;
mod similarity;
mod synonyms;

pub(crate) use normalized::NormalizedText;
pub(crate) use similarity::{is_duplicate, similarity};
pub(crate) use synonyms::canonical;
