//! Storage of a deployment's secrets: the settings file on one machine, Secrets Manager on AWS.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::dotenv;
use crate::deployment::{AwsApi, Deployment, DeploymentError, Place};
use crate::failure::Failure;

/// Where secrets are read and written.
pub(super) enum SecretStorage {
    File(PathBuf),
    Manager { api: AwsApi, arn: String },
}

impl SecretStorage {
    /// Returns the storage of a deployment. `env_file` is used only on one machine.
    pub(super) fn of(deployment: &Deployment, env_file: &Path) -> Result<Self, Failure> {
        Ok(match &deployment.place {
            Place::Machine(_) => Self::File(env_file.to_owned()),
            Place::Aws(stack) => Self::Manager {
                api: stack.api.clone(),
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
            Self::Manager { .. } => self
                .object()
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
            Self::Manager { api, arn } => {
                let mut object = self.object().await?;
                object.insert(name.to_owned(), Value::from(value));
                let token = Uuid::new_v4().to_string();
                let text = Value::Object(object).to_string();
                let request =
                    json!({"SecretId": arn, "ClientRequestToken": token, "SecretString": text});
                api.json("secretsmanager", "secretsmanager.PutSecretValue", &request)
                    .await?;
                Ok(())
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

    /// Reads the JSON object in Secrets Manager. It is read each time, because it may have been
    /// changed elsewhere.
    async fn object(&self) -> Result<Map<String, Value>, Failure> {
        let Self::Manager { api, arn } = self else {
            return Ok(Map::new());
        };
        let response = api
            .json(
                "secretsmanager",
                "secretsmanager.GetSecretValue",
                &json!({"SecretId": arn}),
            )
            .await?;
        let text = response["SecretString"]
            .as_str()
            .ok_or(DeploymentError::SecretShape)?;
        Ok(serde_json::from_str(text).map_err(|_| DeploymentError::SecretShape)?)
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
