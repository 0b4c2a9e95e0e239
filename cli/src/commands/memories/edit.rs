//! `elaaoms memories edit`: corrects a memory, or changes its importance or category.

use std::borrow::Cow;

use clap::Args;
use common::call::CallerId;
use common::correction::Statement;
use common::memory::{Category, Importance, Memory, MemoryId};
use common::openmemory::MemoryEdit;
use serde_json::{Value, json};

use super::change::{Change, MemoryNotFound};
use crate::context::Context;
use crate::deployment::DeploymentArguments;
use crate::error::{CommandError, Failure};
use crate::input::{caller, category, content, importance};
use crate::terminal::{CommandOutput, Reveal};

/// The store does not say which agent the memory belongs to.
#[derive(Debug, thiserror::Error)]
#[error("the memory {0} names no agent, so it cannot be corrected")]
struct MemoryWithoutAgent(String);

impl CommandError for MemoryWithoutAgent {
    fn advice(&self) -> Option<Cow<'static, str>> {
        Some("delete it, and add the correct memory with `elaaoms memories add`".into())
    }
}

/// Correct a memory, or change its importance or category
///
/// With --content, a new memory supersedes the wrong one, which stays in the history. The caller
/// card is rewritten. Importance and category change in place and count as no repetition.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true), after_help = "\
Examples:
  elaaoms memories edit +12025550142 mem_0193a7 --content \"Lives in Denver.\"
  elaaoms memories edit +12025550142 mem_0193a7 --importance 9 --category issue")]
pub(super) struct Arguments {
    /// The caller: a telephone number, or user:ID
    #[arg(value_parser = caller)]
    caller: CallerId,
    /// ID of the memory, as shown by `memories list`
    #[arg(value_name = "MEMORY")]
    memory: String,
    /// What is correct, as a statement about the caller
    #[arg(long, group = "change", value_name = "TEXT", value_parser = content)]
    content: Option<String>,
    /// Importance, from 1 to 10
    #[arg(long, group = "change", value_name = "NUMBER", value_parser = importance)]
    importance: Option<Importance>,
    /// Category: factual, preference, issue, emotional or relational
    #[arg(long, group = "change", value_name = "CATEGORY", value_parser = category)]
    category: Option<Category>,
    #[command(flatten)]
    reveal: Reveal,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

pub(super) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let change = Change::begin(&arguments.deployment, &arguments.caller, context).await?;
    let memory = change.memory(&arguments.memory).await?;
    let correction = match &arguments.content {
        Some(content) => Some(correct(&change, &memory, content, arguments).await?),
        None => {
            edit(&change, &memory, arguments).await?;
            change.audit("edit", counts(0)).await?;
            None
        }
    };
    let caller = arguments.reveal.show(&arguments.caller);
    let text = match &correction {
        Some(new) => format!("Corrected {}: superseded by {}.", memory.id.0, new.0),
        None => format!("Edited {}.", memory.id.0),
    };
    let id = correction.as_ref().unwrap_or(&memory.id);
    let superseded = correction.as_ref().map(|_| &memory.id);
    Ok(CommandOutput::new(
        text,
        json!({"caller": caller, "memory_id": id, "superseded": superseded}),
    ))
}

/// Supersedes the memory, writes the audit entry and announces it. What the arguments do not name
/// stays as it was.
async fn correct(
    change: &Change<'_>,
    memory: &Memory,
    content: &str,
    arguments: &Arguments,
) -> Result<MemoryId, Failure> {
    let agent = memory
        .agent_id
        .as_ref()
        .ok_or_else(|| MemoryWithoutAgent(memory.id.0.clone()))?;
    let category = arguments.category.or(memory.category);
    let correct = Statement {
        content,
        importance: arguments.importance.unwrap_or(memory.importance),
        category: category.unwrap_or(Category::Factual),
        is_pinned: memory.is_pinned,
    };
    let outbox = change.outbox().await?;
    let outcome = change
        .corrections()
        .correct(memory, agent, &correct)
        .await?;
    change.audit("edit", counts(1)).await?;
    change
        .announce(&outbox, agent, &outcome, Some(memory))
        .await?;
    Ok(outcome.id().clone())
}

/// Returns the counts of the audit entry.
fn counts(corrected: u64) -> Value {
    json!({"memories": 1, "corrected": corrected})
}

async fn edit(change: &Change<'_>, memory: &Memory, arguments: &Arguments) -> Result<(), Failure> {
    let edit = MemoryEdit {
        importance: arguments.importance,
        category: arguments.category,
        is_pinned: None,
    };
    let edited = change.corrections().edit(&memory.id, &edit).await?;
    edited
        .map(drop)
        .ok_or_else(|| MemoryNotFound(memory.id.0.clone()).into())
}
