//! In which order memories are given: everything that speaks for a memory, added up.
//!
//! Only memories of one caller for one question are compared, so the sum has no scale. How sure an
//! answer is, is told apart from it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::period::Period;
use super::{Question, TimeFocus, Validity};

/// What speaks for a memory.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct RankingSignals {
    /// By how much it is closer in meaning than the caller's memories are on average, in standard
    /// deviations.
    pub(crate) meaning: f64,
    /// The share of the question's words that it covers, rare words counting more; 0..=1.
    pub(crate) words: f64,
    /// 1 to 10.
    pub(crate) importance: u8,
    /// Whether it is to be kept at hand, whatever is asked.
    pub(crate) is_pinned: bool,
    /// 0 for the oldest memory of the caller, 1 for the newest.
    pub(crate) newness: f64,
    /// Whether the question asks for the newest, or for what was before.
    pub(crate) time_focus: TimeFocus,
    /// Whether the question asks for a number or an address and this memory has one.
    pub(crate) has_requested_detail: bool,
    /// Whether what the question expects, such as a time or a name, may be in it.
    pub(crate) may_answer: bool,
    /// How it stands to the time that the question asks about.
    pub(crate) time: TimeMatch,
}

/// How a memory stands to the time that a question asks about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TimeMatch {
    /// The question asks about no time, or nothing is known.
    #[default]
    Neutral,
    /// It is of the month or year that is asked about, or still to come where that is asked.
    Wanted,
    /// It was replaced, and earlier things are asked for.
    Earlier,
    /// It holds no longer, or is past where what is to come is asked for.
    Ended,
}

impl TimeMatch {
    /// How a memory stands to a question that is asked now.
    pub(crate) fn new(
        question: &Question,
        validity: &Validity,
        happened_at: Timestamp,
        is_history: bool,
        now: Timestamp,
    ) -> Self {
        let wants_upcoming = question.time_focus == TimeFocus::Upcoming;
        if question.time_focus == TimeFocus::Any && validity.has_ended(now)
            || wants_upcoming && (validity.has_ended(now) || validity.all_days_past(now))
        {
            return Self::Ended;
        }
        let said = || happened_at.to_zoned(TimeZone::UTC).date();
        let in_period = |period: Period| {
            period.contains(said()) || validity.days().iter().any(|day| period.contains(*day))
        };
        if question.period.is_some_and(in_period)
            || wants_upcoming && validity.has_upcoming_day(now)
        {
            return Self::Wanted;
        }
        let is_earlier =
            question.time_focus == TimeFocus::Earlier && (is_history || validity.has_ended(now));
        if is_earlier {
            Self::Earlier
        } else {
            Self::Neutral
        }
    }
}

const WORDS_WEIGHT: f64 = 6.0;
const IMPORTANCE_WEIGHT: f64 = 0.1;
const PINNED_BONUS: f64 = 0.3;
const NEWNESS_WEIGHT_IF_NEWEST: f64 = 1.5;
/// Less: what was said last need not come next.
const NEWNESS_WEIGHT_IF_UPCOMING: f64 = 1.0;
/// Little: of several earlier complaints the newest is asked for as much as the oldest.
const OLDNESS_WEIGHT_IF_EARLIER: f64 = 0.5;
/// Enough to set equals apart.
const NEWNESS_WEIGHT: f64 = 0.05;
const REQUESTED_DETAIL_BONUS: f64 = 2.0;
const MISMATCH_PENALTY: f64 = 0.3;
const TIME_MATCH_BONUS: f64 = 3.0;
/// Less: "previous issues" asks for issues, not for an address of before.
const EARLIER_BONUS: f64 = 1.5;

