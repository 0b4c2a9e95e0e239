//! Builds the extraction record of a call from its transcript and from what was already known of
//! the caller: with a model, or from ElevenLabs' own analysis. The only I/O is the model request
//! and the cache of its answers.

mod agent_conduct;
mod analysis;
mod by_model;
mod call_evidence;
mod call_time;
mod collected;
mod collected_labels;
mod confirmation;
mod contradiction;
mod greeting;
mod instructions;
mod introductions;
mod known_secrets;
mod lenient_fields;
mod lenient_json;
mod model_output;
mod normalize;
mod parts;
mod private;
mod prompt;
mod requested_secrets;
mod secret_labels;
mod secrets;
mod spoken_numbers;
mod times;
mod tokens;
mod transcript_masking;
mod verification;
mod wording;

use by_model::{DeclineReason, DraftError};
use private::PrivatePolicy;
pub(crate) use transcript_masking::masked_call;

use common::archive::Archive;
use common::call::{AgentId, ConversationId, Role, Transcript};
use common::elevenlabs::transcription::Transcription;
use common::llm::{Llm, Usage};
use common::memory::{
    Category, Change, Importance, MAX_CONTENT_CHARS, MAX_IMPORTANCE_OF_A_CLAIM, Memory, MemoryId,
    NewMemory, PrivateKind, Source, StoreSensitive, claims_authority, is_nobody, is_placeholder,
    is_redacted,
};
use common::settings::MemorySettings;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};

use crate::Known;
use crate::attempts::{Attempts, Begun};
use crate::budget::{Budget, USED_UP};
use crate::error::ExtractionError;
use crate::kept_answers::KeptAnswers;
use crate::record::{OtherAgent, Record};
use crate::text::{composed, same_words, sentences, shortened};
use instructions::is_instruction;
use wording::Wording;

/// Version of the prompt, the schema and the checks. Stored with each memory.
pub const EXTRACTOR: &str = "elaaoms-extractor/6";

/// Drop reason of a private memory.
const SENSITIVE: &str = "sensitive";
/// Most memories of one conversation. A batch request takes no more.
const MAX_MEMORIES: usize = 100;
/// Longest summary, in characters.
const MAX_SUMMARY_CHARS: usize = 600;
/// Longest open issue, in characters.
const MAX_ISSUE_CHARS: usize = 200;
/// Longest entity or search hint, in characters.
const MAX_HINT_CHARS: usize = 60;
/// Most entities, and most search hints, of one memory.
const MAX_HINTS: usize = 12;
/// Most open issues of one conversation.
const MAX_ISSUES: usize = 10;

/// The result of one way of extracting, before its size limits are applied.
#[derive(Default)]
struct Draft {
    memories: Vec<Candidate>,
    greeting: String,
    summary: String,
    open_issues: Vec<String>,
    caller_name: Option<String>,
    language: Option<String>,
    dropped: BTreeMap<String, usize>,
    dropped_by_category: BTreeMap<String, BTreeMap<String, usize>>,
    usage: Usage,
    /// Outcome of the verification request, if one was made.
    verification: Option<&'static str>,
    /// Number of private memories left out, by kind.
    withheld: BTreeMap<String, usize>,
    /// Stems of words that occur in private facts and nowhere else.
    private_words: HashSet<String>,
}

/// A memory that has not yet passed the checks for storage.
struct Candidate {
    content: String,
    is_private: bool,
    category: Category,
    importance: Importance,
    entities: Vec<String>,
    search_hints: Vec<String>,
    turn: Option<usize>,
    quote: Option<String>,
    source: Source,
    change: Change,
}

