//! Extraction with a model: one prompt for the call, or one for each part of a very long call. A
//! memory from the model is accepted only if the caller's words support it.

use std::collections::HashSet;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use common::archive::{Archive, ArchiveError};
use common::call::{Transcript, Turn};
use common::llm::{Llm, LlmError, Prompt, Usage};
use common::memory::{AgentProfile, Change, Importance, Memory, MemoryId, Source, speakable_name};
use futures_util::{StreamExt, stream};
use jiff::Zoned;
use sha2::{Digest, Sha256};

use super::call_evidence::{CallEvidence, stems};
use super::model_output::{self, ClaimedMemory, ModelOutput};
use super::normalize::folded;
use super::private::PrivatePolicy;
use super::{
    Candidate, Draft, EXTRACTOR, Task, greeting, parts, private, prompt, secrets, speaker,
};
use crate::Known;
use crate::budget::{Budget, USED_UP};
use crate::kept_answers::{KeptAnswer, KeptAnswers};
use crate::text::{sentences, words};

/// Most known memories in a prompt.
const MAX_KNOWN: usize = 40;
/// Most memories of an answer that are checked.
const MAX_CLAIMS: usize = 200;
/// Most tokens of one answer.
const MAX_OUTPUT_TOKENS: u32 = 8000;
/// How often a part is requested when its answer cannot be parsed.
const MAX_TRIES: u32 = 2;
/// Decline reason when no answer could be parsed.
const UNREADABLE: &str = "unreadable";
/// How many parts of one call are requested concurrently.
const CONCURRENT_PARTS: usize = 4;

/// Why there is no draft from the model.
#[derive(Clone)]
pub(super) enum DraftError {
    /// Permanent: another attempt would fail too. Holds what was spent so far.
    Declined(DeclineReason, Usage),
    /// Transient: a later attempt may succeed.
    Transient(LlmError),
    /// The cached answers of an earlier delivery cannot be read.
    Archive(ArchiveError),
}

/// Why a call is extracted without the model.
#[derive(Clone, Copy)]
pub(super) struct DeclineReason {
    /// A fixed word for logs and metrics.
    pub(super) kind: &'static str,
    /// HTTP status of the provider, if it answered with one.
    pub(super) status: Option<u16>,
}

impl DeclineReason {
    fn from_error(error: &LlmError) -> Self {
        Self {
            kind: error.kind(),
            status: error.status().map(|status| status.as_u16()),
        }
    }
}

impl From<&'static str> for DeclineReason {
    fn from(kind: &'static str) -> Self {
        Self { kind, status: None }
    }
}

/// Requests the parts of a call, at most [`CONCURRENT_PARTS`] at a time, and merges the answers in
/// the order of the call.
pub(super) async fn draft<A: Archive>(
    llm: &Llm,
    transcript: &Transcript,
    at: &Zoned,
    task: &Task<'_>,
    answers: &KeptAnswers<'_, A>,
    budget: &Budget<'_, A>,
) -> Result<Draft, DraftError> {
    let known = task.known;
    let relevant = most_relevant(&known.memories, transcript);
    let (turns, profile) = (transcript.turns(), known.profile.as_ref());
    let requests = PartRequests {
        llm,
        turns,
        at,
        known: &relevant,
        profile,
        answers,
        budget,
        stopped: Mutex::default(),
    };
    let prompt_tokens = parts::estimate_tokens(&[
        prompt::SYSTEM.as_str(),
        prompt::SCHEMA.get(),
        &prompt::user(&[], 0, at, &relevant, profile),
    ]);
    let parts = parts::split(turns, llm.part_tokens(prompt_tokens, MAX_OUTPUT_TOKENS));
    let parts = fit_to_budget(parts, budget);
    // Let every request finish even if one fails: an answer in progress is paid for and should be
    // kept.
    let parts: Vec<_> = stream::iter(parts.into_iter().map(|part| requests.part(part)))
        .buffered(CONCURRENT_PARTS)
        .collect()
        .await;
    let usage = total_usage(&parts);
    let parts: Vec<PartResult> = parts
        .into_iter()
        .collect::<Result<_, _>>()
        .map_err(|reason| reason.with_usage(usage))?;
    if parts.iter().all(|answered| answered.answers.is_empty()) {
        return Err(DraftError::Declined(USED_UP.into(), usage));
    }
    let (claims, rest) = merge(
        parts
            .into_iter()
            .flat_map(|answered| answered.answers)
            .collect(),
    );
    let mut draft = ground_claims(
        claims,
        rest,
        transcript,
        &known_words(known),
        task.private_policy(),
    );
    draft.usage = usage;
    Ok(draft)
}

