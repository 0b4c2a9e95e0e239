//! `POST /api/v1/agents` and `GET /api/v1/agents/{agent_id}/callers/{caller_id}`.

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::ApiError;
use super::AppState;
use super::body::JsonObject;
use super::callers::{callers, callers_of_path};
use super::fields::Fields;
use super::params::{PathParams, QueryParams};
use crate::limits::{DEFAULT_TTL_HOURS, MAX_TTL_HOURS};
use crate::memory::{AgentId, CallerId, Callers, Profile, clean};

/// The response to writing a profile.
#[derive(Serialize)]
pub(super) struct PutProfileResponse {
    status: &'static str,
    agent_id: String,
    caller_id: String,
    expires_at: Timestamp,
    created_at: Timestamp,
}

/// A profile.
#[derive(Serialize)]
pub(super) struct ProfileResponse {
    agent_id: String,
    caller_id: String,
    profile_data: Map<String, Value>,
    expires_at: Timestamp,
    created_at: Timestamp,
    memory_count: u64,
}

/// Creates or replaces a profile.
pub(super) async fn put(
    State(state): State<AppState>,
    JsonObject(body): JsonObject,
) -> Result<Json<PutProfileResponse>, ApiError> {
    let profile = {
        let (profile, callers) = read(&body, state.memories.now())?;
        state.memories.put_profile(profile, callers).await?
    };
    Ok(Json(PutProfileResponse {
        status: "success",
        agent_id: profile.agent_id.as_str().to_owned(),
        caller_id: profile.caller_id.as_str().to_owned(),
        expires_at: profile.expires_at,
        created_at: profile.created_at,
    }))
}

/// Returns a profile that has not expired.
pub(super) async fn get(
    State(state): State<AppState>,
    PathParams((agent_id, caller_id)): PathParams<(String, String)>,
    query: QueryParams,
) -> Result<Json<ProfileResponse>, ApiError> {
    let agent = AgentId::parse(&agent_id).map_err(|error| ApiError::field("agent_id", error))?;
    let callers = callers_of_path(&caller_id, &query, CallerId::parse_or_any)?;
    let Some((profile, memory_count)) = state
        .memories
        .profile(&agent, &callers, state.memories.now())
        .await?
    else {
        let details = json!({ "agent_id": agent_id, "caller_id": caller_id });
        return Err(ApiError::NotFound {
            message: "Agent profile not found",
            details,
        });
    };
    Ok(Json(ProfileResponse {
        agent_id,
        caller_id,
        profile_data: profile.data,
        expires_at: profile.expires_at,
        created_at: profile.created_at,
        memory_count,
    }))
}

fn read(body: &Map<String, Value>, now: Timestamp) -> Result<(Profile, Callers), ApiError> {
    let fields = Fields::new(body, "");
    let callers = callers(fields, CallerId::parse_or_any)?;
    let profile = Profile {
        agent_id: fields.id("agent_id", AgentId::parse)?,
        caller_id: callers.current().clone(),
        data: fields
            .object("profile_data")?
            .map(clean)
            .ok_or_else(|| fields.missing("profile_data"))?,
        created_at: now,
        updated_at: now,
        expires_at: expiry(fields, now)?,
    };
    Ok((profile, callers))
}

fn expiry(fields: Fields<'_>, now: Timestamp) -> Result<Timestamp, ApiError> {
    let hours = fields
        .number("ttl_hours", 0.0, MAX_TTL_HOURS)?
        .unwrap_or(DEFAULT_TTL_HOURS);
    if hours <= 0.0 {
        return Err(fields.invalid("ttl_hours", "must be over 0"));
    }
    let life = SignedDuration::try_from_secs_f64((hours * 3_600.0 * 1e6).ceil() / 1e6);
    let expiry = life.ok().and_then(|life| now.checked_add(life).ok());
    let expiry = expiry.and_then(|expiry| expiry.round(jiff::Unit::Microsecond).ok());
    expiry.ok_or_else(|| fields.invalid("ttl_hours", "is too long"))
}
