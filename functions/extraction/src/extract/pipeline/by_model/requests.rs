//! Requests the parts of a call from the model, with cached answers and within the budget.

use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use common::archive::Archive;
use common::call::Turn;
use common::llm::{Llm, LlmError, Prompt, Usage};
use common::memory::{AgentProfile, Memory, MemoryId};
use jiff::Zoned;
use sha2::{Digest, Sha256};

use super::{DeclineReason, DraftError, MAX_OUTPUT_TOKENS, draft_error};
use crate::answer_cache::{AnswerCache, CachedAnswer};
use crate::budget::Budget;
use crate::extract::pipeline::model_output::{self, ModelOutput};
use crate::extract::pipeline::prompt::speaker;
use crate::extract::pipeline::{EXTRACTOR, parts, prompt};

/// How often a part is requested when its answer cannot be parsed.
const MAX_TRIES: u32 = 2;
/// Decline reason when no answer could be parsed.
const UNREADABLE: &str = "unreadable";

/// Requests the parts of one call.
pub(super) struct PartRequests<'a, A> {
    pub(super) llm: &'a Llm,
    pub(super) turns: &'a [Turn],
    /// Local time of the call.
    pub(super) at: &'a Zoned,
    pub(super) known: &'a [&'a Memory],
    pub(super) profile: Option<&'a AgentProfile>,
    pub(super) answers: &'a AnswerCache<'a, A>,
    pub(super) budget: &'a Budget<'a, A>,
    /// Set after a failure: why no further part is requested.
    pub(super) stopped: Mutex<Option<DraftError>>,
}

/// The answers for a part, or for its halves, and their usage.
pub(super) struct PartResult {
    pub(super) answers: Vec<PartAnswer>,
    pub(super) usage: Usage,
}

/// An answer, and the known memories that it refers to by number.
pub(super) struct PartAnswer {
    pub(super) answer: ModelOutput,
    pub(super) known: Vec<MemoryId>,
}