/// Returns the parts that fit the budget. A call that is too long keeps its beginning, where
/// callers say who they are and what they want, and its end, where the matter is settled.
fn fit_to_budget<A: Archive>(
    mut parts: Vec<Range<usize>>,
    budget: &Budget<'_, A>,
) -> Vec<Range<usize>> {
    let left = budget.left().max(1);
    if parts.len() > left {
        let middle = left.div_ceil(2)..parts.len() - left / 2;
        parts.drain(middle).for_each(|part| budget.leave_out(part));
    }
    parts
}

/// Returns the normalized words of everything known of the caller. A memory may name somebody from
/// an earlier call.
fn known_words(known: &Known) -> HashSet<String> {
    let name = known
        .card
        .as_ref()
        .and_then(|card| card.caller_name.as_deref());
    let texts = known
        .memories
        .iter()
        .map(|memory| memory.content.as_str())
        .chain(name);
    texts
        .flat_map(|text| words(text).map(|word| folded(&word)))
        .collect()
}

/// Sums the usage of all parts, including failed ones.
fn total_usage(parts: &[Result<PartResult, DraftError>]) -> Usage {
    parts.iter().fold(Usage::default(), |mut sum, part| {
        match part {
            Ok(PartResult { usage, .. }) | Err(DraftError::Declined(_, usage)) => sum += *usage,
            Err(DraftError::Transient(_) | DraftError::Archive(_)) => {}
        }
        sum
    })
}

impl DraftError {
    /// Adds usage to a permanent error.
    fn plus_usage(self, mut paid: Usage) -> Self {
        match self {
            Self::Declined(reason, usage) => {
                paid += usage;
                Self::Declined(reason, paid)
            }
            away => away,
        }
    }

    /// Replaces the usage of a permanent error.
    fn with_usage(self, usage: Usage) -> Self {
        match self {
            Self::Declined(reason, _) => Self::Declined(reason, usage),
            away => away,
        }
    }
}

struct PartRequests<'a, A> {
    llm: &'a Llm,
    turns: &'a [Turn],
    /// Local time of the call.
    at: &'a Zoned,
    known: &'a [&'a Memory],
    profile: Option<&'a AgentProfile>,
    answers: &'a KeptAnswers<'a, A>,
    budget: &'a Budget<'a, A>,
    /// Set after a failure: why no further part is requested.
    stopped: Mutex<Option<DraftError>>,
}

struct PartResult {
    answers: Vec<PartAnswer>,
    usage: Usage,
}

/// An answer, and the known memories that it refers to by number.
struct PartAnswer {
    answer: ModelOutput,
    known: Vec<MemoryId>,
}

