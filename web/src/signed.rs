//! Signs requests to AWS with Signature Version 4, for services that we use too little to carry
//! their SDK.

use std::fmt;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SigningInstructions, SigningSettings, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use http::{HeaderValue, Method};
use url::Url;

/// AWS credentials with a region.
#[derive(Clone)]
pub struct Identity {
    credentials: Credentials,
    region: String,
}

impl Identity {
    /// Returns the identity of an access key. Temporary keys come with a session token.
    #[must_use]
    pub fn new(
        key_id: impl Into<String>,
        secret_key: impl Into<String>,
        session_token: Option<String>,
        region: impl Into<String>,
    ) -> Self {
        let credentials = Credentials::new(key_id, secret_key, session_token, None, "elaaoms");
        Self {
            credentials,
            region: region.into(),
        }
    }

    /// Reads the access key from the environment, where Lambda puts that of the function's role.
    /// Returns `None` if it is not set.
    #[must_use]
    pub fn read(region: &str, lookup: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let text = |name: &str| {
            lookup(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let key_id = text("AWS_ACCESS_KEY_ID")?;
        let secret_key = text("AWS_SECRET_ACCESS_KEY")?;
        Some(Self::new(
            key_id,
            secret_key,
            text("AWS_SESSION_TOKEN"),
            region,
        ))
    }

    /// Returns the region, such as `eu-central-1`.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Returns a signed POST request, valid at `now`. `None` if it cannot be signed.
    #[must_use]
    pub fn post(
        &self,
        service: &str,
        endpoint: &Url,
        headers: &[(&str, &str)],
        body: String,
        now: SystemTime,
    ) -> Option<http::Request<reqwest::Body>> {
        self.request(Method::POST, service, endpoint, headers, body, now)
    }

    /// Returns a signed request, valid at `now`. `None` if it cannot be signed.
    #[must_use]
    pub fn request(
        &self,
        method: Method,
        service: &str,
        endpoint: &Url,
        headers: &[(&str, &str)],
        body: String,
        now: SystemTime,
    ) -> Option<http::Request<reqwest::Body>> {
        let signable = SignableRequest::new(
            method.as_str(),
            endpoint.as_str(),
            headers.iter().copied(),
            SignableBody::Bytes(body.as_bytes()),
        );
        let instructions = self.instructions(service, signable.ok()?, now)?;
        let mut builder = http::Request::builder()
            .method(&method)
            .uri(endpoint.as_str());
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let mut request = builder.body(reqwest::Body::from(body)).ok()?;
        instructions.apply_to_request_http1x(&mut request);
        Some(request)
    }

    /// Signs a request in place, valid at `now`. Headers added later are not signed.
    ///
    /// Returns `None` and leaves the request unchanged if it cannot be signed: its body is a
    /// stream, or a header is not text.
    #[must_use]
    pub fn sign(
        &self,
        service: &str,
        request: &mut reqwest::Request,
        now: SystemTime,
    ) -> Option<()> {
        // AWS reads a `+` in the query as a plus sign; web servers read it as a space.
        if let Some(query) = request.url().query().filter(|query| query.contains('+')) {
            let query = query.replace('+', "%20");
            request.url_mut().set_query(Some(&query));
        }
        let body = match request.body() {
            Some(body) => SignableBody::Bytes(body.as_bytes()?),
            None => SignableBody::Bytes(&[]),
        };
        let headers = request
            .headers()
            .iter()
            .map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect::<Option<Vec<_>>>()?;
        let signable = SignableRequest::new(
            request.method().as_str(),
            request.url().as_str(),
            headers.into_iter(),
            body,
        );
        let (added, _) = self
            .instructions(service, signable.ok()?, now)?
            .into_parts();
        for header in added {
            let mut value = HeaderValue::from_str(header.value()).ok()?;
            value.set_sensitive(true);
            request.headers_mut().insert(header.name(), value);
        }
        Some(())
    }

    fn instructions(
        &self,
        service: &str,
        request: SignableRequest<'_>,
        now: SystemTime,
    ) -> Option<SigningInstructions> {
        let identity = self.credentials.clone().into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(now)
            .settings(SigningSettings::default())
            .build()
            .ok()?
            .into();
        Some(sign(request, &parameters).ok()?.into_parts().0)
    }
}

/// Where a service of a region is.
#[must_use]
pub fn public_endpoint(region: &str, service: &str) -> Option<Url> {
    let domain = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    Url::parse(&format!("https://{service}.{region}.{domain}/")).ok()
}

/// Returns the region in an ARN such as `arn:aws:bedrock:eu-central-1::foundation-model/…`.
#[must_use]
pub fn region_of_arn(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?
        .split(':')
        .nth(2)
        .filter(|region| !region.is_empty())
}

/// Returns the region of this process: `AWS_REGION`, or else `AWS_DEFAULT_REGION`.
#[must_use]
pub fn region(lookup: impl Fn(&str) -> Option<String>) -> Option<String> {
    let text = |name: &str| {
        lookup(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    };
    text("AWS_REGION").or_else(|| text("AWS_DEFAULT_REGION"))
}

/// Returns the region of a model on Amazon Bedrock: that in its ARN, or else that of this process.
#[must_use]
pub fn model_region(model: &str, lookup: impl Fn(&str) -> Option<String>) -> Option<String> {
    region_of_arn(model)
        .map(str::to_owned)
        .or_else(|| region(lookup))
}

/// Returns the time of a request that is signed now.
#[expect(
    clippy::disallowed_methods,
    reason = "a signature contains the time of the request"
)]
#[must_use]
pub fn now() -> SystemTime {
    SystemTime::now()
}

/// Appends a path, whose segments are encoded, to the URL of a service.
#[must_use]
pub fn join_path(base: &Url, path: &str) -> Option<Url> {
    Url::parse(&format!("{}/{path}", base.as_str().trim_end_matches('/'))).ok()
}

/// Percent-encodes a segment of a path, such as the ARN of a model. For the signature it must be
/// encoded as the AWS SDKs do: a colon as `%3A`, a slash as `%2F`.
#[must_use]
pub fn path_segment(segment: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    segment
        .bytes()
        .map(|byte| {
            if is_plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoint_depends_on_the_region() {
        let endpoint = |region: &str| public_endpoint(region, "sqs").unwrap().to_string();
        assert_eq!(
            endpoint("eu-central-1"),
            "https://sqs.eu-central-1.amazonaws.com/"
        );
        assert_eq!(
            endpoint("cn-north-1"),
            "https://sqs.cn-north-1.amazonaws.com.cn/"
        );
    }

    #[test]
    fn a_model_is_in_the_region_of_its_arn_or_of_the_process() {
        let process = |name: &str| (name == "AWS_DEFAULT_REGION").then(|| " eu-west-1 ".to_owned());
        let arn = "arn:aws:bedrock:us-east-1::foundation-model/cohere.embed-v4:0";
        assert_eq!(model_region(arn, process).as_deref(), Some("us-east-1"));
        for model in ["cohere.embed-v4:0", "arn:aws:bedrock:::x"] {
            assert_eq!(model_region(model, process).as_deref(), Some("eu-west-1"));
        }
        assert_eq!(model_region("cohere.embed-v4:0", |_| None), None);
    }

    #[test]
    fn a_path_segment_is_encoded_like_the_sdks_do() {
        let arn = "arn:aws:bedrock:eu-west-1::foundation-model/a.b-c_d~e";
        let encoded = "arn%3Aaws%3Abedrock%3Aeu-west-1%3A%3Afoundation-model%2Fa.b-c_d~e";
        assert_eq!(path_segment(arn), encoded);
    }

    #[test]
    fn debug_output_shows_no_key() {
        let identity = Identity::new("key", "hidden", Some("hidden".to_owned()), "eu-central-1");
        assert!(!format!("{identity:?}").contains("hidden"));
    }
}
