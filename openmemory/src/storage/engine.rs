//! The storage engine that was chosen at startup.

use std::collections::HashMap;

use jiff::Timestamp;
use tokio::sync::mpsc;

#[cfg(feature = "dynamodb")]
use super::Dynamo;
#[cfg(feature = "postgres")]
use super::Postgres;
use super::{
    ExportChunk, ForgetSummary, PendingEmbedding, Place, Sqlite, StorageError, StorageMetrics,
};
use crate::memory::{
    AgentId, CallerId, CallerPage, CallerQuery, Callers, Direction, Draft, Edit, ImportCounts,
    LinkError, Memory, MemoryId, Outline, Page, Person, Plan, Profile, Rules, SortBy, UnlinkError,
    Vector, VectorSimilarity,
};

/// One of the supported databases. Every method behaves the same in each; the conformance suite
/// checks it.
#[derive(Clone, Debug)]
pub(crate) enum Engine {
    Sqlite(Sqlite),
    #[cfg(feature = "postgres")]
    Postgres(Postgres),
    #[cfg(feature = "dynamodb")]
    Dynamo(Dynamo),
}

/// Calls the same method of the chosen engine.
macro_rules! dispatch {
    ($engine:expr, $name:ident => $call:expr) => {
        match $engine {
            Engine::Sqlite($name) => $call,
            #[cfg(feature = "postgres")]
            Engine::Postgres($name) => $call,
            #[cfg(feature = "dynamodb")]
            Engine::Dynamo($name) => $call,
        }
    };
}