impl<A: Archive> PartRequests<'_, A> {
    /// Requests one part. If the answer is cut off at the token limit, requests its halves instead.
    /// After a failure, makes no new request.
    fn part(
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
                    self.budget.leave_out(part);
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
                DeclineReason::from_error(&LlmError::CutOff(cut_off)),
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
    ) -> Result<Option<KeptAnswer>, DraftError> {
        let is_whole = part.len() == self.turns.len();
        // With a verification request to come, the record is not written next.
        let is_kept = !is_whole || self.llm.verifies();
        if is_kept || parts::may_be_cut_off(self.turns) {
            let kept = self
                .answers
                .of(part, &self.request_hash(part))
                .await
                .map_err(DraftError::Archive)?;
            if let Some(kept) = kept.filter(KeptAnswer::is_readable) {
                return Ok(Some(kept));
            }
        }
        if !self.budget.take() {
            return Ok(None);
        }
        let answer = self.request(part).await?;
        if is_kept || answer.text.is_none() {
            self.answers.keep(part, &answer).await;
        }
        Ok(Some(answer))
    }

    /// Requests a part until the answer can be parsed or was cut off, at most [`MAX_TRIES`] times.
    async fn request(&self, part: &Range<usize>) -> Result<KeptAnswer, DraftError> {
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
                Err(LlmError::CutOff(cut_off)) => {
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

    fn kept_answer(&self, part: &Range<usize>, text: Option<String>, usage: Usage) -> KeptAnswer {
        let known = self.known.iter().map(|memory| memory.id.clone()).collect();
        KeptAnswer {
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

impl KeptAnswer {
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

/// Merges the answers of all parts: all claimed memories with their changes, and one answer with
/// the remaining fields. The last non-empty greeting wins, because the call ended there.
fn merge(answers: Vec<PartAnswer>) -> (Vec<(ClaimedMemory, Change)>, ModelOutput) {
    let (mut claims, mut whole, mut summaries) = (Vec::new(), ModelOutput::default(), Vec::new());
    for PartAnswer { answer, known } in answers {
        claims.extend(answer.memories.into_iter().map(|claim| {
            let change = change(&claim, &known);
            (claim, change)
        }));
        summaries.extend(answer.summary);
        whole.open_issues.extend(answer.open_issues);
        whole.unreadable += answer.unreadable;
        whole.greeting = answer
            .greeting
            .filter(|greeting| !greeting.trim().is_empty())
            .or(whole.greeting);
        whole.caller_name = whole.caller_name.or(answer.caller_name);
        whole.language = answer.language.or(whole.language);
    }
    whole.summary = Some(summaries.join(" "));
    (claims, whole)
}

fn draft_error(error: &LlmError) -> DraftError {
    if error.is_final() {
        DraftError::Declined(DeclineReason::from_error(error), error.usage())
    } else {
        DraftError::Transient(error.clone())
    }
}

/// Returns the known memories that share the most words with this conversation; the more important
/// one first if equal.
fn most_relevant<'a>(known: &'a [Memory], transcript: &Transcript) -> Vec<&'a Memory> {
    let said: HashSet<String> = transcript
        .turns()
        .iter()
        .flat_map(|turn| meaningful(&turn.text))
        .collect();
    let shared = |memory: &Memory| {
        meaningful(&memory.content)
            .filter(|word| said.contains(word))
            .count()
    };
    let mut ranked: Vec<(usize, &Memory)> = known
        .iter()
        .map(|memory| (shared(memory), memory))
        .collect();
    ranked.sort_by_key(|(shared, memory)| std::cmp::Reverse((*shared, memory.importance)));
    ranked
        .into_iter()
        .take(MAX_KNOWN)
        .map(|(_, memory)| memory)
        .collect()
}

fn meaningful(text: &str) -> impl Iterator<Item = String> + '_ {
    words(text).filter(|word| word.len() > 3)
}

fn ground_claims(
    claims: Vec<(ClaimedMemory, Change)>,
    answer: ModelOutput,
    transcript: &Transcript,
    known: &HashSet<String>,
    policy: PrivatePolicy<'_>,
) -> Draft {
    let evidence = CallEvidence::new(transcript);
    let mut draft = Draft::default();
    draft.drop("unreadable", answer.unreadable);
    draft.private_words = private_words(&claims, &evidence, policy);
    for (claim, change) in claims.into_iter().take(MAX_CLAIMS) {
        let category = claim.category;
        match grounded_candidate(claim, change, &evidence, known) {
            Ok(candidate) => draft.memories.push(candidate),
            Err(reason) => draft.drop_memory(reason, category),
        }
    }
    let is_untainted = |text: &str| !evidence.is_tainted(text);
    draft.greeting = answer
        .greeting
        .map(|greeting| greeting.trim().to_owned())
        .filter(|text| greeting::is_speakable(text) && is_untainted(text))
        .unwrap_or_default();
    let summary = secrets::mask(&answer.summary.unwrap_or_default());
    draft.summary = sentences(&summary)
        .into_iter()
        .filter(|sentence| is_untainted(sentence))
        .collect::<Vec<_>>()
        .join(" ");
    // An issue written as a sentence may be paraphrased. Anything shorter must have been said by
    // the caller or the agent.
    let is_sentence = |text: &str| {
        text.split_whitespace()
            .filter(|word| word.contains(char::is_alphabetic))
            .count()
            > 1
    };
    let of_call =
        |issue: &str| is_sentence(issue) || evidence.rejection_reason(issue, true).is_none();
    draft.open_issues = answer
        .open_issues
        .iter()
        .map(|issue| secrets::mask(issue.trim()))
        .filter(|issue| !issue.is_empty() && is_untainted(issue) && of_call(issue))
        .collect();
    draft.caller_name = answer
        .caller_name
        .as_deref()
        .and_then(speakable_name)
        .filter(|name| evidence.gives_name(name))
        .map(str::to_owned);
    draft.language = answer
        .language
        .map(|language| language.trim().to_lowercase())
        .filter(|language| is_language(language));
    draft
}

/// Returns the stems of words that occur only in private facts: in private claims that may not be
/// stored, and in what the caller said about them.
fn private_words(
    claims: &[(ClaimedMemory, Change)],
    evidence: &CallEvidence<'_>,
    policy: PrivatePolicy<'_>,
) -> HashSet<String> {
    let is_private = |claim: &ClaimedMemory| {
        (claim.sensitive == Some(true) || private::is_private(&claim.content))
            && !policy.allows(&claim.content)
    };
    let (hidden, open): (Vec<&ClaimedMemory>, Vec<&ClaimedMemory>) = claims
        .iter()
        .map(|(claim, _)| claim)
        .partition(|claim| is_private(claim));
    let told_openly: HashSet<String> = open
        .iter()
        .flat_map(|claim| stems(&claim.content))
        .collect();
    let facts: HashSet<String> = hidden
        .iter()
        .flat_map(|claim| stems(&claim.content))
        .filter(|stem| !told_openly.contains(stem))
        .collect();
    let (mut words, mut public) = (facts.clone(), told_openly);
    words.extend(
        hidden
            .iter()
            .flat_map(|claim| stems(claim.quote.as_deref().unwrap_or_default())),
    );
    for clause in evidence.clauses() {
        let said = stems(clause);
        if policy.forbids(clause) {
            words.extend(said);
        } else if !said.iter().any(|stem| facts.contains(stem)) {
            public.extend(said);
        }
    }
    words.retain(|stem| !public.contains(stem));
    words
}

/// Turns a claimed memory into a candidate if the caller's words support it; otherwise returns the
/// drop reason.
fn grounded_candidate(
    claim: ClaimedMemory,
    change: Change,
    evidence: &CallEvidence<'_>,
    known: &HashSet<String>,
) -> Result<Candidate, &'static str> {
    let named = claim.turn.and_then(|turn| usize::try_from(turn).ok());
    let quote = claim.quote.as_deref().unwrap_or_default();
    let turn = evidence
        .turn_of_claim(&claim.content, quote, named)
        .ok_or("ungrounded")?;
    if evidence.is_tainted(&claim.content) || super::instructions::is_instruction(&claim.content) {
        return Err("instruction");
    }
    if claim.is_unfounded {
        return Err("unsupported");
    }
    let quoted = evidence.quoted_clauses(turn, quote);
    if !evidence.supports(&claim.content)
        && !evidence.may_be_inferred(&claim.content, turn, quote, quoted)
    {
        return Err("unsupported");
    }
    if evidence
        .contradiction(&secrets::mask(&claim.content), turn, quoted, &|word| {
            known.contains(word)
        })
        .is_some()
    {
        return Err("contradicted");
    }
    Ok(Candidate {
        // If the model marks its claim as private, it is private. The word lists are checked later
        // in addition.
        is_private: claim.sensitive == Some(true),
        content: claim.content,
        category: claim.category,
        importance: Importance::clamped(claim.importance),
        entities: claim.entities,
        search_hints: claim.search_hints,
        turn: Some(turn),
        quote: Some(quoted.to_owned()),
        source: Source::Transcript,
        change,
    })
}

/// Resolves the numbers of known memories. Numbers outside the list are ignored.
fn change(claim: &ClaimedMemory, known: &[MemoryId]) -> Change {
    let numbered = |number: Option<i64>| {
        number
            .and_then(|number| usize::try_from(number.checked_sub(1)?).ok())
            .and_then(|index| known.get(index))
            .cloned()
    };
    match (numbered(claim.supersedes), numbered(claim.repeats)) {
        (Some(earlier), _) => Change::Supersedes(earlier),
        (None, Some(earlier)) => Change::Repeats(earlier),
        (None, None) => Change::New,
    }
}

/// Returns whether a tag has two or three letters and perhaps a country: `pt`, `pt-br`.
fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let is_code = parts
        .next()
        .is_some_and(|code| (2..=3).contains(&code.len()));
    is_code
        && tag.len() <= 8
        && tag
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

#[cfg(test)]
mod cases;
#[cfg(test)]
mod greetings;
#[cfg(test)]
mod properties;
