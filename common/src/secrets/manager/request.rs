//! The request for one secret, and how the secrets of one function are put together.

use std::collections::HashMap;
use std::fmt;
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::secrets::SecretSet;
use crate::signed::Identity;

/// The secrets that a function reads, and the credentials it reads them with.
pub struct Access {
    /// ARNs. Where two secrets hold the same name, the later one counts.
    secrets: Vec<String>,
    endpoint: Url,
    identity: Identity,
}

/// What is missing for an [`Access`]: Lambda sets all of it but `SECRETS_ARN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is missing or wrong")]
pub struct NoAccess(&'static str);

impl Access {
    /// Access to the secrets that `SECRETS_ARN` lists, separated by commas, or `None` where it is
    /// not set. All of them must be in one region.
    ///
    /// # Errors
    /// [`NoAccess`] when Lambda's own variables are missing.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, NoAccess> {
        let text = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let secrets: Vec<String> = list(&text("SECRETS_ARN").unwrap_or_default());
        let Some(first) = secrets.first() else {
            return Ok(None);
        };
        let region = region_of(first)
            .map(str::to_owned)
            .or_else(|| text("AWS_REGION"))
            .ok_or(NoAccess("AWS_REGION"))?;
        let endpoint =
            match text("AWS_ENDPOINT_URL_SECRETS_MANAGER").or_else(|| text("AWS_ENDPOINT_URL")) {
                Some(url) => Url::parse(&url).map_err(|_| NoAccess("AWS_ENDPOINT_URL"))?,
                None => public_endpoint(first, &region).ok_or(NoAccess("SECRETS_ARN"))?,
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

    /// One request for each secret, signed for this moment.
    pub(super) fn requests(&self, now: SystemTime) -> Option<Vec<http::Request<reqwest::Body>>> {
        self.secrets
            .iter()
            .map(|secret| self.request(secret, now))
            .collect()
    }

    fn request(&self, secret: &str, now: SystemTime) -> Option<http::Request<reqwest::Body>> {
        let body = json!({"SecretId": secret}).to_string();
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "secretsmanager.GetSecretValue"),
        ];
        self.identity
            .post("secretsmanager", &self.endpoint, &headers, body, now)
    }
}

/// The values of one secret by their names. Blank values are left out: they are not set yet.
pub(super) fn read(body: &[u8]) -> Option<HashMap<String, String>> {
    #[derive(Deserialize)]
    struct SecretValue {
        #[serde(rename = "SecretString")]
        text: String,
    }
    let value: SecretValue = serde_json::from_slice(body).ok()?;
    let values: HashMap<String, Value> = serde_json::from_str(&value.text).ok()?;
    Some(values.into_iter().filter_map(set_value).collect())
}

fn set_value((name, value): (String, Value)) -> Option<(String, String)> {
    let value = value.as_str().filter(|value| !value.trim().is_empty())?;
    Some((name, value.to_owned()))
}

/// Merges the values of several secrets; a later secret wins over an earlier one.
pub(super) fn merge(secrets: Vec<HashMap<String, String>>) -> SecretSet {
    let values: HashMap<String, String> = secrets.into_iter().flatten().collect();
    SecretSet::read(|name| values.get(name).cloned())
}

fn list(arns: &str) -> Vec<String> {
    arns.split(',')
        .map(str::trim)
        .filter(|arn| !arn.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The region in `arn:aws:secretsmanager:eu-central-1:123456789012:secret:name`.
fn region_of(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?
        .split(':')
        .nth(2)
        .filter(|region| !region.is_empty())
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