impl Draft {
    /// Removes private content from every field, except the kinds that the operator allows.
    fn leave_out_private(&mut self, policy: PrivatePolicy<'_>) {
        let words = std::mem::take(&mut self.private_words);
        let is_private = |text: &str| {
            policy.forbids(text)
                || (!words.is_empty()
                    && call_evidence::stems(text)
                        .iter()
                        .any(|stem| words.contains(stem)))
        };
        self.summary = private::remove_clauses_in_sentences(&self.summary, is_private);
        self.open_issues = self
            .open_issues
            .iter()
            .map(|issue| private::remove_clauses_in_sentences(issue, is_private))
            .filter(|issue| !issue.is_empty())
            .collect();
        if is_private(&self.greeting) {
            self.greeting.clear();
        }
        for memory in &mut self.memories {
            memory.entities.retain(|entity| !is_private(entity));
            memory.search_hints.retain(|hint| !is_private(hint));
            memory.quote = memory.quote.take().map(|quote| {
                if is_private(&quote) {
                    private::remove_clauses(&quote, is_private)
                } else {
                    quote
                }
            });
            memory.quote = memory.quote.take().filter(|quote| !quote.is_empty());
            // A sentence of ElevenLabs' analysis may state several facts; a memory from a model
            // states one.
            if memory.source == Source::Analysis && policy.forbids(&memory.content) {
                let public = private::remove_clauses_in_sentences(&memory.content, |text| {
                    policy.forbids(text)
                });
                if !public.is_empty() {
                    count_kinds(&mut self.withheld, &memory.content);
                    memory.content = public;
                }
            }
        }
    }

    /// Counts a dropped memory by reason and category.
    fn drop_memory(&mut self, reason: &str, category: Category) {
        self.drop(reason, 1);
        let of_reason = self
            .dropped_by_category
            .entry(reason.to_owned())
            .or_default();
        *of_reason.entry(category.as_str().to_owned()).or_default() += 1;
    }

    fn drop(&mut self, reason: &str, count: usize) {
        if count > 0 {
            *self.dropped.entry(reason.to_owned()).or_default() += count;
        }
    }
}

/// Counts a private fact once for each of its kinds.
fn count_kinds(withheld: &mut BTreeMap<String, usize>, text: &str) {
    for kind in private::private_kinds(text) {
        *withheld.entry(kind.as_str().to_owned()).or_default() += 1;
    }
}

/// The input of an extraction.
pub(crate) struct Task<'a> {
    pub(crate) call: &'a Transcription,
    pub(crate) known: &'a Known,
    pub(crate) settings: &'a MemorySettings,
    /// Set when the call is extracted again: the version of the redo.
    pub(crate) redo: Option<u64>,
    pub(crate) now: Timestamp,
}

impl Task<'_> {
    /// Returns the start of the call.
    fn call_at(&self) -> Timestamp {
        self.call.started_at(self.now)
    }

    /// Returns which private facts the agent of this call may store.
    fn private_policy(&self) -> PrivatePolicy<'_> {
        PrivatePolicy {
            rules: &self.settings.store_sensitive,
            agent: &self.call.agent_id,
        }
    }

    /// Masks the secrets of a text, including what the caller typed on the keypad.
    fn mask(&self, text: &str) -> String {
        transcript_masking::keypad_secrets(self.call, self.settings).mask(&secrets::mask(text))
    }

    /// Returns the rules that texts of this call are rewritten by.
    fn wording(&self) -> Wording {
        let at = call_time::local_time(self.call, self.call_at());
        Wording {
            at: at.datetime(),
            language: self.call.language().map(str::to_owned),
        }
    }

    /// Returns whether a known memory comes from a later call. Calls are extracted out of order or
    /// again, and an earlier call must not supersede a later statement.
    fn is_later(&self, memory: Option<&MemoryId>) -> bool {
        let known = self
            .known
            .memories
            .iter()
            .find(|known| Some(&known.id) == memory);
        known
            .and_then(|known| known.timestamp)
            .is_some_and(|said_at| said_at > self.call_at())
    }
}

