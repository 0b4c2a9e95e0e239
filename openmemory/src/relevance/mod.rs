//! How well a memory answers a question, judged by the words they share.
//!
//! [`rank`] gives every memory of one caller a score in 0..=1. A score of 0.7 or more means that
//! the memory covers what the question is about; memories that share no meaning word with it are
//! left out.

mod address;
mod age;
mod calibration;
mod expected;
mod order;
mod passage;
mod period;
mod question;
mod rarity;
mod score;
mod validity;

pub(crate) use age::Age;
pub(crate) use calibration::Signs;
pub(crate) use order::{Grounds, Time, standard};
pub(crate) use passage::{Passage, derived_strength, hints};
pub(crate) use question::Question;
pub(crate) use rarity::rarity;
pub(crate) use score::{Scored, order_weights, rank, to_four_decimals};
pub(crate) use validity::Validity;
