//! Ranks memories: adds up all signals in favour of each one.
//!
//! Only the memories of one caller are compared for one question, so the score has no absolute
//! scale. The confidence of an answer is computed separately.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::matching::{Period, Question, TimeFocus, Validity};

/// The signals in favour of a memory.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct RankingSignals {
    /// How much closer in meaning it is than the average memory of the caller, in standard
    /// deviations.
    pub(crate) meaning: f64,
    /// Share of the question's words that it covers, with more weight on rare words; 0..=1.
    pub(crate) words: f64,
    /// Importance, 1 to 10.
    pub(crate) importance: u8,
    /// Whether it is pinned.
    pub(crate) is_pinned: bool,
    /// 0 for the caller's oldest memory, 1 for the newest.
    pub(crate) newness: f64,
    /// Whether the question asks for the newest or an earlier memory.
    pub(crate) time_focus: TimeFocus,
    /// Whether the question asks for a number or an address and the memory has one.
    pub(crate) has_requested_detail: bool,
    /// Whether the memory may contain what the question expects, such as a time or a name.
    pub(crate) may_answer: bool,
    /// How it fits the time that the question asks about.
    pub(crate) time: TimeMatch,
}

/// What each signal adds to the score of a memory. A negative part lowers it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct ScoreParts {
    /// Closeness in meaning to the question.
    meaning: f64,
    /// Words in common with the question.
    words: f64,
    /// Importance of the memory.
    importance: f64,
    /// Its age, as far as the question asks for the newest or an earlier state.
    newness: f64,
    /// Whether it is pinned.
    pinned: f64,
    /// Whether it has the number or address that the question asks for.
    requested_detail: f64,
    /// Whether it has the kind of answer that the question expects.
    answer_kind: f64,
    /// How it fits the time that the question asks about.
    time: f64,
}

impl ScoreParts {
    /// Returns the score.
    pub(crate) fn total(self) -> f64 {
        self.meaning
            + self.words
            + self.importance
            + self.newness
            + self.pinned
            + self.requested_detail
            + self.answer_kind
            + self.time
    }
}

/// How a memory fits the time that a question asks about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TimeMatch {
    /// The question asks about no particular time, or the memory says nothing about it.
    #[default]
    Neutral,
    /// The memory matches the requested month or year, or is upcoming as requested.
    Wanted,
    /// The memory was superseded, and the question asks about the past.
    Earlier,
    /// The memory no longer holds, or it is past while the question asks about the future.
    Ended,
}

impl TimeMatch {
    /// Determines how a memory fits the time of a question that is asked now.
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
        let is_in_period = |period: Period| {
            period.contains(happened_at.to_zoned(TimeZone::UTC).date())
                || validity.days().iter().any(|day| period.contains(*day))
        };
        if question.period.is_some_and(is_in_period)
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
/// Smaller than for the newest: the last statement is not necessarily about the next event.
const NEWNESS_WEIGHT_IF_UPCOMING: f64 = 1.0;
/// Small: of several earlier complaints, the newest is as likely wanted as the oldest.
const OLDNESS_WEIGHT_IF_EARLIER: f64 = 0.5;
/// Just enough to break ties.
const NEWNESS_WEIGHT: f64 = 0.05;
const REQUESTED_DETAIL_BONUS: f64 = 2.0;
const MISMATCH_PENALTY: f64 = 0.3;
const TIME_MATCH_BONUS: f64 = 3.0;
/// Smaller than the time bonus: "previous issues" asks for issues, not for a former address.
const EARLIER_BONUS: f64 = 1.5;

impl RankingSignals {
    /// Returns the score. Higher scores rank first.
    pub(crate) fn score(self) -> f64 {
        self.parts().total()
    }

    /// Returns what each signal adds to the score.
    pub(crate) fn parts(self) -> ScoreParts {
        let newness = match self.time_focus {
            TimeFocus::Any => NEWNESS_WEIGHT,
            TimeFocus::Newest => NEWNESS_WEIGHT_IF_NEWEST,
            TimeFocus::Upcoming => NEWNESS_WEIGHT_IF_UPCOMING,
            TimeFocus::Earlier => -OLDNESS_WEIGHT_IF_EARLIER,
        };
        let when = |holds: bool, worth: f64| if holds { worth } else { 0.0 };
        ScoreParts {
            meaning: self.meaning,
            words: WORDS_WEIGHT * self.words,
            importance: IMPORTANCE_WEIGHT * f64::from(self.importance),
            newness: newness * self.newness,
            pinned: when(self.is_pinned, PINNED_BONUS),
            requested_detail: when(self.has_requested_detail, REQUESTED_DETAIL_BONUS),
            answer_kind: -when(!self.may_answer, MISMATCH_PENALTY),
            time: match self.time {
                TimeMatch::Neutral => 0.0,
                TimeMatch::Wanted => TIME_MATCH_BONUS,
                TimeMatch::Earlier => EARLIER_BONUS,
                TimeMatch::Ended => -TIME_MATCH_BONUS,
            },
        }
    }
}

/// How new each memory is among all: 0 for the oldest time, 1 for the newest.
pub(crate) fn newness(happened_at: impl Iterator<Item = Timestamp> + Clone) -> Vec<f64> {
    let distinct: BTreeSet<Timestamp> = happened_at.clone().collect();
    let times: Vec<Timestamp> = distinct.into_iter().collect();
    let last = times.len().saturating_sub(1).max(1) as f64;
    happened_at
        .map(|at| times.partition_point(|time| *time < at) as f64 / last)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> RankingSignals {
        RankingSignals {
            may_answer: true,
            importance: 5,
            newness: 0.5,
            ..RankingSignals::default()
        }
    }

    #[test]
    fn each_signal_raises_the_score() {
        let plain = plain();
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
    }

    #[test]
    fn the_time_focus_decides_which_age_ranks_higher() {
        let plain = plain();
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
            "the question asks for the newest"
        );
        let earlier = |newness: f64| {
            RankingSignals {
                time_focus: TimeFocus::Earlier,
                newness,
                ..plain
            }
            .score()
        };
        assert!(
            earlier(0.0) > earlier(1.0),
            "the question asks for an earlier state"
        );
    }
}
