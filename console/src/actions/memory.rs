//! One memory: its page, and the forms that change it.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use common::call::AgentId;
use common::erasure::erase_memories;
use common::memory::{Category, Importance, MAX_CONTENT_CHARS, Memory};
use common::openmemory::{MemoryEdit, OperatorMemory};
use serde_json::json;
use uuid::Uuid;

use super::back_to_caller;
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
    importances: Vec<Choice>,
    max_chars: usize,
}

/// An importance to choose.
struct Choice {
    number: u8,
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
        importances: (1..=10)
            .map(|number| Choice {
                number,
                is_current: number == memory.importance.get(),
            })
            .collect(),
        max_chars: MAX_CONTENT_CHARS,
    })
}

/// `POST /callers/{pseudonym}/importance`
pub(crate) async fn importance(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
    Extension(form): Extension<Submitted>,
) -> Result<Response, PageError> {
    let edit = MemoryEdit {
        importance: Some(read_importance(&form)?),
        ..MemoryEdit::default()
    };
    let person = edited(&console, &pseudonym, &form, edit, "edit").await?;
    Ok(back_to_caller(&person, "importance"))
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
    let person = edited(&console, &pseudonym, &form, edit, "pin").await?;
    let done = if is_pinned { "pinned" } else { "unpinned" };
    Ok(back_to_caller(&person, done))
}

/// Edits the memory that the form names.
async fn edited(
    console: &Console,
    pseudonym: &str,
    form: &Submitted,
    edit: MemoryEdit,
    action: &'static str,
) -> Result<Person, PageError> {
    let person = console.person(pseudonym).await?;
    // An id says nothing of its caller: a mistyped one must not change another caller's memory.
    let memory = memory(console, &person, form.get("id")).await?;
    let store = person.store(console.backend());
    if !store.edit(&memory.id, edit).await? {
        return Err(PageError::UnknownMemory);
    }
    let counts = json!({"memories": 1});
    console.audit(action, Some(&person), counts).await?;
    Ok(person)
}

/// `POST /callers/{pseudonym}/correct`: stores another content, which supersedes the memory.
pub(crate) async fn correct(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
    Extension(form): Extension<Submitted>,
) -> Result<Response, PageError> {
    let person = console.person(&pseudonym).await?;
    let earlier = memory(&console, &person, form.get("id")).await?;
    let content = read_content(&form)?;
    if content == earlier.content {
        return Err(PageError::invalid("The text is the same as before."));
    }
    let agent = earlier
        .agent_id
        .as_ref()
        .ok_or_else(|| PageError::invalid("The memory names no agent."))?;
    let new = OperatorMemory {
        agent,
        caller: person.id(),
        content,
        category: earlier.category.unwrap_or(Category::Factual),
        importance: earlier.importance,
        is_pinned: earlier.is_pinned,
        corrects: Some(&earlier.id),
        at: console.backend().now(),
        idempotency_key: &Uuid::new_v4().to_string(),
    };
    person.store(console.backend()).add(&new).await?;
    let counts = json!({"memories": 1});
    console.audit("correct", Some(&person), counts).await?;
    Ok(back_to_caller(&person, "corrected"))
}

/// `POST /callers/{pseudonym}/add`
pub(crate) async fn add(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
    Extension(form): Extension<Submitted>,
) -> Result<Response, PageError> {
    let person = console.person(&pseudonym).await?;
    let agent = AgentId::parse(form.get("agent"))
        .map_err(|_| PageError::invalid("Give the id of an agent, such as agent_7101."))?;
    let category = Category::ALL
        .into_iter()
        .find(|category| category.as_str() == form.get("category"))
        .unwrap_or(Category::Factual);
    let new = OperatorMemory {
        agent: &agent,
        caller: person.id(),
        content: read_content(&form)?,
        category,
        importance: read_importance(&form)?,
        is_pinned: form.is_ticked("pinned"),
        corrects: None,
        at: console.backend().now(),
        idempotency_key: &Uuid::new_v4().to_string(),
    };
    person.store(console.backend()).add(&new).await?;
    let counts = json!({"memories": 1});
    console.audit("add", Some(&person), counts).await?;
    Ok(back_to_caller(&person, "added"))
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

fn read_importance(form: &Submitted) -> Result<Importance, PageError> {
    form.get("importance")
        .parse::<u8>()
        .ok()
        .and_then(|number| Importance::try_from(number).ok())
        .ok_or_else(|| PageError::invalid("The importance must be a number from 1 to 10."))
}

fn read_content(form: &Submitted) -> Result<&str, PageError> {
    let content = form.get("content");
    if content.is_empty() || content.chars().count() > MAX_CONTENT_CHARS {
        let message = format!("A memory must have 1 to {MAX_CONTENT_CHARS} characters.");
        return Err(PageError::Invalid(message));
    }
    Ok(content)
}
