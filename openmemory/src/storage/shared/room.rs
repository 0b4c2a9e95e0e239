//! What the limit of memories needs to know.

use std::collections::HashMap;

use super::{Connection, StorageError};
use crate::memory::{AgentId, CallerId, Draft, Room, crowds};
use crate::storage::rows::{EvictionCandidateRow, all};
use crate::storage::statements::{COUNT_OF_AGENT, EVICTION_CANDIDATES};

/// The rooms of the agents and callers in a request.
pub(in super::super) async fn load_rooms(
    connection: &mut Connection,
    drafts: &[Draft],
    limit: usize,
) -> Result<HashMap<(AgentId, CallerId), Room>, StorageError> {
    let mut rooms = HashMap::new();
    for ((agent, caller), added) in crowds(drafts) {
        let room = load(connection, agent, caller, added, limit).await?;
        rooms.insert((agent.clone(), caller.clone()), room);
    }
    Ok(rooms)
}

async fn load(
    connection: &mut Connection,
    agent: &AgentId,
    caller: &CallerId,
    added: usize,
    limit: usize,
) -> Result<Room, StorageError> {
    let count = sqlx::query_scalar(COUNT_OF_AGENT)
        .bind(caller.as_str())
        .bind(agent.as_str());
    let active: i64 = count.fetch_one(&mut *connection).await?;
    let active = usize::try_from(active).unwrap_or_default();
    let needed = i64::try_from(Room::needed(active, added, limit)).unwrap_or(i64::MAX);
    if needed == 0 {
        return Ok(Room {
            active,
            first_to_go: Vec::new(),
        });
    }
    let first = sqlx::query_as(EVICTION_CANDIDATES)
        .bind(caller.as_str())
        .bind(agent.as_str())
        .bind(needed);
    let rows: Vec<EvictionCandidateRow> = first.fetch_all(connection).await?;
    Ok(Room {
        active,
        first_to_go: all(rows)?,
    })
}
