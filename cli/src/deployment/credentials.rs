//! Credentials of AWS: those of the environment, or those that the AWS CLI gives for a profile. It
//! knows every way there is (SSO, roles, files), so none of them is built again here.

use common::signed::Identity;
use serde::Deserialize;
use tokio::process::Command;

use super::{DeploymentArguments, DeploymentError};
use crate::context::Context;

/// Who asks. A profile that is named comes before the environment.
pub(super) async fn identity(
    arguments: &DeploymentArguments,
    context: &Context,
    region: String,
) -> Result<Identity, DeploymentError> {
    let from_environment = || {
        let (key, secret) = (
            context.get("AWS_ACCESS_KEY_ID")?,
            context.get("AWS_SECRET_ACCESS_KEY")?,
        );
        Some(Identity::new(
            key,
            secret,
            context.get("AWS_SESSION_TOKEN"),
            region.clone(),
        ))
    };
    if arguments.profile.is_none()
        && let Some(identity) = from_environment()
    {
        return Ok(identity);
    }
    let profile = arguments
        .profile
        .clone()
        .or_else(|| context.get("AWS_PROFILE"));
    let exported = exported(&profile.ok_or(DeploymentError::NoCredentials)?).await?;
    Ok(Identity::new(
        exported.access_key_id,
        exported.secret_access_key,
        exported.session_token,
        region,
    ))
}

/// What `aws configure export-credentials` prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Exported {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

async fn exported(profile: &str) -> Result<Exported, DeploymentError> {
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
