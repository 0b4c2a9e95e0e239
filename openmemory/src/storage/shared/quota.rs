//! Loads what is needed to enforce the limit of memories.

use std::collections::HashMap;

use super::{Connection, StorageError};
use crate::memory::{AgentId, CallerId, Draft, Quota, drafts_per_owner};
use crate::storage::rows::{EvictionCandidateRow, all};
use crate::storage::statements::{COUNT_OF_AGENT, EVICTION_CANDIDATES};

/// Loads the quotas of the agents and callers in a request.
pub(in super::super) async fn load_quotas(
    connection: &mut Connection,
    drafts: &[Draft],
    limit: usize,
) -> Result<HashMap<(AgentId, CallerId), Quota>, StorageError> {
    let mut quotas = HashMap::new();
    for ((agent, caller), added) in drafts_per_owner(drafts) {
        let quota = load(connection, agent, caller, added, limit).await?;
        quotas.insert((agent.clone(), caller.clone()), quota);
    }
    Ok(quotas)
}

async fn load(
    connection: &mut Connection,
    agent: &AgentId,
    caller: &CallerId,
    added: usize,
    limit: usize,
) -> Result<Quota, StorageError> {
    let count = sqlx::query_scalar(COUNT_OF_AGENT)
        .bind(caller.as_str())
        .bind(agent.as_str());
    let counted: i64 = count.fetch_one(&mut *connection).await?;
    let active = usize::try_from(counted).unwrap_or_default();
    let needed = i64::try_from(Quota::needed(active, added, limit)).unwrap_or(i64::MAX);
    if needed == 0 {
        return Ok(Quota {
            active,
            eviction_candidates: Vec::new(),
        });
    }
    let first = sqlx::query_as(EVICTION_CANDIDATES)
        .bind(caller.as_str())
        .bind(agent.as_str())
        .bind(needed);
    let rows: Vec<EvictionCandidateRow> = first.fetch_all(connection).await?;
    Ok(Quota {
        active,
        eviction_candidates: all(rows)?,
    })
}
