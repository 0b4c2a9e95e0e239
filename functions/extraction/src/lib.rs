//! Extracts memories from a call and prepares the caller card, with which the agent greets the
//! caller next time.
//!
//! The steps: transcript and known memories → one model call → record → one batch of memories
//! → caller card → events. The record is written before anything is stored, so that a job delivered again
//! neither pays for the model nor stores memories twice.

mod answer_cache;
mod attempts;
mod budget;
mod card;
mod deadline;
mod erase;
mod error;
mod events;
mod excerpt;
mod extract;
mod opt_out;
mod profile;
mod record;
mod redo;
mod small_talk;
mod transcript;
mod worker;

pub use error::{ExtractionError, PermanentError};
pub use events::{EventDelivery, EventError};
pub use extract::EXTRACTOR;
pub use record::{OtherAgent, Record};
pub use worker::{WorkError, Worker};

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use common::archive::{self, Archive, ArchiveError, PutOutcome};
use common::call::{AgentId, CallerId, ConversationId};
use common::elevenlabs::agents::AgentsApi;
use common::elevenlabs::conversation::NotAConversation;
use common::elevenlabs::conversations::ConversationsApi;
use common::elevenlabs::event::read_transcription;
use common::elevenlabs::transcription::Transcription;
use common::events::Outbox;
use common::llm::Llm;
use common::measure;
use common::memory::{AgentProfile, CallerCard, Importance, Memory, is_shareable_with};
use common::openmemory::{OpenMemory, OpenMemoryError, Provenance, Search};
use common::queue::ExtractionJob;
use common::secrets::Secrets;
use common::settings::{CallerSettings, MemorySettings, RecallSettings, Settings};
use common::trace;
use jiff::Timestamp;
use tracing::info;

use answer_cache::AnswerCache;
use attempts::Attempts;
use budget::Budget;
use events::{AgentMemories, Announcement, Announcer};
use extract::{Task, masked_call, memories_for_agent, share_with_agent};
use profile::Profiles;

/// Maximum number of known memories that one search returns for comparison with a call.
const MAX_KNOWN_MEMORIES: usize = 100;
/// Maximum length in characters of the query made from the caller's words.
const MAX_QUERY_CHARS: usize = 900;

/// The extraction of calls; cheap to clone.
#[derive(Clone)]
pub struct Extraction<A> {
    archive: A,
    openmemory: OpenMemory,
    llm: Option<Llm>,
    profiles: Profiles,
    conversations: ConversationsApi,
    secrets: Secrets,
    settings: Arc<ExtractionSettings>,
    announcer: Announcer,
}

struct ExtractionSettings {
    caller: CallerSettings,
    memory: MemorySettings,
    recall: RecallSettings,
    retention: Option<Duration>,
}

/// The outcome of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Memories and card were stored.
    Stored {
        /// Number of memories in the record.
        extracted: usize,
        /// Number of memories that were new to the store.
        stored: usize,
        /// Number of memories that repeated an earlier one.
        reinforced: usize,
    },
    /// An earlier delivery of the job finished it.
    AlreadyDone,
    /// The caller is anonymous, so nothing was stored.
    AnonymousCaller,
    /// No caller took part. Nothing was stored, and the caller card did not change.
    NotAConversation(NotAConversation),
    /// The call has a tombstone, so everything stored from it was deleted.
    Erased,
    /// The caller does not want to be remembered, so nothing was stored.
    OptedOut,
}

/// A job's outcome and what to announce about it.
struct Extracted {
    outcome: Outcome,
    announcement: Option<(CallerId, Announcement)>,
}

/// Nothing is announced of a call without a caller.
impl From<Outcome> for Extracted {
    fn from(outcome: Outcome) -> Self {
        Self {
            outcome,
            announcement: None,
        }
    }
}

impl Outcome {
    fn of(memories: &AgentMemories) -> Self {
        Self::Stored {
            extracted: memories.extracted,
            stored: memories.stored(),
            reinforced: memories.reinforced(),
        }
    }

