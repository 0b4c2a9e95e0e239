//! The public OpenMemory (CaviraOSS), as of 1.2 and up to v1.3.0.
//!
//! The server's own logic would lose and mix up memories. It drops a memory that resembles one of
//! any other user, truncates long sentences, has meaningless scores and returns deleted memories.
//! This client therefore uses it only to store rows by user. It finds duplicates, ranks search
//! results and filters rows itself.

mod comparison;
mod pages;
mod plan;
mod profiles;
mod remember;
mod row;
mod wire;

pub(super) use pages::Pages;
pub(super) use wire::probe;

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use serde::Deserialize;
use tracing::warn;

use super::clock::now;
use super::key::CallerKey;
use super::server::Server;
use super::{Dialect, ForgetSummary, ImportSummary, OpenMemoryError, Page, Search, StoreHealth};
use crate::call::AgentId;
use crate::memory::{Memory, MemoryId, Retention, keep_distinct};
use comparison::Question;
use row::Row;

/// How long a search waits for the server's own ranking, which is helpful but not required.
const RANKING_TIMEOUT: Duration = Duration::from_millis(1200);
/// The user under which the server stores the reflections that it generates from memories.
const REFLECTIONS_USER: &str = "anonymous";

/// A client of the public OpenMemory.
#[derive(Debug)]
pub(super) struct Cavira {
    server: Server,
    similarity_threshold: f64,
    retention: Retention,
}

impl Cavira {
    pub(super) fn new(server: Server, similarity_threshold: f64, retention: Retention) -> Self {
        Self {
            server,
            similarity_threshold,
            retention,
        }
    }

    /// Searches the caller's rows and ranks them here. The server's ranking may contain ids of
    /// deleted memories from its cache, which are ignored.
    pub(super) async fn search(
        &self,
        search: &Search<'_>,
        key: &str,
    ) -> Result<Vec<Memory>, OpenMemoryError> {
        let (rows, ranking) = tokio::join!(self.rows(key), self.server_ranking(search.query, key));
        let now = now();
        let rows: Vec<Row> = rows?
            .into_iter()
            .filter(|row| row.is_memory_of(key, search.agent, now))
            .filter(|row| row.importance() >= search.min_importance)
            .collect();
        let mut memories = with_relevance(&rows, search.query, &ranking);
        memories.sort_by(|one, other| {
            let by_relevance = other.relevance.total_cmp(&one.relevance);
            by_relevance.then_with(|| {
                (other.importance, other.timestamp).cmp(&(one.importance, one.timestamp))
            })
        });
        if search.distinct {
            keep_distinct(&mut memories, search.limit);
        }
        memories.truncate(search.limit);
        Ok(memories)
    }

    /// Returns the position of each memory in the server's ranking; the best has position 0.
    /// Returns an empty map if the server fails or does not respond in time.
    async fn server_ranking(&self, query: &str, key: &str) -> HashMap<MemoryId, usize> {
        if query.trim().is_empty() {
            return HashMap::new();
        }
        match tokio::time::timeout(RANKING_TIMEOUT, self.query(query, key)).await {
            Ok(Ok(ids)) => ids
                .into_iter()
                .enumerate()
                .map(|(position, id)| (id, position))
                .collect(),
            Ok(Err(error)) => {
                warn!(reason = %error, "server ranking failed, memories ranked by words alone");
                HashMap::new()
            }
            Err(_) => HashMap::new(),
        }
    }

    pub(super) async fn list(
        &self,
        agent: Option<&AgentId>,
        key: &CallerKey,
        page: Page,
    ) -> Result<Vec<Memory>, OpenMemoryError> {
        let now = now();
        let mut memories: Vec<Memory> = Vec::new();
        for id in key.ids() {
            let rows = self.rows(id).await?;
            memories.extend(
                rows.iter()
                    .filter(|row| row.is_memory_of(id, agent, now))
                    .map(|row| row.memory(1.0)),
            );
        }
        // The sort is stable and rows arrive newest first, so equal memories stay newest first.
        memories.sort_by_key(|memory| Reverse(memory.importance));
        Ok(memories
            .into_iter()
            .skip(page.offset)
            .take(page.limit)
            .collect())
    }

