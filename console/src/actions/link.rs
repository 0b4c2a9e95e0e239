//! Links another id to a caller, and unlinks one.

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use common::call::{CallerHash, CallerId};
use common::openmemory::{Identities, Identity, OpenMemoryError};
use serde_json::json;

use super::back_to_caller;
use super::statement::corrections;
use crate::Console;
use crate::access::Submitted;
use crate::data::{Person, identities};
use crate::error::PageError;

/// Who links, in the store.
const OPERATOR: &str = "operator";

/// `POST /callers/{pseudonym}/link`: makes one person of this caller and another.
pub(crate) async fn link(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
    Extension(form): Extension<Submitted>,
) -> Result<Response, PageError> {
    let person = console.person(&pseudonym).await?;
    let other = read_other(&console, &form).await?;
    if !form.is_ticked("confirm") {
        return Err(PageError::invalid(
            "Tick the box: agents will treat both as one person.",
        ));
    }
    if other.pseudonym() == person.pseudonym() {
        return Err(PageError::invalid("This is the caller itself."));
    }
    let linked = join(&console, &person, &other).await?;
    console.suggestions().drop_all();
    let cards = corrections(&console, &person).refresh_cards().await?;
    let counts = json!({"identities": linked.ids.len(), "cards": cards});
    console.audit("link", Some(&person), counts).await?;
    Ok(back_to_caller(&person, "linked"))
}

/// `POST /callers/{pseudonym}/unlink`: unlinks the id with the pseudonym `other`.
pub(crate) async fn unlink(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
    Extension(form): Extension<Submitted>,
) -> Result<Response, PageError> {
    let person = console.person(&pseudonym).await?;
    let ids = identities(&console, &person).await?.unwrap_or_default();
    let other = ids
        .iter()
        .find(|id| is_named(&console, id, form.get("other")))
        .ok_or(PageError::UnknownCaller)?;
    if !form.is_ticked("confirm") {
        return Err(PageError::invalid(
            "Tick the box: the caller cards of this person will be deleted.",
        ));
    }
    let main = ids.first().ok_or(PageError::UnknownCaller)?.caller();
    let rest = console
        .backend()
        .openmemory_by_id
        .unlink(&main, &other.caller())
        .await
        .map_err(refused)?
        .ok_or(PageError::UnknownCaller)?;
    let counts = json!({"identities": rest.ids.len()});
    console.audit("unlink", Some(&person), counts).await?;
    Ok(back_to_caller(&person, "unlinked"))
}

/// Whether the form names this id: pages contain only pseudonyms.
fn is_named(console: &Console, id: &Identity, pseudonym: &str) -> bool {
    console
        .person_listed_as(&id.id)
        .is_some_and(|person: Person| person.pseudonym() == pseudonym)
}

/// Links two callers in the store. If the console knows only the pseudonym of one, the store has
/// pseudonyms.
async fn join(console: &Console, one: &Person, other: &Person) -> Result<Identities, PageError> {
    let backend = console.backend();
    let linked = match (one.known_id(), other.known_id()) {
        (Some(one), Some(other)) => backend.openmemory.link(one, other, OPERATOR).await,
        _ => {
            let [one, other] = [one, other].map(|person| person.hash().as_caller_id());
            backend.openmemory_by_id.link(&one, &other, OPERATOR).await
        }
    };
    linked.map_err(refused)
}

/// Reads the other caller: a number, `user:ID`, or the pseudonym of a suggestion.
async fn read_other(console: &Console, form: &Submitted) -> Result<Person, PageError> {
    let text = form.get("other");
    if CallerHash::parse(text).is_some() {
        return console.person(text).await;
    }
    let caller = match text.strip_prefix("user:") {
        Some(id) => CallerId::from_user_id(id),
        None => CallerId::from_phone(text),
    };
    let caller = caller.ok_or_else(|| {
        PageError::invalid("Enter a telephone number such as +12025550142, or user:ID.")
    })?;
    Ok(console.person_of(&caller))
}

fn refused(error: OpenMemoryError) -> PageError {
    match error {
        OpenMemoryError::CannotLink => PageError::invalid(
            "Both are linked to others, a person would have more than 8 ids, or others are linked to this id.",
        ),
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Bench;

    #[tokio::test]
    async fn linking_needs_a_number_and_a_tick() {
        let bench = Bench::with_memories(1);
        let cookie = bench.enter().await;
        let path = format!("{}/link", bench.caller_path());
        for (form, reason) in [
            ("other=nobody&confirm=yes", "Enter a telephone number"),
            ("other=%2B12025550188", "Tick the box"),
        ] {
            let (status, html) = bench.post(&cookie, &path, form).await;
            assert_eq!(status, 400, "{html}");
            assert!(html.contains(reason), "{html}");
        }
    }

    #[tokio::test]
    async fn a_store_without_links_shows_no_form() {
        let bench = Bench::without_links();
        let cookie = bench.enter().await;
        let (status, html) = bench.page(&cookie, &bench.caller_path()).await;
        assert_eq!(status, 200, "{html}");
        assert!(!html.contains("/link"), "{html}");
    }
}
