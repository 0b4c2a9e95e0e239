//! Compares the numbers of a claim with those of its evidence.

use text::Token;
use text::numbers::{Run, ordinal, runs_of};

use super::Evidence;
use super::words::{WordClass, day_or_month, is_in};
use crate::extract::language::tokens::tokens;

/// Numbers with this many digits or more are ids, and must be the id in the quote.
const ID_DIGITS: usize = 3;

/// Returns whether each number of a claim was said. If the quote contains an id, an id in the claim
/// must be near the quote.
pub(super) fn numbers_match(content: &str, evidence: &Evidence<'_>) -> bool {
    let claim = tokens(content);
    let claimed = numbers_to_check(content, &claim);
    if claimed.is_empty() {
        return true;
    }
    let near = Numbers::in_texts([evidence.question, evidence.turn].into_iter());
    let missing: Vec<&Run> = claimed
        .iter()
        .filter(|run| !near.contains_run(content, run))
        .collect();
    if missing.is_empty() {
        return true;
    }
    let call_numbers = Numbers::in_texts(evidence.said.iter().copied());
    let quoted = Numbers::in_texts(std::iter::once(evidence.quote));
    let is_other_id =
        |run: &Run| run.digit_count() >= ID_DIGITS && quoted.groups.concat().len() >= ID_DIGITS;
    missing
        .iter()
        .all(|run| call_numbers.contains_run(content, run) && !is_other_id(run))
}

/// Returns the numbers of a claim that its evidence must contain. Dates that a model works out,
/// years and the word "one" are left out.
fn numbers_to_check(content: &str, claim: &[Token<'_>]) -> Vec<Run> {
    runs_of(content, claim)
        .into_iter()
        .filter(|run| {
            let text = &content[run.range.clone()];
            let is_word_one = run.groups == ["1"] && !text.starts_with('1');
            !is_word_one && !is_date(run, text, claim)
        })
        .collect()
}

/// Returns whether a number is a date, or a year beside a month. `text` is the number as written.
fn is_date(run: &Run, text: &str, claim: &[Token<'_>]) -> bool {
    let begins_with_year = is_year(&run.groups[0]);
    let is_beside_month = claim[run.tokens.start.saturating_sub(1)..]
        .iter()
        .take(run.tokens.len() + 2)
        .any(|token| day_or_month(&token.lower).is_some());
    (begins_with_year && (run.groups.len() == 1 || text.contains('-')))
        || (text.contains('-') && run.groups.len() == 3)
        || (run.digit_count() == 4 && is_beside_month && begins_with_year)
}

fn is_year(digits: &str) -> bool {
    digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"))
}

/// The numbers of a text in spoken order, and the numbers that words such as "half" stand for.
#[derive(Default)]
struct Numbers {
    groups: Vec<String>,
    /// Numbers of hours or minutes that words such as "half" stand for.
    implied: Vec<u64>,
    has_relative_day: bool,
}

impl Numbers {
    fn in_texts<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut numbers = Self::default();
        for text in texts {
            let tokens = tokens(text);
            let runs = runs_of(text, &tokens);
            for (at, token) in tokens.iter().enumerate() {
                if let Some(run) = runs.iter().find(|run| run.tokens.start == at) {
                    numbers.groups.extend(run.groups.iter().cloned());
                } else if let Some(value) = ordinal(&token.lower) {
                    numbers.groups.push(value.to_string());
                }
                numbers.implied.extend(implied_numbers(&token.lower));
                numbers.has_relative_day |= is_in(WordClass::RelativeDay, &token.lower)
                    || day_or_month(&token.lower).is_some();
            }
        }
        numbers
    }

    /// Returns whether the texts contain a number of a claim, as a whole or part by part.
    fn contains_run(&self, content: &str, run: &Run) -> bool {
        let text = &content[run.range.clone()];
        let behind = content[run.range.end..].trim_start();
        let is_time = text.contains(':')
            || ["h", "Uhr", "p.m", "pm", "uur"]
                .iter()
                .any(|unit| behind.starts_with(unit));
        let is_day = self.has_relative_day
            && self.groups.is_empty()
            && run.digit_count() <= 2
            && is_beside_month(content, run);
        is_day
            || self.contains_number(&run.digits())
            || run.groups.iter().enumerate().all(|(place, group)| {
                self.contains_number(group) || self.may_mean(group, is_time, place > 0)
            })
    }

    /// Returns whether consecutive numbers form this one.
    fn contains_number(&self, digits: &str) -> bool {
        let bare = |text: &str| text.trim_start_matches('0').to_owned();
        (0..self.groups.len()).any(|from| {
            let mut joined = String::new();
            self.groups[from..].iter().any(|group| {
                joined.push_str(group);
                joined == digits
                    || (joined.len() <= 2 && digits.len() <= 2 && bare(&joined) == bare(digits))
            })
        })
    }

    fn may_mean(&self, group: &str, is_time: bool, is_minute: bool) -> bool {
        let Ok(value) = group.parse::<u64>() else {
            return false;
        };
        let was_said = |value: u64| self.contains_number(&value.to_string());
        let half_before = self.implied.contains(&30)
            && (was_said(value + 1) || (value > 12 && was_said(value - 11)));
        self.implied.contains(&value)
            || (is_time && is_minute && value == 0)
            || (is_time && (13..=24).contains(&value) && was_said(value - 12))
            || (is_time && half_before)
    }
}

/// Returns whether a number is the day of a date. A model may have worked it out from "tomorrow".
fn is_beside_month(content: &str, run: &Run) -> bool {
    let month =
        |token: Option<&Token<'_>>| token.is_some_and(|token| day_or_month(&token.lower).is_some());
    month(tokens(&content[..run.range.start]).last())
        || month(tokens(&content[run.range.end..]).first())
}

/// Returns the numbers that a word such as "noon" may stand for.
fn implied_numbers(word: &str) -> Vec<u64> {
    if is_in(WordClass::Half, word) {
        vec![30, 2]
    } else if is_in(WordClass::Quarter, word) {
        vec![15, 45]
    } else if is_in(WordClass::Noon, word) {
        vec![12]
    } else if is_in(WordClass::Midnight, word) {
        vec![0, 12, 24]
    } else if is_in(WordClass::Twice, word) {
        vec![2]
    } else if is_in(WordClass::Dozen, word) {
        vec![12]
    } else {
        Vec::new()
    }
}
