//! Taking memories in: lock, load, plan, write, in one transaction.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use sqlx::PgConnection;

use super::lock::lock;
use super::vectors::vectors;
use super::write::apply;
use super::{Postgres, StorageError};
use crate::memory::{CallerId, Draft, KeptReceipt, Known, Memory, MemoryId, Plan, Relation, Rules, plan};
use crate::storage::rows::{MemoryRow, ReceiptRow, all};

impl Postgres {
    /// Remembers all drafts or, when anything fails, none.
    pub(crate) async fn remember(
        &self,
        drafts: Vec<Draft>,
        rules: Rules,
        now: Timestamp,
    ) -> Result<Plan, StorageError> {
        let mut transaction = self.pool.begin().await?;
        let callers: BTreeSet<&CallerId> = drafts.iter().map(|draft| &draft.caller_id).collect();
        lock(&mut transaction, &callers).await?;
        let known = Known {
            memories: memories(&mut transaction, &callers).await?,
            receipts: receipts(&mut transaction, &drafts).await?,
            owners: owners(&mut transaction, &drafts).await?,
            vectors: match drafts.iter().find_map(|draft| draft.vector.as_ref()) {
                Some(vector) => vectors(&mut transaction, &callers, &vector.space).await?,
                None => HashMap::new(),
            },
        };
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

async fn memories(connection: &mut PgConnection, callers: &BTreeSet<&CallerId>) -> Result<Vec<Memory>, StorageError> {
    let names: Vec<&str> = callers.iter().map(|caller| caller.as_str()).collect();
    let rows: Vec<MemoryRow> = sqlx::query_as(LIVING_OF_CALLERS).bind(names).fetch_all(connection).await?;
    all(rows)
}

async fn receipts(connection: &mut PgConnection, drafts: &[Draft]) -> Result<Vec<KeptReceipt>, StorageError> {
    let keyed: Vec<_> =
        drafts.iter().filter_map(|draft| Some((draft.caller_id.as_str(), &draft.key.as_ref()?.0))).collect();
    if keyed.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<ReceiptRow> = sqlx::query_as(RECEIPTS)
        .bind(keyed.iter().map(|(caller, _)| *caller).collect::<Vec<_>>())
        .bind(keyed.iter().map(|(_, key)| key.key.as_str()).collect::<Vec<_>>())
        .bind(keyed.iter().map(|(_, key)| key.position).collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    all(rows)
}

async fn owners(connection: &mut PgConnection, drafts: &[Draft]) -> Result<HashMap<MemoryId, CallerId>, StorageError> {
    let targets: Vec<&str> = drafts
        .iter()
        .filter_map(|draft| draft.relation.as_ref())
        .map(|relation| Relation::target(relation).as_str())
        .collect();
    if targets.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, String)> = sqlx::query_as(OWNERS).bind(targets).fetch_all(connection).await?;
    let unreadable = |_| StorageError::Unreadable("memory");
    let owner = |(id, caller): (String, String)| {
        Ok((MemoryId::parse(&id).map_err(unreadable)?, CallerId::parse(&caller).map_err(unreadable)?))
    };
    rows.into_iter().map(owner).collect()
}

const LIVING_OF_CALLERS: &str =
    "SELECT * FROM memories WHERE caller_id = ANY($1) AND superseded_by IS NULL ORDER BY seq";
const RECEIPTS: &str = "SELECT * FROM receipts WHERE (caller_id, key, position) IN \
    (SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]))";
const OWNERS: &str = "SELECT memory_id, caller_id FROM memories WHERE memory_id = ANY($1)";
