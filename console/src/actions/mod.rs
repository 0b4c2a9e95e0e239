//! What the operator changes. Each action is a form; the guard has checked where it comes from.

pub(crate) mod erase;
pub(crate) mod extract_again;
pub(crate) mod link;
pub(crate) mod memory;
pub(crate) mod opt_out;
pub(crate) mod replay;
pub(crate) mod statement;

use axum::response::{IntoResponse, Redirect, Response};

use crate::data::Person;

/// Shows the caller's page, which says what was done.
fn back_to_caller(person: &Person, done: &str) -> Response {
    let path = format!("/callers/{}?done={done}", person.pseudonym());
    Redirect::to(&path).into_response()
}
