//! The extraction of a call: what was said becomes memories, and a card by which the caller is
//! greeted next time.
//!
//! `transcript ∥ what is known → one model call → record → memories in one batch → caller card`:
//! the record is written before anything is remembered, so that a job that comes again pays no
//! model twice and remembers nothing twice.

mod attempts;
mod budget;
mod card;
mod deadline;
mod erase;
mod error;
mod extract;
mod kept_answers;
mod profile;
mod record;
mod redo;
mod sentences;
mod small_talk;
mod text;
mod transcript;

pub use error::{ExtractionError, PermanentError};
pub use extract::EXTRACTOR;
pub use record::{OtherAgent, Record};

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
use common::llm::Llm;
use common::measure;
use common::memory::{AgentProfile, CallerCard, Importance, Memory, MemoryId, is_told_to};
use common::openmemory::{OpenMemory, OpenMemoryError, Provenance, Search, StoreOutcome};
use common::queue::ExtractionJob;
use common::settings::{CallerSettings, MemorySettings, RecallSettings, Settings};
use jiff::Timestamp;
use tracing::info;

use attempts::Attempts;
use budget::Budget;
use extract::{Task, masked_call, memories_for_agent, share_with_agent};
use kept_answers::KeptAnswers;
use profile::Profiles;

/// Most memories of a caller that are held against a new call.
const KNOWN: usize = 100;
/// Most characters of a call that are asked with.
const MAX_QUESTION: usize = 900;

/// What extraction works with; cheap to clone.
#[derive(Clone)]
pub struct Extraction<A> {
    archive: A,
    openmemory: OpenMemory,
    llm: Option<Llm>,
    profiles: Profiles,
    conversations: ConversationsApi,
    settings: Arc<Own>,
}

struct Own {
    caller: CallerSettings,
    memory: MemorySettings,
    recall: RecallSettings,
    retention: Option<Duration>,
}

/// What a job came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Memories and card are written.
    StoreOutcome {
        /// Memories that the record holds.
        extracted: usize,
        /// Those that were new to the store.
        stored: usize,
        /// Those that an earlier memory already said.
        reinforced: usize,
    },
    /// An earlier delivery of the same job did it all.
    AlreadyDone,
    /// The call has no caller to remember.
    NobodyToRemember,
    /// No caller took part: nothing is remembered and the caller card stays as it was.
    NotAConversation(NotAConversation),
    /// The operator wants no trace of the call.
    Erased,
}

/// What was known of a caller before this call.
struct Known {
    memories: Vec<Memory>,
    card: Option<CallerCard>,
    profile: Option<AgentProfile>,
}

impl Known {
    /// What an earlier extraction of the same conversation remembered is not held against the new
    /// one.
    fn forget_conversation(&mut self, conversation: &ConversationId) {
        self.memories
            .retain(|memory| memory.conversation_id.as_ref() != Some(conversation));
    }
}

impl<A: Archive> Extraction<A> {
    /// Extraction from calls in `archive` into `openmemory`, by a model where there is one.
    pub fn new(
        archive: A,
        openmemory: OpenMemory,
        llm: Option<Llm>,
        agents: AgentsApi,
        settings: &Settings,
    ) -> Self {
        let Settings {
            caller,
            memory,
            recall,
            payload_retention: retention,
            ..
        } = settings.clone();
        let conversations = agents.conversations();
        let profiles = Profiles::new(openmemory.clone(), agents, memory.agent_profile_ttl_hours);
        let settings = Arc::new(Own {
            caller,
            memory,
            recall,
            retention,
        });
        Self {
            archive,
            openmemory,
            llm,
            profiles,
            conversations,
            settings,
        }
    }

