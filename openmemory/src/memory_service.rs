//! The memory service itself, whatever speaks to it: rules applied to storage.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::candidates::{ALL_UP_TO, LIKELIEST, candidates, is_wanted};
use crate::distinct::distinct;
use crate::embedding::{EmbedError, Embedder, Table, Worker};
use crate::limits::MAX_SEARCH_LIMIT;
use crate::lookup_keys::search_terms;
use crate::memory::{
    AgentId, Callers, Direction, Draft, Filter, ImportCounts, Memory, MemoryId, Page, Plan,
    Profile, Rules, SortBy, Vector,
};
use crate::relevance::Question;
use crate::search::{CandidateSet, Method, Search, SearchHit, SearchResults, TextVectors};
use crate::search_slots::SearchSlots;
use crate::storage::{Engine, ExportChunk, ForgetSummary, StorageError, StorageMetrics};
use crate::sweep::Sweeper;

/// All that can be done with memories and profiles.
#[derive(Clone, Debug)]
pub(crate) struct MemoryService {
    engine: Engine,
    rules: Rules,
    embedder: Option<Embedder>,
    worker: Option<Arc<Worker>>,
    sweeper: Arc<Sweeper>,
    search_slots: Arc<SearchSlots>,
    /// The bundled word vectors, where they are what memories are compared by.
    table: Option<&'static Table>,
}

impl MemoryService {
    pub(crate) fn new(
        engine: Engine,
        rules: Rules,
        embedder: Option<Embedder>,
        worker: Option<Arc<Worker>>,
    ) -> Self {
        let sweeper = Arc::new(Sweeper::start(engine.clone()));
        Self {
            engine,
            rules,
            embedder,
            worker,
            sweeper,
            search_slots: Arc::new(SearchSlots::new()),
            table: None,
        }
    }

    /// The same, comparing by the bundled word vectors.
    pub(crate) fn with_table(self, table: Option<&'static Table>) -> Self {
        Self { table, ..self }
    }