    pub(super) async fn delete(&self, memory: &MemoryId) -> Result<(), OpenMemoryError> {
        self.delete_row(memory).await
    }

    /// Deletes memories, cards and the server's reflections on the memories, under all ids of the
    /// caller. Rows of other programs are kept.
    pub(super) async fn forget(&self, key: &CallerKey) -> Result<ForgetSummary, OpenMemoryError> {
        let mut forgotten = ForgetSummary::default();
        let mut deleted = HashSet::new();
        for id in key.ids() {
            self.forget_id(id, &mut forgotten, &mut deleted).await?;
        }
        self.forget_reflections(&deleted).await?;
        Ok(forgotten)
    }

    async fn forget_id(
        &self,
        key: &str,
        forgotten: &mut ForgetSummary,
        deleted: &mut HashSet<MemoryId>,
    ) -> Result<(), OpenMemoryError> {
        loop {
            let rows = self.rows(key).await?;
            let ours: Vec<Row> = rows
                .into_iter()
                .filter(|row| row.is_pending() || row.belongs_to(key))
                .collect();
            if ours.is_empty() {
                break;
            }
            self.delete_all(&ours).await?;
            forgotten.memories += ours.iter().filter(|row| !row.is_pending()).count() as u64;
            deleted.extend(ours.into_iter().map(|row| row.id));
        }
        let cards = self.rows(&profiles::cards_of(key)).await?;
        self.delete_all(&cards).await?;
        forgotten.cards += cards.iter().filter(|row| !row.is_pending()).count() as u64;
        Ok(())
    }

    /// Deletes the server's reflections, which quote the memories that they summarize.
    async fn forget_reflections(&self, deleted: &HashSet<MemoryId>) -> Result<(), OpenMemoryError> {
        if deleted.is_empty() {
            return Ok(());
        }
        let mut reflections = self.rows(REFLECTIONS_USER).await?;
        reflections.retain(|row| row.is_derived_from(deleted));
        self.delete_all(&reflections).await
    }

    pub(super) fn export(&self) -> Pages {
        Pages::new(self.server.clone())
    }

    /// Importing is not supported: data can only be moved away from this server.
    #[expect(
        clippy::unused_async,
        reason = "the operations of both dialects are awaited alike"
    )]
    pub(super) async fn import(&self, _document: &[u8]) -> Result<ImportSummary, OpenMemoryError> {
        Err(OpenMemoryError::MissingExtension("import"))
    }

    /// Checks that the server responds and can be used.
    pub(super) async fn health(&self) -> Result<StoreHealth, OpenMemoryError> {
        #[derive(Deserialize)]
        struct Health {
            status: Option<serde_json::Value>,
            version: Option<String>,
        }
        let request = self
            .server
            .send(self.server.get(self.server.url(&["health"])));
        let (response, usable) = tokio::join!(request, probe(&self.server));
        let health: Health = wire::check_status(response?)?.json()?;
        if health.status.is_some() {
            return Err(OpenMemoryError::WrongDialect("v1"));
        }
        usable?;
        Ok(StoreHealth {
            dialect: Dialect::Cavira,
            version: health.version,
            database: None,
            embeddings: None,
            extensions: Vec::new(),
        })
    }
}

/// Returns the memories with their relevance, from 0 to 1.
///
/// Common words decide, and the server's ranking breaks ties. Without a common word the ranking is
/// worth little, because the server returns hits for any query.
fn with_relevance(rows: &[Row], query: &str, ranking: &HashMap<MemoryId, usize>) -> Vec<Memory> {
    if query.trim().is_empty() {
        return rows.iter().map(|row| row.memory(1.0)).collect();
    }
    let texts: Vec<comparison::Passage> = rows
        .iter()
        .map(|row| comparison::Passage::new(&row.content, &row.hints()))
        .collect();
    let question = Question::new(query, &texts);
    let relevance = |(row, passage): (&Row, &comparison::Passage)| {
        let rank_score = ranking
            .get(&row.id)
            .map_or(0.0, |position| 1.0 / (1.0 + *position as f64));
        let relevance = match question.coverage(passage) {
            words if words > 0.0 => 0.95 * words + 0.05 * rank_score,
            _ => 0.2 * rank_score,
        };
        row.memory(relevance)
    };
    rows.iter().zip(&texts).map(relevance).collect()
}