    /// Returns the name of the outcome in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stored { .. } => "stored",
            Self::AlreadyDone => "already_done",
            Self::AnonymousCaller => "anonymous_caller",
            Self::NotAConversation(_) => "not_a_conversation",
            Self::Erased => "erased",
            Self::OptedOut => "opted_out",
        }
    }

    fn log(self) {
        let outcome = self.as_str();
        match self {
            Self::Stored {
                extracted,
                stored,
                reinforced,
            } => info!(outcome, extracted, stored, reinforced, "call extracted"),
            Self::NotAConversation(reason) => {
                info!(outcome, reason = reason.as_str(), "call extracted");
            }
            Self::AlreadyDone | Self::AnonymousCaller | Self::Erased | Self::OptedOut => {
                info!(outcome, "call extracted");
            }
        }
    }
}

/// What was known before the call, about the caller and the agent.
struct PriorKnowledge {
    memories: Vec<Memory>,
    card: Option<CallerCard>,
    profile: Option<AgentProfile>,
}

impl PriorKnowledge {
    /// Removes the memories of an earlier extraction of the same conversation. The new extraction
    /// replaces them, so it must not be compared with them.
    fn forget_conversation(&mut self, conversation: &ConversationId) {
        self.memories
            .retain(|memory| memory.conversation_id.as_ref() != Some(conversation));
    }
}

impl<A: Archive> Extraction<A> {
    /// Creates the extraction. It reads calls from `archive`, stores memories in `openmemory`, and
    /// uses the model if there is one. The secrets hold the key of the callers' pseudonyms.
    pub fn new(
        archive: A,
        openmemory: OpenMemory,
        llm: Option<Llm>,
        agents: AgentsApi,
        secrets: Secrets,
        settings: &Settings,
    ) -> Self {
        let conversations = agents.conversations();
        let ttl_hours = settings.memory.agent_profile_ttl_hours;
        let profiles = Profiles::new(openmemory.clone(), agents, ttl_hours);
        Self {
            archive,
            openmemory,
            llm,
            profiles,
            conversations,
            secrets,
            settings: Arc::new(ExtractionSettings {
                caller: settings.caller.clone(),
                memory: settings.memory.clone(),
                recall: settings.recall.clone(),
                retention: settings.payload_retention,
            }),
            announcer: Announcer::default(),
        }
    }

    /// Also queues events of each call. `secrets` hold the pepper of pseudonyms.
    #[must_use]
    pub fn with_events(self, outbox: Outbox, secrets: Secrets) -> Self {
        Self {
            announcer: Announcer::new(outbox, secrets),
            ..self
        }
    }

    /// Runs a job. A job that died at any point can be delivered again and ends in the same state.
    ///
    /// # Errors
    /// [`ExtractionError`]: after an outage, deliver the job again; nothing is lost. Any other
    /// error is permanent.
    pub async fn run(
        &self,
        job: &ExtractionJob,
        now: Timestamp,
    ) -> Result<Outcome, ExtractionError> {
        trace::in_job(
            &job.conversation_id,
            job.traceparent.as_deref(),
            self.run_job(job, now),
        )
        .await
    }

    async fn run_job(
        &self,
        job: &ExtractionJob,
        now: Timestamp,
    ) -> Result<Outcome, ExtractionError> {
        let record_key = job.record();
        let (is_done, is_erased, payload, record) = tokio::try_join!(
            self.is_done(job),
            archive::is_erased(&self.archive, &job.conversation_id),
            self.archive.get(&job.payload),
            self.archive.get(&record_key)
        )?;
        if is_erased {
            return self.erase(job, payload.as_deref()).await;
        }
        if is_done {
            let call = payload.as_deref().and_then(read_transcription);
            let deadlines = call.map(|call| call.deadlines);
            self.delete_if_due(job, deadlines, now).await?;
            return Ok(Outcome::AlreadyDone);
        }
        let payload = payload.ok_or(PermanentError::PayloadGone)?;
        let call = read_transcription(&payload).ok_or(PermanentError::Unreadable)?;
        let deadlines = call.deadlines;
        trace::record(Some(&call.agent_id), None);
        let Extracted {
            outcome,
            announcement,
        } = self.extract(job, call, record, now).await?;
        // A tombstone may have been written in the meantime. Erase now, while this job still has
        // the payload: the next job may no longer find it and could not tell who the caller was.
        if archive::is_erased(&self.archive, &job.conversation_id).await? {
            return self.erase(job, Some(&payload)).await;
        }
        // Before the marker: a job that dies in between runs again and queues the same events.
        if let Some((caller, announcement)) = &announcement {
            self.announcer.announce(job, caller, announcement).await?;
        }
        self.archive
            .put(&job.done(), Bytes::from(job.done_marker()))
            .await?;
        self.delete_if_due(job, Some(deadlines), now).await?;
        outcome.log();
        Ok(outcome)
    }

