//! `/api/v1/callers/{caller_id}/identities`: the ids of one person.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};
use text::without_controls;

use super::ApiError;
use super::AppState;
use super::body::JsonObject;
use super::callers::{callers, callers_of_path};
use super::fields::Fields;
use super::params::{PathParams, QueryParams};
use crate::limits::MAX_LINKED_BY_CHARS;
use crate::memory::{CallerId, Callers, Link, Person, UnlinkError};

/// The ids of one person.
#[derive(Serialize)]
pub(super) struct IdentitiesResponse {
    status: &'static str,
    /// The requested id.
    caller_id: String,
    /// The id under which everything is stored.
    main_id: String,
    identities: Vec<IdentityView>,
}

/// One id of a person.
#[derive(Serialize)]
struct IdentityView {
    caller_id: String,
    /// Missing for the main id.
    #[serde(skip_serializing_if = "Option::is_none")]
    linked_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    linked_by: Option<String>,
}

/// Lists the ids of the person to whom a caller belongs. A caller that is not linked has one.
pub(super) async fn list(
    State(state): State<AppState>,
    PathParams(caller_id): PathParams<String>,
    query: QueryParams,
) -> Result<Json<IdentitiesResponse>, ApiError> {
    let callers = callers_of_path(&caller_id, &query, CallerId::parse)?;
    let person = state.memories.identities(&callers).await?;
    Ok(Json(IdentitiesResponse::new(caller_id, person)))
}

/// Links an id to the caller. Repeating it changes nothing.
pub(super) async fn link(
    State(state): State<AppState>,
    PathParams(caller_id): PathParams<String>,
    query: QueryParams,
    JsonObject(body): JsonObject,
) -> Result<Json<IdentitiesResponse>, ApiError> {
    let one = callers_of_path(&caller_id, &query, CallerId::parse)?;
    let fields = Fields::new(&body, "");
    let other = callers(fields, CallerId::parse)?;
    if one.all().any(|id| other.all().any(|linked| linked == id)) {
        return Err(fields.invalid("caller_id", "is the caller itself"));
    }
    let by = linked_by(&body)?;
    let person = state
        .memories
        .link(&one, &other, by.as_deref())
        .await?
        .map_err(|reason| ApiError::Conflict {
            message: reason.to_string(),
        })?;
    tracing::info!(ids = person.links.len() + 1, "callers linked");
    Ok(Json(IdentitiesResponse::new(caller_id, person)))
}

/// Unlinks an id from the caller.
pub(super) async fn unlink(
    State(state): State<AppState>,
    PathParams((caller_id, other)): PathParams<(String, String)>,
    query: QueryParams,
) -> Result<Json<IdentitiesResponse>, ApiError> {
    let callers: Callers = callers_of_path(&caller_id, &query, CallerId::parse)?;
    let id = CallerId::parse(&other).map_err(|error| ApiError::field("identity", error))?;
    let person = state
        .memories
        .unlink(&callers, &id)
        .await?
        .map_err(|reason| match reason {
            UnlinkError::NotLinked => ApiError::NotFound {
                message: "This id is not linked to the caller",
                details: json!({ "caller_id": caller_id, "identity": other }),
            },
            UnlinkError::IsMain => ApiError::Conflict {
                message: reason.to_string(),
            },
        })?;
    tracing::info!(ids = person.links.len() + 1, "caller unlinked");
    Ok(Json(IdentitiesResponse::new(caller_id, person)))
}

fn linked_by(body: &Map<String, Value>) -> Result<Option<String>, ApiError> {
    let fields = Fields::new(body, "");
    let Some(text) = fields.text("linked_by")? else {
        return Ok(None);
    };
    if text.chars().count() > MAX_LINKED_BY_CHARS {
        return Err(fields.invalid("linked_by", "must have at most 64 characters"));
    }
    Ok(Some(without_controls(text).into_owned()))
}

impl IdentitiesResponse {
    fn new(caller_id: String, person: Person) -> Self {
        let main = IdentityView {
            caller_id: person.main.as_str().to_owned(),
            linked_at: None,
            linked_by: None,
        };
        let linked = person.links.into_iter().map(IdentityView::from);
        Self {
            status: "success",
            caller_id,
            main_id: person.main.as_str().to_owned(),
            identities: std::iter::once(main).chain(linked).collect(),
        }
    }
}

impl From<Link> for IdentityView {
    fn from(link: Link) -> Self {
        Self {
            caller_id: link.caller_id.as_str().to_owned(),
            linked_at: Some(link.linked_at),
            linked_by: link.linked_by,
        }
    }
}
