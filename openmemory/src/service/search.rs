//! Searches the memories of one caller.

use std::sync::Arc;

use jiff::Timestamp;

use super::candidates::run_blocking;
use super::list::use_current_id;
use super::{MemoryService, log_failure};
use crate::limits::MAX_SEARCH_LIMIT;
use crate::memory::{Direction, Filter, Page, SortBy};
use crate::ranking::{
    CandidateSet, MAX_EXHAUSTIVE, Method, Search, SearchResults, TextVectors, distinct,
};
use crate::storage::StorageError;

impl MemoryService {
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
        let Some((question, unrelated_cosine)) = log_failure(embedded.await) else {
            return Ok(None);
        };
        let similarities = self
            .engine
            .closeness(&search.callers, search.agent_id.as_ref(), &question, now)
            .await?;
        Ok(Some(TextVectors::new(similarities, unrelated_cosine)))
    }
}