    /// Works a job off. Delivered again, at whatever point it died before, it ends in the same
    /// state.
    ///
    /// # Errors
    /// [`ExtractionError`]: an outage, after which the job should come again and has lost nothing,
    /// or poison.
    pub async fn run(
        &self,
        job: &ExtractionJob,
        now: Timestamp,
    ) -> Result<Outcome, ExtractionError> {
        let (done, record) = (job.done(), job.record());
        let (is_done, is_erased, payload, kept) = tokio::try_join!(
            self.is_done(job),
            archive::is_erased(&self.archive, &job.conversation_id),
            self.archive.get(&job.payload),
            self.archive.get(&record)
        )?;
        if is_erased {
            return self.erase(job, payload.as_deref()).await;
        }
        if is_done {
            self.let_go(
                job,
                payload
                    .as_deref()
                    .and_then(read_transcription)
                    .map(|call| call.deadlines),
                now,
            )
            .await?;
            return Ok(Outcome::AlreadyDone);
        }
        let payload = payload.ok_or(PermanentError::PayloadGone)?;
        let call = read_transcription(&payload).ok_or(PermanentError::Unreadable)?;
        let deadlines = call.deadlines;
        let outcome = self.outcome(job, call, kept, now).await?;
        // Marked while this went on: the call may be gone by now from where the next job would look
        // for its caller.
        if archive::is_erased(&self.archive, &job.conversation_id).await? {
            return self.erase(job, Some(&payload)).await;
        }
        self.archive
            .put(&done, Bytes::from(job.done_marker()))
            .await?;
        self.let_go(job, Some(deadlines), now).await?;
        info!(conversation_id = %job.conversation_id, ?outcome, "a call is remembered");
        Ok(outcome)
    }

    async fn outcome(
        &self,
        job: &ExtractionJob,
        call: Transcription,
        kept: Option<Bytes>,
        now: Timestamp,
    ) -> Result<Outcome, ExtractionError> {
        let Some(caller) = call.caller(self.settings.caller.trust_user_id) else {
            return Ok(Outcome::NobodyToRemember);
        };
        let is_missing =
            kept.is_none() && call.lacks_transcript() && call.not_a_conversation().is_none();
        let call = if is_missing {
            self.with_transcript(job, call).await?
        } else {
            call
        };
        match call.not_a_conversation() {
            Some(reason) => Ok(Outcome::NotAConversation(reason)),
            None => self.remember(job, &call, &caller, kept, now).await,
        }
    }

    /// A look is enough for a first extraction; for one that is done again the version counts.
    async fn is_done(&self, job: &ExtractionJob) -> Result<bool, ArchiveError> {
        match job.redo {
            None => self.archive.contains(&job.done()).await,
            Some(_) => Ok(self
                .archive
                .get(&job.done())
                .await?
                .is_some_and(|mark| job.is_done_by(&mark))),
        }
    }

    async fn remember(
        &self,
        job: &ExtractionJob,
        call: &Transcription,
        caller: &CallerId,
        kept: Option<Bytes>,
        now: Timestamp,
    ) -> Result<Outcome, ExtractionError> {
        let agents = call.agents();
        let mut known = Vec::with_capacity(agents.len());
        for agent in &agents {
            known.push(self.known_before(job, call, agent, caller, now).await?);
        }
        let record = match kept {
            Some(bytes) => Record::read(&bytes)?,
            None => {
                let task = Task {
                    call,
                    known: &known[0],
                    settings: &self.settings.memory,
                    redo: job.redo,
                    now,
                };
                self.record(job, &task, caller, agents.iter().zip(&known).skip(1))
                    .await?
            }
        };
        let mut outcome = None;
        for (agent, known) in agents.iter().zip(&known) {
            let own = record.of_agent(agent);
            let own = if *agent == record.agent_id {
                own
            } else {
                share_with_agent(agent, own, &self.settings.memory.store_sensitive)
            };
            let remembered = self.store(job, call, agent, caller, &own).await?;
            self.write_card(agent, caller, &own, known).await?;
            outcome.get_or_insert(remembered);
        }
        Ok(outcome.unwrap_or(Outcome::NobodyToRemember))
    }

