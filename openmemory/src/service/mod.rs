//! The operations of the memory service, independent of HTTP: applies the rules to storage.

mod clock;
mod embedding_worker;
mod search_slots;
mod sweep;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;

pub(crate) use clock::now;
pub(crate) use embedding_worker::EmbeddingWorker;

use crate::embedding::{EmbedError, Embedder, Table};
use crate::limits::MAX_SEARCH_LIMIT;
use crate::matching::{Question, search_terms};
use crate::memory::{
    AgentId, Callers, Direction, Draft, Filter, ImportCounts, Memory, MemoryId, Page, Plan,
    Profile, Rules, SortBy, Vector,
};
use crate::ranking::{
    CandidateSet, LIKELIEST, MAX_EXHAUSTIVE, Method, Search, SearchHit, SearchResults, TextVectors,
    distinct, is_wanted, select_candidates,
};
use crate::storage::{Engine, ExportChunk, ForgetSummary, StorageError, StorageMetrics};
use search_slots::SearchSlots;
use sweep::Sweeper;

/// All operations on memories and profiles. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct MemoryService {
    engine: Engine,
    rules: Rules,
    embedder: Option<Embedder>,
    worker: Option<Arc<EmbeddingWorker>>,
    sweeper: Arc<Sweeper>,
    search_slots: Arc<SearchSlots>,
    /// The bundled word vectors, if memories are compared by them.
    table: Option<&'static Table>,
}