impl<A: Archive> PartRequests<'_, A> {
    /// Requests one part. If the answer is cut off at the token limit, requests its halves instead.
    /// After a failure, makes no new request.
    pub(super) fn part(
        &self,
        part: Range<usize>,
    ) -> Pin<Box<dyn Future<Output = Result<PartResult, DraftError>> + Send + '_>> {
        Box::pin(async move {
            if let Some(reason) = self.stopped().clone() {
                // Its usage is already counted by the part that failed.
                return Err(reason.with_usage(Usage::default()));
            }
            let reply = match self.cached_or_requested(&part).await {
                Ok(Some(reply)) => reply,
                // No budget left: leave this part out.
                Ok(None) => {
                    self.budget.skip_turns(part);
                    return Ok(PartResult {
                        answers: Vec::new(),
                        usage: Usage::default(),
                    });
                }
                Err(reason) => return Err(self.stop(reason)),
            };
            match reply.read() {
                Some(answered) => Ok(answered),
                None => self.halves(part, reply.usage).await,
            }
        })
    }

    /// Requests the two halves of a part whose answer was cut off. `cut_off` is the usage of that
    /// answer.
    async fn halves(&self, part: Range<usize>, cut_off: Usage) -> Result<PartResult, DraftError> {
        let Some(halves) = parts::halves(&part) else {
            return Err(self.stop(DraftError::Declined(
                DeclineReason::from_error(&LlmError::TokenLimitReached(cut_off)),
                cut_off,
            )));
        };
        let mut whole = PartResult {
            answers: Vec::new(),
            usage: cut_off,
        };
        for half in halves {
            let answered = self
                .part(half)
                .await
                .map_err(|reason| reason.plus_usage(whole.usage))?;
            whole.answers.extend(answered.answers);
            whole.usage += answered.usage;
        }
        Ok(whole)
    }

    fn stop(&self, reason: DraftError) -> DraftError {
        *self.stopped() = Some(reason.clone());
        reason
    }

    /// Returns the cached answer of an earlier delivery, or requests and caches a new one. The
    /// answer for a whole call is not cached, because its record is written next; the fact that it
    /// was cut off is, because then its halves are requested.
    async fn cached_or_requested(
        &self,
        part: &Range<usize>,
    ) -> Result<Option<CachedAnswer>, DraftError> {
        let is_whole = part.len() == self.turns.len();
        // With a verification request to come, the record is not written next.
        let is_cached = !is_whole || self.llm.is_verification_enabled();
        if is_cached || parts::may_be_cut_off(self.turns) {
            let cached = self
                .answers
                .part(part, &self.request_hash(part))
                .await
                .map_err(DraftError::Archive)?;
            if let Some(cached) = cached.filter(CachedAnswer::is_readable) {
                return Ok(Some(cached));
            }
        }
        if !self.budget.take() {
            return Ok(None);
        }
        let answer = self.request(part).await?;
        if is_cached || answer.text.is_none() {
            self.answers.put_part(part, &answer).await;
        }
        Ok(Some(answer))
    }

    /// Requests a part until the answer can be parsed or was cut off, at most [`MAX_TRIES`] times.
    async fn request(&self, part: &Range<usize>) -> Result<CachedAnswer, DraftError> {
        let user = prompt::user(
            &self.turns[part.clone()],
            part.start,
            self.at,
            self.known,
            self.profile,
        );
        let prompt = Prompt {
            system: &prompt::SYSTEM,
            user: &user,
            name: prompt::NAME,
            schema: prompt::SCHEMA.as_ref(),
            max_output_tokens: MAX_OUTPUT_TOKENS,
            is_short: false,
        };
        let mut usage = Usage::default();
        for tried in 0..MAX_TRIES.min(self.llm.max_attempts()) {
            if tried > 0 && !self.budget.take() {
                break;
            }
            let answer = self.llm.complete(&prompt).await;
            self.budget.count(&answer);
            let text = match answer {
                Ok(completion) => {
                    usage += completion.usage;
                    Some(completion.text).filter(|text| model_output::parse(text).is_ok())
                }
                Err(LlmError::Unreadable(paid)) => {
                    usage += paid;
                    None
                }
                Err(LlmError::TokenLimitReached(cut_off)) => {
                    usage += cut_off;
                    return Ok(self.kept_answer(part, None, usage));
                }
                Err(error) => return Err(draft_error(&error).plus_usage(usage)),
            };
            if text.is_some() {
                return Ok(self.kept_answer(part, text, usage));
            }
        }
        Err(DraftError::Declined(UNREADABLE.into(), usage))
    }

    fn kept_answer(&self, part: &Range<usize>, text: Option<String>, usage: Usage) -> CachedAnswer {
        let known = self.known.iter().map(|memory| memory.id.clone()).collect();
        CachedAnswer {
            question: self.request_hash(part),
            known,
            text,
            usage,
        }
    }

    /// Hashes what the answer for a part depends on. Known memories are left out: a cached answer
    /// holds its own list, so an additional memory does not cause a second paid request.
    fn request_hash(&self, part: &Range<usize>) -> String {
        let mut hash = Sha256::new();
        for text in [EXTRACTOR, self.llm.provider(), self.llm.model()] {
            hash.update(text);
            hash.update(b"\n");
        }
        for turn in &self.turns[part.clone()] {
            hash.update(speaker(turn.role));
            hash.update(b"\n");
            hash.update(&turn.text);
            hash.update(b"\n");
        }
        hex::encode(hash.finalize())
    }

    fn stopped(&self) -> MutexGuard<'_, Option<DraftError>> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CachedAnswer {
    fn is_readable(&self) -> bool {
        self.text
            .as_deref()
            .is_none_or(|text| model_output::parse(text).is_ok())
    }

    /// Parses the answer. Returns `None` if it was cut off.
    fn read(&self) -> Option<PartResult> {
        let answer = model_output::parse(self.text.as_deref()?).ok()?;
        Some(PartResult {
            answers: vec![PartAnswer {
                answer,
                known: self.known.clone(),
            }],
            usage: self.usage,
        })
    }
}
