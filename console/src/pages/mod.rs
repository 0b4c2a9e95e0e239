//! The pages. Each module reads what it needs, turns it into a view model of plain text, and fills
//! its template.

pub(crate) mod ask;
pub(crate) mod call;
pub(crate) mod caller;
pub(crate) mod callers;
pub(crate) mod calls;
pub(crate) mod greeting;
pub(crate) mod health;
mod layout;
mod memory_row;
mod plot;
pub(crate) mod queue;
mod score;
mod subject;
pub(crate) mod suggestions;
mod text;
mod transcript;

pub(crate) use layout::{Layout, PageQuery, render};
pub(crate) use memory_row::{MemoryRow, memory_rows};
pub(crate) use text::{pretty, shortened, time};
