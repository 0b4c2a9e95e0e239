//! Splits sentences into clauses.

use std::sync::LazyLock;

use regex::Regex;

/// Returns the clauses of a sentence.
pub(crate) fn clauses(sentence: &str) -> Vec<&str> {
    CLAUSES
        .split(sentence.trim_end_matches('.'))
        .map(str::trim)
        .filter(|clause| !clause.is_empty())
        .collect()
}

static CLAUSES: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a literal pattern, compiled by tests")]
    Regex::new(concat!(
        r"(?i)[;,–]\s+(?:(?:and|y|und|et|e|en|i|but|pero|aber|mais|ma|mas|maar|ale|so|also|deshalb|daher|donc|così|então|dus|więc)\s+)?",
        r"|\s+(?:and|y|und|et|e|but|pero|aber|mais|ma|mas|maar|ale|because|porque|weil|parce que|perché|omdat|ponieważ)\s+",
    ))
    .expect("the pattern is valid")
});