    async fn extract(
        &self,
        job: &ExtractionJob,
        call: Transcription,
        record: Option<Bytes>,
        now: Timestamp,
    ) -> Result<Extracted, ExtractionError> {
        let Some(caller) = call.caller(self.settings.caller.trust_user_id) else {
            return Ok(Outcome::AnonymousCaller.into());
        };
        if self.is_opted_out(&caller).await? {
            // A record is written before any memory, by an earlier delivery that may have died.
            let left_out = self.leave_out(record.as_ref().map(|_| &caller)).await?;
            return Ok(left_out.into());
        }
        let needs_transcript =
            record.is_none() && call.lacks_transcript() && call.not_a_conversation().is_none();
        let call = if needs_transcript {
            self.with_transcript(job, call).await?
        } else {
            call
        };
        match call.not_a_conversation() {
            Some(reason) => Ok(Outcome::NotAConversation(reason).into()),
            None => {
                let stored = self.store_call(job, &call, &caller, record, now).await?;
                // The caller may have opted out in the meantime, and the memories come after that.
                if self.is_opted_out(&caller).await? {
                    return Ok(self.leave_out(Some(&caller)).await?.into());
                }
                Ok(stored)
            }
        }
    }

    /// Whether the job is done already. A first extraction is done if the done marker exists; for a
    /// redo, the version in the marker counts.
    async fn is_done(&self, job: &ExtractionJob) -> Result<bool, ArchiveError> {
        match job.redo {
            None => self.archive.contains(&job.done()).await,
            Some(_) => Ok(self
                .archive
                .get(&job.done())
                .await?
                .is_some_and(|marker| job.is_done_by(&marker))),
        }
    }

    /// Stores memories and a caller card for every agent that took part in the call.
    async fn store_call(
        &self,
        job: &ExtractionJob,
        call: &Transcription,
        caller: &CallerId,
        record: Option<Bytes>,
        now: Timestamp,
    ) -> Result<Extracted, ExtractionError> {
        let agents = call.agents();
        let mut known = Vec::with_capacity(agents.len());
        for agent in &agents {
            known.push(self.known_before(job, call, agent, caller, now).await?);
        }
        let record = match record {
            Some(bytes) => Record::read(&bytes)?,
            None => {
                let task = Task {
                    call,
                    known: &known[0],
                    settings: &self.settings.memory,
                    redo: job.redo,
                    now,
                };
                self.create_record(job, &task, caller, agents.iter().zip(&known).skip(1))
                    .await?
            }
        };
        let mut stored = Vec::with_capacity(agents.len());
        for (agent, known) in agents.iter().zip(&known) {
            let mut own_record = record.for_agent(agent);
            if *agent != record.agent_id {
                let rules = &self.settings.memory.store_sensitive;
                own_record = share_with_agent(agent, own_record, rules);
            }
            stored.push(self.store(job, call, agent, caller, &own_record).await?);
            self.write_card(agent, caller, &own_record, known).await?;
        }
        let outcome = stored.first().map(Outcome::of);
        let announcement = Announcement::new(job, &record, stored);
        Ok(Extracted {
            outcome: outcome.unwrap_or(Outcome::AnonymousCaller),
            announcement: Some((caller.clone(), announcement)),
        })
    }

    /// Stores the memories of one agent.
    async fn store(
        &self,
        job: &ExtractionJob,
        call: &Transcription,
        agent: &AgentId,
        caller: &CallerId,
        record: &Record,
    ) -> Result<AgentMemories, ExtractionError> {
        let provenance = Provenance {
            agent,
            caller,
            conversation: Some(&call.conversation_id),
            at: record.call_at,
            channel: call.channel(),
            extractor: &record.extractor,
        };
        let outcomes = self
            .openmemory
            .remember(&provenance, &record.memories)
            .await?;
        let memories = AgentMemories::new(agent, record, outcomes);
        if job.redo.is_some() {
            let current = memories.ids();
            redo::delete_earlier(&self.openmemory, call, agent, caller, &current).await?;
        }
        measure::extraction(memories.extracted, memories.stored(), memories.reinforced());
        Ok(memories)
    }

