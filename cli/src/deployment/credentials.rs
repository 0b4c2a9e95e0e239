//! AWS credentials, from the environment or from a profile of the AWS CLI.
//!
//! The AWS CLI already supports SSO, roles and credential files, so this program asks it instead of
//! supporting them again.

use common::signed::Identity;
use serde::Deserialize;
use tokio::process::Command;

use super::{DeploymentArguments, DeploymentError};
use crate::context::Context;

/// Returns the identity that signs requests to AWS. An explicit profile takes precedence over the
/// environment.
pub(super) async fn identity(
    arguments: &DeploymentArguments,
    context: &Context,
    region: String,
) -> Result<Identity, DeploymentError> {
    if arguments.profile.is_none()
        && let Some(identity) = from_environment(context, &region)
    {
        return Ok(identity);
    }
    let profile = arguments
        .profile
        .clone()
        .or_else(|| context.get("AWS_PROFILE"));
    let exported = export(&profile.ok_or(DeploymentError::NoCredentials)?).await?;
    Ok(Identity::new(
        exported.access_key_id,
        exported.secret_access_key,
        exported.session_token,
        region,
    ))
}

fn from_environment(context: &Context, region: &str) -> Option<Identity> {
    let key = context.get("AWS_ACCESS_KEY_ID")?;
    let secret = context.get("AWS_SECRET_ACCESS_KEY")?;
    let token = context.get("AWS_SESSION_TOKEN");
    Some(Identity::new(key, secret, token, region))
}

/// The output of `aws configure export-credentials`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ExportedCredentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

/// Asks the AWS CLI for the credentials of a profile.
async fn export(profile: &str) -> Result<ExportedCredentials, DeploymentError> {
    let mut command = Command::new("aws");
    command.args([
        "configure",
        "export-credentials",
        "--format",
        "process",
        "--profile",
        profile,
    ]);
    let output = command
        .output()
        .await
        .map_err(|error| DeploymentError::Profile(error.to_string()))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(DeploymentError::Profile(
            reason.trim().lines().last().unwrap_or_default().to_owned(),
        ));
    }
    serde_json::from_slice(&output.stdout).map_err(|_| DeploymentError::Unreadable("the AWS CLI"))
}
