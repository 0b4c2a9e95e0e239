//! What the operator states about a caller: corrections and additions.

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use common::call::AgentId;
use common::correction::{Corrections, Statement};
use common::memory::{Category, Importance, MAX_CONTENT_CHARS};
use serde_json::json;

use super::back_to_caller;
use crate::Console;
use crate::access::Submitted;
use crate::data::{Person, memory};
use crate::error::PageError;

/// `POST /callers/{pseudonym}/correct`: stores another content, which supersedes the memory.
pub(crate) async fn correct(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
    Extension(form): Extension<Submitted>,
) -> Result<Response, PageError> {
    let person = console.person(&pseudonym).await?;
    let wrong = memory(&console, &person, form.get("id")).await?;
    let content = read_content(&form)?;
    if content == wrong.content {
        return Err(PageError::invalid("The text is the same as before."));
    }
    let agent = wrong.agent_id.as_ref().ok_or_else(|| {
        PageError::invalid("The memory names no agent. Delete it and add another.")
    })?;
    let correct = Statement {
        content,
        importance: wrong.importance,
        category: wrong.category.unwrap_or(Category::Factual),
        is_pinned: wrong.is_pinned,
    };
    corrections(&console, &person)
        .correct(&wrong, agent, &correct)
        .await?;
    let counts = json!({"memories": 1, "corrected": 1});
    console.audit("edit", Some(&person), counts).await?;
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
    let statement = Statement {
        content: read_content(&form)?,
        importance: read_importance(&form)?,
        category: read_category(&form).unwrap_or(Category::Factual),
        is_pinned: form.is_ticked("pinned"),
    };
    corrections(&console, &person)
        .add(&agent, &statement)
        .await?;
    let counts = json!({"memories": 1});
    console.audit("add", Some(&person), counts).await?;
    Ok(back_to_caller(&person, "added"))
}

/// Returns the changes of this caller's memories.
pub(super) fn corrections<'a>(console: &'a Console, person: &'a Person) -> Corrections<'a> {
    let backend = console.backend();
    Corrections {
        openmemory: person.store(backend),
        caller: person.id(),
        now: backend.now(),
        card_ttl_hours: backend.settings.memory.caller_card_ttl_hours,
    }
}

pub(super) fn read_importance(form: &Submitted) -> Result<Importance, PageError> {
    form.get("importance")
        .parse::<u8>()
        .ok()
        .and_then(|number| Importance::try_from(number).ok())
        .ok_or_else(|| PageError::invalid("The importance must be a number from 1 to 10."))
}

pub(super) fn read_category(form: &Submitted) -> Option<Category> {
    Category::ALL
        .into_iter()
        .find(|category| category.as_str() == form.get("category"))
}

fn read_content(form: &Submitted) -> Result<&str, PageError> {
    let content = form.get("content");
    if content.is_empty() || content.chars().count() > MAX_CONTENT_CHARS {
        let message = format!("A memory must have 1 to {MAX_CONTENT_CHARS} characters.");
        return Err(PageError::Invalid(message));
    }
    Ok(content)
}