    /// Stores what one agent of the call remembers.
    async fn store(
        &self,
        job: &ExtractionJob,
        call: &Transcription,
        agent: &AgentId,
        caller: &CallerId,
        record: &Record,
    ) -> Result<Outcome, ExtractionError> {
        let provenance = Provenance {
            agent,
            caller,
            conversation: &call.conversation_id,
            at: record.call_at,
            channel: call.channel(),
            extractor: &record.extractor,
        };
        let remembered = self
            .openmemory
            .remember(&provenance, &record.memories)
            .await?;
        if job.redo.is_some() {
            let current: Vec<&MemoryId> = remembered.iter().map(StoreOutcome::id).collect();
            redo::retire_earlier(&self.openmemory, call, agent, caller, &current).await?;
        }
        let reinforced = remembered
            .iter()
            .filter(|one| matches!(one, StoreOutcome::Reinforced(_)))
            .count();
        let (extracted, stored) = (record.memories.len(), remembered.len() - reinforced);
        measure::extraction(extracted, stored, reinforced);
        Ok(Outcome::StoreOutcome {
            extracted,
            stored,
            reinforced,
        })
    }

    /// What an agent knew before the call; of a call that is extracted again, without what came of
    /// it before.
    async fn known_before(
        &self,
        job: &ExtractionJob,
        call: &Transcription,
        agent: &AgentId,
        caller: &CallerId,
        now: Timestamp,
    ) -> Result<Known, OpenMemoryError> {
        let mut known = self.known(call, agent, caller, now).await?;
        if job.redo.is_some() {
            known.forget_conversation(&call.conversation_id);
        }
        Ok(known)
    }

    /// Everything that is known before the call is looked at, in one step of waiting.
    async fn known(
        &self,
        call: &Transcription,
        agent: &AgentId,
        caller: &CallerId,
        now: Timestamp,
    ) -> Result<Known, OpenMemoryError> {
        let (memories, card, profile) = tokio::try_join!(
            self.known_memories(call, agent, caller),
            self.openmemory.card(agent, caller),
            self.profiles.of(agent, now),
        )?;
        Ok(Known {
            memories,
            card,
            profile,
        })
    }

    /// The most important memories; of a caller who has more, also those that share words with this
    /// call.
    async fn known_memories(
        &self,
        call: &Transcription,
        agent: &AgentId,
        caller: &CallerId,
    ) -> Result<Vec<Memory>, OpenMemoryError> {
        let agent_of_call = agent;
        let agent = if self.settings.recall.cross_agent {
            None
        } else {
            Some(agent)
        };
        let search = |query| Search {
            caller,
            agent,
            query,
            min_importance: Importance::MIN,
            limit: KNOWN,
            include_superseded: false,
            distinct: false,
        };
        let mut memories = self.openmemory.search(search("")).await?;
        if memories.len() >= KNOWN {
            let said =
                text::said_by_caller(&masked_call(call, &self.settings.memory), MAX_QUESTION);
            let mut about_this = self.openmemory.search(search(&said)).await?;
            about_this.retain(|memory| !memories.iter().any(|known| known.id == memory.id));
            memories.extend(about_this);
        }
        memories.retain(|memory| is_told_to(memory, Some(agent_of_call)));
        Ok(memories)
    }

    /// Makes the record and keeps it; where another delivery was faster, its record counts.
    async fn record<'a>(
        &self,
        job: &ExtractionJob,
        task: &Task<'_>,
        caller: &CallerId,
        others: impl Iterator<Item = (&'a AgentId, &'a Known)>,
    ) -> Result<Record, ExtractionError> {
        let deadline = self.deadline(task.call.deadlines, task.now);
        let (answers, attempts) = (
            KeptAnswers::new(deadline.clone(), job),
            Attempts::new(&self.archive, job),
        );
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
            PutOutcome::AlreadyExists => Record::read(
                &self
                    .archive
                    .get(key)
                    .await?
                    .ok_or(PermanentError::RecordGone)?,
            )
            .map_err(Into::into),
        }
    }

    /// The card comes last, and never in the place of a later call's.
    async fn write_card(
        &self,
        agent: &AgentId,
        caller: &CallerId,
        record: &Record,
        known: &Known,
    ) -> Result<(), OpenMemoryError> {
        if known
            .card
            .as_ref()
            .is_some_and(|card| !card.gives_way_to(record.call_at))
        {
            return Ok(());
        }
        let card = card::of(record, known, agent);
        self.openmemory
            .put_card(
                agent,
                caller,
                &card,
                self.settings.memory.caller_card_ttl_hours,
            )
            .await
    }
}
