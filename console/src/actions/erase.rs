//! Erases all data of a caller, after a confirmation.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::Console;
use crate::access::Submitted;
use crate::data::{Person, linked_labels};
use crate::error::PageError;
use crate::pages::{Layout, render};

#[derive(Template)]
#[template(path = "forget.html")]
struct ForgetPage {
    layout: Layout,
    pseudonym: String,
    label: String,
    /// The other ids of the person.
    linked: Vec<String>,
    /// What was erased; `None` before.
    erased: Option<String>,
}

/// `GET /callers/{pseudonym}/forget`
pub(crate) async fn confirm(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
) -> Result<Response, PageError> {
    let person = console.person(&pseudonym).await?;
    let linked = linked_labels(&console, &person).await?;
    show(&console, &person, linked, None)
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
    let caller = person.known_id().ok_or_else(|| {
        PageError::invalid("The number is not known. Use `elaaoms memories forget` with it.")
    })?;
    let erased = console.backend().erase_caller.erase(caller).await;
    let erased = erased.map_err(PageError::Failed)?;
    show(&console, &person, Vec::new(), Some(erased))
}

fn show(
    console: &Console,
    person: &Person,
    linked: Vec<String>,
    erased: Option<String>,
) -> Result<Response, PageError> {
    render(&ForgetPage {
        layout: Layout::new(console, "callers"),
        pseudonym: person.pseudonym().to_owned(),
        label: person.label(),
        linked,
        erased,
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, LINKED};

    #[tokio::test]
    async fn the_confirmations_name_the_linked_ids_that_are_erased_too() {
        let bench = Bench::new();
        let cookie = bench.enter().await;
        for action in ["forget", "opt-out"] {
            let path = format!("{}/{action}", bench.caller_path());
            let (status, html) = bench.page(&cookie, &path).await;
            assert_eq!(status, 200, "{html}");
            assert!(html.contains("<li>+120******88</li>"), "{html}");
            assert!(!html.contains(LINKED), "{html}");
            let (status, html) = bench.post(&cookie, &path, "confirm=yes").await;
            assert_eq!(status, 200, "{html}");
            assert!(html.contains("Erased +120******42."), "{html}");
            let (status, _) = bench.post(&cookie, &path, "").await;
            assert_eq!(status, 400, "without the tick");
        }
    }
}
