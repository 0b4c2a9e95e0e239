//! In which form a model is asked for JSON, and with which parameters. The best form is tried
//! first; a model that refuses it is asked in the next one, and that is remembered for a while: a
//! server may be updated, and one stray refusal proves little.

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

/// By which name the limit of an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// `max_completion_tokens`: OpenAI, and most servers of its dialect.
    CompletionTokens,
    /// `max_tokens`: servers that know only the older name.
    Tokens,
    /// None is sent.
    Unset,
}

/// A parameter that not every model knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parameter {
    /// The limit of an answer.
    Limit,
    /// The reasoning effort.
    Effort,
    /// The end of what is cached.
    Breakpoint,
}

/// The form of a whole request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) format: Format,
    pub(super) limit: Limit,
    pub(super) has_effort: bool,
    pub(super) has_breakpoint: bool,
}

impl Form {
    /// The same in the next worse format.
    pub(super) fn looser(self) -> Option<Self> {
        Some(Self {
            format: self.format.next()?,
            ..self
        })
    }

    /// The same without a parameter, or with the limit under its older name.
    pub(super) fn without(self, parameter: Parameter) -> Self {
        match parameter {
            Parameter::Limit if self.limit == Limit::CompletionTokens => Self {
                limit: Limit::Tokens,
                ..self
            },
            Parameter::Limit => Self {
                limit: Limit::Unset,
                ..self
            },
            Parameter::Effort => Self {
                has_effort: false,
                ..self
            },
            Parameter::Breakpoint => Self {
                has_breakpoint: false,
                ..self
            },
        }
    }

    /// The parameters that are sent, for logs.
    pub(super) fn parameters(self) -> String {
        let limit = match self.limit {
            Limit::CompletionTokens => Some("max_completion_tokens"),
            Limit::Tokens => Some("max_tokens"),
            Limit::Unset => None,
        };
        let effort = self.has_effort.then_some("effort");
        let breakpoint = self.has_breakpoint.then_some("cache breakpoint");
        [limit, effort, breakpoint]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// How sure a refusal is one of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// The refusal names the format.
    Named,
    /// It gives another reason or none.
    Unnamed,
}

/// What is known of one model.
#[derive(Debug)]
pub(super) struct Negotiated {
    best: Form,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    accepted: Option<(Form, Instant)>,
    unnamed: u32,
    /// The form that was reported last.
    reported: Option<Form>,
}

impl Negotiated {
    pub(super) fn new(best: Form) -> Self {
        Self {
            best,
            state: Mutex::default(),
        }
    }

    /// The form to ask in now.
    pub(super) fn current(&self, now: Instant) -> Form {
        let mut state = self.state();
        match state.accepted {
            Some((form, since)) if now.duration_since(since) < RECHECK => form,
            _ => {
                state.accepted = None;
                self.best
            }
        }
    }

    /// The model answered in this form after it had refused better ones, or without having refused
    /// any. Says whether this is news: the first form that is known, or another one than before.
    pub(super) fn answered(&self, form: Form, refused: Option<Evidence>, now: Instant) -> bool {
        let mut state = self.state();
        match refused {
            None => state.unnamed = 0,
            Some(evidence) => {
                state.unnamed += u32::from(evidence == Evidence::Unnamed);
                if evidence == Evidence::Unnamed && state.unnamed < UNNAMED_REFUSALS {
                    return false;
                }
                (state.accepted, state.unnamed) = (Some((form, now)), 0);
            }
        }
        let is_news = state.reported != Some(form);
        state.reported = Some(form);
        is_news
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEST: Form = Form {
        format: Format::Schema,
        limit: Limit::CompletionTokens,
        has_effort: true,
        has_breakpoint: false,
    };
    const LOOSE: Form = Form {
        format: Format::Loose,
        ..BEST
    };

    #[test]
    fn a_named_refusal_is_remembered_for_an_hour_and_then_tried_again() {
        let (negotiated, now) = (Negotiated::new(BEST), Instant::now());
        assert!(negotiated.answered(LOOSE, Some(Evidence::Named), now));
        assert_eq!(
            negotiated.current(now + RECHECK - Duration::from_secs(1)),
            LOOSE
        );
        assert_eq!(negotiated.current(now + RECHECK), BEST);
        assert_eq!(negotiated.current(now + RECHECK), BEST);
    }

    #[test]
    fn a_refusal_without_a_reason_counts_only_when_it_comes_again_at_once() {
        let (negotiated, now) = (Negotiated::new(BEST), Instant::now());
        assert!(!negotiated.answered(LOOSE, Some(Evidence::Unnamed), now));
        assert_eq!(negotiated.current(now), BEST);
        negotiated.answered(BEST, None, now);
        assert!(!negotiated.answered(LOOSE, Some(Evidence::Unnamed), now));
        assert!(negotiated.answered(LOOSE, Some(Evidence::Unnamed), now));
        assert_eq!(negotiated.current(now), LOOSE);
    }

    #[test]
    fn a_form_is_news_once_until_it_changes() {
        let (negotiated, now) = (Negotiated::new(BEST), Instant::now());
        assert!(negotiated.answered(BEST, None, now));
        assert!(!negotiated.answered(BEST, None, now));
        assert!(negotiated.answered(LOOSE, Some(Evidence::Named), now));
        assert!(!negotiated.answered(LOOSE, None, now));
        assert!(negotiated.answered(BEST, None, now + RECHECK));
    }

    #[test]
    fn a_limit_is_sent_under_its_older_name_before_it_is_left_out() {
        let older = BEST.without(Parameter::Limit);
        assert_eq!(
            (older.limit, older.without(Parameter::Limit).limit),
            (Limit::Tokens, Limit::Unset)
        );
        assert_eq!(older.without(Parameter::Effort).parameters(), "max_tokens");
    }
}
