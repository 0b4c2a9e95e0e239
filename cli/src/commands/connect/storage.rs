//! Storage of a deployment's secrets: the settings file on one machine, Secrets Manager on AWS.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde_json::Value;

use super::dotenv;
use crate::aws::AwsSession;
use crate::deployment::{Deployment, Place};
use crate::error::Failure;

/// Where secrets are read and written.
pub(super) enum SecretStorage {
    File(PathBuf),
    Manager {
        session: Box<AwsSession>,
        arn: String,
    },
}

impl SecretStorage {
    /// Returns the storage of a deployment. `env_file` is used only on one machine.
    pub(super) fn of(deployment: &Deployment, env_file: &Path) -> Result<Self, Failure> {
        Ok(match &deployment.place {
            Place::Machine(_) => Self::File(env_file.to_owned()),
            Place::Aws(stack) => Self::Manager {
                session: Box::new(stack.session.clone()),
                arn: stack.output("SecretsArn")?.to_owned(),
            },
        })
    }

    /// Returns the secrets under a name, the active one first.
    pub(super) async fn list(
        &self,
        deployment: &Deployment,
        name: &str,
    ) -> Result<Vec<SecretString>, Failure> {
        let list = match self {
            Self::File(file) => dotenv::read(file, name)?.or_else(|| deployment.get(name)),
            Self::Manager { session, arn } => session
                .secret(arn)
                .await?
                .get(name)
                .and_then(Value::as_str)
                .map(str::to_owned),
        };
        let list = list.unwrap_or_default();
        let values = list
            .split(',')
            .map(str::trim)
            .filter(|value| !value.is_empty());
        Ok(values.map(SecretString::from).collect())
    }

    /// Sets a secret and keeps all others.
    pub(super) async fn write(&self, name: &str, value: &str) -> Result<(), Failure> {
        match self {
            Self::File(file) => dotenv::write(file, name, value),
            Self::Manager { session, arn } => {
                // It may have been changed elsewhere since it was last read.
                let mut object = session.secret(arn).await?;
                object.insert(name.to_owned(), Value::from(value));
                Ok(session.put_secret(arn, object).await?)
            }
        }
    }

    /// Tells the operator when the deployment uses the written secrets.
    pub(super) fn next_step(&self) -> String {
        match self {
            Self::File(file) => {
                format!("Restart elaaoms-local so that it reads {}.", file.display())
            }
            Self::Manager { .. } => {
                "The functions pick up new secrets within five minutes.".to_owned()
            }
        }
    }
}

impl fmt::Display for SecretStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Manager { .. } => f.write_str("Secrets Manager"),
        }
    }
}
