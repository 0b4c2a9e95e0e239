//! Reads and rewrites text in eight languages: words, clauses, questions, times, introductions, and
//! instructions to the machine.

pub(crate) mod call_time;
pub(crate) mod clauses;
pub(crate) mod instructions;
pub(crate) mod introductions;
pub(crate) mod normalize;
pub(crate) mod orders;
pub(crate) mod questions;
pub(crate) mod tags;
mod times;
pub(crate) mod tokens;
pub(crate) mod word_table;
pub(crate) mod wording;