    /// Returns what the agent knew before the call. For a redo, the memories of the earlier
    /// extraction are left out.
    async fn known_before(
        &self,
        job: &ExtractionJob,
        call: &Transcription,
        agent: &AgentId,
        caller: &CallerId,
        now: Timestamp,
    ) -> Result<PriorKnowledge, OpenMemoryError> {
        let mut known = self.known(call, agent, caller, now).await?;
        if job.redo.is_some() {
            known.forget_conversation(&call.conversation_id);
        }
        Ok(known)
    }

    /// Requests everything that is known at once.
    async fn known(
        &self,
        call: &Transcription,
        agent: &AgentId,
        caller: &CallerId,
        now: Timestamp,
    ) -> Result<PriorKnowledge, OpenMemoryError> {
        let (memories, card, profile) = tokio::try_join!(
            self.known_memories(call, agent, caller),
            self.openmemory.card(agent, caller),
            self.profiles.get(agent, now),
        )?;
        Ok(PriorKnowledge {
            memories,
            card,
            profile,
        })
    }

    /// Returns the caller's most important memories. If the caller may have more, memories that
    /// share words with this call are added.
    async fn known_memories(
        &self,
        call: &Transcription,
        agent: &AgentId,
        caller: &CallerId,
    ) -> Result<Vec<Memory>, OpenMemoryError> {
        let cross_agent = self.settings.recall.cross_agent;
        let search = |query| Search {
            caller,
            agent: (!cross_agent).then_some(agent),
            query,
            min_importance: Importance::MIN,
            limit: MAX_KNOWN_MEMORIES,
            include_superseded: false,
            distinct: false,
        };
        let mut memories = self.openmemory.search(search("")).await?;
        if memories.len() >= MAX_KNOWN_MEMORIES {
            let transcript = masked_call(call, &self.settings.memory);
            let query = excerpt::last_words_of_caller(&transcript, MAX_QUERY_CHARS);
            let mut related = self.openmemory.search(search(&query)).await?;
            related.retain(|memory| !memories.iter().any(|known| known.id == memory.id));
            memories.extend(related);
        }
        memories.retain(|memory| is_shareable_with(memory, Some(agent)));
        Ok(memories)
    }

    /// Creates and stores the record. If another delivery of the job was faster, its record is
    /// used.
    async fn create_record<'a>(
        &self,
        job: &ExtractionJob,
        task: &Task<'_>,
        caller: &CallerId,
        others: impl Iterator<Item = (&'a AgentId, &'a PriorKnowledge)>,
    ) -> Result<Record, ExtractionError> {
        let deadline = self.deadline(task.call.deadlines, task.now);
        let answers = AnswerCache::new(deadline.clone(), job);
        let attempts = Attempts::new(&self.archive, job);
        let pseudonym = match &self.llm {
            Some(llm) => llm.pseudonym(caller).await,
            None => None,
        };
        let budget = Budget::open(
            &self.archive,
            self.llm.as_ref(),
            pseudonym.as_ref(),
            task.now,
        )
        .await?;
        let extracted =
            extract::extract(self.llm.as_ref(), task, &answers, &attempts, &budget).await;
        budget.settle().await;
        let mut record = extracted?;
        let rules = &self.settings.memory.store_sensitive;
        record.other_agents = others
            .map(|(agent, known)| memories_for_agent(&record, agent, known, job.redo, rules))
            .collect();
        let key = &job.record();
        match self.archive.put_if_absent(key, record.write()?).await? {
            PutOutcome::Stored => {
                measure::extraction_outcome(record.outcome(), record.declined_status);
                deadline.limit(key).await?;
                Ok(record)
            }
            PutOutcome::AlreadyExists => {
                let stored = self.archive.get(key).await?;
                Ok(Record::read(&stored.ok_or(PermanentError::RecordGone)?)?)
            }
        }
    }

    /// Writes the caller card, unless the current card is of a later call.
    async fn write_card(
        &self,
        agent: &AgentId,
        caller: &CallerId,
        record: &Record,
        known: &PriorKnowledge,
    ) -> Result<(), OpenMemoryError> {
        let current = known.card.as_ref();
        if current.is_some_and(|card| !card.is_replaceable_by(record.call_at)) {
            return Ok(());
        }
        let card = card::compose(record, known, agent);
        let ttl_hours = self.settings.memory.caller_card_ttl_hours;
        self.openmemory
            .put_card(agent, caller, &card, ttl_hours)
            .await
    }
}
