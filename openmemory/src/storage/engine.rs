//! The engine behind the service, whichever it is.

use std::collections::HashMap;

use jiff::Timestamp;
use tokio::sync::mpsc;

#[cfg(feature = "postgres")]
use super::Postgres;
use super::{ExportChunk, ForgetSummary, PendingEmbedding, Sqlite, StorageError, StorageMetrics};
use crate::candidates::Outline;
use crate::memory::{
    AgentId, Callers, Direction, Draft, ImportCounts, Memory, MemoryId, Page, Plan, Profile, Rules,
    SortBy, Vector, VectorSimilarity,
};

/// One of the databases. Every method does the same in each; the conformance suite holds both to
/// it.
#[derive(Clone, Debug)]
pub(crate) enum Engine {
    Sqlite(Sqlite),
    #[cfg(feature = "postgres")]
    Postgres(Postgres),
}

/// Calls the same method of whichever engine there is.
macro_rules! dispatch {
    ($engine:expr, $name:ident => $call:expr) => {
        match $engine {
            Engine::Sqlite($name) => $call,
            #[cfg(feature = "postgres")]
            Engine::Postgres($name) => $call,
        }
    };
}

impl Engine {
    /// The active memories of a caller, in their order of creation; of one agent, when one is
    /// named.
    pub(crate) async fn active(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<Vec<Memory>, StorageError> {
        dispatch!(self, engine => engine.active(callers, agent, now).await)
    }

    /// The active memories of a caller in whose terms one of the search_terms is, in their order of
    /// creation, and how many active memories there are in all.
    pub(crate) async fn matching(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        search_terms: &[String],
        now: Timestamp,
    ) -> Result<(Vec<Memory>, usize), StorageError> {
        dispatch!(self, engine => engine.matching(callers, agent, search_terms, now).await)
    }

    /// Whether a caller has more active memories than that; of one agent, when one is named.
    pub(crate) async fn has_more_than(
        &self,
        most: usize,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        dispatch!(self, engine => engine.has_more_than(most, callers, agent, now).await)
    }

    /// The outlines of a caller's active memories, in their order of creation.
    pub(crate) async fn outlines(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<Vec<Outline>, StorageError> {
        dispatch!(self, engine => engine.outlines(callers, agent, now).await)
    }

    /// Those of a caller's active memories that are at these places, each with its place, in their
    /// order of creation.
    pub(crate) async fn at_positions(
        &self,
        callers: &Callers,
        places: &[i64],
        now: Timestamp,
    ) -> Result<Vec<(i64, Memory)>, StorageError> {
        dispatch!(self, engine => engine.at_positions(callers, places, now).await)
    }

    /// Those of a caller's active memories with these ids, each with its place in the order of
    /// creation.
    pub(crate) async fn by_ids(
        &self,
        callers: &Callers,
        ids: &[MemoryId],
        now: Timestamp,
    ) -> Result<Vec<(i64, Memory)>, StorageError> {
        dispatch!(self, engine => engine.by_ids(callers, ids, now).await)
    }

    /// One page of the active memories of a caller, and how many there are; with one agent, when
    /// one is named.
    pub(crate) async fn list(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        order: (SortBy, Direction),
        page: Page,
        now: Timestamp,
    ) -> Result<(Vec<Memory>, usize), StorageError> {
        dispatch!(self, engine => engine.list(callers, agent, order, page, now).await)
    }

    /// Remembers all drafts or, when anything fails, none.
    pub(crate) async fn remember(
        &self,
        drafts: Vec<Draft>,
        rules: Rules,
        now: Timestamp,
    ) -> Result<Plan, StorageError> {
        dispatch!(self, engine => engine.remember(drafts, rules, now).await)
    }

    /// Deletes one memory; answers whether it was there.
    pub(crate) async fn delete(&self, id: &MemoryId) -> Result<bool, StorageError> {
        dispatch!(self, engine => engine.delete(id).await)
    }

    /// Removes everything of a caller, history and idempotency keys included.
    pub(crate) async fn forget(&self, callers: &Callers) -> Result<ForgetSummary, StorageError> {
        dispatch!(self, engine => engine.forget(callers).await)
    }

    /// Removes memories and profiles that have expired, at most so many memories; answers how many
    /// memories went.
    pub(crate) async fn sweep(&self, now: Timestamp, most: i64) -> Result<u64, StorageError> {
        dispatch!(self, engine => engine.sweep(now, most).await)
    }

    /// Creates or replaces a profile, and removes those that have expired. What is stored under
    /// older ids of the caller moves first. Answers it as it is kept: one that was there before
    /// keeps its time of creation.
    pub(crate) async fn put_profile(
        &self,
        profile: Profile,
        callers: Callers,
    ) -> Result<Profile, StorageError> {
        dispatch!(self, engine => engine.put_profile(profile, callers).await)
    }

    /// A profile that has not expired, with the number of active memories of its agent and caller.
    pub(crate) async fn profile(
        &self,
        agent: &AgentId,
        callers: &Callers,
        now: Timestamp,
    ) -> Result<Option<(Profile, u64)>, StorageError> {
        dispatch!(self, engine => engine.profile(agent, callers, now).await)
    }

    /// All that is kept at one moment, piece by piece; ends early when nobody listens any more.
    pub(crate) async fn export(
        &self,
        out: &mpsc::Sender<Result<ExportChunk, StorageError>>,
    ) -> Result<(), StorageError> {
        dispatch!(self, engine => engine.export(out).await)
    }

    /// Adds what is not there yet and leaves the rest as it is; nothing at all unless
    /// [`ExportChunk::End`] comes.
    pub(crate) async fn import(
        &self,
        chunks: mpsc::Receiver<ExportChunk>,
    ) -> Result<ImportCounts, StorageError> {
        dispatch!(self, engine => engine.import(chunks).await)
    }

    /// The memories of a caller that were replaced, in their order of creation; of one agent, when
    /// one is named.
    pub(crate) async fn superseded(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<Vec<Memory>, StorageError> {
        dispatch!(self, engine => engine.superseded(callers, agent, now).await)
    }

    /// How close the active memories of a caller are to a vector: all of them that have one of its
    /// space.
    pub(crate) async fn closeness(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        asked: &Vector,
        now: Timestamp,
    ) -> Result<HashMap<MemoryId, VectorSimilarity>, StorageError> {
        dispatch!(self, engine => engine.closeness(callers, agent, asked, now).await)
    }

    /// Living memories after that place that have no vector of this space.
    pub(crate) async fn without_vector(
        &self,
        space: &str,
        after: i64,
        most: i64,
    ) -> Result<Vec<PendingEmbedding>, StorageError> {
        dispatch!(self, engine => engine.without_vector(space, after, most).await)
    }

    /// Writes vectors of memories that are still there.
    pub(crate) async fn put_vectors(
        &self,
        vectors: Vec<(MemoryId, Vector)>,
    ) -> Result<(), StorageError> {
        dispatch!(self, engine => engine.put_vectors(vectors).await)
    }

    /// How much is kept, by how many connections.
    pub(crate) async fn metrics(&self, now: Timestamp) -> Result<StorageMetrics, StorageError> {
        dispatch!(self, engine => engine.metrics(now).await)
    }

    /// Asks the database whether it still answers.
    pub(crate) async fn ping(&self) -> Result<(), StorageError> {
        dispatch!(self, engine => engine.ping().await)
    }

    /// Finishes what is under way and closes the connections.
    pub(crate) async fn close(&self) {
        dispatch!(self, engine => engine.close().await);
    }
}
