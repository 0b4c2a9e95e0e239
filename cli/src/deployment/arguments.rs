//! How a deployment is named on the command line.

use std::path::PathBuf;

use clap::Args;

/// Which deployment: one machine, unless a stage or a stack is named.
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
    /// A deployment on AWS, by its environment in samconfig.toml: dev, staging, prod
    #[arg(long, value_name = "STAGE", help_heading = "Deployment")]
    pub(crate) stage: Option<String>,
    /// A deployment on AWS, by the name of its stack
    #[arg(long, value_name = "NAME", help_heading = "Deployment")]
    pub(crate) stack: Option<String>,
    /// Region of the stack [default: that of samconfig.toml, or AWS_REGION]
    #[arg(long, value_name = "REGION", help_heading = "Deployment")]
    pub(crate) region: Option<String>,
    /// Profile of the AWS CLI whose credentials are used [default: AWS_ACCESS_KEY_ID, or
    /// AWS_PROFILE]
    #[arg(long, value_name = "PROFILE", help_heading = "Deployment")]
    pub(crate) profile: Option<String>,
}

impl DeploymentArguments {
    pub(crate) fn names_a_stack(&self) -> bool {
        self.stage.is_some() || self.stack.is_some()
    }

    /// The machine with this data folder.
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
