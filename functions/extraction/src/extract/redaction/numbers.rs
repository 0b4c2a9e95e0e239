//! Numbers in the words of a caller that may be secret.

use std::sync::LazyLock;

use regex::Regex;

use super::secrets::{MIN_DIGITS, mask_runs, pattern};
use crate::extract::language::tokens::number_runs;

/// Replaces every number of at least [`MIN_DIGITS`] digits for which `is_secret` holds.
pub(crate) fn mask_matching_runs(
    text: &str,
    mask: &str,
    is_secret: impl Fn(&str) -> bool,
) -> String {
    mask_runs(text, &number_runs(text), |run| {
        (run.digit_count() >= MIN_DIGITS && is_secret(&run.digits())).then_some(mask)
    })
}

/// A document number: letters and digits.
pub(crate) static ID_LIKE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:[A-Z]{1,3}[ -]?)?\d(?:[ -]?[A-Z0-9]){4,14}\b"));
