//! In which form a model is asked for JSON. The best form is tried first; a model that refuses it is asked in the next one, and
//! that is remembered for a while: a server may be updated, and one stray refusal proves little.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// After this long the best form is tried again.
const RECHECK: Duration = Duration::from_secs(60 * 60);
/// How many refusals in a row that do not name the format count as a refusal of the format.
const UNNAMED_REFUSALS: u32 = 2;

/// A form of the request, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// The provider holds the answer to a schema.
    Schema,
    /// OpenAI: a JSON object of any form. Anthropic: a tool that the model is free to use.
    Loose,
    /// Nothing but the words of the prompt.
    Words,
}

impl Format {
    /// The next worse form.
    pub(super) fn next(self) -> Option<Self> {
        match self {
            Self::Schema => Some(Self::Loose),
            Self::Loose => Some(Self::Words),
            Self::Words => None,
        }
    }

    /// Its name in logs.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Loose => "loose",
            Self::Words => "words",
        }
    }
}

/// How sure a refusal is one of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// The refusal names the format.
    Named,
    /// It gives another reason or none.
    Unnamed,
}

/// What is known of one model.
#[derive(Debug, Default)]
pub(super) struct Negotiated(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    accepted: Option<(Format, Instant)>,
    unnamed: u32,
}

impl Negotiated {
    /// The form to ask in now.
    pub(super) fn current(&self, now: Instant) -> Format {
        let mut state = self.state();
        match state.accepted {
            Some((format, since)) if now.duration_since(since) < RECHECK => format,
            _ => {
                state.accepted = None;
                Format::Schema
            }
        }
    }

    /// The model answered in this form after it had refused the better ones, or without having refused any. Says whether the
    /// form is remembered from now on.
    pub(super) fn answered(&self, format: Format, refused: Option<Evidence>, now: Instant) -> bool {
        let mut state = self.state();
        let Some(evidence) = refused else {
            state.unnamed = 0;
            return false;
        };
        state.unnamed += u32::from(evidence == Evidence::Unnamed);
        let is_certain = evidence == Evidence::Named || state.unnamed >= UNNAMED_REFUSALS;
        if is_certain {
            *state = State { accepted: Some((format, now)), unnamed: 0 };
        }
        is_certain
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_refusal_is_remembered_for_an_hour_and_then_tried_again() {
        let (negotiated, now) = (Negotiated::default(), Instant::now());
        assert!(negotiated.answered(Format::Loose, Some(Evidence::Named), now));
        assert_eq!(negotiated.current(now + RECHECK - Duration::from_secs(1)), Format::Loose);
        assert_eq!(negotiated.current(now + RECHECK), Format::Schema);
        assert_eq!(negotiated.current(now + RECHECK), Format::Schema);
    }

    #[test]
    fn a_refusal_without_a_reason_counts_only_when_it_comes_again_at_once() {
        let (negotiated, now) = (Negotiated::default(), Instant::now());
        assert!(!negotiated.answered(Format::Loose, Some(Evidence::Unnamed), now));
        assert_eq!(negotiated.current(now), Format::Schema);
        negotiated.answered(Format::Schema, None, now);
        assert!(!negotiated.answered(Format::Loose, Some(Evidence::Unnamed), now));
        assert!(negotiated.answered(Format::Loose, Some(Evidence::Unnamed), now));
        assert_eq!(negotiated.current(now), Format::Loose);
    }
}
