//! Profiles: written as a whole, gone when their time is over.

use jiff::Timestamp;

use super::{Connection, Own, REMOVE_EXPIRED, StorageError};
use crate::memory::{AgentId, CallerId, Profile};
use crate::storage::rows::{ProfileRow, json};
use crate::storage::statements::{COUNT_LIVING, GET_PROFILE, REPLACE_PROFILE};

impl Own {
    /// Creates or replaces a profile, and removes all that have expired. Answers it as it is kept: one
    /// that was there before keeps its time of creation.
    pub(crate) async fn put_profile(&self, profile: Profile) -> Result<Profile, StorageError> {
        let mut transaction = self.begin().await?;
        sqlx::query(REMOVE_EXPIRED).bind(profile.updated_at.as_microsecond()).execute(&mut *transaction).await?;
        insert_profile(&mut transaction, &profile, REPLACE_PROFILE).await?;
        let row: ProfileRow = sqlx::query_as(GET_PROFILE)
            .bind(profile.caller_id.as_str())
            .bind(profile.agent_id.as_str())
            .fetch_one(&mut *transaction)
            .await?;
        transaction.commit().await?;
        row.try_into()
    }

    /// A profile that has not expired, with the number of living memories of its agent and caller.
    pub(crate) async fn profile(
        &self,
        agent: &AgentId,
        caller: &CallerId,
        now: Timestamp,
    ) -> Result<Option<(Profile, u64)>, StorageError> {
        let mut transaction = self.snapshot().await?;
        let row: Option<ProfileRow> = sqlx::query_as(GET_PROFILE)
            .bind(caller.as_str())
            .bind(agent.as_str())
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let profile = Profile::try_from(row)?;
        let count: i64 = sqlx::query_scalar(COUNT_LIVING)
            .bind(caller.as_str())
            .bind(agent.as_str())
            .fetch_one(&mut *transaction)
            .await?;
        let count = u64::try_from(count).unwrap_or_default();
        Ok((profile.expires_at > now).then_some((profile, count)))
    }
}

/// Writes a profile with a statement that adds or replaces it; answers how many rows changed.
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
