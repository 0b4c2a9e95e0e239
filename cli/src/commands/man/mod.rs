//! `elaaoms man`: prints or writes the manual pages.

use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;
use serde_json::json;

use crate::error::Failure;
use crate::files::FileError;
use crate::terminal::{CommandOutput, TerminalError};

/// Print the manual page, or write the pages of all commands into a folder
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms man | man -l -
  elaaoms man ~/.local/share/man/man1")]
pub(crate) struct Arguments {
    /// Folder to write one page per command into
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Writes the pages of `command` and its subcommands.
pub(crate) fn run(arguments: &Arguments, mut command: Command) -> Result<CommandOutput, Failure> {
    command.build();
    let Some(folder) = &arguments.folder else {
        let page = page(command)?;
        return Ok(CommandOutput::new(page.clone(), json!({"page": page})));
    };
    std::fs::create_dir_all(folder).map_err(FileError::write(folder))?;
    let mut written = Vec::new();
    write_all(&command, folder, &mut written)?;
    Ok(CommandOutput::new(
        written.join("\n"),
        json!({"written": written}),
    ))
}

/// Writes the page of a command and of all its subcommands, under names such as
/// `elaaoms-memories-list.1`.
fn write_all(command: &Command, folder: &Path, written: &mut Vec<String>) -> Result<(), Failure> {
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
        .to_owned();
    let file = folder.join(format!("{name}.1"));
    std::fs::write(&file, page(command.clone())?).map_err(FileError::write(&file))?;
    written.push(file.display().to_string());
    command
        .get_subcommands()
        .filter(|command| command.get_name() != "help")
        .try_for_each(|command| write_all(command, folder, written))
}

fn page(command: Command) -> Result<String, Failure> {
    let mut page = Vec::new();
    Man::new(command.disable_help_subcommand(true))
        .render(&mut page)
        .map_err(TerminalError::Output)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn whole_command() -> Command {
        crate::commands::Command::command()
    }

    #[test]
    fn each_command_has_a_page() {
        let folder = tempfile::tempdir().unwrap();
        let in_folder = Arguments {
            folder: Some(folder.path().to_owned()),
        };
        run(&in_folder, whole_command()).unwrap();
        let page = std::fs::read_to_string(folder.path().join("elaaoms-replay.1")).unwrap();
        assert!(
            page.contains("elaaoms\\-replay") && page.contains("Examples:"),
            "{page}"
        );
        assert!(
            run(&Arguments { folder: None }, whole_command())
                .unwrap()
                .text
                .contains(".TH elaaoms 1")
        );
    }
}
