//! `elaaoms memories`: shows, searches, corrects, exports, imports and erases memories.

mod add;
mod change;
mod delete;
mod edit;
mod forget;
mod identities;
mod link;
mod list;
mod opt_out;
mod other_copies;
mod pin;
mod show;
mod stats;
mod subject;
mod transfer;
mod unlink;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::error::Failure;
use crate::terminal::CommandOutput;

/// Show, search, correct, export, import and erase memories
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
    Edit(edit::Arguments),
    Add(add::Arguments),
    Pin(pin::Arguments),
    Link(link::Arguments),
    Unlink(unlink::Arguments),
    Identities(identities::Arguments),
    Export(transfer::ExportArguments),
    Import(transfer::ImportArguments),
    Delete(delete::Arguments),
    Forget(forget::Arguments),
    OptOut(opt_out::OptOutArguments),
    OptIn(opt_out::OptInArguments),
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
        Task::Edit(arguments) => edit::run(arguments, context).await,
        Task::Add(arguments) => add::run(arguments, context).await,
        Task::Pin(arguments) => pin::run(arguments, context).await,
        Task::Link(arguments) => link::run(arguments, context).await,
        Task::Unlink(arguments) => unlink::run(arguments, context).await,
        Task::Identities(arguments) => identities::run(arguments, context).await,
        Task::Export(arguments) => transfer::export(arguments, context).await,
        Task::Import(arguments) => transfer::import(arguments, context).await,
        Task::Delete(arguments) => delete::run(arguments, context).await,
        Task::Forget(arguments) => forget::run(arguments, context).await,
        Task::OptOut(arguments) => opt_out::opt_out(arguments, context).await,
        Task::OptIn(arguments) => opt_out::opt_in(arguments, context).await,
        Task::Stats(arguments) => stats::run(arguments, context).await,
    }
}

#[cfg(test)]
mod tests;
