//! What the limit of memories needs to know.

use std::collections::HashMap;

use super::read::count;
use super::{Connection, StorageError};
use crate::memory::{AgentId, CallerId, Draft, Room, crowds};
use crate::storage::rows::{LeavingRow, all};
use crate::storage::statements::FIRST_TO_GO;

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
    let living = count(connection, caller, Some(agent)).await?;
    let needed = i64::try_from(Room::needed(living, added, limit)).unwrap_or(i64::MAX);
    if needed == 0 {
        return Ok(Room { living, first_to_go: Vec::new() });
    }
    let first = sqlx::query_as(FIRST_TO_GO).bind(caller.as_str()).bind(agent.as_str()).bind(needed);
    let rows: Vec<LeavingRow> = first.fetch_all(connection).await?;
    Ok(Room { living, first_to_go: all(rows)? })
}
