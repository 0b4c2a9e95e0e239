//! Stores memories: loads, plans and writes in one transaction under the write lock.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::shared::{adopt_drafts, apply, load_quotas};
use super::{Sqlite, StorageError};
use crate::memory::{CallerId, Draft, LoadedState, Plan, Rules, plan};
use crate::storage::rows::{MemoryRow, ReceiptRow, distinct, split_targets};
use crate::storage::statements::select_memory;

impl Sqlite {
    /// Stores all drafts, or none if anything fails.
    pub(crate) async fn remember(
        &self,
        mut drafts: Vec<Draft>,
        rules: Rules,
        now: Timestamp,
    ) -> Result<Plan, StorageError> {
        let mut transaction = self.begin().await?;
        adopt_drafts(&mut transaction, &mut drafts, now).await?;
        let loaded = load(&mut transaction, &drafts, rules).await?;
        let plan = tokio::task::spawn_blocking(move || plan(drafts, loaded, rules, now))
            .await
            .map_err(|_| StorageError::Interrupted)?;
        for change in &plan.changes {
            apply(&mut transaction, change).await?;
        }
        transaction.commit().await?;
        Ok(plan)
    }
}

async fn load(
    connection: &mut SqliteConnection,
    drafts: &[Draft],
    rules: Rules,
) -> Result<LoadedState, StorageError> {
    let callers: BTreeSet<&CallerId> = drafts.iter().map(|draft| &draft.caller_id).collect();
    let (owners, mut rows) = split_targets(load_targets(connection, drafts).await?, &callers)?;
    let lookups: BTreeSet<_> = drafts
        .iter()
        .map(|draft| {
            (
                &draft.caller_id,
                &draft.agent_id,
                draft.duplicate_lookup(rules),
            )
        })
        .collect();
    for (caller, agent, lookup) in lookups {
        let found = sqlx::query_as(CANDIDATES)
            .bind(caller.as_str())
            .bind(agent.as_str());
        rows.extend(
            found
                .bind(lookup.claim_hash)
                .bind(lookup.search_term)
                .fetch_all(&mut *connection)
                .await?,
        );
    }
    let memories = distinct(rows)?;
    let quotas = load_quotas(connection, drafts, rules.max_memories_per_agent).await?;
    let mut loaded = LoadedState {
        memories,
        quotas,
        owners,
        ..LoadedState::default()
    };
    for draft in drafts {
        load_receipt(connection, draft, &mut loaded).await?;
    }
    Ok(loaded)
}

async fn load_targets(
    connection: &mut SqliteConnection,
    drafts: &[Draft],
) -> Result<Vec<MemoryRow>, StorageError> {
    let mut rows = Vec::new();
    for relation in drafts.iter().filter_map(|draft| draft.relation.as_ref()) {
        rows.extend(
            sqlx::query_as(TARGETS)
                .bind(relation.target().as_str())
                .fetch_optional(&mut *connection)
                .await?,
        );
    }
    Ok(rows)
}

async fn load_receipt(
    connection: &mut SqliteConnection,
    draft: &Draft,
    loaded: &mut LoadedState,
) -> Result<(), StorageError> {
    let Some((key, _)) = &draft.key else {
        return Ok(());
    };
    let row: Option<ReceiptRow> =
        sqlx::query_as("SELECT * FROM receipts WHERE caller_id = ? AND key = ? AND position = ?")
            .bind(draft.caller_id.as_str())
            .bind(&key.key)
            .bind(key.position)
            .fetch_optional(connection)
            .await?;
    if let Some(row) = row {
        loaded.receipts.push(row.try_into()?);
    }
    Ok(())
}

const TARGETS: &str = select_memory!("WHERE memory_id = $1");
const CANDIDATES: &str = concat!(
    select_memory!(
        "WHERE caller_id = $1 AND agent_id = $2 AND superseded_by IS NULL AND claim = $3 \
         AND ($4 IS NULL OR instr(terms, $4) > 0)"
    ),
    " UNION ALL ",
    select_memory!(
        "WHERE caller_id = $1 AND agent_id = $2 AND superseded_by IS NULL AND claim IS NULL"
    )
);
