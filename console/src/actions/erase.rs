//! Erases all data of a caller, after a confirmation.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::Console;
use crate::access::Submitted;
use crate::data::Person;
use crate::error::PageError;
use crate::pages::{Layout, render};

#[derive(Template)]
#[template(path = "forget.html")]
struct ForgetPage {
    layout: Layout,
    pseudonym: String,
    label: String,
    /// What was erased; `None` before.
    erased: Option<String>,
}

/// `GET /callers/{pseudonym}/forget`
pub(crate) async fn confirm(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
) -> Result<Response, PageError> {
    let person = console.person(&pseudonym).await?;
    show(&console, &person, None)
}

/// `POST /callers/{pseudonym}/forget`
pub(crate) async fn forget(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
    Extension(form): Extension<Submitted>,
) -> Result<Response, PageError> {
    let person = console.person(&pseudonym).await?;
    if !form.is_ticked("confirm") {
        return Err(PageError::invalid(
            "Tick the box: erasing a caller cannot be undone.",
        ));
    }
    let eraser = console.backend().erase_caller.as_ref().ok_or_else(|| {
        PageError::invalid("This program cannot erase callers. Use `elaaoms memories forget`.")
    })?;
    let caller = person.known_id().ok_or_else(|| {
        PageError::invalid("The number is not known. Use `elaaoms memories forget` with it.")
    })?;
    let erased = eraser.erase(caller).await.map_err(PageError::Failed)?;
    show(&console, &person, Some(erased))
}

fn show(console: &Console, person: &Person, erased: Option<String>) -> Result<Response, PageError> {
    render(&ForgetPage {
        layout: Layout::new(console, "callers"),
        pseudonym: person.pseudonym().to_owned(),
        label: person.label(),
        erased,
    })
}
