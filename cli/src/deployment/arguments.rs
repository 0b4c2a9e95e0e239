//! The arguments that select a deployment.

use std::path::PathBuf;

use clap::Args;

use crate::aws::StackArguments;

/// Selects a deployment: a stack on AWS if a stage or stack is given, else one machine.
#[derive(Debug, Clone, Args)]
pub(crate) struct DeploymentArguments {
    /// Data folder of elaaoms-local
    #[arg(
        long,
        default_value = "./data",
        value_name = "DIR",
        help_heading = "Deployment"
    )]
    pub(crate) data_dir: PathBuf,
    #[command(flatten)]
    pub(crate) stack: StackArguments,
}

impl DeploymentArguments {
    /// Selects the machine with this data folder.
    #[cfg(test)]
    pub(crate) fn machine(data_dir: &std::path::Path) -> Self {
        Self {
            data_dir: data_dir.to_owned(),
            stack: StackArguments::default(),
        }
    }
}
