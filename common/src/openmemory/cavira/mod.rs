//! The public OpenMemory (CaviraOSS), as of 1.2 and up to v1.3.0.
//!
//! What it does by itself would lose and mix memories: it drops what anybody said before, cuts long
//! sentences, scores by chance and gives deleted memories back. So it is used as a store of rows
//! for each user, and everything that matters is decided here: what repeats what, what answers a
//! question, and what is shown at all.

mod pages;
mod plan;
mod profiles;
mod remember;
mod row;
mod text;
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
use row::Row;
use text::Question;

/// How long the server's own order is waited for: it is a help, not a need.
const ORDER_LIMIT: Duration = Duration::from_millis(1200);
/// The user under which the server keeps what it makes up itself.
const NOBODY: &str = "anonymous";

/// Speaks the public OpenMemory's dialect.
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

    /// The caller's rows, ranked here. Ids that only the server's order holds are deleted memories
    /// out of its cache.
    pub(super) async fn search(
        &self,
        search: &Search<'_>,
        key: &str,
    ) -> Result<Vec<Memory>, OpenMemoryError> {
        let (rows, order) = tokio::join!(self.rows(key), self.order(search.query, key));
        let now = now();
        let rows = rows?
            .into_iter()
            .filter(|row| row.is_memory_of(key, search.agent, now));
        let rows: Vec<Row> = rows
            .filter(|row| row.importance() >= search.min_importance)
            .collect();
        let mut memories = rank(&rows, search.query, &order);
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

    /// The place of each memory in the server's own order, best 0; none where the server does not
    /// say in time.
    async fn order(&self, query: &str, key: &str) -> HashMap<MemoryId, usize> {
        if query.trim().is_empty() {
            return HashMap::new();
        }
        match tokio::time::timeout(ORDER_LIMIT, self.query(query, key)).await {
            Ok(Ok(ids)) => ids
                .into_iter()
                .enumerate()
                .map(|(place, id)| (id, place))
                .collect(),
            Ok(Err(error)) => {
                warn!(reason = %error, "OpenMemory does not order memories: words alone decide");
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
        let (mut memories, now): (Vec<Memory>, _) = (Vec::new(), now());
        for id in key.all() {
            let rows = self.rows(id).await?;
            memories.extend(
                rows.iter()
                    .filter(|row| row.is_memory_of(id, agent, now))
                    .map(|row| row.memory(1.0)),
            );
        }
        // The rows come newest first, and the order of equals stays.
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

    /// Memories, cards, and what the server itself made of the memories, under every id of the
    /// caller. Rows of other programs stay.
    pub(super) async fn forget(&self, key: &CallerKey) -> Result<ForgetSummary, OpenMemoryError> {
        let mut forgotten = ForgetSummary::default();
        let mut gone = HashSet::new();
        for id in key.all() {
            self.forget_id(id, &mut forgotten, &mut gone).await?;
        }
        self.forget_reflections(&gone).await?;
        Ok(forgotten)
    }

    async fn forget_id(
        &self,
        key: &str,
        forgotten: &mut ForgetSummary,
        gone: &mut HashSet<MemoryId>,
    ) -> Result<(), OpenMemoryError> {
        loop {
            let rows = self.rows(key).await?;
            let ours: Vec<Row> = rows
                .into_iter()
                .filter(|row| row.is_pending() || row.is_of(key))
                .collect();
            if ours.is_empty() {
                break;
            }
            self.delete_all(&ours).await?;
            forgotten.memories += ours.iter().filter(|row| !row.is_pending()).count() as u64;
            gone.extend(ours.into_iter().map(|row| row.id));
        }
        let cards = self.rows(&profiles::cards_of(key)).await?;
        self.delete_all(&cards).await?;
        forgotten.cards += cards.iter().filter(|row| !row.is_pending()).count() as u64;
        Ok(())
    }

    /// The server may have written summaries of memories, which quote them.
    async fn forget_reflections(&self, gone: &HashSet<MemoryId>) -> Result<(), OpenMemoryError> {
        if gone.is_empty() {
            return Ok(());
        }
        let made_up = self.rows(NOBODY).await?;
        let quoting: Vec<Row> = made_up.into_iter().filter(|row| row.quotes(gone)).collect();
        self.delete_all(&quoting).await
    }

    pub(super) fn export(&self) -> Pages {
        Pages::of(self.server.clone())
    }

    /// Memories move away from this server, not to it.
    #[expect(clippy::unused_async, reason = "the port's operations are all awaited")]
    pub(super) async fn import(&self, _document: &[u8]) -> Result<ImportSummary, OpenMemoryError> {
        Err(OpenMemoryError::Lacks("import"))
    }

    /// Whether it answers and can be used.
    pub(super) async fn health(&self) -> Result<StoreHealth, OpenMemoryError> {
        #[derive(Deserialize)]
        struct Health {
            status: Option<serde_json::Value>,
            version: Option<String>,
        }
        let health = self
            .server
            .ask(self.server.get(self.server.url(&["health"])));
        let (health, usable) = tokio::join!(health, probe(&self.server));
        let health: Health = wire::accepted(health?)?.json()?;
        if health.status.is_some() {
            return Err(OpenMemoryError::OtherDialect("v1"));
        }
        usable?;
        Ok(StoreHealth {
            dialect: Dialect::Cavira,
            version: health.version,
            database: None,
            extensions: Vec::new(),
        })
    }
}

/// The memories with their relevance, 0 to 1. Words decide; the server's order settles what words
/// leave open, and alone it is worth little, because it gives hits to any question.
fn rank(rows: &[Row], query: &str, order: &HashMap<MemoryId, usize>) -> Vec<Memory> {
    if query.trim().is_empty() {
        return rows.iter().map(|row| row.memory(1.0)).collect();
    }
    let texts: Vec<text::Passage> = rows
        .iter()
        .map(|row| text::Passage::new(&row.content, &row.hints()))
        .collect();
    let question = Question::new(query, &texts);
    let relevance = |(row, passage): (&Row, &text::Passage)| {
        let place = order
            .get(&row.id)
            .map_or(0.0, |place| 1.0 / (1.0 + *place as f64));
        let relevance = match question.covered_by(passage) {
            words if words > 0.0 => 0.95 * words + 0.05 * place,
            _ => 0.2 * place,
        };
        row.memory(relevance)
    };
    rows.iter().zip(&texts).map(relevance).collect()
}
