//! Lists callers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Backend, Connection, StorageError};
use crate::memory::{CallerId, CallerPage, CallerQuery, CallerSummary, Profile, name_in};
use crate::storage::CHUNK_ROWS;
use crate::storage::rows::{CallerCountRow, ProfileNameRow, ProfileRow};
use crate::storage::statements::{
    CALLERS_AFTER, CALLERS_FROM, MAIN_IDS_FROM, PROFILE_NAMES, count_of_callers,
    profiles_of_callers,
};

/// Sorts after every character of an id.
const LAST: char = char::MAX;

impl Backend {
    /// Lists one page of the callers that have active memories or profiles, in order of their ids.
    pub(crate) async fn callers(
        &self,
        query: &CallerQuery,
        now: Timestamp,
    ) -> Result<CallerPage, StorageError> {
        let mut transaction = self.snapshot().await?;
        let mut ids = by_id(&mut transaction, query, now).await?;
        if !query.text.is_empty() {
            if query.may_be_name() {
                ids.extend(by_name(&mut transaction, query, now).await?);
            }
            ids.extend(by_linked_id(&mut transaction, query).await?);
        }
        let has_more = ids.len() > query.limit;
        let page: Vec<String> = ids.into_iter().take(query.limit).collect();
        let next = page.last().filter(|_| has_more).cloned();
        let callers = summaries(&mut transaction, page, now).await?;
        Ok(CallerPage { callers, next })
    }
}

/// Loads the ids of a page and of one more caller: those that begin with the text of the query.
async fn by_id(
    connection: &mut Connection,
    query: &CallerQuery,
    now: Timestamp,
) -> Result<BTreeSet<String>, StorageError> {
    let after = query.after.as_deref().unwrap_or_default();
    let statement = if after < query.text.as_str() {
        CALLERS_FROM
    } else {
        CALLERS_AFTER
    };
    let ids: Vec<String> = sqlx::query_scalar(statement)
        .bind(after.max(query.text.as_str()))
        .bind(format!("{}{LAST}", query.text))
        .bind(now.as_microsecond())
        .bind(i64::try_from(query.limit + 1).unwrap_or(i64::MAX))
        .fetch_all(connection)
        .await?;
    Ok(ids.into_iter().collect())
}

/// Loads the ids of a page and of at least one more caller, if there are so many: those with a
/// profile whose name matches. Databases do not agree on upper and lower case, so names are
/// compared here.
async fn by_name(
    connection: &mut Connection,
    query: &CallerQuery,
    now: Timestamp,
) -> Result<BTreeSet<String>, StorageError> {
    let mut ids = BTreeSet::new();
    let mut caller = query.after.clone().unwrap_or_default();
    let mut agent = LAST.to_string();
    while ids.len() <= query.limit {
        let page = sqlx::query_as(PROFILE_NAMES)
            .bind(&caller)
            .bind(&agent)
            .bind(now.as_microsecond())
            .bind(CHUNK_ROWS);
        let rows: Vec<ProfileNameRow> = page.fetch_all(&mut *connection).await?;
        let Some(last) = rows.last() else {
            break;
        };
        caller = last.caller_id.clone();
        agent = last.agent_id.clone();
        for row in rows {
            if name_in(&row.data).is_some_and(|name| query.matches_name(&name)) {
                ids.insert(row.caller_id);
            }
        }
    }
    Ok(ids)
}

/// Loads the main ids of a page and of one more person: those with a linked id that begins with the
/// text of the query.
async fn by_linked_id(
    connection: &mut Connection,
    query: &CallerQuery,
) -> Result<BTreeSet<String>, StorageError> {
    let ids: Vec<String> = sqlx::query_scalar(MAIN_IDS_FROM)
        .bind(&query.text)
        .bind(format!("{}{LAST}", query.text))
        .bind(query.after.as_deref().unwrap_or_default())
        .bind(i64::try_from(query.limit + 1).unwrap_or(i64::MAX))
        .fetch_all(connection)
        .await?;
    Ok(ids.into_iter().collect())
}

/// Loads what is stored about these callers, in order of their ids.
async fn summaries(
    connection: &mut Connection,
    ids: Vec<String>,
    now: Timestamp,
) -> Result<Vec<CallerSummary>, StorageError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let counts: Vec<CallerCountRow> = ids
        .iter()
        .fold(
            sqlx::query_as(count_of_callers(ids.len())).bind(now.as_microsecond()),
            |query, id| query.bind(id.as_str()),
        )
        .fetch_all(&mut *connection)
        .await?;
    let profiles: Vec<ProfileRow> = ids
        .iter()
        .fold(
            sqlx::query_as(profiles_of_callers(ids.len())).bind(now.as_microsecond()),
            |query, id| query.bind(id.as_str()),
        )
        .fetch_all(connection)
        .await?;
    let mut summaries: BTreeMap<String, CallerSummary> = ids
        .into_iter()
        .map(|id| (id.clone(), CallerSummary::new(CallerId::stored(id))))
        .collect();
    for row in counts {
        if let Some(summary) = summaries.get_mut(&row.caller_id) {
            row.add_to(summary)?;
        }
    }
    for row in profiles {
        let profile = Profile::try_from(row)?;
        if let Some(summary) = summaries.get_mut(profile.caller_id.as_str()) {
            summary.add_profile(&profile);
        }
    }
    Ok(summaries.into_values().collect())
}
