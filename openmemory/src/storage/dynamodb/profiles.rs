//! Profiles. Reading one takes a single request.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use jiff::Timestamp;

use super::callers::NOBODY;
use super::commit::Backoff;
use super::error::{Written, single};
use super::fields::{EXPIRES, expiry, json, size, text, time};
use super::keys::HEAD;
use super::memory_item::{AGENT, CALLER, EXPIRES_AT, UPDATED_AT};
use super::profile_item::{CREATED_AT, DATA, key, to_item};
use super::state::CallerState;
use super::{Dynamo, StorageError};
use crate::memory::{AgentId, CallerId, Callers, Profile};

/// Bytes of a profile. DynamoDB accepts 400 KB.
const MAX_BYTES: usize = 395_000;

impl Dynamo {
    /// Creates or replaces a profile. First moves what is stored under older ids of the caller.
    /// Returns the stored profile: an existing one keeps its time of creation.
    pub(crate) async fn put_profile(
        &self,
        profile: Profile,
        callers: Callers,
    ) -> Result<Profile, StorageError> {
        self.adopt(&callers, profile.updated_at).await?;
        let written = self.write_profile(profile.clone()).await?;
        if written.caller_id.as_str() == NOBODY {
            return Ok(written);
        }
        // A link that is made after this read moves the profile.
        let main = self.main_of(&written.caller_id.clone().into()).await?;
        if main == written.caller_id {
            return Ok(written);
        }
        let linked = key(&written, &self.keys);
        let moved = Profile {
            caller_id: main,
            ..profile
        };
        let moved = self.write_profile(moved).await?;
        self.delete_all(vec![linked]).await?;
        Ok(moved)
    }

    async fn write_profile(&self, mut profile: Profile) -> Result<Profile, StorageError> {
        if size(&to_item(&profile, &self.keys)?) > MAX_BYTES {
            return Err(StorageError::TooLarge);
        }
        let mut backoff = Backoff::new();
        loop {
            if let Some(created_at) = self.replace_active(&profile).await? {
                profile.created_at = created_at;
                return Ok(profile);
            }
            if self.replace_expired(&profile).await? == Written::Yes {
                return Ok(profile);
            }
            backoff.after_conflict().await?;
        }
    }

    /// Loads the caller's profile that was written last and has not expired, with the number of
    /// active memories of its agent and caller.
    pub(crate) async fn profile(
        &self,
        agent: &AgentId,
        callers: &Callers,
        now: Timestamp,
    ) -> Result<Option<(Profile, u64)>, StorageError> {
        let sort_key = self.keys.profile(agent);
        let wanted = callers.all().flat_map(|caller| {
            let partition = self.keys.partition(caller);
            [partition.key(HEAD), partition.key(&sort_key)]
        });
        let found = self.get(wanted).await?;
        for caller in callers.all() {
            let head = self.keys.partition(caller).key(HEAD);
            let links = CallerState::from_item(found.get(&head))?.links;
            if let Some(main) = links.main {
                return Box::pin(self.profile(agent, &main.into(), now)).await;
            }
        }
        let mut newest: Option<Profile> = None;
        let mut count = 0;
        for caller in callers.all() {
            let partition = self.keys.partition(caller);
            let stored = found.get(&partition.key(&sort_key));
            let profile = stored.map(Profile::try_from).transpose()?;
            newest = newest
                .into_iter()
                .chain(profile.filter(|profile| profile.expires_at > now))
                .max_by_key(|profile| profile.updated_at);
            let state = CallerState::from_item(found.get(&partition.key(HEAD)))?;
            count += match state.active(agent, &self.keys, now) {
                Some(count) => count,
                None => self.query_count(caller, agent, now).await?,
            };
        }
        Ok(newest.map(|profile| (profile, count)))
    }

    /// Counts the active memories of a caller whose expiries are too many to be counted in `@`.
    async fn query_count(
        &self,
        caller: &CallerId,
        agent: &AgentId,
        now: Timestamp,
    ) -> Result<u64, StorageError> {
        let caller = Callers::from(caller.clone());
        Ok(self.active(&caller, Some(agent), now).await?.len() as u64)
    }

    /// Writes a profile that is new or replaces one that has not expired. Returns the time of its
    /// creation, or `None` if the stored one has expired.
    async fn replace_active(&self, profile: &Profile) -> Result<Option<Timestamp>, StorageError> {
        let result = self.update(profile)?.send().await;
        match result {
            Ok(output) => {
                let stored = output.attributes.unwrap_or_default();
                Ok(Some(Profile::try_from(&stored)?.created_at))
            }
            Err(error) => single::<(), _>(Err(error)).map(|_| None),
        }
    }

    fn update(&self, profile: &Profile) -> Result<UpdateItemFluentBuilder, StorageError> {
        let set = [
            (AGENT, text(profile.agent_id.as_str())),
            (CALLER, text(profile.caller_id.as_str())),
            (DATA, json(&profile.data)?),
            (UPDATED_AT, time(profile.updated_at)),
            (EXPIRES_AT, time(profile.expires_at)),
            (EXPIRES, expiry(profile.expires_at)),
        ];
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(profile, &self.keys)))
            .update_expression(format!(
                "SET #{CREATED_AT} = if_not_exists(#{CREATED_AT}, :{CREATED_AT}), {}",
                set.each_ref()
                    .map(|(name, _)| format!("#{name} = :{name}"))
                    .join(", ")
            ))
            .condition_expression(format!(
                "attribute_not_exists(PK) OR #{EXPIRES_AT} > :{UPDATED_AT}"
            ))
            .expression_attribute_names(format!("#{CREATED_AT}"), CREATED_AT)
            .expression_attribute_values(format!(":{CREATED_AT}"), time(profile.created_at))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew);
        Ok(set.into_iter().fold(update, |update, (name, value)| {
            update
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), value)
        }))
    }

    /// Replaces a profile that has expired.
    async fn replace_expired(&self, profile: &Profile) -> Result<Written, StorageError> {
        let result = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(profile, &self.keys)?))
            .condition_expression(format!("#{EXPIRES_AT} <= :now"))
            .expression_attribute_names(format!("#{EXPIRES_AT}"), EXPIRES_AT)
            .expression_attribute_values(":now", time(profile.updated_at))
            .send()
            .await;
        single(result)
    }
}