/// Extracts a call and returns its record.
///
/// # Errors
///
/// Returns an error only when the model's provider or the archive is unavailable. If the provider
/// refuses permanently, or gives no usable answer within the allowed attempts, the call is
/// extracted without the model and the record says so.
pub(crate) async fn extract<A: Archive>(
    llm: Option<&Llm>,
    task: &Task<'_>,
    answers: &KeptAnswers<'_, A>,
    attempts: &Attempts<'_, A>,
    budget: &Budget<'_, A>,
) -> Result<Record, ExtractionError> {
    let call = task.call;
    let transcript = transcript_masking::masked_call(call, task.settings);
    let (mut draft, provider, declined) = match llm {
        None => (analysis::draft(task, &transcript), "none", None),
        Some(llm) => {
            match draft_by_model(llm, &transcript, task, answers, attempts, budget).await {
                Ok(draft) => (
                    add_left_out_parts(draft, task, &transcript, budget),
                    llm.provider(),
                    None,
                ),
                Err(DraftError::Declined(reason, usage)) => {
                    let DeclineReason { kind, status } = reason;
                    tracing::warn!(conversation_id = %call.conversation_id, reason = kind, status, "call extracted without the model");
                    let draft = Draft {
                        usage,
                        ..analysis::draft(task, &transcript)
                    };
                    (draft, "none", Some(reason))
                }
                Err(DraftError::Transient(error)) => return Err(error.into()),
                Err(DraftError::Archive(error)) => return Err(error.into()),
            }
        }
    };
    let used_llm = llm.filter(|_| declined.is_none());
    let mut memories = storable_memories(&mut draft, task);
    if let Some(llm) = used_llm.filter(|llm| llm.verifies()) {
        memories = verification::verified_memories(
            llm,
            memories,
            &mut draft,
            &transcript,
            task,
            answers,
            budget,
        )
        .await?;
    }
    verify_greeting(&mut draft, &memories, task, &transcript);
    let origin = Origin {
        provider,
        model: used_llm.map(|llm| llm.model().to_owned()),
        // Failed requests cost money too.
        cost: llm
            .filter(|_| declined.is_none() || draft.usage != Usage::default())
            .and_then(|llm| llm.cost(draft.usage)),
        declined,
    };
    Ok(record(draft, memories, task, origin))
}

/// Asks the model for a draft. The number of attempts is limited, so a call that makes the model
/// time out or kills the process cannot block later calls.
async fn draft_by_model<A: Archive>(
    llm: &Llm,
    transcript: &Transcript,
    task: &Task<'_>,
    answers: &KeptAnswers<'_, A>,
    attempts: &Attempts<'_, A>,
    budget: &Budget<'_, A>,
) -> Result<Draft, DraftError> {
    if budget.is_used_up() {
        return Err(DraftError::Declined(USED_UP.into(), Usage::default()));
    }
    let attempt = match attempts
        .begin(llm.max_attempts())
        .await
        .map_err(DraftError::Archive)?
    {
        Begun::Attempt(attempt) => attempt,
        Begun::Exhausted(reason) => {
            return Err(DraftError::Declined(reason.into(), Usage::default()));
        }
    };
    let at = call_time::local_time(task.call, task.call_at());
    let result = by_model::draft(llm, transcript, &at, task, answers, budget).await;
    match &result {
        Err(DraftError::Transient(error)) if error.is_timeout() => {
            if let Some(reason) = attempts.timed_out(attempt).await {
                return Err(DraftError::Declined(reason.into(), Usage::default()));
            }
        }
        Err(DraftError::Transient(_) | DraftError::Archive(_)) => attempts.take_back(attempt).await,
        Ok(_) | Err(DraftError::Declined(..)) => {}
    }
    result
}

/// Adds memories for the parts of the call that exceeded the budget. They are extracted without the
/// model: from ElevenLabs' analysis of the whole call, or from the words of those parts.
fn add_left_out_parts<A: Archive>(
    mut draft: Draft,
    task: &Task<'_>,
    transcript: &Transcript,
    budget: &Budget<'_, A>,
) -> Draft {
    let left_out = budget.left_out();
    if !left_out.is_empty() {
        let conversation_id = &task.call.conversation_id;
        tracing::warn!(%conversation_id, reason = USED_UP, "parts of a call extracted without the model");
        let is_missing = |memory: &Candidate| {
            memory
                .turn
                .is_none_or(|turn| left_out.iter().any(|turns| turns.contains(&turn)))
        };
        draft.memories.extend(
            analysis::draft(task, transcript)
                .memories
                .into_iter()
                .filter(is_missing),
        );
    }
    draft
}