    /// Remembers all drafts in one step, or none. A draft that gets no vector now gets it later.
    pub(crate) async fn remember(
        &self,
        mut drafts: Vec<Draft>,
        now: Timestamp,
    ) -> Result<Plan, StorageError> {
        let vectors = self.vectors(&drafts).await;
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
    pub(crate) async fn search(
        &self,
        search: Search,
        now: Timestamp,
    ) -> Result<SearchResults, StorageError> {
        if search.is_blank() && search.filter == Filter::default() {
            return self.most_important(&search, now).await;
        }
        let _turn = self
            .search_slots
            .for_caller(search.callers.current().as_str())
            .await;
        let search = Arc::new(search);
        let (callers, agent) = (&search.callers, search.agent_id.as_ref());
        let are_many = self
            .engine
            .has_more_than(ALL_UP_TO, callers, agent, now)
            .await?;
        let _place = if are_many {
            self.search_slots.for_large_search().await
        } else {
            None
        };
        let is_by_vectors =
            self.embedder.is_some() && !search.is_blank() && search.filter.categories.is_empty();
        let (candidates, history, meaning) = if are_many && is_by_vectors {
            let meaning = self.meaning(&search, now).await?;
            let candidates = self.likeliest(&search, meaning.as_ref(), now);
            let (candidates, history) = tokio::try_join!(candidates, self.history(&search, now))?;
            (candidates, history, meaning)
        } else {
            let candidates = self.candidates(&search, are_many, now);
            tokio::try_join!(
                candidates,
                self.history(&search, now),
                self.meaning(&search, now)
            )?
        };
        let mut candidates = candidates.with_history(history);
        name_as_asked(&mut candidates.memories, &search.callers);
        let means = self.means(meaning);
        aside(move || search.pick(candidates, &means, now)).await
    }

    /// The most important memories, as many as are asked for, although some may say the same.
    async fn most_important(
        &self,
        search: &Search,
        now: Timestamp,
    ) -> Result<SearchResults, StorageError> {
        let order = (SortBy::Importance, Direction::Descending);
        let mut page = Page {
            limit: search.limit,
            offset: 0,
        };
        let mut best = Vec::new();
        loop {
            let hits = self
                .list(search.agent_id.as_ref(), &search.callers, order, page, now)
                .await?;
            page.offset += hits.best.len();
            let is_last = hits.best.len() < page.limit;
            best.extend(hits.best);
            if search.distinct {
                distinct(&mut best);
                page.limit = MAX_SEARCH_LIMIT;
            }
            if is_last || best.len() >= search.limit {
                best.truncate(search.limit);
                return Ok(SearchResults {
                    best,
                    total: hits.total,
                });
            }
        }
    }

    fn means(&self, meaning: Option<TextVectors>) -> Method {
        match (meaning, self.table) {
            (Some(meaning), _) => Method::TextVectors(meaning),
            (None, Some(table)) => Method::WordVectors(table),
            (None, None) => Method::Words,
        }
    }

    /// One page of the memories of a caller, with one agent or with all, and how many there are.
    pub(crate) async fn list(
        &self,
        agent: Option<&AgentId>,
        callers: &Callers,
        order: (SortBy, Direction),
        page: Page,
        now: Timestamp,
    ) -> Result<SearchResults, StorageError> {
        let (mut memories, total) = self.engine.list(callers, agent, order, page, now).await?;
        name_as_asked(&mut memories, callers);
        Ok(SearchResults {
            best: memories.into_iter().map(SearchHit::without_query).collect(),
            total,
        })
    }

    /// One page of the memories that were replaced, in their order of creation, and how many there
    /// are.
    pub(crate) async fn superseded(
        &self,
        agent: Option<&AgentId>,
        callers: &Callers,
        page: Page,
        now: Timestamp,
    ) -> Result<SearchResults, StorageError> {
        let mut memories = self.engine.superseded(callers, agent, now).await?;
        name_as_asked(&mut memories, callers);
        let total = memories.len();
        let best = memories
            .into_iter()
            .skip(page.offset)
            .take(page.limit)
            .map(SearchHit::without_query)
            .collect();
        Ok(SearchResults { best, total })
    }

    /// Deletes a memory; answers whether it was there.
    pub(crate) async fn delete(&self, id: &MemoryId) -> Result<bool, StorageError> {
        self.engine.delete(id).await
    }

    /// Removes everything of a caller.
    pub(crate) async fn forget(&self, callers: &Callers) -> Result<ForgetSummary, StorageError> {
        self.engine.forget(callers).await
    }

    /// Creates or replaces a profile of one of these callers.
    pub(crate) async fn put_profile(
        &self,
        profile: Profile,
        callers: Callers,
    ) -> Result<Profile, StorageError> {
        self.engine.put_profile(profile, callers).await
    }

    /// A profile that has not expired, and the number of memories of its agent and caller.
    pub(crate) async fn profile(
        &self,
        agent: &AgentId,
        callers: &Callers,
        now: Timestamp,
    ) -> Result<Option<(Profile, u64)>, StorageError> {
        self.engine.profile(agent, callers, now).await
    }

    /// All that is kept at this moment, piece by piece, with [`ExportChunk::End`] at the end.
    pub(crate) fn export(&self) -> mpsc::Receiver<Result<ExportChunk, StorageError>> {
        let (out, pieces) = mpsc::channel(2);
        let engine = self.engine.clone();
        tokio::spawn(async move {
            let end = engine.export(&out).await.map(|()| ExportChunk::End);
            // Whoever asked may have gone.
            let _ = out.send(end).await;
        });
        pieces
    }

    /// Adds what is not there yet; nothing unless [`ExportChunk::End`] comes.
    pub(crate) async fn import(
        &self,
        pieces: mpsc::Receiver<ExportChunk>,
    ) -> Result<ImportCounts, StorageError> {
        let added = self.engine.import(pieces).await?;
        self.wake();
        Ok(added)
    }

    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Result<(), StorageError> {
        self.engine.ping().await
    }

    /// StorageMetrics about storage.
    pub(crate) async fn metrics(&self, now: Timestamp) -> Result<StorageMetrics, StorageError> {
        self.engine.metrics(now).await
    }

    /// Stops what goes on in the background and closes the database.
    pub(crate) async fn close(&self) {
        if let Some(worker) = &self.worker {
            worker.stop();
        }
        self.sweeper.stop();
        self.engine.close().await;
    }

    /// The memories that may answer. By words alone those are enough that may share one.
    async fn candidates(
        &self,
        search: &Arc<Search>,
        are_many: bool,
        now: Timestamp,
    ) -> Result<CandidateSet, StorageError> {
        let (callers, agent) = (&search.callers, search.agent_id.as_ref());
        let is_asked_by_words = !search.is_blank() && !search.wants_all() && !are_many;
        let is_by_words = is_asked_by_words && self.embedder.is_none() && self.table.is_none();
        if let Some(search_terms) = is_by_words
            .then(|| search_terms(&Question::parse(&search.query)))
            .flatten()
        {
            let (memories, among) = self
                .engine
                .matching(callers, agent, &search_terms, now)
                .await?;
            return Ok(CandidateSet::all(memories, among));
        }
        // A category is only known when a memory is read.
        let is_seen_by_terms = !search.is_blank() && search.filter.categories.is_empty();
        if is_seen_by_terms && are_many {
            return self.likeliest(search, None, now).await;
        }
        let all = self.engine.active(callers, agent, now).await?;
        let among = all.len();
        Ok(CandidateSet::all(all, among))
    }

    /// The memories that were replaced, where the question asks for what was before.
    async fn history(&self, search: &Search, now: Timestamp) -> Result<Vec<Memory>, StorageError> {
        if !search.wants_history() {
            return Ok(Vec::new());
        }
        self.engine
            .superseded(&search.callers, search.agent_id.as_ref(), now)
            .await
    }

    /// Of very many memories those that are most likely to answer, by their vectors where there are
    /// any and by their terms, and a sample of the others.
    async fn likeliest(
        &self,
        search: &Arc<Search>,
        meaning: Option<&TextVectors>,
        now: Timestamp,
    ) -> Result<CandidateSet, StorageError> {
        let outlines = self
            .engine
            .outlines(&search.callers, search.agent_id.as_ref(), now)
            .await?;
        let (among, table, asked) = (outlines.len(), self.table, Arc::clone(search));
        let (chosen, wanted) = aside(move || {
            let wanted = outlines
                .iter()
                .filter(|outline| is_wanted(&asked.filter, outline))
                .count();
            (candidates(&asked, table, &outlines), wanted)
        })
        .await?;
        let places: Vec<i64> = chosen.iter().map(|candidate| candidate.seq).collect();
        let near = async {
            match meaning.map(|meaning| meaning.nearest(LIKELIEST)) {
                Some(ids) => self.engine.by_ids(&search.callers, &ids, now).await,
                None => Ok(Vec::new()),
            }
        };
        let (read, near) = tokio::try_join!(
            self.engine.at_positions(&search.callers, &places, now),
            near
        )?;
        let mut sample_weights: HashMap<i64, f64> = chosen
            .iter()
            .map(|candidate| (candidate.seq, candidate.sample_weight))
            .collect();
        sample_weights.extend(near.iter().map(|(seq, _)| (*seq, 1.0)));
        let mut read: BTreeMap<i64, Memory> = read.into_iter().collect();
        read.extend(near);
        let answering = read
            .values()
            .filter(|memory| search.filter.accepts(memory))
            .count();
        let memories = read
            .into_iter()
            .map(|(seq, memory)| (memory, sample_weights.get(&seq).copied().unwrap_or(1.0)));
        Ok(CandidateSet::some(
            memories.collect(),
            among,
            wanted.saturating_sub(answering),
        ))
    }

    /// How close the caller's memories are to the question; none when the embedding does not
    /// answer, so that words alone decide.
    async fn meaning(
        &self,
        search: &Search,
        now: Timestamp,
    ) -> Result<Option<TextVectors>, StorageError> {
        let Some(embedder) = self.embedder.as_ref().filter(|_| !search.is_blank()) else {
            return Ok(None);
        };
        let asked = async {
            tokio::try_join!(
                embedder.question(&search.query),
                embedder.unrelated_cosine()
            )
        };
        let Some((asked, unrelated_cosine)) = available(asked.await) else {
            return Ok(None);
        };
        let cosines = self
            .engine
            .closeness(&search.callers, search.agent_id.as_ref(), &asked, now)
            .await?;
        Ok(Some(TextVectors::new(cosines, unrelated_cosine)))
    }

    async fn vectors(&self, drafts: &[Draft]) -> Option<Vec<Vector>> {
        let embedder = self.embedder.as_ref()?;
        let contents: Vec<&str> = drafts.iter().map(|draft| draft.content.as_str()).collect();
        available(embedder.passages(&contents).await)
    }

    fn wake(&self) {
        if let Some(worker) = &self.worker {
            worker.wake();
        }
    }
}

fn available<T>(vectors: Result<T, EmbedError>) -> Option<T> {
    vectors
        .inspect_err(|error| tracing::warn!(%error, "no vectors: words alone decide"))
        .ok()
}

/// Works something out where it keeps no other request waiting.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StorageError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| StorageError::Interrupted)
}

/// Memories that are stored under an older id come back under the one that was asked for.
fn name_as_asked(memories: &mut [Memory], callers: &Callers) {
    for memory in memories
        .iter_mut()
        .filter(|memory| memory.caller_id != *callers.current())
    {
        memory.caller_id = callers.current().clone();
    }
}
