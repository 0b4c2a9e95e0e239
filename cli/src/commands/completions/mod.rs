//! `elaaoms completions`: completion scripts for shells.

use clap::{Args, Command};
use clap_complete::{Shell, generate};
use serde_json::json;

use crate::error::Failure;
use crate::terminal::CommandOutput;

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms completions bash > ~/.local/share/bash-completion/completions/elaaoms
  elaaoms completions zsh > ~/.zfunc/_elaaoms
  elaaoms completions fish > ~/.config/fish/completions/elaaoms.fish")]
pub(crate) struct Arguments {
    /// The shell to print the script for
    shell: Shell,
}

/// Prints the completion script of `command`.
pub(crate) fn run(arguments: &Arguments, mut command: Command) -> Result<CommandOutput, Failure> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut command, "elaaoms", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    Ok(CommandOutput::new(
        script.clone(),
        json!({"shell": arguments.shell.to_string(), "script": script}),
    ))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_shell_completes_the_commands() {
        for shell in [
            Shell::Bash,
            Shell::Zsh,
            Shell::Fish,
            Shell::Elvish,
            Shell::PowerShell,
        ] {
            let output = run(&Arguments { shell }, crate::commands::Command::command()).unwrap();
            assert!(output.text.contains("replay"), "{shell}");
        }
    }
}
