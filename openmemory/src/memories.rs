//! The memory service itself, whatever speaks to it: rules applied to storage.

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::memory::{
    AgentId, CallerId, Direction, Draft, Filter, ImportCounts, Memory, MemoryId, Page, Plan, Profile, Rules, SortBy,
    sort,
};
use crate::relevance::{Passage, Question, rank};
use crate::storage::{Engine, Forgotten, Piece, StorageError};

/// All that can be done with memories and profiles.
#[derive(Clone, Debug)]
pub(crate) struct Memories {
    engine: Engine,
    rules: Rules,
}

/// What is looked for.
pub(crate) struct Search {
    pub(crate) caller_id: CallerId,
    /// Every agent of the caller when there is none.
    pub(crate) agent_id: Option<AgentId>,
    /// Blank lists by importance.
    pub(crate) query: String,
    pub(crate) filter: Filter,
    pub(crate) limit: usize,
    /// 0..=1.
    pub(crate) min_relevance: f64,
}

/// A memory that answers, and how well (0..=1; 1 where nothing was asked).
pub(crate) struct Found {
    pub(crate) memory: Memory,
    pub(crate) relevance: f64,
}

/// The best of what was found, and how much was found in all.
pub(crate) struct Hits {
    pub(crate) best: Vec<Found>,
    pub(crate) total: usize,
}

impl Memories {
    pub(crate) fn new(engine: Engine, rules: Rules) -> Self {
        Self { engine, rules }
    }

    /// Remembers all drafts in one step, or none.
    pub(crate) async fn remember(&self, drafts: Vec<Draft>, now: Timestamp) -> Result<Plan, StorageError> {
        self.engine.remember(drafts, self.rules, now).await
    }

    /// The memories of one caller that answer a question, best first.
    pub(crate) async fn search(&self, search: Search) -> Result<Hits, StorageError> {
        let memories = self.engine.living(&search.caller_id, search.agent_id.as_ref()).await?;
        tokio::task::spawn_blocking(move || search.pick(memories)).await.map_err(|_| StorageError::Interrupted)
    }

    /// One page of the memories of an agent and caller, and how many there are.
    pub(crate) async fn list(
        &self,
        agent: &AgentId,
        caller: &CallerId,
        by: SortBy,
        direction: Direction,
        page: Page,
    ) -> Result<Hits, StorageError> {
        let mut memories = self.engine.living(caller, Some(agent)).await?;
        sort(&mut memories, by, direction);
        let total = memories.len();
        let best = memories.into_iter().skip(page.offset).take(page.limit).map(Found::unasked).collect();
        Ok(Hits { best, total })
    }

    /// Deletes a memory; answers whether it was there.
    pub(crate) async fn delete(&self, id: &MemoryId) -> Result<bool, StorageError> {
        self.engine.delete(id).await
    }

    /// Removes everything of a caller.
    pub(crate) async fn forget(&self, caller: &CallerId) -> Result<Forgotten, StorageError> {
        self.engine.forget(caller).await
    }

    /// Creates or replaces a profile.
    pub(crate) async fn put_profile(&self, profile: Profile) -> Result<Profile, StorageError> {
        self.engine.put_profile(profile).await
    }

    /// A profile that has not expired, and the number of memories of its agent and caller.
    pub(crate) async fn profile(
        &self,
        agent: &AgentId,
        caller: &CallerId,
        now: Timestamp,
    ) -> Result<Option<(Profile, u64)>, StorageError> {
        self.engine.profile(agent, caller, now).await
    }

    /// All that is kept at this moment, piece by piece, with [`Piece::End`] at the end.
    pub(crate) fn export(&self) -> mpsc::Receiver<Result<Piece, StorageError>> {
        let (out, pieces) = mpsc::channel(2);
        let engine = self.engine.clone();
        tokio::spawn(async move {
            let end = engine.export(&out).await.map(|()| Piece::End);
            // Whoever asked may have gone.
            let _ = out.send(end).await;
        });
        pieces
    }

    /// Adds what is not there yet; nothing unless [`Piece::End`] comes.
    pub(crate) async fn import(&self, pieces: mpsc::Receiver<Piece>) -> Result<ImportCounts, StorageError> {
        self.engine.import(pieces).await
    }

    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Result<(), StorageError> {
        self.engine.ping().await
    }

    pub(crate) async fn close(&self) {
        self.engine.close().await;
    }
}

impl Search {
    fn pick(&self, mut memories: Vec<Memory>) -> Hits {
        memories.retain(|memory| self.filter.accepts(memory));
        let mut found = if self.query.trim().is_empty() {
            memories.into_iter().map(Found::unasked).collect()
        } else {
            self.answers(memories)
        };
        found.retain(|hit| hit.relevance >= self.min_relevance);
        // Memories come oldest first; a stable sort of the reverse leaves the newest first among equals.
        found.reverse();
        found.sort_by(Found::better_first);
        let total = found.len();
        found.truncate(self.limit);
        Hits { best: found, total }
    }

    fn answers(&self, memories: Vec<Memory>) -> Vec<Found> {
        let question = Question::parse(&self.query);
        let passages: Vec<Passage> =
            memories.iter().map(|memory| Passage::new(&memory.content, &memory.metadata, question.language)).collect();
        let mut relevances = vec![None; memories.len()];
        for scored in rank(&question, &passages) {
            relevances[scored.index] = Some(scored.relevance);
        }
        let found = |(memory, relevance): (Memory, Option<f64>)| Some(Found { memory, relevance: relevance? });
        memories.into_iter().zip(relevances).filter_map(found).collect()
    }
}

impl Found {
    fn unasked(memory: Memory) -> Self {
        Self { memory, relevance: 1.0 }
    }

    fn better_first(one: &Self, other: &Self) -> std::cmp::Ordering {
        let by_relevance = other.relevance.total_cmp(&one.relevance);
        let by_importance = other.memory.importance.cmp(&one.memory.importance);
        by_relevance.then(by_importance).then(other.memory.created_at.cmp(&one.memory.created_at))
    }
}
