//! A caller in a request, and the older ids that come with it.

use serde_json::Value;

use super::ApiError;
use super::fields::Fields;
use super::params::QueryParams;
use crate::memory::{CallerId, Callers, InvalidId};

/// The name of the older ids, in a body and in a query string.
const ALIASES: &str = "caller_aliases";

/// Reads `caller_id` and `caller_aliases` of a body.
pub(super) fn callers(
    fields: Fields<'_>,
    parse: fn(&str) -> Result<CallerId, InvalidId>,
) -> Result<Callers, ApiError> {
    let current = fields.id("caller_id", parse)?;
    let aliases: Option<Vec<&str>> = fields
        .list(ALIASES)?
        .unwrap_or_default()
        .iter()
        .map(Value::as_str)
        .collect();
    let aliases = aliases.ok_or_else(|| fields.invalid(ALIASES, "must be texts"))?;
    Callers::new(current, aliases).map_err(|reason| fields.invalid(ALIASES, reason))
}

/// Reads the caller of a path, and each `caller_aliases` of the query string.
pub(super) fn callers_of_path(
    caller: &str,
    query: &QueryParams,
    parse: fn(&str) -> Result<CallerId, InvalidId>,
) -> Result<Callers, ApiError> {
    let current = parse(caller).map_err(|error| ApiError::field("caller_id", error))?;
    Callers::new(current, query.all(ALIASES)).map_err(|reason| ApiError::field(ALIASES, reason))
}
