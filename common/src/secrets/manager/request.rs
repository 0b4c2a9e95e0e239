//! The one request that is sent to Secrets Manager.

use std::collections::HashMap;
use std::fmt;
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::secrets::SecretSet;
use crate::signed::Identity;

/// Which secret is read, and in whose name.
pub struct Access {
    secret: String,
    endpoint: Url,
    identity: Identity,
}

/// What is missing for an [`Access`]: Lambda sets all of it but `SECRETS_ARN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is missing or wrong")]
pub struct NoAccess(&'static str);

impl Access {
    /// Access to the secret that `SECRETS_ARN` names, or `None` where it is not set.
    ///
    /// # Errors
    /// [`NoAccess`] when Lambda's own variables are missing.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, NoAccess> {
        let text = |name: &'static str| lookup(name).filter(|value| !value.is_empty());
        let Some(secret) = text("SECRETS_ARN") else {
            return Ok(None);
        };
        let need = |name: &'static str| text(name).ok_or(NoAccess(name));
        let region = region_of(&secret)
            .map_or_else(|| need("AWS_REGION"), |region| Ok(region.to_owned()))?;
        let endpoint =
            match text("AWS_ENDPOINT_URL_SECRETS_MANAGER").or_else(|| text("AWS_ENDPOINT_URL")) {
                Some(url) => Url::parse(&url).map_err(|_| NoAccess("AWS_ENDPOINT_URL"))?,
                None => public_endpoint(&secret, &region).ok_or(NoAccess("SECRETS_ARN"))?,
            };
        let (key, secret_key) = (need("AWS_ACCESS_KEY_ID")?, need("AWS_SECRET_ACCESS_KEY")?);
        let identity = Identity::new(key, secret_key, text("AWS_SESSION_TOKEN"), region);
        Ok(Some(Self {
            secret,
            endpoint,
            identity,
        }))
    }

    /// The request, signed for this moment.
    pub(super) fn request(&self, now: SystemTime) -> Option<http::Request<reqwest::Body>> {
        let body = json!({"SecretId": self.secret}).to_string();
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "secretsmanager.GetSecretValue"),
        ];
        self.identity
            .post("secretsmanager", &self.endpoint, &headers, body, now)
    }
}

/// The secrets in an answer.
pub(super) fn read(answer: &[u8]) -> Option<SecretSet> {
    #[derive(Deserialize)]
    struct HttpResponse {
        #[serde(rename = "SecretString")]
        secret: String,
    }
    let answer: HttpResponse = serde_json::from_slice(answer).ok()?;
    let values: HashMap<String, Value> = serde_json::from_str(&answer.secret).ok()?;
    Some(SecretSet::read(|name| {
        values.get(name).and_then(Value::as_str).map(str::to_owned)
    }))
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
            .field("secret", &self.secret)
            .finish_non_exhaustive()
    }
}
