//! Records that a caller does not want to be remembered, after a confirmation, or takes it back.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use common::call::CallerId;

use crate::Console;
use crate::access::Submitted;
use crate::data::{Person, linked_labels};
use crate::error::PageError;
use crate::pages::{Layout, render};

#[derive(Template)]
#[template(path = "opt_out.html")]
struct OptOutPage {
    layout: Layout,
    pseudonym: String,
    label: String,
    /// The other ids of the person.
    linked: Vec<String>,
    /// What was done; `None` before.
    done: Option<String>,
}

/// `GET /callers/{pseudonym}/opt-out`
pub(crate) async fn confirm(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
) -> Result<Response, PageError> {
    let person = console.person(&pseudonym).await?;
    let linked = linked_labels(&console, &person).await?;
    show(&console, &person, linked, None)
}

/// `POST /callers/{pseudonym}/opt-out`
pub(crate) async fn opt_out(
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
    let eraser = &console.backend().erase_caller;
    let done = eraser.opt_out(known(&person)?).await;
    let done = done.map_err(PageError::Failed)?;
    show(&console, &person, Vec::new(), Some(done))
}

/// `POST /callers/{pseudonym}/opt-in`
pub(crate) async fn opt_in(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
) -> Result<Response, PageError> {
    let person = console.person(&pseudonym).await?;
    let eraser = &console.backend().erase_caller;
    let done = eraser.opt_in(known(&person)?).await;
    let done = done.map_err(PageError::Failed)?;
    show(&console, &person, Vec::new(), Some(done))
}

fn known(person: &Person) -> Result<&CallerId, PageError> {
    person.known_id().ok_or_else(|| {
        PageError::invalid("The number is not known. Use `elaaoms memories opt-out` with it.")
    })
}

fn show(
    console: &Console,
    person: &Person,
    linked: Vec<String>,
    done: Option<String>,
) -> Result<Response, PageError> {
    render(&OptOutPage {
        layout: Layout::new(console, "callers"),
        pseudonym: person.pseudonym().to_owned(),
        label: person.label(),
        linked,
        done,
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::Bench;

    #[tokio::test]
    async fn the_confirmation_says_what_is_erased() {
        let bench = Bench::new();
        let cookie = bench.enter().await;
        let path = format!("{}/opt-out", bench.caller_path());
        let (status, html) = bench.page(&cookie, &path).await;
        assert_eq!(status, 200, "{html}");
        assert!(html.contains("This cannot be undone"), "{html}");
    }
}