struct Origin {
    provider: &'static str,
    model: Option<String>,
    cost: Option<f64>,
    declined: Option<DeclineReason>,
}

/// Returns the memories of a draft that may be stored, and removes private content from its other
/// fields.
fn storable_memories(draft: &mut Draft, task: &Task<'_>) -> Vec<NewMemory> {
    draft.leave_out_private(task.private_policy());
    checked_memories(draft, task, &task.wording())
}

fn record(draft: Draft, memories: Vec<NewMemory>, task: &Task<'_>, origin: Origin) -> Record {
    let (call, now, wording) = (task.call, task.now, task.wording());
    let summary = sentences(&draft.summary)
        .iter()
        .filter_map(|sentence| card_text(sentence, &wording))
        .collect::<Vec<_>>();
    let open_issues = draft
        .open_issues
        .iter()
        .filter_map(|issue| card_text(issue, &wording));
    let is_name = |name: &String| !is_nobody(name) && !is_redacted(name) && !is_instruction(name);
    for kind in PrivateKind::ALL {
        let count = draft
            .withheld
            .get(kind.as_str())
            .copied()
            .unwrap_or_default();
        common::measure::memories_withheld(kind.as_str(), count);
    }
    for (reason, count) in &draft.dropped {
        let of_reason = draft.dropped_by_category.get(reason);
        let known = of_reason.map_or(0, |categories| categories.values().sum());
        common::measure::memories_dropped(
            metric_label(reason),
            "unknown",
            count.saturating_sub(known),
        );
        for category in Category::ALL {
            let count = of_reason
                .and_then(|categories| categories.get(category.as_str()))
                .copied()
                .unwrap_or_default();
            common::measure::memories_dropped(metric_label(reason), category.as_str(), count);
        }
    }
    Record {
        conversation_id: call.conversation_id.clone(),
        agent_id: call.agent_id.clone(),
        call_at: task.call_at(),
        extracted_at: now,
        extractor: EXTRACTOR.to_owned(),
        provider: origin.provider.to_owned(),
        model: origin.model,
        declined: origin.declined.map(|reason| reason.kind.to_owned()),
        declined_status: origin.declined.and_then(|reason| reason.status),
        memories,
        greeting: draft.greeting,
        summary: shortened(&summary.join(" "), MAX_SUMMARY_CHARS),
        open_issues: open_issues
            .take(MAX_ISSUES)
            .map(|issue| shortened(&issue, MAX_ISSUE_CHARS))
            .collect(),
        caller_name: draft.caller_name.as_deref().map(composed).filter(is_name),
        language: draft
            .language
            .or_else(|| call.language().map(str::to_owned)),
        dropped: draft.dropped,
        dropped_by_category: draft.dropped_by_category,
        verification: draft.verification.map(str::to_owned),
        withheld: draft.withheld,
        cost_dollars: origin.cost,
        usage: draft.usage,
        transcript_missing: call.lacks_transcript(),
        other_agents: Vec::new(),
    }
}

/// Clears the greeting of a draft unless it may be spoken: any name in it must be the caller's, and
/// it may mention at most one stored memory.
fn verify_greeting(
    draft: &mut Draft,
    memories: &[NewMemory],
    task: &Task<'_>,
    transcript: &Transcript,
) {
    if draft.greeting.is_empty() {
        return;
    }
    let known = task.known;
    let card = known
        .card
        .as_ref()
        .and_then(|card| card.caller_name.as_deref());
    let is_own = |memory: &&Memory| memory.agent_id.as_ref() == Some(&task.call.agent_id);
    let earlier = known
        .memories
        .iter()
        .filter(is_own)
        .map(|memory| memory.content.as_str());
    let profile = known
        .profile
        .iter()
        .flat_map(|profile| profile.name.iter().chain(&profile.first_message));
    let facts = greeting::GreetingFacts::new(
        draft.caller_name.as_deref().or(card).into_iter(),
        memories
            .iter()
            .map(|memory| memory.content.as_str())
            .chain(earlier),
        transcript,
        profile.map(String::as_str),
    );
    let language = draft.language.as_deref().or_else(|| task.call.language());
    if !greeting::is_verified(&draft.greeting, language.unwrap_or("en"), &facts) {
        draft.greeting.clear();
    }
}

