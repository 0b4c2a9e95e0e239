//! In which order memories are given: everything that speaks for a memory, added up.
//!
//! Only memories of one caller for one question are compared, so the sum has no scale. How sure an
//! answer is, is told apart from it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::period::Period;
use super::{Age, Question, Validity};

/// What speaks for a memory.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Grounds {
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
    pub(crate) age: Age,
    /// Whether the question asks for a number or an address and this memory has one.
    pub(crate) has_wanted: bool,
    /// Whether what the question expects, such as a time or a name, may be in it.
    pub(crate) may_answer: bool,
    /// How it stands to the time that the question asks about.
    pub(crate) time: Time,
}

/// How a memory stands to the time that a question asks about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Time {
    /// The question asks about no time, or nothing is known.
    #[default]
    Open,
    /// It is of the month or year that is asked about, or still to come where that is asked.
    Wanted,
    /// It was replaced, and earlier things are asked for.
    Earlier,
    /// It holds no longer, or is past where what is to come is asked for.
    Over,
}

impl Time {
    /// How a memory stands to a question that is asked now.
    pub(crate) fn of(
        question: &Question,
        validity: &Validity,
        happened_at: Timestamp,
        is_history: bool,
        now: Timestamp,
    ) -> Self {
        let wants_upcoming = question.age == Age::Upcoming;
        if question.age == Age::Any && validity.is_over(now)
            || wants_upcoming && (validity.is_over(now) || validity.is_past(now))
        {
            return Self::Over;
        }
        let said = || happened_at.to_zoned(TimeZone::UTC).date();
        let in_period = |period: Period| {
            period.has(said()) || validity.days().iter().any(|day| period.has(*day))
        };
        if question.period.is_some_and(in_period) || wants_upcoming && validity.is_ahead(now) {
            return Self::Wanted;
        }
        let is_earlier = question.age == Age::Earlier && (is_history || validity.is_over(now));
        if is_earlier {
            Self::Earlier
        } else {
            Self::Open
        }
    }
}

const BY_WORDS: f64 = 6.0;
const BY_IMPORTANCE: f64 = 0.1;
const BY_PIN: f64 = 0.3;
const BY_NEWNESS_WHERE_WANTED: f64 = 1.5;
/// Less: what was said last need not come next.
const BY_NEWNESS_WHERE_UPCOMING: f64 = 1.0;
/// Little: of several earlier complaints the newest is asked for as much as the oldest.
const BY_AGE_WHERE_WANTED: f64 = 0.5;
/// Enough to set equals apart.
const BY_NEWNESS: f64 = 0.05;
const BY_WANTED: f64 = 2.0;
const BY_MISMATCH: f64 = 0.3;
const BY_TIME: f64 = 3.0;
/// Less: "previous issues" asks for issues, not for an address of before.
const BY_HISTORY: f64 = 1.5;

impl Grounds {
    /// The larger, the earlier the memory is given.
    pub(crate) fn sum(self) -> f64 {
        let newness = match self.age {
            Age::Any => BY_NEWNESS,
            Age::Newest => BY_NEWNESS_WHERE_WANTED,
            Age::Upcoming => BY_NEWNESS_WHERE_UPCOMING,
            Age::Earlier => -BY_AGE_WHERE_WANTED,
        };
        let when = |holds: bool, worth: f64| if holds { worth } else { 0.0 };
        self.meaning
            + BY_WORDS * self.words
            + BY_IMPORTANCE * f64::from(self.importance)
            + newness * self.newness
            + when(self.is_pinned, BY_PIN)
            + when(self.has_wanted, BY_WANTED)
            - when(!self.may_answer, BY_MISMATCH)
            + when(self.time == Time::Wanted, BY_TIME)
            + when(self.time == Time::Earlier, BY_HISTORY)
            - when(self.time == Time::Over, BY_TIME)
    }
}

/// How many standard deviations each value is above the mean of those that are there; 0 for one
/// that is missing. Each counts as often as `stands_for` says.
///
/// `least` keeps small differences small: values that hardly differ say little.
pub(crate) fn standard(values: &[Option<f64>], stands_for: &[f64], least: f64) -> Vec<f64> {
    let there: Vec<(f64, f64)> = values
        .iter()
        .zip(stands_for)
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
        let standard = standard(&[Some(0.2), Some(0.4), None, Some(0.9)], &[1.0; 4], 0.05);
        assert!(standard[3] > 1.0 && standard[0] < 0.0 && standard[2] == 0.0);
        assert_eq!(super::standard(&[Some(0.5)], &[1.0], 0.05), [0.0]);
        assert!(super::standard(&[], &[], 0.05).is_empty());
    }

    #[test]
    fn a_value_that_stands_for_several_counts_as_often() {
        let once = standard(
            &[Some(0.2), Some(0.2), Some(0.2), Some(0.9)],
            &[1.0; 4],
            0.05,
        );
        let for_three = standard(&[Some(0.2), Some(0.9)], &[3.0, 1.0], 0.05);
        assert!((once[0] - for_three[0]).abs() < 1e-9 && (once[3] - for_three[1]).abs() < 1e-9);
    }

    #[test]
    fn each_ground_speaks_for_a_memory() {
        let plain = Grounds {
            may_answer: true,
            importance: 5,
            newness: 0.5,
            ..Grounds::default()
        };
        for better in [
            Grounds {
                meaning: 0.1,
                ..plain
            },
            Grounds {
                words: 0.1,
                ..plain
            },
            Grounds {
                importance: 6,
                ..plain
            },
            Grounds {
                is_pinned: true,
                ..plain
            },
            Grounds {
                newness: 0.6,
                ..plain
            },
            Grounds {
                has_wanted: true,
                ..plain
            },
            Grounds {
                time: Time::Wanted,
                ..plain
            },
            Grounds {
                time: Time::Earlier,
                ..plain
            },
        ] {
            assert!(better.sum() > plain.sum(), "{better:?}");
        }
        assert!(
            Grounds {
                may_answer: false,
                ..plain
            }
            .sum()
                < plain.sum()
        );
        assert!(
            Grounds {
                time: Time::Over,
                ..plain
            }
            .sum()
                < plain.sum()
        );
        let newest = Grounds {
            age: Age::Newest,
            newness: 1.0,
            ..plain
        };
        assert!(
            newest.sum()
                > Grounds {
                    importance: 9,
                    ..plain
                }
                .sum(),
            "the newest is asked for"
        );
        let earlier = |newness: f64| {
            Grounds {
                age: Age::Earlier,
                newness,
                ..plain
            }
            .sum()
        };
        assert!(earlier(0.0) > earlier(1.0), "what was before is asked for");
    }
}
