//! The request for one secret, and how the secrets of one function are put together.

use std::collections::HashMap;
use std::fmt;
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::secrets::SecretSet;
use crate::settings::Changes;
use crate::signed::{Identity, region_of_arn};

/// The secrets that a function reads, and the credentials it reads them with.
pub struct Access {
    /// Where two secrets hold the same name, the later one counts.
    secrets: Vec<SecretSource>,
    endpoint: Url,
    identity: Identity,
}

/// A secret: an object of names and values, or the value of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SecretSource {
    arn: String,
    /// The name, if the whole secret is its value.
    name: Option<String>,
}

/// What is missing for an [`Access`]: Lambda sets all of it but `SECRETS_ARN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is missing or wrong")]
pub struct NoAccess(&'static str);

impl Access {
    /// Access to the secrets that `SECRETS_ARN` lists, separated by commas, or `None` where it is
    /// not set. `NAME=ARN` stands for a secret that is not an object but the value of `NAME`. All
    /// secrets must be in one region.
    ///
    /// # Errors
    /// [`NoAccess`] when Lambda's own variables are missing.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, NoAccess> {
        let text = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let secrets = list(&text("SECRETS_ARN").unwrap_or_default());
        let Some(first) = secrets.first() else {
            return Ok(None);
        };
        let region = region_of_arn(&first.arn)
            .map(str::to_owned)
            .or_else(|| text("AWS_REGION"))
            .ok_or(NoAccess("AWS_REGION"))?;
        let endpoint =
            match text("AWS_ENDPOINT_URL_SECRETS_MANAGER").or_else(|| text("AWS_ENDPOINT_URL")) {
                Some(url) => Url::parse(&url).map_err(|_| NoAccess("AWS_ENDPOINT_URL"))?,
                None => public_endpoint(&first.arn, &region).ok_or(NoAccess("SECRETS_ARN"))?,
            };
        let key_id = text("AWS_ACCESS_KEY_ID").ok_or(NoAccess("AWS_ACCESS_KEY_ID"))?;
        let secret_key = text("AWS_SECRET_ACCESS_KEY").ok_or(NoAccess("AWS_SECRET_ACCESS_KEY"))?;
        let identity = Identity::new(key_id, secret_key, text("AWS_SESSION_TOKEN"), region);
        Ok(Some(Self {
            secrets,
            endpoint,
            identity,
        }))
    }

    /// One request for each secret, signed for this moment, with the name that the secret is the
    /// value of.
    pub(super) fn requests(&self, now: SystemTime) -> Option<Vec<NamedRequest<'_>>> {
        self.secrets
            .iter()
            .map(|secret| Some((self.request(secret, now)?, secret.name.as_deref())))
            .collect()
    }

    fn request(
        &self,
        secret: &SecretSource,
        now: SystemTime,
    ) -> Option<http::Request<reqwest::Body>> {
        let body = json!({"SecretId": secret.arn}).to_string();
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "secretsmanager.GetSecretValue"),
        ];
        self.identity
            .post("secretsmanager", &self.endpoint, &headers, body, now)
    }
}

/// A request, and the name that the whole secret is the value of, if it is not an object.
pub(super) type NamedRequest<'a> = (http::Request<reqwest::Body>, Option<&'a str>);

/// The values of one secret by their names. Blank values are left out: they are not set yet.
pub(super) fn read(body: &[u8], name: Option<&str>) -> Option<HashMap<String, String>> {
    #[derive(Deserialize)]
    struct SecretValue {
        #[serde(rename = "SecretString")]
        text: String,
    }
    let value: SecretValue = serde_json::from_slice(body).ok()?;
    let values: HashMap<String, Value> = match name {
        Some(name) => HashMap::from([(name.to_owned(), value.text.into())]),
        None => serde_json::from_str(&value.text).ok()?,
    };
    Some(values.into_iter().filter_map(set_value).collect())
}

fn set_value((name, value): (String, Value)) -> Option<(String, String)> {
    let value = value.as_str().filter(|value| !value.trim().is_empty())?;
    Some((name, value.to_owned()))
}

/// Merges the values of several secrets; a later secret wins over an earlier one. The names of
/// settings are changes of these settings.
pub(super) fn merge(secrets: Vec<HashMap<String, String>>) -> SecretSet {
    let values: HashMap<String, String> = secrets.into_iter().flatten().collect();
    let lookup = |name: &str| values.get(name).cloned();
    SecretSet::read(lookup).with_changes(Changes::read(lookup))
}

fn list(secrets: &str) -> Vec<SecretSource> {
    secrets
        .split(',')
        .map(str::trim)
        .filter(|secret| !secret.is_empty())
        .map(|secret| match secret.split_once('=') {
            Some((name, arn)) => SecretSource {
                arn: arn.to_owned(),
                name: Some(name.to_owned()),
            },
            None => SecretSource {
                arn: secret.to_owned(),
                name: None,
            },
        })
        .collect()
}

fn public_endpoint(arn: &str, region: &str) -> Option<Url> {
    let domain = if arn.starts_with("arn:aws-cn:") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    Url::parse(&format!("https://secretsmanager.{region}.{domain}/")).ok()
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("secrets", &self.secrets)
            .finish_non_exhaustive()
    }
}
