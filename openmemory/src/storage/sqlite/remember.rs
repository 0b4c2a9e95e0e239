//! Taking memories in: load, plan, write, in one transaction under the write lock.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::read::living;
use super::vectors::vectors;
use super::write::apply;
use super::{Sqlite, StorageError};
use crate::memory::{CallerId, Draft, Known, MemoryId, Plan, Rules, plan};
use crate::storage::rows::ReceiptRow;

impl Sqlite {
    /// Remembers all drafts or, when anything fails, none.
    pub(crate) async fn remember(
        &self,
        drafts: Vec<Draft>,
        rules: Rules,
        now: Timestamp,
    ) -> Result<Plan, StorageError> {
        let mut transaction = self.begin().await?;
        let known = load(&mut transaction, &drafts).await?;
        let plan = tokio::task::spawn_blocking(move || plan(drafts, known, rules, now))
            .await
            .map_err(|_| StorageError::Interrupted)?;
        for change in &plan.changes {
            apply(&mut transaction, change).await?;
        }
        transaction.commit().await?;
        Ok(plan)
    }
}

async fn load(connection: &mut SqliteConnection, drafts: &[Draft]) -> Result<Known, StorageError> {
    let mut known = Known::default();
    let callers: BTreeSet<&CallerId> = drafts.iter().map(|draft| &draft.caller_id).collect();
    let space = drafts.iter().find_map(|draft| draft.vector.as_ref()).map(|vector| &vector.space);
    for caller in callers {
        known.memories.extend(living(connection, caller, None).await?);
        if let Some(space) = space {
            known.vectors.extend(vectors(connection, caller, None, space).await?);
        }
    }
    for draft in drafts {
        load_receipt(connection, draft, &mut known).await?;
        load_owner(connection, draft, &mut known.owners).await?;
    }
    Ok(known)
}

async fn load_receipt(connection: &mut SqliteConnection, draft: &Draft, known: &mut Known) -> Result<(), StorageError> {
    let Some((key, _)) = &draft.key else { return Ok(()) };
    let row: Option<ReceiptRow> =
        sqlx::query_as("SELECT * FROM receipts WHERE caller_id = ? AND key = ? AND position = ?")
            .bind(draft.caller_id.as_str())
            .bind(&key.key)
            .bind(key.position)
            .fetch_optional(connection)
            .await?;
    if let Some(row) = row {
        known.receipts.push(row.try_into()?);
    }
    Ok(())
}

async fn load_owner(
    connection: &mut SqliteConnection,
    draft: &Draft,
    owners: &mut HashMap<MemoryId, CallerId>,
) -> Result<(), StorageError> {
    let Some(relation) = &draft.relation else { return Ok(()) };
    let owner: Option<String> = sqlx::query_scalar("SELECT caller_id FROM memories WHERE memory_id = ?")
        .bind(relation.target().as_str())
        .fetch_optional(connection)
        .await?;
    if let Some(owner) = owner {
        let owner = CallerId::parse(&owner).map_err(|_| StorageError::Unreadable("memory"))?;
        owners.insert(relation.target().clone(), owner);
    }
    Ok(())
}
