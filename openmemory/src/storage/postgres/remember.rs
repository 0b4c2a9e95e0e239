//! Stores memories: locks, loads, plans and writes in one transaction.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::PgConnection;

use super::shared::{adopt_drafts, apply, load_quotas};
use super::{Postgres, StorageError};
use crate::memory::{CallerId, Draft, LoadedState, Plan, Rules, SavedReceipt, plan};
use crate::storage::rows::{MemoryRow, ReceiptRow, all, distinct, split_targets};
use crate::storage::statements::select_memory;

impl Postgres {
    /// Stores all drafts, or none if anything fails.
    pub(crate) async fn remember(
        &self,
        mut drafts: Vec<Draft>,
        rules: Rules,
        now: Timestamp,
    ) -> Result<Plan, StorageError> {
        let mut transaction = self.begin().await?;
        adopt_drafts(&mut transaction, &mut drafts, now).await?;
        let callers: BTreeSet<&CallerId> = drafts.iter().map(|draft| &draft.caller_id).collect();
        let loaded = load(&mut transaction, &drafts, &callers, rules).await?;
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
    connection: &mut PgConnection,
    drafts: &[Draft],
    callers: &BTreeSet<&CallerId>,
    rules: Rules,
) -> Result<LoadedState, StorageError> {
    let (owners, mut rows) = split_targets(load_targets(connection, drafts).await?, callers)?;
    rows.extend(candidates(connection, drafts, rules).await?);
    let memories = distinct(rows)?;
    let receipts = receipts(connection, drafts).await?;
    let quotas = load_quotas(connection, drafts, rules.max_memories_per_agent).await?;
    Ok(LoadedState {
        memories,
        quotas,
        receipts,
        owners,
    })
}

async fn load_targets(
    connection: &mut PgConnection,
    drafts: &[Draft],
) -> Result<Vec<MemoryRow>, StorageError> {
    let relations = drafts.iter().filter_map(|draft| draft.relation.as_ref());
    let split_targets: Vec<&str> = relations
        .map(|relation| relation.target().as_str())
        .collect();
    if split_targets.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sqlx::query_as(TARGETS)
        .bind(split_targets)
        .fetch_all(connection)
        .await?)
}

async fn candidates(
    connection: &mut PgConnection,
    drafts: &[Draft],
    rules: Rules,
) -> Result<Vec<MemoryRow>, StorageError> {
    let lookup = |draft: &Draft| {
        (
            draft.caller_id.clone(),
            draft.agent_id.clone(),
            draft.duplicate_lookup(rules),
        )
    };
    let lookups: BTreeSet<_> = drafts.iter().map(lookup).collect();
    let rows = sqlx::query_as(CANDIDATES)
        .bind(
            lookups
                .iter()
                .map(|(caller, ..)| caller.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(
            lookups
                .iter()
                .map(|(_, agent, _)| agent.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(
            lookups
                .iter()
                .map(|(.., lookup)| lookup.claim_hash.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(
            lookups
                .iter()
                .map(|(.., lookup)| lookup.search_term.as_deref())
                .collect::<Vec<_>>(),
        );
    Ok(rows.fetch_all(connection).await?)
}

async fn receipts(
    connection: &mut PgConnection,
    drafts: &[Draft],
) -> Result<Vec<SavedReceipt>, StorageError> {
    let keyed: Vec<_> = drafts
        .iter()
        .filter_map(|draft| Some((draft.caller_id.as_str(), &draft.key.as_ref()?.0)))
        .collect();
    if keyed.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<ReceiptRow> = sqlx::query_as(RECEIPTS)
        .bind(keyed.iter().map(|(caller, _)| *caller).collect::<Vec<_>>())
        .bind(
            keyed
                .iter()
                .map(|(_, key)| key.key.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(
            keyed
                .iter()
                .map(|(_, key)| key.position)
                .collect::<Vec<_>>(),
        )
        .fetch_all(connection)
        .await?;
    all(rows)
}

const TARGETS: &str = select_memory!("WHERE memory_id = ANY($1)");
const CANDIDATES: &str = concat!(
    select_memory!(
        "JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS wanted (of_caller, of_agent, of_claim, search_term) \
         ON caller_id = of_caller AND agent_id = of_agent AND claim = of_claim \
         AND (search_term IS NULL OR strpos(terms, search_term) > 0) WHERE superseded_by IS NULL"
    ),
    " UNION ALL ",
    select_memory!(
        "WHERE (caller_id, agent_id) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND superseded_by IS NULL \
         AND claim IS NULL"
    )
);
const RECEIPTS: &str = "SELECT * FROM receipts WHERE (caller_id, key, position) IN \
    (SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]))";