impl MemoryService {
    pub(crate) fn new(
        engine: Engine,
        rules: Rules,
        embedder: Option<Embedder>,
        worker: Option<Arc<EmbeddingWorker>>,
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

    /// Sets the word vectors by which memories are compared.
    pub(crate) fn with_table(self, table: Option<&'static Table>) -> Self {
        Self { table, ..self }
    }

    /// Stores all drafts in one transaction, or none. If the embedding fails now, a background
    /// worker adds the vectors later.
    pub(crate) async fn store(
        &self,
        mut drafts: Vec<Draft>,
        now: Timestamp,
    ) -> Result<Plan, StorageError> {
        let vectors = self.embed(&drafts).await;
        let is_embedded = vectors.is_some();
        for (draft, vector) in drafts.iter_mut().zip(vectors.into_iter().flatten()) {
            draft.vector = Some(vector);
        }
        let plan = self.engine.remember(drafts, self.rules, now).await?;
        if !is_embedded {
            self.wake_worker();
        }
        Ok(plan)
    }

    /// Finds the memories of one caller that answer a question, best first.
    pub(crate) async fn search(
        &self,
        search: Search,
        now: Timestamp,
    ) -> Result<SearchResults, StorageError> {
        if search.is_blank() && search.filter == Filter::default() {
            return self.most_important(&search, now).await;
        }
        let _caller_slot = self
            .search_slots
            .for_caller(search.callers.current().as_str())
            .await;
        let search = Arc::new(search);
        let is_large = self
            .engine
            .has_more_than(
                MAX_EXHAUSTIVE,
                &search.callers,
                search.agent_id.as_ref(),
                now,
            )
            .await?;
        let _large_slot = if is_large {
            self.search_slots.for_large_search().await
        } else {
            None
        };
        let (mut candidates, text_vectors) = self.load(&search, is_large, now).await?;
        use_current_id(&mut candidates.memories, &search.callers);
        let method = self.method(text_vectors);
        run_blocking(move || search.run(candidates, &method, now)).await
    }

    /// Loads the memories that a search compares, and their vectors if there are any.
    async fn load(
        &self,
        search: &Arc<Search>,
        is_large: bool,
        now: Timestamp,
    ) -> Result<(CandidateSet, Option<TextVectors>), StorageError> {
        let selects_by_vectors =
            self.embedder.is_some() && !search.is_blank() && search.filter.categories.is_empty();
        if is_large && selects_by_vectors {
            let text_vectors = self.text_vectors(search, now).await?;
            let (candidates, history) = tokio::try_join!(
                self.likeliest(search, text_vectors.as_ref(), now),
                self.history(search, now)
            )?;
            return Ok((candidates.with_history(history), text_vectors));
        }
        let (candidates, history, text_vectors) = tokio::try_join!(
            self.candidates(search, is_large, now),
            self.history(search, now),
            self.text_vectors(search, now)
        )?;
        Ok((candidates.with_history(history), text_vectors))
    }

    /// Lists the most important memories. With `distinct`, reads further pages until enough
    /// memories with different wording are found.
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
            let results = self
                .list(search.agent_id.as_ref(), &search.callers, order, page, now)
                .await?;
            page.offset += results.best.len();
            let is_last = results.best.len() < page.limit;
            best.extend(results.best);
            if search.distinct {
                distinct(&mut best);
                page.limit = MAX_SEARCH_LIMIT;
            }
            if is_last || best.len() >= search.limit {
                best.truncate(search.limit);
                return Ok(SearchResults {
                    best,
                    total: results.total,
                });
            }
        }
    }

    fn method(&self, text_vectors: Option<TextVectors>) -> Method {
        match (text_vectors, self.table) {
            (Some(text_vectors), _) => Method::TextVectors(text_vectors),
            (None, Some(table)) => Method::WordVectors(table),
            (None, None) => Method::Words,
        }
    }

    /// Lists one page of a caller's active memories, of one agent or of all, and their total
    /// number.
    pub(crate) async fn list(
        &self,
        agent: Option<&AgentId>,
        callers: &Callers,
        order: (SortBy, Direction),
        page: Page,
        now: Timestamp,
    ) -> Result<SearchResults, StorageError> {
        let (mut memories, total) = self.engine.list(callers, agent, order, page, now).await?;
        use_current_id(&mut memories, callers);
        Ok(SearchResults {
            best: memories.into_iter().map(SearchHit::without_query).collect(),
            total,
        })
    }

    /// Lists one page of a caller's superseded memories in order of creation, and their total
    /// number.
    pub(crate) async fn superseded(
        &self,
        agent: Option<&AgentId>,
        callers: &Callers,
        page: Page,
        now: Timestamp,
    ) -> Result<SearchResults, StorageError> {
        let mut memories = self.engine.superseded(callers, agent, now).await?;
        use_current_id(&mut memories, callers);
        let total = memories.len();
        let best = memories
            .into_iter()
            .skip(page.offset)
            .take(page.limit)
            .map(SearchHit::without_query)
            .collect();
        Ok(SearchResults { best, total })
    }

    /// Deletes a memory. Returns whether it existed.
    pub(crate) async fn delete(&self, id: &MemoryId) -> Result<bool, StorageError> {
        self.engine.delete(id).await
    }

    /// Deletes everything that is stored about a caller.
    pub(crate) async fn forget(&self, callers: &Callers) -> Result<ForgetSummary, StorageError> {
        self.engine.forget(callers).await
    }

    /// Creates or replaces a profile.
    pub(crate) async fn put_profile(
        &self,
        profile: Profile,
        callers: Callers,
    ) -> Result<Profile, StorageError> {
        self.engine.put_profile(profile, callers).await
    }

    /// Returns a profile that has not expired, and the number of memories of its agent and caller.
    pub(crate) async fn profile(
        &self,
        agent: &AgentId,
        callers: &Callers,
        now: Timestamp,
    ) -> Result<Option<(Profile, u64)>, StorageError> {
        self.engine.profile(agent, callers, now).await
    }

    /// Exports a snapshot of everything in chunks, followed by [`ExportChunk::End`].
    pub(crate) fn export(&self) -> mpsc::Receiver<Result<ExportChunk, StorageError>> {
        let (out, chunks) = mpsc::channel(2);
        let engine = self.engine.clone();
        tokio::spawn(async move {
            let end = engine.export(&out).await.map(|()| ExportChunk::End);
            // The client may have disconnected.
            let _ = out.send(end).await;
        });
        chunks
    }

    /// Adds the records that do not exist yet. Adds nothing unless [`ExportChunk::End`] arrives.
    pub(crate) async fn import(
        &self,
        chunks: mpsc::Receiver<ExportChunk>,
    ) -> Result<ImportCounts, StorageError> {
        let added = self.engine.import(chunks).await?;
        self.wake_worker();
        Ok(added)
    }

    /// Checks that the database responds.
    pub(crate) async fn ping(&self) -> Result<(), StorageError> {
        self.engine.ping().await
    }

    /// Returns the metrics of the database.
    pub(crate) async fn metrics(&self, now: Timestamp) -> Result<StorageMetrics, StorageError> {
        self.engine.metrics(now).await
    }

    /// Stops the background tasks and closes the database.
    pub(crate) async fn close(&self) {
        if let Some(worker) = &self.worker {
            worker.stop();
        }
        self.sweeper.stop();
        self.engine.close().await;
    }

    /// Loads the memories that may answer. A comparison by words alone needs only those that may
    /// share a word with the question.
    async fn candidates(
        &self,
        search: &Arc<Search>,
        is_large: bool,
        now: Timestamp,
    ) -> Result<CandidateSet, StorageError> {
        let callers = &search.callers;
        let agent = search.agent_id.as_ref();
        if let Some(terms) = self.search_terms(search, is_large) {
            let (memories, total) = self.engine.matching(callers, agent, &terms, now).await?;
            return Ok(CandidateSet::all(memories, total));
        }
        // The category of a memory is only known after loading it.
        let can_select_by_terms = !search.is_blank() && search.filter.categories.is_empty();
        if can_select_by_terms && is_large {
            return self.likeliest(search, None, now).await;
        }
        let all = self.engine.active(callers, agent, now).await?;
        let total = all.len();
        Ok(CandidateSet::all(all, total))
    }

    /// The terms by which the database can select memories, if the comparison is by words alone.
    fn search_terms(&self, search: &Search, is_large: bool) -> Option<Vec<String>> {
        let is_by_words = self.embedder.is_none() && self.table.is_none();
        let is_selective = !search.is_blank() && !search.wants_all() && !is_large;
        if is_by_words && is_selective {
            search_terms(&Question::parse(&search.query))
        } else {
            None
        }
    }

    /// Loads the superseded memories if the question asks about the past.
    async fn history(&self, search: &Search, now: Timestamp) -> Result<Vec<Memory>, StorageError> {
        if !search.wants_history() {
            return Ok(Vec::new());
        }
        self.engine
            .superseded(&search.callers, search.agent_id.as_ref(), now)
            .await
    }

    /// Loads the memories that are most likely to answer, and a sample of the others. Selects by
    /// vectors, if there are any, and by terms.
    async fn likeliest(
        &self,
        search: &Arc<Search>,
        text_vectors: Option<&TextVectors>,
        now: Timestamp,
    ) -> Result<CandidateSet, StorageError> {
        let outlines = self
            .engine
            .outlines(&search.callers, search.agent_id.as_ref(), now)
            .await?;
        let total = outlines.len();
        let table = self.table;
        let shared_search = Arc::clone(search);
        let (selected, wanted) = run_blocking(move || {
            let wanted = outlines
                .iter()
                .filter(|outline| is_wanted(&shared_search.filter, outline))
                .count();
            (select_candidates(&shared_search, table, &outlines), wanted)
        })
        .await?;
        let positions: Vec<i64> = selected.iter().map(|candidate| candidate.seq).collect();
        let (by_terms, by_vectors) = tokio::try_join!(
            self.engine.at_positions(&search.callers, &positions, now),
            self.nearest(search, text_vectors, now)
        )?;
        let mut sample_weights: HashMap<i64, f64> = selected
            .iter()
            .map(|candidate| (candidate.seq, candidate.sample_weight))
            .collect();
        sample_weights.extend(by_vectors.iter().map(|(seq, _)| (*seq, 1.0)));
        let mut loaded: BTreeMap<i64, Memory> = by_terms.into_iter().collect();
        loaded.extend(by_vectors);
        let accepted = loaded
            .values()
            .filter(|memory| search.filter.accepts(memory))
            .count();
        let memories = loaded
            .into_iter()
            .map(|(seq, memory)| (memory, sample_weights.get(&seq).copied().unwrap_or(1.0)));
        Ok(CandidateSet::sampled(
            memories.collect(),
            total,
            wanted.saturating_sub(accepted),
        ))
    }

    /// Loads the memories whose vectors are most similar to the question.
    async fn nearest(
        &self,
        search: &Search,
        text_vectors: Option<&TextVectors>,
        now: Timestamp,
    ) -> Result<Vec<(i64, Memory)>, StorageError> {
        match text_vectors.map(|vectors| vectors.nearest(LIKELIEST)) {
            Some(ids) => self.engine.by_ids(&search.callers, &ids, now).await,
            None => Ok(Vec::new()),
        }
    }

    /// Compares the vectors of the caller's memories with the question. Returns `None` if the
    /// embedding fails, so that words alone decide.
    async fn text_vectors(
        &self,
        search: &Search,
        now: Timestamp,
    ) -> Result<Option<TextVectors>, StorageError> {
        let Some(embedder) = self.embedder.as_ref().filter(|_| !search.is_blank()) else {
            return Ok(None);
        };
        let embedded = async {
            tokio::try_join!(
                embedder.question(&search.query),
                embedder.unrelated_cosine()
            )
        };
        let Some((question, unrelated_cosine)) = available(embedded.await) else {
            return Ok(None);
        };
        let similarities = self
            .engine
            .closeness(&search.callers, search.agent_id.as_ref(), &question, now)
            .await?;
        Ok(Some(TextVectors::new(similarities, unrelated_cosine)))
    }

    async fn embed(&self, drafts: &[Draft]) -> Option<Vec<Vector>> {
        let embedder = self.embedder.as_ref()?;
        let contents: Vec<&str> = drafts.iter().map(|draft| draft.content.as_str()).collect();
        available(embedder.passages(&contents).await)
    }

    fn wake_worker(&self) {
        if let Some(worker) = &self.worker {
            worker.wake();
        }
    }
}

/// Logs an embedding failure and continues without vectors.
fn available<T>(vectors: Result<T, EmbedError>) -> Option<T> {
    vectors
        .inspect_err(|error| tracing::warn!(%error, "embedding failed, comparing by words only"))
        .ok()
}

/// Runs a computation on the blocking thread pool, so that it delays no other request.
async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StorageError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| StorageError::Interrupted)
}

/// Replaces older caller ids by the current id of the request.
fn use_current_id(memories: &mut [Memory], callers: &Callers) {
    for memory in memories
        .iter_mut()
        .filter(|memory| memory.caller_id != *callers.current())
    {
        memory.caller_id = callers.current().clone();
    }
}