/// Returns a text for the caller card, or `None` if it is an instruction to the machine or says
/// nothing.
fn card_text(text: &str, wording: &Wording) -> Option<String> {
    wording
        .rewrite(text)
        .filter(|text| !is_instruction(text) && !is_placeholder(text))
}

/// Returns the memories of a call for another agent that the call was transferred to, matched
/// against what that agent knew. Private facts which only the agent of the call may store are left
/// out.
pub(crate) fn memories_for_agent(
    record: &Record,
    agent: &AgentId,
    known: &Known,
    redo: Option<u64>,
    rules: &StoreSensitive,
) -> OtherAgent {
    let policy = PrivatePolicy { rules, agent };
    let is_shareable = |memory: &&NewMemory| {
        !policy.forbids(&memory.content) && !claims_authority(&memory.content)
    };
    let memories = record
        .memories
        .iter()
        .filter(is_shareable)
        .map(|memory| NewMemory {
            idempotency_key: idempotency_key_of(
                &record.conversation_id,
                Some(agent),
                redo,
                &memory.content,
            ),
            change: collected_labels::change(
                &memory.content,
                &memory.search_hints,
                &known.memories,
                agent,
            ),
            ..memory.clone()
        });
    OtherAgent {
        agent_id: agent.clone(),
        memories: memories.collect(),
    }
}

/// Returns the record as another agent of a transferred call may see it: without private facts that
/// this agent may not store, and without claims of authority.
pub(crate) fn share_with_agent(agent: &AgentId, record: Record, rules: &StoreSensitive) -> Record {
    let policy = PrivatePolicy { rules, agent };
    let retold = |text: &str| {
        private::remove_clauses_in_sentences(text, |text| {
            policy.forbids(text) || claims_authority(text)
        })
    };
    let open_issues = record
        .open_issues
        .iter()
        .map(|issue| retold(issue))
        .filter(|issue| !issue.is_empty())
        .collect();
    Record {
        summary: retold(&record.summary),
        open_issues,
        ..record
    }
}

/// Applies the size limits, removes duplicates and drops memories that may not be stored.
fn checked_memories(draft: &mut Draft, task: &Task<'_>, wording: &Wording) -> Vec<NewMemory> {
    let mut memories: Vec<NewMemory> = Vec::new();
    for candidate in std::mem::take(&mut draft.memories) {
        let Some(content) = wording.rewrite(&task.mask(&composed(&candidate.content))) else {
            draft.drop_memory("placeholder", candidate.category);
            continue;
        };
        let content = shortened(&content, MAX_CONTENT_CHARS);
        match drop_reason(&candidate, &content, task, &memories) {
            Some(reason) => {
                draft.drop_memory(reason, candidate.category);
                if reason == SENSITIVE {
                    count_kinds(&mut draft.withheld, &content);
                }
            }
            None => memories.push(new_memory(candidate, content, task)),
        }
    }
    if memories.len() > MAX_MEMORIES {
        draft.drop("too_many", memories.len() - MAX_MEMORIES);
        memories.sort_by_key(|memory| std::cmp::Reverse(memory.importance));
        memories.truncate(MAX_MEMORIES);
    }
    memories
}

fn drop_reason(
    candidate: &Candidate,
    content: &str,
    task: &Task<'_>,
    memories: &[NewMemory],
) -> Option<&'static str> {
    let settings = task.settings;
    if content.is_empty() {
        Some("empty")
    } else if is_placeholder(content) {
        Some("placeholder")
    } else if is_instruction(content) {
        Some("instruction")
    } else if candidate.importance < settings.min_importance {
        Some("unimportant")
    } else if (candidate.is_private || private::is_private(content))
        && !task.private_policy().allows(content)
    {
        Some(SENSITIVE)
    } else if task.is_later(candidate.change.superseded()) {
        Some("outdated")
    } else {
        memories
            .iter()
            .any(|memory| same_words(&memory.content, content))
            .then_some("double")
    }
}