impl RankingSignals {
    /// The larger, the earlier the memory is given.
    pub(crate) fn score(self) -> f64 {
        let newness = match self.time_focus {
            TimeFocus::Any => NEWNESS_WEIGHT,
            TimeFocus::Newest => NEWNESS_WEIGHT_IF_NEWEST,
            TimeFocus::Upcoming => NEWNESS_WEIGHT_IF_UPCOMING,
            TimeFocus::Earlier => -OLDNESS_WEIGHT_IF_EARLIER,
        };
        let when = |holds: bool, worth: f64| if holds { worth } else { 0.0 };
        self.meaning
            + WORDS_WEIGHT * self.words
            + IMPORTANCE_WEIGHT * f64::from(self.importance)
            + newness * self.newness
            + when(self.is_pinned, PINNED_BONUS)
            + when(self.has_requested_detail, REQUESTED_DETAIL_BONUS)
            - when(!self.may_answer, MISMATCH_PENALTY)
            + when(self.time == TimeMatch::Wanted, TIME_MATCH_BONUS)
            + when(self.time == TimeMatch::Earlier, EARLIER_BONUS)
            - when(self.time == TimeMatch::Ended, TIME_MATCH_BONUS)
    }
}

/// How many standard deviations each value is above the mean of those that are there; 0 for one
/// that is missing. Each counts as often as `sample_weights` says.
///
/// `least` keeps small differences small: values that hardly differ say little.
pub(crate) fn standardize(values: &[Option<f64>], sample_weights: &[f64], least: f64) -> Vec<f64> {
    let there: Vec<(f64, f64)> = values
        .iter()
        .zip(sample_weights)
        .filter_map(|(value, times)| Some(((*value)?, *times)))
        .collect();
    let count = there.iter().map(|(_, times)| times).sum::<f64>().max(1.0);
    let mean = there
        .iter()
        .map(|(value, times)| value * times)
        .sum::<f64>()
        / count;
    let deviation = (there
        .iter()
        .map(|(value, times)| times * (value - mean).powi(2))
        .sum::<f64>()
        / count)
        .sqrt();
    values
        .iter()
        .map(|value| value.map_or(0.0, |value| (value - mean) / (deviation + least)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_seen_in_the_spread_of_all() {
        let standardized = standardize(&[Some(0.2), Some(0.4), None, Some(0.9)], &[1.0; 4], 0.05);
        assert!(standardized[3] > 1.0 && standardized[0] < 0.0 && standardized[2] == 0.0);
        assert_eq!(super::standardize(&[Some(0.5)], &[1.0], 0.05), [0.0]);
        assert!(super::standardize(&[], &[], 0.05).is_empty());
    }

    #[test]
    fn a_value_that_stands_for_several_counts_as_often() {
        let once = standardize(
            &[Some(0.2), Some(0.2), Some(0.2), Some(0.9)],
            &[1.0; 4],
            0.05,
        );
        let for_three = standardize(&[Some(0.2), Some(0.9)], &[3.0, 1.0], 0.05);
        assert!((once[0] - for_three[0]).abs() < 1e-9 && (once[3] - for_three[1]).abs() < 1e-9);
    }

    #[test]
    fn each_ground_speaks_for_a_memory() {
        let plain = RankingSignals {
            may_answer: true,
            importance: 5,
            newness: 0.5,
            ..RankingSignals::default()
        };
        for better in [
            RankingSignals {
                meaning: 0.1,
                ..plain
            },
            RankingSignals {
                words: 0.1,
                ..plain
            },
            RankingSignals {
                importance: 6,
                ..plain
            },
            RankingSignals {
                is_pinned: true,
                ..plain
            },
            RankingSignals {
                newness: 0.6,
                ..plain
            },
            RankingSignals {
                has_requested_detail: true,
                ..plain
            },
            RankingSignals {
                time: TimeMatch::Wanted,
                ..plain
            },
            RankingSignals {
                time: TimeMatch::Earlier,
                ..plain
            },
        ] {
            assert!(better.score() > plain.score(), "{better:?}");
        }
        assert!(
            RankingSignals {
                may_answer: false,
                ..plain
            }
            .score()
                < plain.score()
        );
        assert!(
            RankingSignals {
                time: TimeMatch::Ended,
                ..plain
            }
            .score()
                < plain.score()
        );
        let newest = RankingSignals {
            time_focus: TimeFocus::Newest,
            newness: 1.0,
            ..plain
        };
        assert!(
            newest.score()
                > RankingSignals {
                    importance: 9,
                    ..plain
                }
                .score(),
            "the newest is asked for"
        );
        let earlier = |newness: f64| {
            RankingSignals {
                time_focus: TimeFocus::Earlier,
                newness,
                ..plain
            }
            .score()
        };
        assert!(earlier(0.0) > earlier(1.0), "what was before is asked for");
    }
}