impl Engine {
    /// Loads a caller's active memories, in order of creation. `agent` limits them to one agent.
    pub(crate) async fn active(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<Vec<Memory>, StorageError> {
        dispatch!(self, engine => engine.active(callers, agent, now).await)
    }

    /// Loads a caller's active memories whose terms contain one of the search terms, in order of
    /// creation, and counts all active memories.
    pub(crate) async fn matching(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        search_terms: &[String],
        now: Timestamp,
    ) -> Result<(Vec<Memory>, usize), StorageError> {
        dispatch!(self, engine => engine.matching(callers, agent, search_terms, now).await)
    }

    /// Whether a caller has more than `most` active memories. `agent` limits them to one agent.
    pub(crate) async fn has_more_than(
        &self,
        most: usize,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        dispatch!(self, engine => engine.has_more_than(most, callers, agent, now).await)
    }

    /// Loads the outlines of a caller's active memories, in order of creation.
    pub(crate) async fn outlines(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<Vec<Outline>, StorageError> {
        dispatch!(self, engine => engine.outlines(callers, agent, now).await)
    }

    /// Loads the caller's active memories with these sequence numbers, each with its number, in
    /// order of creation.
    pub(crate) async fn at_positions(
        &self,
        callers: &Callers,
        places: &[i64],
        now: Timestamp,
    ) -> Result<Vec<(i64, Memory)>, StorageError> {
        dispatch!(self, engine => engine.at_positions(callers, places, now).await)
    }

    /// Loads the caller's active memories with these ids, each with its sequence number.
    pub(crate) async fn by_ids(
        &self,
        callers: &Callers,
        ids: &[MemoryId],
        now: Timestamp,
    ) -> Result<Vec<(i64, Memory)>, StorageError> {
        dispatch!(self, engine => engine.by_ids(callers, ids, now).await)
    }

    /// Loads one page of a caller's active memories, and counts them all. `agent` limits them to
    /// one agent.
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

    /// Lists one page of the callers that have active memories or profiles. They are in order of
    /// their ids, except in DynamoDB, where a page may also be shorter than its limit.
    pub(crate) async fn callers(
        &self,
        query: &CallerQuery,
        now: Timestamp,
    ) -> Result<CallerPage, StorageError> {
        dispatch!(self, engine => engine.callers(query, now).await)
    }

    /// Stores all drafts, or none if anything fails.
    pub(crate) async fn remember(
        &self,
        drafts: Vec<Draft>,
        rules: Rules,
        now: Timestamp,
    ) -> Result<Plan, StorageError> {
        dispatch!(self, engine => engine.remember(drafts, rules, now).await)
    }

    /// Edits a memory that has not expired and returns it. Returns `None` if there is none.
    pub(crate) async fn edit(
        &self,
        id: &MemoryId,
        edit: &Edit,
        now: Timestamp,
    ) -> Result<Option<Memory>, StorageError> {
        dispatch!(self, engine => engine.edit(id, edit, now).await)
    }

    /// Deletes a memory. Returns whether it existed.
    pub(crate) async fn delete(&self, id: &MemoryId) -> Result<bool, StorageError> {
        dispatch!(self, engine => engine.delete(id).await)
    }

    /// Loads the ids of the person to whom a caller belongs.
    pub(crate) async fn identities(&self, callers: &Callers) -> Result<Person, StorageError> {
        dispatch!(self, engine => engine.identities(callers).await)
    }

    /// Links two persons, and moves what is stored under one main id. Linking what is one person
    /// already changes nothing.
    pub(crate) async fn link(
        &self,
        one: &Callers,
        other: &Callers,
        by: Option<&str>,
        now: Timestamp,
    ) -> Result<Result<Person, LinkError>, StorageError> {
        dispatch!(self, engine => engine.link(one, other, by, now).await)
    }

    /// Unlinks an id from the person to whom a caller belongs. What was told under it moves back.
    /// Deletes the profiles of the person. Returns the person without the id.
    pub(crate) async fn unlink(
        &self,
        callers: &Callers,
        id: &CallerId,
    ) -> Result<Result<Person, UnlinkError>, StorageError> {
        dispatch!(self, engine => engine.unlink(callers, id).await)
    }

    /// Deletes everything about a person, including links, history and idempotency keys.
    pub(crate) async fn forget(&self, callers: &Callers) -> Result<ForgetSummary, StorageError> {
        dispatch!(self, engine => engine.forget(callers).await)
    }

    /// Deletes expired profiles and at most `most` expired memories. Returns the number of deleted
    /// memories.
    pub(crate) async fn sweep(&self, now: Timestamp, most: i64) -> Result<u64, StorageError> {
        dispatch!(self, engine => engine.sweep(now, most).await)
    }

    /// Creates or replaces a profile, and deletes expired ones. First moves what is stored under
    /// older ids of the caller. Returns the stored profile: an existing one keeps its time of
    /// creation.
    pub(crate) async fn put_profile(
        &self,
        profile: Profile,
        callers: Callers,
    ) -> Result<Profile, StorageError> {
        dispatch!(self, engine => engine.put_profile(profile, callers).await)
    }

    /// Loads a profile that has not expired, with the number of active memories of its agent and
    /// caller.
    pub(crate) async fn profile(
        &self,
        agent: &AgentId,
        callers: &Callers,
        now: Timestamp,
    ) -> Result<Option<(Profile, u64)>, StorageError> {
        dispatch!(self, engine => engine.profile(agent, callers, now).await)
    }

    /// Sends everything in the database in chunks: as of one moment, except in DynamoDB. Stops early
    /// if the receiver is closed.
    pub(crate) async fn export(
        &self,
        out: &mpsc::Sender<Result<ExportChunk, StorageError>>,
    ) -> Result<(), StorageError> {
        dispatch!(self, engine => engine.export(out).await)
    }

    /// Adds missing entries and leaves existing ones unchanged. Adds nothing unless
    /// [`ExportChunk::End`] arrives, except if the engine [imports in
    /// parts](Self::imports_in_parts).
    pub(crate) async fn import(
        &self,
        chunks: mpsc::Receiver<ExportChunk>,
        now: Timestamp,
    ) -> Result<ImportCounts, StorageError> {
        dispatch!(self, engine => engine.import(chunks, now).await)
    }

    /// Whether an import is not one transaction, so that the data has to be checked before.
    pub(crate) fn imports_in_parts(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => false,
            #[cfg(feature = "dynamodb")]
            Self::Dynamo(_) => true,
        }
    }

    /// Whether a background worker may search for memories without a vector.
    pub(crate) fn finds_pending(&self) -> bool {
        match self {
            Self::Sqlite(_) => true,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => true,
            #[cfg(feature = "dynamodb")]
            Self::Dynamo(engine) => engine.may_scan(),
        }
    }

    /// Loads a caller's superseded memories, in order of creation. `agent` limits them to one
    /// agent.
    pub(crate) async fn superseded(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<Vec<Memory>, StorageError> {
        dispatch!(self, engine => engine.superseded(callers, agent, now).await)
    }

    /// Compares a vector with the caller's active memories that have a vector of the same space.
    pub(crate) async fn closeness(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        asked: &Vector,
        now: Timestamp,
    ) -> Result<HashMap<MemoryId, VectorSimilarity>, StorageError> {
        dispatch!(self, engine => engine.closeness(callers, agent, asked, now).await)
    }

    /// Loads active memories after the place `after` that have no vector of this space.
    pub(crate) async fn without_vector(
        &self,
        space: &str,
        after: Option<&Place>,
        most: i64,
    ) -> Result<Vec<PendingEmbedding>, StorageError> {
        dispatch!(self, engine => engine.without_vector(space, after, most).await)
    }

    /// Stores vectors for memories that still exist.
    pub(crate) async fn put_vectors(
        &self,
        vectors: Vec<(MemoryId, Vector)>,
    ) -> Result<(), StorageError> {
        dispatch!(self, engine => engine.put_vectors(vectors).await)
    }

    /// Returns the number of memories and connections.
    pub(crate) async fn metrics(&self, now: Timestamp) -> Result<StorageMetrics, StorageError> {
        dispatch!(self, engine => engine.metrics(now).await)
    }

    /// Checks that the database responds.
    pub(crate) async fn ping(&self) -> Result<(), StorageError> {
        dispatch!(self, engine => engine.ping().await)
    }

    /// Waits for running work and closes the connections.
    pub(crate) async fn close(&self) {
        dispatch!(self, engine => engine.close().await);
    }
}
