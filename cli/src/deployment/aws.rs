//! A minimal AWS client for the few calls that do not justify another SDK crate.

use std::time::{Duration, SystemTime};

use common::http_client::{self, HttpResponse};
use common::signed::Identity;
use roxmltree::Document;
use serde_json::Value;
use url::Url;

use super::DeploymentError;
use crate::context::Context;

/// Time limit of one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
/// A request could not be built or signed.
const UNSIGNED: DeploymentError = DeploymentError::Unreadable("the request for a service");

/// Signs requests to AWS with one identity.
#[derive(Clone)]
pub(crate) struct AwsApi {
    context: Context,
    identity: Identity,
}

impl AwsApi {
    pub(crate) fn new(context: &Context, identity: Identity) -> Self {
        Self {
            context: context.clone(),
            identity,
        }
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Calls an operation of a service that speaks JSON, for example `secretsmanager` and
    /// `secretsmanager.GetSecretValue`.
    pub(crate) async fn json(
        &self,
        service: &'static str,
        target: &str,
        body: &Value,
    ) -> Result<Value, DeploymentError> {
        let content_type = if service == "sqs" {
            "application/x-amz-json-1.0"
        } else {
            "application/x-amz-json-1.1"
        };
        let headers = [("content-type", content_type), ("x-amz-target", target)];
        let response = self.post(service, &headers, body.to_string()).await?;
        let body: Value = response.json().unwrap_or_default();
        if response.status.is_success() {
            return Ok(body);
        }
        let code = body["__type"]
            .as_str()
            .unwrap_or_default()
            .rsplit('#')
            .next()
            .unwrap_or_default()
            .to_owned();
        Err(DeploymentError::Refused {
            service,
            status: response.status.as_u16(),
            code,
        })
    }

    /// Calls an operation of a service that speaks the query protocol, for example
    /// `cloudformation`. Returns the XML of the response.
    pub(super) async fn query(
        &self,
        service: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<String, DeploymentError> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(parameters);
        let form = form.finish();
        let response = self
            .post(
                service,
                &[("content-type", "application/x-www-form-urlencoded")],
                form,
            )
            .await?;
        let text = String::from_utf8_lossy(response.body()).into_owned();
        if response.status.is_success() {
            return Ok(text);
        }
        let code = Document::parse(&text).ok().and_then(|document| {
            let code = document
                .descendants()
                .find(|node| node.tag_name().name() == "Code")?;
            code.text().map(str::to_owned)
        });
        Err(DeploymentError::Refused {
            service,
            status: response.status.as_u16(),
            code: code.unwrap_or_default(),
        })
    }

    /// Returns the ARN of the identity that signs the requests, as AWS reports it.
    pub(crate) async fn caller_identity(&self) -> Result<String, DeploymentError> {
        let response = self
            .query(
                "sts",
                &[("Action", "GetCallerIdentity"), ("Version", "2011-06-15")],
            )
            .await?;
        let document = Document::parse(&response).ok();
        let arn = document.as_ref().and_then(|document| {
            document
                .descendants()
                .find(|node| node.tag_name().name() == "Arn")?
                .text()
                .map(str::to_owned)
        });
        arn.ok_or(DeploymentError::Unreadable("sts"))
    }

    async fn post(
        &self,
        service: &'static str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<HttpResponse, DeploymentError> {
        let endpoint = self.endpoint(service).ok_or(DeploymentError::NoRegion)?;
        let now = SystemTime::from(self.context.now());
        let request = self
            .identity
            .post(service, &endpoint, headers, body, now)
            .ok_or(UNSIGNED)?;
        let request = reqwest::Request::try_from(request).map_err(|_| UNSIGNED)?;
        let request = reqwest::RequestBuilder::from_parts(self.context.http.clone(), request)
            .timeout(REQUEST_TIMEOUT);
        http_client::send_idempotent(request)
            .await
            .map_err(|error| DeploymentError::Unreachable { service, error })
    }

    fn endpoint(&self, service: &str) -> Option<Url> {
        self.context
            .get("AWS_ENDPOINT_URL")
            .and_then(|url| Url::parse(&url).ok())
            .or_else(|| self.identity.public_endpoint(service))
    }
}
