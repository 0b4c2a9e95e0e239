//! Searches.

use serde::Serialize;

use super::super::key::CallerKey;
use super::super::operator::EXPLAIN;
use super::super::{ExplainedMemory, OpenMemoryError, Search};
use super::V1;
use super::row::MemoryList;
use crate::call::AgentId;
use crate::http_client::HttpResponse;
use crate::memory::{Importance, Memory, keep_distinct};

#[derive(Serialize)]
struct Query<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<&'a AgentId>,
    caller_id: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    caller_aliases: &'a [String],
    query: &'a str,
    filters: Filters,
    limit: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_relevance: Option<f64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    include_superseded: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    distinct: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    explain: bool,
}

#[derive(Serialize)]
struct Filters {
    min_importance: Importance,
}

impl V1 {
    /// Searches a caller's memories. Without `min_relevance` the server returns only memories that
    /// answer the query. With 0 it returns the best memories, whatever their relevance.
    pub(in super::super) async fn search(
        &self,
        search: &Search<'_>,
        key: &CallerKey,
        min_relevance: Option<f64>,
    ) -> Result<Vec<Memory>, OpenMemoryError> {
        let query = Query {
            min_relevance,
            ..query(search, key)
        };
        let response = self.send_search(&query).await?;
        let mut memories: Vec<Memory> = response
            .json::<MemoryList<'_>>()?
            .into_memories(key, search.agent, self.retention)
            .collect();
        if search.distinct {
            keep_distinct(&mut memories, search.limit);
        }
        memories.truncate(search.limit);
        Ok(memories)
    }

    /// Searches for the best memories, and asks what the score of each consists of.
    pub(in super::super) async fn explain(
        &self,
        search: &Search<'_>,
        key: &CallerKey,
    ) -> Result<Vec<ExplainedMemory>, OpenMemoryError> {
        if !self.supports(EXPLAIN).await? {
            return Err(OpenMemoryError::MissingExtension(EXPLAIN));
        }
        let query = Query {
            min_relevance: Some(0.0),
            explain: true,
            ..query(search, key)
        };
        let response = self.send_search(&query).await?;
        Ok(response
            .json::<MemoryList<'_>>()?
            .into_explained(key, search.agent, self.retention)
            .collect())
    }

    async fn send_search(&self, query: &Query<'_>) -> Result<HttpResponse, OpenMemoryError> {
        Ok(self.post(&["memories", "search"], query).await?.success()?)
    }
}

fn query<'a>(search: &'a Search<'_>, key: &'a CallerKey) -> Query<'a> {
    Query {
        agent_id: search.agent,
        caller_id: &key.id,
        caller_aliases: &key.aliases,
        query: search.query,
        filters: Filters {
            min_importance: search.min_importance,
        },
        limit: search.limit,
        min_relevance: None,
        include_superseded: search.include_superseded,
        distinct: search.distinct,
        explain: false,
    }
}
