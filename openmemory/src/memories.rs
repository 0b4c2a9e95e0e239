//! The memory service itself, whatever speaks to it: rules applied to storage.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::embedding::{Embedder, Worker};
use crate::keys::needles;
use crate::memory::{
    AgentId, CallerId, Direction, Draft, Filter, ImportCounts, Memory, MemoryId, Page, Plan, Profile, Rules, SortBy,
    Vector,
};
use crate::relevance::Question;
use crate::search::{Found, Hits, Meaning, Search};
use crate::storage::{Engine, Figures, Forgotten, Piece, StorageError};

/// All that can be done with memories and profiles.
#[derive(Clone, Debug)]
pub(crate) struct Memories {
    engine: Engine,
    rules: Rules,
    embedder: Option<Embedder>,
    worker: Option<Arc<Worker>>,
}

impl Memories {
    pub(crate) fn new(engine: Engine, rules: Rules, embedder: Option<Embedder>, worker: Option<Arc<Worker>>) -> Self {
        Self { engine, rules, embedder, worker }
    }

    /// Remembers all drafts in one step, or none. A draft that gets no vector now gets it later.
    pub(crate) async fn remember(&self, mut drafts: Vec<Draft>, now: Timestamp) -> Result<Plan, StorageError> {
        let contents = drafts.iter().map(|draft| draft.content.clone()).collect();
        let vectors = self.vectors(contents).await;
        let is_complete = vectors.is_some();
        for (draft, vector) in drafts.iter_mut().zip(vectors.into_iter().flatten()) {
            draft.vector = Some(vector);
        }
        let plan = self.engine.remember(drafts, self.rules, now).await?;
        if !is_complete {
            self.wake();
        }
        Ok(plan)
    }

    /// The memories of one caller that answer a question, best first.
    pub(crate) async fn search(&self, search: Search) -> Result<Hits, StorageError> {
        if search.is_blank() && search.filter == Filter::default() {
            let page = Page { limit: search.limit, offset: 0 };
            let agent = search.agent_id.as_ref();
            return self.list(agent, &search.caller_id, SortBy::Importance, Direction::Descending, page).await;
        }
        let ((memories, among), cosines) = tokio::try_join!(self.looked_at(&search), self.cosines(&search))?;
        let meaning = self.embedder.as_ref().map(|embedder| Meaning::new(cosines, embedder.calibration));
        tokio::task::spawn_blocking(move || search.pick(memories, among, meaning.as_ref()))
            .await
            .map_err(|_| StorageError::Interrupted)
    }

    /// One page of the memories of a caller, with one agent or with all, and how many there are.
    pub(crate) async fn list(
        &self,
        agent: Option<&AgentId>,
        caller: &CallerId,
        by: SortBy,
        direction: Direction,
        page: Page,
    ) -> Result<Hits, StorageError> {
        let (memories, total) = self.engine.list(caller, agent, (by, direction), page).await?;
        Ok(Hits { best: memories.into_iter().map(Found::unasked).collect(), total })
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
        let added = self.engine.import(pieces).await?;
        self.wake();
        Ok(added)
    }

    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Result<(), StorageError> {
        self.engine.ping().await
    }

    /// Figures about storage.
    pub(crate) async fn figures(&self) -> Result<Figures, StorageError> {
        self.engine.figures().await
    }

    /// Stops what goes on in the background and closes the database.
    pub(crate) async fn close(&self) {
        if let Some(worker) = &self.worker {
            worker.stop();
        }
        self.engine.close().await;
    }

    /// The memories that may answer, and how many there are in all. By words alone those are enough that may share one.
    async fn looked_at(&self, search: &Search) -> Result<(Vec<Memory>, usize), StorageError> {
        let (caller, agent) = (&search.caller_id, search.agent_id.as_ref());
        let is_by_words = self.embedder.is_none() && !search.is_blank();
        if let Some(needles) = is_by_words.then(|| needles(&Question::parse(&search.query))).flatten() {
            return self.engine.matching(caller, agent, &needles).await;
        }
        let all = self.engine.living(caller, agent).await?;
        let among = all.len();
        Ok((all, among))
    }

    /// How close the caller's memories are to the question; none when the embedding does not answer, so that
    /// words alone decide.
    async fn cosines(&self, search: &Search) -> Result<HashMap<MemoryId, f64>, StorageError> {
        if search.query.trim().is_empty() {
            return Ok(HashMap::new());
        }
        match self.vectors(vec![Question::essence(&search.query)]).await.as_deref() {
            Some([asked]) => self.engine.closeness(&search.caller_id, search.agent_id.as_ref(), asked).await,
            _ => Ok(HashMap::new()),
        }
    }

    async fn vectors(&self, texts: Vec<String>) -> Option<Vec<Vector>> {
        let embedder = self.embedder.as_ref()?;
        let vectors = embedder.embed(texts).await;
        vectors.inspect_err(|error| tracing::warn!(%error, "no vectors: words alone decide")).ok()
    }

    fn wake(&self) {
        if let Some(worker) = &self.worker {
            worker.wake();
        }
    }
}
