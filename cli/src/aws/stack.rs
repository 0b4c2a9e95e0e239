//! A deployment on AWS: the outputs and parameters of its stack, and its secrets.

use std::collections::HashMap;
use std::path::Path;

use aws_sdk_cloudformation::Client;
use common::settings::entry;
use serde_json::Value;
use url::Url;

use super::arguments::StackArguments;
use super::error::AwsError;
use super::samconfig;
use super::session::AwsSession;
use crate::context::Context;

/// A stack deployed from the template.
pub(crate) struct Stack {
    /// Its name, such as `elaaoms-prod`.
    pub(crate) name: String,
    /// AWS, called with the operator's credentials.
    pub(crate) session: AwsSession,
    outputs: HashMap<String, String>,
    parameters: HashMap<String, String>,
    secrets: HashMap<String, String>,
}

impl Stack {
    /// Finds the stack that the arguments select. The name comes from `--stack`, `samconfig.toml`
    /// or the default `elaaoms-STAGE`; the region from `--region`, `samconfig.toml`, the
    /// environment or the profile.
    pub(crate) async fn find(
        arguments: &StackArguments,
        context: &Context,
    ) -> Result<Self, AwsError> {
        let stage = arguments.stage.as_deref().unwrap_or_default();
        let configured = samconfig::read(Path::new("samconfig.toml"), stage)?;
        let name = arguments
            .stack
            .clone()
            .or(configured.stack)
            .unwrap_or_else(|| format!("elaaoms-{stage}"));
        let session = AwsSession::open(arguments, configured.region, context).await?;
        let mut stack = Self::describe(name, session).await?;
        stack.secrets = stack.read_secrets().await?;
        Ok(stack)
    }

    /// Reads the outputs and parameters of a stack.
    async fn describe(name: String, session: AwsSession) -> Result<Self, AwsError> {
        let answer = Client::new(session.config())
            .describe_stacks()
            .stack_name(&name)
            .send()
            .await;
        let stacks = match answer.map_err(|error| AwsError::of("cloudformation", &error)) {
            Ok(answer) => answer.stacks.unwrap_or_default(),
            Err(error) if error.is_refused_with("ValidationError") => Vec::new(),
            Err(error) => return Err(error),
        };
        let Some(described) = stacks.into_iter().next() else {
            return Err(AwsError::NoStack(name));
        };
        let outputs = described.outputs.unwrap_or_default();
        let parameters = described.parameters.unwrap_or_default();
        Ok(Self {
            name,
            session,
            outputs: pairs(outputs.into_iter().map(|o| (o.output_key, o.output_value))),
            parameters: pairs(
                parameters
                    .into_iter()
                    .map(|p| (p.parameter_key, p.parameter_value)),
            ),
            secrets: HashMap::new(),
        })
    }

    /// Reads the webhooks' secret and, if the stack has one, the provider's secret. As in the
    /// functions, a value of the provider's secret takes precedence unless it is blank. The secret
    /// of OpenMemory's database is not read, because no command needs it.
    async fn read_secrets(&self) -> Result<HashMap<String, String>, AwsError> {
        let mut secrets = self.read_secret(self.output("SecretsArn")?).await?;
        if let Ok(provider) = self.output("ProviderSecretsArn") {
            secrets.extend(self.read_secret(provider).await?);
        }
        Ok(secrets)
    }

    /// Reads one secret and returns its values, without blank ones.
    async fn read_secret(&self, arn: &str) -> Result<HashMap<String, String>, AwsError> {
        let values = self.session.secret(arn).await?;
        Ok(values.into_iter().filter_map(non_blank).collect())
    }

    /// Returns an output of the stack, for example `PayloadBucket`.
    pub(crate) fn output(&self, name: &'static str) -> Result<&str, AwsError> {
        self.outputs
            .get(name)
            .map(String::as_str)
            .ok_or(AwsError::NoOutput(name))
    }

    /// Returns an output that is a URL.
    pub(crate) fn url(&self, output: &'static str) -> Result<Url, AwsError> {
        Url::parse(self.output(output)?).map_err(|_| AwsError::NoOutput(output))
    }

    /// Returns the base URL of the webhooks.
    pub(crate) fn base_url(&self) -> Result<Url, AwsError> {
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
    /// stack, an entry of its parameter `Settings`, or an output of the same name for a value that
    /// the stack created, for example the URL of its own OpenMemory.
    pub(crate) fn setting(&self, variable: &str) -> Option<String> {
        let name = parameter_name(variable);
        [&self.outputs, &self.parameters]
            .into_iter()
            .find_map(|values| {
                values
                    .get(&name)
                    .filter(|value| !value.trim().is_empty())
                    .cloned()
            })
            .or_else(|| entry(self.parameters.get("Settings")?, variable))
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

/// Returns the values by name. A value that is missing is blank.
fn pairs(
    entries: impl Iterator<Item = (Option<String>, Option<String>)>,
) -> HashMap<String, String> {
    entries
        .filter_map(|(name, value)| Some((name?, value.unwrap_or_default())))
        .collect()
}

#[cfg(test)]
mod tests;
