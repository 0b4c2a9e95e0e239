//! A deployment on AWS: the outputs and parameters of its stack, and its secrets.

use std::collections::HashMap;
use std::path::Path;

use roxmltree::{Document, Node};
use serde_json::{Value, json};
use url::Url;

use super::credentials::identity;
use super::{AwsApi, DeploymentArguments, DeploymentError, samconfig};
use crate::context::Context;

/// A stack deployed from the template.
pub(crate) struct Stack {
    /// Its name, such as `elaaoms-prod`.
    pub(crate) name: String,
    /// AWS, called with the operator's credentials.
    pub(crate) api: AwsApi,
    outputs: HashMap<String, String>,
    parameters: HashMap<String, String>,
    secrets: HashMap<String, String>,
}

impl Stack {
    /// Finds the stack that the arguments select. The name comes from `--stack`, `samconfig.toml`
    /// or the default `elaaoms-STAGE`; the region from `--region`, `samconfig.toml` or the
    /// environment.
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
        let region = arguments
            .region
            .clone()
            .or(configured.region)
            .or_else(|| context.get("AWS_REGION"))
            .or_else(|| context.get("AWS_DEFAULT_REGION"))
            .ok_or(DeploymentError::NoRegion)?;
        let identity = identity(arguments, context, region).await?;
        Self::describe(name, AwsApi::new(context, identity)).await
    }

    async fn describe(name: String, api: AwsApi) -> Result<Self, DeploymentError> {
        let parameters = [
            ("Action", "DescribeStacks"),
            ("Version", "2010-05-15"),
            ("StackName", &name),
        ];
        let described =
            api.query("cloudformation", &parameters)
                .await
                .map_err(|error| match error {
                    DeploymentError::Refused { ref code, .. } if code == "ValidationError" => {
                        DeploymentError::NoStack(name.clone())
                    }
                    error => error,
                })?;
        let (outputs, parameters) = parse(&described)?;
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

    /// Reads the webhooks' secret and, if the stack has one, the provider's secret. As in the
    /// functions, a value of the provider's secret takes precedence unless it is blank. The secret
    /// of OpenMemory's database is not read, because no command needs it.
    async fn read_secrets(&self) -> Result<HashMap<String, String>, DeploymentError> {
        let mut secrets = self.read_secret(self.output("SecretsArn")?).await?;
        if let Ok(provider) = self.output("ProviderSecretsArn") {
            secrets.extend(self.read_secret(provider).await?);
        }
        Ok(secrets)
    }

    /// Reads one secret and returns its values, without blank ones.
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
        Ok(values.into_iter().filter_map(non_blank).collect())
    }

    /// Returns an output of the stack, for example `PayloadBucket`.
    pub(crate) fn output(&self, name: &'static str) -> Result<&str, DeploymentError> {
        self.outputs
            .get(name)
            .map(String::as_str)
            .ok_or(DeploymentError::NoOutput(name))
    }

    /// Returns an output that is a URL.
    pub(crate) fn url(&self, output: &'static str) -> Result<Url, DeploymentError> {
        Url::parse(self.output(output)?).map_err(|_| DeploymentError::NoOutput(output))
    }

    /// Returns the base URL of the webhooks.
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

    /// Returns a secret from Secrets Manager. A blank secret counts as not set.
    pub(crate) fn secret(&self, name: &str) -> Option<String> {
        self.secrets
            .get(name)
            .filter(|value| !value.trim().is_empty())
            .cloned()
    }

    /// Returns a setting by the name of its environment variable. The value is a parameter of the
    /// stack, or an output of the same name for a value that the stack created, for example the URL
    /// of its own OpenMemory.
    pub(super) fn setting(&self, variable: &str) -> Option<String> {
        let name = parameter_name(variable);
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

fn non_blank((name, value): (String, Value)) -> Option<(String, String)> {
    let value = value.as_str().filter(|value| !value.trim().is_empty())?;
    Some((name, value.to_owned()))
}

/// Returns the parameter name of a variable: `OpenMemoryApiUrl` for `OPENMEMORY_API_URL`.
fn parameter_name(variable: &str) -> String {
    variable
        .split('_')
        .filter(|part| !part.is_empty() && part.is_ascii())
        .map(|word| match word {
            "OPENMEMORY" => "OpenMemory".to_owned(),
            "ELEVENLABS" => "ElevenLabs".to_owned(),
            word => word[..1].to_owned() + &word[1..].to_ascii_lowercase(),
        })
        .collect()
}

type Pairs = HashMap<String, String>;

/// Parses the outputs and parameters in the response of DescribeStacks.
fn parse(described: &str) -> Result<(Pairs, Pairs), DeploymentError> {
    let document =
        Document::parse(described).map_err(|_| DeploymentError::Unreadable("cloudformation"))?;
    let outputs = pairs(&document, "OutputKey", "OutputValue");
    let parameters = pairs(&document, "ParameterKey", "ParameterValue");
    Ok((outputs, parameters))
}

/// Collects all elements that have a child named `key`.
fn pairs(document: &Document<'_>, key: &str, value: &str) -> Pairs {
    document
        .descendants()
        .filter_map(|node| Some((child(node, key)?, child(node, value).unwrap_or_default())))
        .collect()
}

/// Returns the text of a child element.
fn child(node: Node<'_, '_>, name: &str) -> Option<String> {
    let child = node
        .children()
        .find(|child| child.tag_name().name() == name)?;
    Some(child.text().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests;