fn new_memory(candidate: Candidate, content: String, task: &Task<'_>) -> NewMemory {
    NewMemory {
        idempotency_key: idempotency_key(&task.call.conversation_id, task.redo, &content),
        category: candidate.category,
        importance: importance(&candidate, &content),
        entities: clean_hints(candidate.entities),
        search_hints: clean_hints(candidate.search_hints),
        turn: candidate.turn,
        quote: candidate
            .quote
            .map(|quote| shortened(&secrets::mask(&quote), MAX_CONTENT_CHARS)),
        said_at: candidate
            .turn
            .and_then(|turn| task.call.said_at(turn, task.now)),
        source: candidate.source,
        change: plausible_change(candidate.change, &content, task),
        content,
    }
}

/// Returns the importance of a memory. A claim of authority is capped so that other agents do not
/// see it.
fn importance(candidate: &Candidate, content: &str) -> Importance {
    let most = Importance::clamped(MAX_IMPORTANCE_OF_A_CLAIM);
    if claims_authority(content) {
        candidate.importance.min(most)
    } else {
        candidate.importance
    }
}

/// Returns the change that the model reported, if it is plausible. A "repeats" is treated as new if
/// the two memories say different things (the new one would be lost), or if the earlier memory
/// belongs to another agent (this agent would not know it).
fn plausible_change(change: Change, content: &str, task: &Task<'_>) -> Change {
    match &change {
        Change::Repeats(id) => {
            let earlier = task.known.memories.iter().find(|memory| memory.id == *id);
            let is_from_another_agent =
                |earlier: &Memory| earlier.agent_id.as_ref() != Some(&task.call.agent_id);
            let is_other = earlier.is_some_and(|earlier| {
                is_from_another_agent(earlier)
                    || !call_evidence::may_repeat(content, &earlier.content)
            });
            if is_other { Change::New } else { change }
        }
        Change::New | Change::Supersedes(_) => change,
    }
}

fn clean_hints(words: Vec<String>) -> Vec<String> {
    let short = words
        .iter()
        .map(|word| shortened(&secrets::mask(word), MAX_HINT_CHARS));
    let is_value = |word: &String| {
        !word.is_empty() && !is_placeholder(word) && !is_redacted(word) && !is_instruction(word)
    };
    short.filter(is_value).take(MAX_HINTS).collect()
}

/// Memory stores remember idempotency keys longer than memories, so each redo uses keys of its own.
fn idempotency_key(conversation: &ConversationId, redo: Option<u64>, content: &str) -> String {
    idempotency_key_of(conversation, None, redo, content)
}

/// Each agent that a call was transferred to has keys of its own.
fn idempotency_key_of(
    conversation: &ConversationId,
    agent: Option<&AgentId>,
    redo: Option<u64>,
    content: &str,
) -> String {
    let mut hash = Sha256::new();
    hash.update(conversation.as_str());
    hash.update(agent.map(|agent| format!(" {agent}")).unwrap_or_default());
    hash.update(
        redo.map(|version| format!(" {version}"))
            .unwrap_or_default(),
    );
    hash.update(b"\n");
    hash.update(content);
    hex::encode(&hash.finalize()[..16])
}

/// Returns the known memory with the same words.
fn repeated<'a>(content: &str, mut known: impl Iterator<Item = &'a Memory>) -> Option<&'a Memory> {
    known.find(|memory| same_words(&memory.content, content))
}

/// Maps a drop reason to a fixed metric label.
fn metric_label(reason: &str) -> &'static str {
    const REASONS: [&str; 13] = [
        "contradicted",
        "double",
        "empty",
        "instruction",
        "outdated",
        "placeholder",
        "sensitive",
        "too_many",
        "ungrounded",
        "unimportant",
        "unreadable",
        "unsupported",
        verification::UNVERIFIED,
    ];
    REASONS
        .into_iter()
        .find(|known| *known == reason)
        .unwrap_or("other")
}

fn speaker(role: Role) -> &'static str {
    match role {
        Role::Agent => "agent",
        Role::Caller => "caller",
    }
}
