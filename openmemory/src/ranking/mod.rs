//! Ranks the memories of a caller for a question: selects candidates, judges and sorts them. Pure.

mod calibration;
mod candidate_set;
mod candidates;
mod comparison;
mod hit;
mod method;
mod search;
mod signals;
mod standardize;
mod text_vectors;
mod word_vectors;

pub(crate) use candidate_set::{CandidateSet, MAX_EXHAUSTIVE};
pub(crate) use candidates::{Candidate, LIKELIEST, is_wanted, select_candidates};
pub(crate) use hit::{SearchHit, SearchResults, distinct};
pub(crate) use method::Method;
pub(crate) use search::Search;
pub(crate) use signals::ScoreParts;
pub(crate) use text_vectors::TextVectors;
