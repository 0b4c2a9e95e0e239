//! Relevance: how well a memory answers a question, judged by the words they share.
//!
//! [`rank`] scores every memory of one caller from 0 to 1. A score of at least 0.7 means that the
//! memory covers what the question is about. Memories that share no meaningful word with the
//! question have no score.

mod address;
mod answer_kind;
mod calendar;
mod passage;
mod period;
mod question;
mod rarity;
mod score;
mod time_focus;
mod validity;

pub(crate) use calendar::date_keys;
pub(crate) use passage::{Passage, derived_strength, hints};
pub(crate) use period::Period;
pub(crate) use question::Question;
pub(crate) use rarity::rarity;
pub(crate) use score::{WordScore, order_weights, rank, to_four_decimals};
pub(crate) use time_focus::TimeFocus;
pub(crate) use validity::Validity;
