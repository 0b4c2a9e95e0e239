//! One memory: its page, and the forms that change it.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use common::erasure::erase_memories;
use common::memory::{Category, MAX_CONTENT_CHARS, Memory};
use common::openmemory::MemoryEdit;
use serde_json::json;

use super::back_to_caller;
use super::statement::{corrections, read_category, read_importance};
use crate::Console;
use crate::access::Submitted;
use crate::data::{Person, memory};
use crate::error::PageError;
use crate::pages::{Layout, MemoryRow, PageQuery, memory_rows, render};

#[derive(Template)]
#[template(path = "memory.html")]
struct MemoryPage {
    layout: Layout,
    pseudonym: String,
    label: String,
    /// The whole content; the row holds its beginning.
    content: String,
    row: MemoryRow,
    categories: Vec<Choice>,
    importances: Vec<Choice>,
    max_chars: usize,
}

/// An importance or category to choose.
struct Choice {
    text: String,
    is_current: bool,
}

/// `GET /callers/{pseudonym}/memory?id=…`
pub(crate) async fn show(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Response, PageError> {
    let person = console.person(&pseudonym).await?;
    let id = query.id.unwrap_or_default();
    let memory = memory(&console, &person, &id).await?;
    let counts = json!({"memories": 1});
    console.audit("show", Some(&person), counts).await?;
    let mut rows = memory_rows(&console, std::slice::from_ref(&memory)).await?;
    let row = rows.pop().ok_or(PageError::UnknownMemory)?;
    render(&MemoryPage {
        layout: Layout::new(&console, "callers"),
        pseudonym: person.pseudonym().to_owned(),
        label: person.label(),
        content: memory.content.clone(),
        row,
        categories: categories(&memory),
        importances: importances(&memory),
        max_chars: MAX_CONTENT_CHARS,
    })
}

fn categories(memory: &Memory) -> Vec<Choice> {
    Category::ALL
        .into_iter()
        .map(|category| Choice {
            text: category.as_str().to_owned(),
            is_current: memory.category == Some(category),
        })
        .collect()
}

fn importances(memory: &Memory) -> Vec<Choice> {
    (1..=10)
        .map(|number: u8| Choice {
            text: number.to_string(),
            is_current: memory.importance.get() == number,
        })
        .collect()
}

/// `POST /callers/{pseudonym}/edit`: changes importance and category.
pub(crate) async fn edit(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
    Extension(form): Extension<Submitted>,
) -> Result<Response, PageError> {
    let edit = MemoryEdit {
        importance: Some(read_importance(&form)?),
        category: read_category(&form),
        is_pinned: None,
    };
    let person = console.person(&pseudonym).await?;
    apply(&console, &person, &form, &edit).await?;
    let counts = json!({"memories": 1, "corrected": 0});
    console.audit("edit", Some(&person), counts).await?;
    Ok(back_to_caller(&person, "edited"))
}

/// `POST /callers/{pseudonym}/pin`: pins the memory, or unpins it if `pinned` is `no`.
pub(crate) async fn pin(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
    Extension(form): Extension<Submitted>,
) -> Result<Response, PageError> {
    let is_pinned = form.get("pinned") != "no";
    let edit = MemoryEdit {
        is_pinned: Some(is_pinned),
        ..MemoryEdit::default()
    };
    let person = console.person(&pseudonym).await?;
    apply(&console, &person, &form, &edit).await?;
    let done = if is_pinned { "pinned" } else { "unpinned" };
    console
        .audit("pin", Some(&person), json!({done: 1}))
        .await?;
    Ok(back_to_caller(&person, done))
}

/// Edits the memory that the form names.
async fn apply(
    console: &Console,
    person: &Person,
    form: &Submitted,
    edit: &MemoryEdit,
) -> Result<(), PageError> {
    // An id says nothing of its caller: a mistyped one must not change another caller's memory.
    let memory = memory(console, person, form.get("id")).await?;
    let edited = corrections(console, person).edit(&memory.id, edit).await?;
    edited.map(drop).ok_or(PageError::UnknownMemory)
}

/// `POST /callers/{pseudonym}/delete`
pub(crate) async fn delete(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
    Extension(form): Extension<Submitted>,
) -> Result<Response, PageError> {
    let person = console.person(&pseudonym).await?;
    if !form.is_ticked("confirm") {
        return Err(PageError::invalid(
            "Tick the box: deleting a memory cannot be undone.",
        ));
    }
    let memories: Vec<Memory> = vec![memory(&console, &person, form.get("id")).await?];
    let backend = console.backend();
    let cards = erase_memories(
        &backend.archive,
        person.store(backend),
        person.id(),
        &memories,
        backend.settings.memory.caller_card_ttl_hours,
    )
    .await?;
    let counts = json!({"memories": 1, "cards_rebuilt": cards});
    console.audit("delete", Some(&person), counts).await?;
    Ok(back_to_caller(&person, "deleted"))
}
