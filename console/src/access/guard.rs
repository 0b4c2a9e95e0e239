//! Checks every request before a page sees it.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Method};

use super::form::CSRF;
use super::{Access, Submitted, cookie};
use crate::Console;
use crate::error::PageError;

/// The path at which the token is exchanged.
pub(crate) const ENTRANCE: &str = "/";
/// Below this, files that contain nothing private.
pub(crate) const ASSETS: &str = "/assets/";
/// Largest form in bytes.
const MAX_FORM: usize = 64 * 1024;

/// Lets a request through, or answers why not.
pub(crate) async fn guard(
    State(console): State<Console>,
    request: Request,
    next: Next,
) -> Result<Response, PageError> {
    let access = console.access();
    let headers = request.headers();
    let host = text(headers, HOST.as_str())
        .filter(|host| access.is_own_host(host))
        .ok_or(PageError::WrongHost)?;
    let path = request.uri().path();
    // A link in another program may open the entrance: its token proves enough.
    if path == ENTRANCE && request.method() == Method::GET {
        return Ok(next.run(request).await);
    }
    if is_from_other_site(headers) {
        return Err(PageError::ForeignOrigin);
    }
    if path.starts_with(ASSETS) {
        return Ok(next.run(request).await);
    }
    if !has_session(access, headers) {
        return Err(PageError::NoSession);
    }
    let method = request.method().clone();
    if method == Method::GET || method == Method::HEAD {
        return Ok(next.run(request).await);
    }
    if method != Method::POST || !has_origin(headers, host) {
        return Err(PageError::ForeignOrigin);
    }
    Ok(next.run(checked_form(access, request).await?).await)
}

/// Reads the form and checks its token. Handlers find the form in the extensions.
async fn checked_form(access: &Access, request: Request) -> Result<Request, PageError> {
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_FORM)
        .await
        .map_err(|_| PageError::invalid("The form is too long."))?;
    let form = Submitted::parse(&body);
    if !access.is_csrf(form.get(CSRF)) {
        return Err(PageError::ForeignOrigin);
    }
    parts.extensions.insert(form);
    Ok(Request::from_parts(parts, Body::empty()))
}

fn has_session(access: &Access, headers: &HeaderMap) -> bool {
    cookie::values(headers, access.port)
        .into_iter()
        .any(|value| access.is_session(value))
}

/// Browsers say where a request comes from. An address that the operator types, and a bookmark,
/// come from nowhere (`none`).
fn is_from_other_site(headers: &HeaderMap) -> bool {
    text(headers, "sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

/// Browsers send `Origin` with every form.
fn has_origin(headers: &HeaderMap, host: &str) -> bool {
    text(headers, ORIGIN.as_str()).is_some_and(|origin| origin == format!("http://{host}"))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
