//! Writes the changes of a plan.

use jiff::Timestamp;

use super::super::vectors::put;
use super::{Connection, StorageError};
use crate::matching::LookupKeys;
use crate::memory::{AgentId, CallerId, Change, Memory, MemoryId, SavedReceipt};
use crate::storage::rows::{json, receipt_json};
use crate::storage::statements::{
    DELETE, INSERT, INSERT_RECEIPT, REINFORCE, SUPERSEDE, TRIM_HISTORY,
};

pub(in super::super) async fn apply(
    connection: &mut Connection,
    change: &Change,
) -> Result<(), StorageError> {
    match change {
        Change::Insert(memory) => insert(connection, memory).await.map(drop),
        Change::Reinforce { id, at, expires_at } => {
            reinforce(connection, id, *at, *expires_at).await
        }
        Change::Supersede {
            id,
            by,
            at,
            expires_at,
        } => supersede(connection, id, by, *at, *expires_at).await,
        Change::TrimHistory {
            agent_id,
            caller_id,
            most,
        } => trim(connection, agent_id, caller_id, *most).await,
        Change::Evict(id) => evict(connection, id).await,
        Change::Embed { id, vector } => put(connection, id, vector).await,
        Change::SaveReceipt(kept) => insert_receipt(connection, kept).await.map(drop),
    }
}

/// Inserts a memory unless its id exists. Returns the number of added rows.
pub(super) async fn insert(
    connection: &mut Connection,
    memory: &Memory,
) -> Result<u64, StorageError> {
    let superseded = memory.superseded.as_ref();
    let keys = LookupKeys::new(&memory.content, &memory.metadata);
    let done = sqlx::query(INSERT)
        .bind(memory.id.as_str())
        .bind(memory.caller_id.as_str())
        .bind(memory.agent_id.as_str())
        .bind(&memory.content)
        .bind(json(&memory.metadata)?)
        .bind(i64::from(memory.importance))
        .bind(i64::from(memory.reinforcement_count))
        .bind(memory.created_at.as_microsecond())
        .bind(memory.updated_at.as_microsecond())
        .bind(memory.happened_at.as_microsecond())
        .bind(superseded.map(|link| link.by.as_str()))
        .bind(superseded.map(|link| link.at.as_microsecond()))
        .bind(keys.terms)
        .bind(keys.claim_hash)
        .bind(memory.expires_at.map(Timestamp::as_microsecond))
        .bind(memory.told_as.as_ref().map(CallerId::as_str))
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

/// Stores a receipt unless its key exists. Returns the number of added rows.
pub(super) async fn insert_receipt(
    connection: &mut Connection,
    kept: &SavedReceipt,
) -> Result<u64, StorageError> {
    let done = sqlx::query(INSERT_RECEIPT)
        .bind(kept.caller_id.as_str())
        .bind(&kept.key.key)
        .bind(kept.key.position)
        .bind(receipt_json(kept)?)
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

async fn reinforce(
    connection: &mut Connection,
    id: &MemoryId,
    at: Timestamp,
    expires_at: Option<Timestamp>,
) -> Result<(), StorageError> {
    let expiry = expires_at.map(Timestamp::as_microsecond);
    sqlx::query(REINFORCE)
        .bind(at.as_microsecond())
        .bind(expiry)
        .bind(id.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

async fn supersede(
    connection: &mut Connection,
    id: &MemoryId,
    by: &MemoryId,
    at: Timestamp,
    expires_at: Option<Timestamp>,
) -> Result<(), StorageError> {
    let query = sqlx::query(SUPERSEDE)
        .bind(by.as_str())
        .bind(at.as_microsecond())
        .bind(expires_at.map(Timestamp::as_microsecond))
        .bind(id.as_str());
    query.execute(connection).await?;
    Ok(())
}

async fn trim(
    connection: &mut Connection,
    agent: &AgentId,
    caller: &CallerId,
    most: usize,
) -> Result<(), StorageError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    sqlx::query(TRIM_HISTORY)
        .bind(caller.as_str())
        .bind(agent.as_str())
        .bind(most)
        .execute(connection)
        .await?;
    Ok(())
}

async fn evict(connection: &mut Connection, id: &MemoryId) -> Result<(), StorageError> {
    sqlx::query(DELETE)
        .bind(id.as_str())
        .execute(connection)
        .await?;
    Ok(())
}
