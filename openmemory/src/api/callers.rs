//! Reads a caller and its aliases from a request.

use serde_json::Value;

use super::ApiError;
use super::fields::Fields;
use super::params::QueryParams;
use crate::memory::{CallerId, Callers, InvalidId};

/// The field of a body and of a query string that contains the older ids.
const ALIASES: &str = "caller_aliases";

/// Reads `caller_id` and `caller_aliases` from a body.
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
    let aliases = aliases.ok_or_else(|| fields.invalid(ALIASES, "must be strings"))?;
    Callers::new(current, aliases).map_err(|reason| fields.invalid(ALIASES, reason))
}

/// Reads the caller from the path and each `caller_aliases` from the query string.
pub(super) fn callers_of_path(
    caller: &str,
    query: &QueryParams,
    parse: fn(&str) -> Result<CallerId, InvalidId>,
) -> Result<Callers, ApiError> {
    let current = parse(caller).map_err(|error| ApiError::field("caller_id", error))?;
    Callers::new(current, query.all(ALIASES)).map_err(|reason| ApiError::field(ALIASES, reason))
}
