//! The arguments that select a stack.

use clap::Args;

use crate::context::Context;

/// Selects a stack and the credentials to read it with.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct StackArguments {
    /// Deployment on AWS: its environment in samconfig.toml (dev, staging, prod)
    #[arg(long, value_name = "STAGE", help_heading = "Deployment")]
    pub(crate) stage: Option<String>,
    /// Deployment on AWS: the name of its stack
    #[arg(long, value_name = "NAME", help_heading = "Deployment")]
    pub(crate) stack: Option<String>,
    /// Region of the stack [default: from samconfig.toml, or AWS_REGION]
    #[arg(long, value_name = "REGION", help_heading = "Deployment")]
    pub(crate) region: Option<String>,
    /// AWS profile to take credentials from [default: AWS_ACCESS_KEY_ID, or AWS_PROFILE]
    #[arg(long, value_name = "PROFILE", help_heading = "Deployment")]
    pub(crate) profile: Option<String>,
}

impl StackArguments {
    /// Returns the profile: that of `--profile` or `AWS_PROFILE`.
    pub(super) fn profile(&self, context: &Context) -> Option<String> {
        self.profile.clone().or_else(|| context.get("AWS_PROFILE"))
    }

    /// Returns whether the arguments select a stack.
    pub(crate) fn is_selected(&self) -> bool {
        self.stage.is_some() || self.stack.is_some()
    }
}
