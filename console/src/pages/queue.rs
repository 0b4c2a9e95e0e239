//! The extraction queue and its dead letters.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use common::queue::{DeadLetter, Job};

use super::{Layout, PageQuery, render};
use crate::Console;
use crate::data::PAGE_SIZE;
use crate::error::PageError;

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    layout: Layout,
    has_queue: bool,
    waiting: u64,
    dead: u64,
    oldest: Option<String>,
    letters: Vec<LetterRow>,
    /// Dead letters that the page does not show.
    more: usize,
}

struct LetterRow {
    /// The call of an extraction.
    conversation: Option<String>,
    is_redo: bool,
    /// What another job is; `None` if the message is unreadable.
    other: Option<String>,
    reason: String,
}

/// `GET /queue`
pub(crate) async fn show(
    State(console): State<Console>,
    Query(query): Query<PageQuery>,
) -> Result<Response, PageError> {
    let layout = Layout::new(&console, "queue").with_notice(query.done.as_deref());
    let Some(queue) = &console.backend().queue else {
        return render(&QueuePage {
            layout,
            has_queue: false,
            waiting: 0,
            dead: 0,
            oldest: None,
            letters: Vec::new(),
            more: 0,
        });
    };
    let depth = queue.jobs().queue_depth(console.backend().now()).await?;
    let letters = queue.jobs().dead_letters().await?;
    render(&QueuePage {
        layout,
        has_queue: true,
        waiting: depth.waiting,
        dead: depth.dead,
        oldest: depth
            .oldest
            .filter(|_| depth.waiting > 0)
            .map(|age| minutes(age.as_secs())),
        letters: letters.iter().take(PAGE_SIZE).map(row).collect(),
        more: letters.len().saturating_sub(PAGE_SIZE),
    })
}

fn minutes(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds / 60),
    }
}

fn row(letter: &DeadLetter) -> LetterRow {
    let call = letter.job.as_ref().and_then(Job::extraction);
    LetterRow {
        conversation: call.map(|job| job.conversation_id.to_string()),
        is_redo: call.is_some_and(|job| job.redo.is_some()),
        other: letter.job.as_ref().map(Job::describe),
        reason: letter
            .reason
            .clone()
            .unwrap_or_else(|| "see the extraction log".to_owned()),
    }
}
