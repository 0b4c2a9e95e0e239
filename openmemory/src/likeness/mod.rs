//! Whether two memories say the same.
//!
//! Losing a fact is worse than keeping it twice, so everything here leans towards "different":
//! numbers and names must be equal, negations and other turning words must be there on both sides,
//! and a new memory that says anything beyond the old one is a new memory.

mod fact;
mod markers;
mod similarity;
mod synonyms;

pub(crate) use fact::Fact;
pub(crate) use similarity::{is_duplicate, similarity};
pub(crate) use synonyms::canonical;
