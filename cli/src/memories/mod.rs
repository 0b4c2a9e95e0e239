//! `elaaoms memories`: shows, searches, exports, imports and erases memories.

mod caller_data;
mod delete;
mod forget;
mod list;
mod mention;
mod origins;
mod other_copies;
mod show;
mod stats;
mod store;
mod subject;
pub(crate) mod tombstone;
mod transfer;

pub(crate) use forget::{ErasureCounts, forget};
pub(crate) use store::{ExportCounts, MemoryServer, count_entries};
pub(crate) use transfer::export_to;

use clap::{Args, Subcommand};
use common::call::CallerId;

use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::CommandOutput;

/// Show, search, export, import and erase memories
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    List(list::ListArguments),
    Search(list::SearchArguments),
    Show(show::Arguments),
    Export(transfer::ExportArguments),
    Import(transfer::ImportArguments),
    Delete(delete::Arguments),
    Forget(forget::Arguments),
    Stats(stats::Arguments),
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    match &arguments.task {
        Task::List(arguments) => list::list(arguments, context).await,
        Task::Search(arguments) => list::search(arguments, context).await,
        Task::Show(arguments) => show::run(arguments, context).await,
        Task::Export(arguments) => transfer::export(arguments, context).await,
        Task::Import(arguments) => transfer::import(arguments, context).await,
        Task::Delete(arguments) => delete::run(arguments, context).await,
        Task::Forget(arguments) => forget::run(arguments, context).await,
        Task::Stats(arguments) => stats::run(arguments, context).await,
    }
}

/// Parses a caller on the command line: a telephone number, or `user:{id}` for a web session.
pub(crate) fn caller(text: &str) -> Result<CallerId, String> {
    let caller = match text.strip_prefix("user:") {
        Some(id) => CallerId::from_user_id(id),
        None => CallerId::from_phone(text),
    };
    caller.ok_or_else(|| "expected a telephone number such as +12025550142, or user:ID".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_a_telephone_number_or_a_user_id() {
        assert_eq!(
            caller("+1 (202) 555-0142").unwrap().as_str(),
            "+12025550142"
        );
        assert_eq!(caller("user:dana").unwrap().as_str(), "user:dana");
        assert!(caller("anonymous").is_err());
        assert!(caller("user:").is_err());
    }
}
