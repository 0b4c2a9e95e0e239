//! Negotiates how a model is asked for JSON, and with which optional parameters.
//!
//! The best options are tried first. If the provider rejects them, the next ones are tried, and the
//! accepted ones are used for an hour. After that the best options are tried again, because the
//! server may have been updated. A single rejection without a reason is not conclusive.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long accepted options are used before the best ones are tried again.
const RECHECK_INTERVAL: Duration = Duration::from_secs(60 * 60);
/// How many consecutive rejections without a reason count as a rejection of the output format.
const MAX_UNNAMED_REJECTIONS: u32 = 2;

/// How a model is asked for JSON, from the best to the worst format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutputFormat {
    /// The provider enforces the JSON schema.
    Schema,
    /// OpenAI: any JSON object. Anthropic and Bedrock: a tool that the model is free to use.
    Loose,
    /// Only the prompt asks for JSON.
    PromptOnly,
}

impl OutputFormat {
    /// Returns the next worse format, if there is one.
    pub(super) fn next(self) -> Option<Self> {
        match self {
            Self::Schema => Some(Self::Loose),
            Self::Loose => Some(Self::PromptOnly),
            Self::PromptOnly => None,
        }
    }

    /// Returns the name of the format in logs.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Loose => "loose",
            Self::PromptOnly => "prompt_only",
        }
    }
}

/// The name of the parameter that limits the output tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LimitName {
    /// `max_completion_tokens`: OpenAI and most compatible servers.
    CompletionTokens,
    /// `max_tokens`: servers that support only the older name.
    Tokens,
    /// No limit is sent.
    Unset,
}

/// A parameter that not every model supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parameter {
    /// The limit of output tokens.
    OutputLimit,
    /// The reasoning effort.
    Effort,
    /// The cache breakpoint after the instructions.
    Breakpoint,
}

/// The output format and the optional parameters of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestOptions {
    pub(super) format: OutputFormat,
    pub(super) limit: LimitName,
    pub(super) has_effort: bool,
    pub(super) has_breakpoint: bool,
}

impl RequestOptions {
    /// Returns the options with the next worse format, if there is one.
    pub(super) fn with_looser_format(self) -> Option<Self> {
        Some(Self {
            format: self.format.next()?,
            ..self
        })
    }

    /// Returns the options without a parameter. The output limit is first sent under its older
    /// name.
    pub(super) fn without(self, parameter: Parameter) -> Self {
        match parameter {
            Parameter::OutputLimit if self.limit == LimitName::CompletionTokens => Self {
                limit: LimitName::Tokens,
                ..self
            },
            Parameter::OutputLimit => Self {
                limit: LimitName::Unset,
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

    /// Returns the names of the parameters that are sent, for logs.
    pub(super) fn parameters(self) -> String {
        let limit = match self.limit {
            LimitName::CompletionTokens => Some("max_completion_tokens"),
            LimitName::Tokens => Some("max_tokens"),
            LimitName::Unset => None,
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

/// Whether the provider gave the options as the reason for rejecting a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RejectionReason {
    /// The error names the format or the parameter.
    Named,
    /// The error gives another reason, or none.
    Unnamed,
}

/// The options that were negotiated with one model.
#[derive(Debug)]
pub(super) struct NegotiatedOptions {
    best: RequestOptions,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The accepted options if they are not the best ones, and since when they are used.
    accepted: Option<(RequestOptions, Instant)>,
    /// Number of consecutive rejections without a reason.
    unnamed_rejections: u32,
    /// The options that were logged last.
    logged: Option<RequestOptions>,
}

impl NegotiatedOptions {
    pub(super) fn new(best: RequestOptions) -> Self {
        Self {
            best,
            state: Mutex::default(),
        }
    }

    /// Returns the options for the next request.
    pub(super) fn current(&self, now: Instant) -> RequestOptions {
        let mut state = self.state();
        match state.accepted {
            Some((options, since)) if now.duration_since(since) < RECHECK_INTERVAL => options,
            _ => {
                state.accepted = None;
                self.best
            }
        }
    }

    /// Records that the model accepted these options, after it `rejected` better ones or none.
    /// Returns whether they should be logged: they are the first ones, or have changed.
    pub(super) fn record_success(
        &self,
        options: RequestOptions,
        rejected: Option<RejectionReason>,
        now: Instant,
    ) -> bool {
        let mut state = self.state();
        match rejected {
            None => state.unnamed_rejections = 0,
            Some(reason) => {
                state.unnamed_rejections += u32::from(reason == RejectionReason::Unnamed);
                if reason == RejectionReason::Unnamed
                    && state.unnamed_rejections < MAX_UNNAMED_REJECTIONS
                {
                    return false;
                }
                state.accepted = Some((options, now));
                state.unnamed_rejections = 0;
            }
        }
        let is_new = state.logged != Some(options);
        state.logged = Some(options);
        is_new
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEST: RequestOptions = RequestOptions {
        format: OutputFormat::Schema,
        limit: LimitName::CompletionTokens,
        has_effort: true,
        has_breakpoint: false,
    };
    const LOOSE: RequestOptions = RequestOptions {
        format: OutputFormat::Loose,
        ..BEST
    };

    #[test]
    fn the_best_options_are_tried_again_an_hour_after_a_rejection_with_a_reason() {
        let negotiated = NegotiatedOptions::new(BEST);
        let now = Instant::now();
        assert!(negotiated.record_success(LOOSE, Some(RejectionReason::Named), now));
        assert_eq!(
            negotiated.current(now + RECHECK_INTERVAL - Duration::from_secs(1)),
            LOOSE
        );
        assert_eq!(negotiated.current(now + RECHECK_INTERVAL), BEST);
        assert_eq!(negotiated.current(now + RECHECK_INTERVAL), BEST);
    }

    #[test]
    fn a_rejection_without_a_reason_counts_only_if_it_is_repeated_at_once() {
        let negotiated = NegotiatedOptions::new(BEST);
        let now = Instant::now();
        assert!(!negotiated.record_success(LOOSE, Some(RejectionReason::Unnamed), now));
        assert_eq!(negotiated.current(now), BEST);
        negotiated.record_success(BEST, None, now);
        assert!(!negotiated.record_success(LOOSE, Some(RejectionReason::Unnamed), now));
        assert!(negotiated.record_success(LOOSE, Some(RejectionReason::Unnamed), now));
        assert_eq!(negotiated.current(now), LOOSE);
    }

    #[test]
    fn accepted_options_are_reported_once_until_they_change() {
        let negotiated = NegotiatedOptions::new(BEST);
        let now = Instant::now();
        assert!(negotiated.record_success(BEST, None, now));
        assert!(!negotiated.record_success(BEST, None, now));
        assert!(negotiated.record_success(LOOSE, Some(RejectionReason::Named), now));
        assert!(!negotiated.record_success(LOOSE, None, now));
        assert!(negotiated.record_success(BEST, None, now + RECHECK_INTERVAL));
    }

    #[test]
    fn a_rejected_limit_is_sent_under_its_older_name_before_it_is_left_out() {
        let older = BEST.without(Parameter::OutputLimit);
        assert_eq!(
            (older.limit, older.without(Parameter::OutputLimit).limit),
            (LimitName::Tokens, LimitName::Unset)
        );
        assert_eq!(older.without(Parameter::Effort).parameters(), "max_tokens");
    }
}
