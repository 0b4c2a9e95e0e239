//! The arguments that select a deployment.

use std::path::PathBuf;

use clap::Args;

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
    /// Deployment on AWS: its environment in samconfig.toml (dev, staging, prod)
    #[arg(long, value_name = "STAGE", help_heading = "Deployment")]
    pub(crate) stage: Option<String>,
    /// Deployment on AWS: the name of its stack
    #[arg(long, value_name = "NAME", help_heading = "Deployment")]
    pub(crate) stack: Option<String>,
    /// Region of the stack [default: from samconfig.toml, or AWS_REGION]
    #[arg(long, value_name = "REGION", help_heading = "Deployment")]
    pub(crate) region: Option<String>,
    /// AWS CLI profile to take credentials from [default: AWS_ACCESS_KEY_ID, or AWS_PROFILE]
    #[arg(long, value_name = "PROFILE", help_heading = "Deployment")]
    pub(crate) profile: Option<String>,
}

impl DeploymentArguments {
    /// Returns whether the arguments select a stack on AWS.
    pub(crate) fn selects_stack(&self) -> bool {
        self.stage.is_some() || self.stack.is_some()
    }

    /// Selects the machine with this data folder.
    #[cfg(test)]
    pub(crate) fn machine(data_dir: &std::path::Path) -> Self {
        Self {
            data_dir: data_dir.to_owned(),
            stage: None,
            stack: None,
            region: None,
            profile: None,
        }
    }
}
