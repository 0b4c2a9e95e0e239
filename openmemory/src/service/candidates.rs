//! Loads the memories that a search compares.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::MemoryService;
use crate::matching::{Question, search_terms};
use crate::memory::{Filter, Memory};
use crate::ranking::{
    Candidate, CandidateSet, LIKELIEST, Search, TextVectors, is_wanted, select_candidates,
};
use crate::storage::StorageError;

impl MemoryService {
    /// Loads the memories that may answer. A comparison by words alone needs only those that may
    /// share a word with the question.
    pub(super) async fn candidates(
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

    /// Loads the memories that are most likely to answer, and a sample of the others. Selects by
    /// vectors, if there are any, and by terms.
    pub(super) async fn likeliest(
        &self,
        search: &Arc<Search>,
        text_vectors: Option<&TextVectors>,
        now: Timestamp,
    ) -> Result<CandidateSet, StorageError> {
        let selection = self.select(search, now).await?;
        let positions = selection.positions();
        let (by_terms, by_vectors) = tokio::try_join!(
            self.engine.at_positions(&search.callers, &positions, now),
            self.nearest(search, text_vectors, now)
        )?;
        Ok(selection.candidate_set(by_terms, by_vectors, &search.filter))
    }

    /// Selects memories by their outlines.
    async fn select(
        &self,
        search: &Arc<Search>,
        now: Timestamp,
    ) -> Result<Selection, StorageError> {
        let outlines = self
            .engine
            .outlines(&search.callers, search.agent_id.as_ref(), now)
            .await?;
        let table = self.table;
        let search = Arc::clone(search);
        run_blocking(move || Selection {
            candidates: select_candidates(&search, table, &outlines),
            wanted: outlines
                .iter()
                .filter(|outline| is_wanted(&search.filter, outline))
                .count(),
            total: outlines.len(),
        })
        .await
    }

    /// Loads the superseded memories if the question asks about the past.
    pub(super) async fn history(
        &self,
        search: &Search,
        now: Timestamp,
    ) -> Result<Vec<Memory>, StorageError> {
        if !search.wants_history() {
            return Ok(Vec::new());
        }
        self.engine
            .superseded(&search.callers, search.agent_id.as_ref(), now)
            .await
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
}

/// The memories to load, selected by their outlines.
struct Selection {
    candidates: Vec<Candidate>,
    /// Number of memories that may be in the results.
    wanted: usize,
    /// Number of the caller's memories.
    total: usize,
}

impl Selection {
    fn positions(&self) -> Vec<i64> {
        self.candidates
            .iter()
            .map(|candidate| candidate.seq)
            .collect()
    }

    /// Combines the selected memories with those whose vectors are most similar. Each of the latter
    /// represents only itself.
    fn candidate_set(
        self,
        by_terms: Vec<(i64, Memory)>,
        by_vectors: Vec<(i64, Memory)>,
        filter: &Filter,
    ) -> CandidateSet {
        let mut sample_weights: HashMap<i64, f64> = self
            .candidates
            .iter()
            .map(|candidate| (candidate.seq, candidate.sample_weight))
            .collect();
        sample_weights.extend(by_vectors.iter().map(|(seq, _)| (*seq, 1.0)));
        let mut loaded: BTreeMap<i64, Memory> = by_terms.into_iter().collect();
        loaded.extend(by_vectors);
        let accepted = loaded
            .values()
            .filter(|memory| filter.accepts(memory))
            .count();
        let memories = loaded
            .into_iter()
            .map(|(seq, memory)| (memory, sample_weights.get(&seq).copied().unwrap_or(1.0)));
        let not_loaded = self.wanted.saturating_sub(accepted);
        CandidateSet::sampled(memories.collect(), self.total, not_loaded)
    }
}

/// Runs a computation on the blocking thread pool, so that it delays no other request.
pub(super) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StorageError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| StorageError::Interrupted)
}
