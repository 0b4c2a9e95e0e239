//! Profiles, which are written as a whole and deleted when they expire.

use jiff::Timestamp;

use super::adopt::adopt;
use super::read::count;
use super::{Backend, Connection, REMOVE_EXPIRED, StorageError};
use crate::memory::{AgentId, Callers, Profile};
use crate::storage::rows::{ProfileRow, json};
use crate::storage::statements::{GET_PROFILE, REPLACE_PROFILE};

impl Backend {
    /// Creates or replaces a profile, and deletes all expired ones. First moves what is stored
    /// under older ids of the caller. Returns the stored profile: an existing one keeps its time of
    /// creation.
    pub(crate) async fn put_profile(
        &self,
        mut profile: Profile,
        callers: Callers,
    ) -> Result<Profile, StorageError> {
        let mut transaction = self.begin().await?;
        let callers = std::slice::from_ref(&callers);
        for rows in adopt(&mut transaction, callers, profile.updated_at).await? {
            profile.caller_id = rows.main;
        }
        sqlx::query(REMOVE_EXPIRED)
            .bind(profile.updated_at.as_microsecond())
            .execute(&mut *transaction)
            .await?;
        insert_profile(&mut transaction, &profile, REPLACE_PROFILE).await?;
        let own = Callers::from(profile.caller_id);
        let read = own
            .slots()
            .into_iter()
            .fold(sqlx::query_as(GET_PROFILE), |query, id| query.bind(id))
            .bind(profile.agent_id.as_str())
            .bind(profile.updated_at.as_microsecond());
        let row: ProfileRow = read.fetch_one(&mut *transaction).await?;
        transaction.commit().await?;
        row.try_into()
    }

    /// Loads the caller's profile that was written last and has not expired, with the number of
    /// active memories of its agent and caller.
    pub(crate) async fn profile(
        &self,
        agent: &AgentId,
        callers: &Callers,
        now: Timestamp,
    ) -> Result<Option<(Profile, u64)>, StorageError> {
        let mut transaction = self.snapshot().await?;
        let read = callers
            .slots()
            .into_iter()
            .fold(sqlx::query_as(GET_PROFILE), |query, id| query.bind(id))
            .bind(agent.as_str())
            .bind(now.as_microsecond());
        let row: Option<ProfileRow> = read.fetch_optional(&mut *transaction).await?;
        let Some(row) = row else { return Ok(None) };
        let count = count(&mut transaction, callers, Some(agent), now).await?;
        Ok(Some((
            row.try_into()?,
            u64::try_from(count).unwrap_or_default(),
        )))
    }
}

/// Runs a statement that adds or replaces a profile. Returns the number of changed rows.
pub(super) async fn insert_profile(
    connection: &mut Connection,
    profile: &Profile,
    statement: &'static str,
) -> Result<u64, StorageError> {
    let done = sqlx::query(statement)
        .bind(profile.agent_id.as_str())
        .bind(profile.caller_id.as_str())
        .bind(json(&profile.data)?)
        .bind(profile.created_at.as_microsecond())
        .bind(profile.updated_at.as_microsecond())
        .bind(profile.expires_at.as_microsecond())
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}
