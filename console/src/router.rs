//! The routes, each behind the guard.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::Console;
use crate::access::{guard, protect};
use crate::actions::{erase, extract_again, link, memory, opt_out, replay, statement};
use crate::error::PageError;
use crate::pages::{
    ask, call, caller, callers, calls, greeting, health, queue, render, suggestions,
};

/// Where the console begins.
const START: &str = "/callers";
/// The style sheet, compiled in.
const STYLES: &str = include_str!("../assets/console.css");

/// Returns all routes of a console.
pub(crate) fn routes(console: Console) -> Router {
    Router::new()
        .route("/", get(enter))
        .route("/assets/console.css", get(styles))
        .merge(caller_routes())
        .route("/calls", get(calls::list))
        .route("/calls/{conversation}", get(call::show))
        .route("/calls/{conversation}/redo", post(extract_again::redo))
        .route("/ask", get(ask::form).post(ask::answer))
        .route("/greeting", get(greeting::form).post(greeting::preview))
        .route("/queue", get(queue::show))
        .route("/queue/replay", post(replay::dead_letters))
        .route("/health", get(health::show))
        .fallback(|| async { PageError::NoPage })
        .layer(from_fn_with_state(console.clone(), guard))
        .layer(from_fn(protect))
        .with_state(console)
}

fn caller_routes() -> Router<Console> {
    Router::new()
        .route("/callers", get(callers::list).post(callers::search))
        .route("/callers/suggestions", get(suggestions::of_all))
        .route("/callers/{pseudonym}", get(caller::show))
        .route("/callers/{pseudonym}/suggestions", get(suggestions::of_one))
        .route("/callers/{pseudonym}/reveal", post(caller::reveal))
        .route("/callers/{pseudonym}/memory", get(memory::show))
        .route("/callers/{pseudonym}/edit", post(memory::edit))
        .route("/callers/{pseudonym}/pin", post(memory::pin))
        .route("/callers/{pseudonym}/correct", post(statement::correct))
        .route("/callers/{pseudonym}/delete", post(memory::delete))
        .route("/callers/{pseudonym}/link", post(link::link))
        .route("/callers/{pseudonym}/unlink", post(link::unlink))
        .route("/callers/{pseudonym}/add", post(statement::add))
        .route(
            "/callers/{pseudonym}/forget",
            get(erase::confirm).post(erase::forget),
        )
        .route(
            "/callers/{pseudonym}/opt-out",
            get(opt_out::confirm).post(opt_out::opt_out),
        )
        .route("/callers/{pseudonym}/opt-in", post(opt_out::opt_in))
}

#[derive(Deserialize)]
struct Entrance {
    token: Option<String>,
}

#[derive(Template)]
#[template(path = "enter.html")]
struct EntrancePage {
    start: &'static str,
}

/// Exchanges the one-time token for the cookie. The page leads on by itself. A redirect would not
/// do: if another program opened the URL, the browser would not send the strict cookie along.
async fn enter(
    State(console): State<Console>,
    Query(entrance): Query<Entrance>,
) -> Result<Response, PageError> {
    // Without a token, the guard of the next page decides.
    let Some(token) = entrance.token else {
        return Ok(Redirect::to(START).into_response());
    };
    let cookie = console
        .access()
        .exchange(&token)
        .ok_or(PageError::WrongToken)?;
    let page = render(&EntrancePage { start: START })?;
    Ok(([(SET_COOKIE, cookie)], page).into_response())
}

async fn styles() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLES).into_response()
}
