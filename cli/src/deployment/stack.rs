//! A deployment on AWS: what CloudFormation says of its stack, and the secret beside it.

use std::collections::HashMap;
use std::path::Path;

use roxmltree::{Document, Node};
use serde_json::{Value, json};
use url::Url;

use super::credentials::identity;
use super::{AwsApi, DeploymentArguments, DeploymentError, samconfig};
use crate::context::Context;

/// A stack of the template.
pub(crate) struct Stack {
    /// Its name, such as `elaaoms-prod`.
    pub(crate) name: String,
    /// AWS, asked in the name of whoever looks.
    pub(crate) api: AwsApi,
    outputs: HashMap<String, String>,
    parameters: HashMap<String, String>,
    secrets: HashMap<String, String>,
}

impl Stack {
    pub(super) async fn find(
        arguments: &DeploymentArguments,
        context: &Context,
    ) -> Result<Self, DeploymentError> {
        let stage = arguments.stage.as_deref().unwrap_or_default();
        let configured = samconfig::read(Path::new("samconfig.toml"), stage)?;
        let name = arguments
            .stack
            .clone()
            .or(configured.stack)
            .unwrap_or_else(|| format!("elaaoms-{stage}"));
        let of_shell = || {
            context
                .get("AWS_REGION")
                .or_else(|| context.get("AWS_DEFAULT_REGION"))
        };
        let region = arguments
            .region
            .clone()
            .or(configured.region)
            .or_else(of_shell);
        let identity =
            identity(arguments, context, region.ok_or(DeploymentError::NoRegion)?).await?;
        Self::describe(name, AwsApi::new(context, identity)).await
    }

    async fn describe(name: String, api: AwsApi) -> Result<Self, DeploymentError> {
        let question = [
            ("Action", "DescribeStacks"),
            ("Version", "2010-05-15"),
            ("StackName", &name),
        ];
        let described =
            api.query("cloudformation", &question)
                .await
                .map_err(|error| match error {
                    DeploymentError::Refused { ref code, .. } if code == "ValidationError" => {
                        DeploymentError::NoStack(name.clone())
                    }
                    error => error,
                })?;
        let (outputs, parameters) = read(&described)?;
        let mut stack = Self {
            name,
            api,
            outputs,
            parameters,
            secrets: HashMap::new(),
        };
        stack.secrets = stack.read_secrets().await?;
        Ok(stack)
    }

    /// The secrets of the webhooks, and the provider's where the stack has a secret for them. As in
    /// the functions, the provider's win unless they are blank. The secret of OpenMemory's database
    /// is not read: no command needs it.
    async fn read_secrets(&self) -> Result<HashMap<String, String>, DeploymentError> {
        let mut secrets = self.read_secret(self.output("SecretsArn")?).await?;
        if let Ok(provider) = self.output("ProviderSecretsArn") {
            secrets.extend(self.read_secret(provider).await?);
        }
        Ok(secrets)
    }

    /// The values of one secret that are not blank.
    async fn read_secret(&self, arn: &str) -> Result<HashMap<String, String>, DeploymentError> {
        let request = json!({ "SecretId": arn });
        let response = self
            .api
            .json("secretsmanager", "secretsmanager.GetSecretValue", &request)
            .await?;
        let text = response["SecretString"]
            .as_str()
            .ok_or(DeploymentError::SecretShape)?;
        let values: HashMap<String, Value> =
            serde_json::from_str(text).map_err(|_| DeploymentError::SecretShape)?;
        Ok(values.into_iter().filter_map(set_value).collect())
    }

    /// An output of the stack, such as `PayloadBucket`.
    pub(crate) fn output(&self, name: &'static str) -> Result<&str, DeploymentError> {
        self.outputs
            .get(name)
            .map(String::as_str)
            .ok_or(DeploymentError::NoOutput(name))
    }

    /// An output that is a URL.
    pub(crate) fn url(&self, output: &'static str) -> Result<Url, DeploymentError> {
        Url::parse(self.output(output)?).map_err(|_| DeploymentError::NoOutput(output))
    }

    /// Base URL of the webhooks.
    pub(super) fn base_url(&self) -> Result<Url, DeploymentError> {
        let mut url = self.url("HealthUrl")?;
        let base = url
            .path()
            .trim_end_matches('/')
            .trim_end_matches("health")
            .to_owned();
        url.set_path(&base);
        Ok(url)
    }

    /// A secret as Secrets Manager has it; a blank one is not set.
    pub(crate) fn secret(&self, name: &str) -> Option<String> {
        self.secrets
            .get(name)
            .filter(|value| !value.trim().is_empty())
            .cloned()
    }

    /// A setting as the stack was given it, by the name of the variable. What the stack made
    /// itself, such as the address of its own OpenMemory, is an output of the same name.
    pub(super) fn setting(&self, variable: &str) -> Option<String> {
        let name = parameter(variable);
        [&self.outputs, &self.parameters]
            .into_iter()
            .find_map(|values| {
                values
                    .get(&name)
                    .filter(|value| !value.trim().is_empty())
                    .cloned()
            })
    }
}

fn set_value((name, value): (String, Value)) -> Option<(String, String)> {
    let value = value.as_str().filter(|value| !value.trim().is_empty())?;
    Some((name, value.to_owned()))
}

/// `OpenMemoryApiUrl` for `OPENMEMORY_API_URL`.
fn parameter(variable: &str) -> String {
    let word = |word: &str| match word {
        "OPENMEMORY" => "OpenMemory".to_owned(),
        "ELEVENLABS" => "ElevenLabs".to_owned(),
        word => word[..1].to_owned() + &word[1..].to_ascii_lowercase(),
    };
    variable
        .split('_')
        .filter(|part| !part.is_empty() && part.is_ascii())
        .map(word)
        .collect()
}

type Pairs = HashMap<String, String>;

/// Outputs and parameters in the answer of DescribeStacks.
fn read(described: &str) -> Result<(Pairs, Pairs), DeploymentError> {
    let document =
        Document::parse(described).map_err(|_| DeploymentError::Unreadable("cloudformation"))?;
    let pairs = |key: &str, value: &str| {
        let members = document
            .descendants()
            .filter(|node| child(*node, key).is_some());
        members
            .filter_map(|member| {
                Some((
                    child(member, key)?,
                    child(member, value).unwrap_or_default(),
                ))
            })
            .collect()
    };
    Ok((
        pairs("OutputKey", "OutputValue"),
        pairs("ParameterKey", "ParameterValue"),
    ))
}

fn child(node: Node<'_, '_>, name: &str) -> Option<String> {
    let child = node
        .children()
        .find(|child| child.tag_name().name() == name)?;
    Some(child.text().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests;
