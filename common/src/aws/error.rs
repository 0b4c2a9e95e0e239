//! Classifies the errors of AWS services, so that every client retries the same ones.

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// Error codes that ask for a later attempt, whatever the status.
const TRANSIENT: [&str; 3] = ["OperationAborted", "RequestTimeout", "SlowDown"];

/// A failed request. The description holds at most the service's status and error code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AwsError {
    /// A later attempt may succeed.
    Transient(String),
    /// A later attempt would fail in the same way.
    Permanent(String),
}

impl AwsError {
    /// Classifies an error of `service`, such as `S3`.
    pub(crate) fn new<E: ProvideErrorMetadata>(
        service: &str,
        error: &SdkError<E, Response>,
    ) -> Self {
        let code = error
            .as_service_error()
            .and_then(ProvideErrorMetadata::code);
        let status = error
            .raw_response()
            .map(|response| response.status().as_u16());
        Self::of_response(service, status, code)
    }

    fn of_response(service: &str, status: Option<u16>, code: Option<&str>) -> Self {
        let Some(status) = status else {
            return Self::Transient(format!("{service} is unreachable"));
        };
        let code = code.unwrap_or("no error code");
        let description = format!("{service}: {status} {code}");
        let is_transient =
            matches!(status, 429 | 500..) || code.contains("Throttl") || TRANSIENT.contains(&code);
        if is_transient {
            Self::Transient(description)
        } else {
            Self::Permanent(description)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttling_outages_and_broken_connections_are_transient() {
        for (status, code) in [
            (None, None),
            (Some(500), None),
            (Some(503), Some("SlowDown")),
            (Some(429), Some("TooManyRequestsException")),
            (Some(400), Some("ThrottlingException")),
            (Some(400), Some("RequestThrottled")),
            (Some(400), Some("RequestTimeout")),
            (Some(409), Some("OperationAborted")),
        ] {
            let error = AwsError::of_response("S3", status, code);
            assert!(matches!(error, AwsError::Transient(_)), "{error:?}");
        }
        for (status, code) in [
            (400, None),
            (403, Some("AccessDenied")),
            (404, Some("NoSuchBucket")),
        ] {
            let error = AwsError::of_response("S3", Some(status), code);
            assert!(matches!(error, AwsError::Permanent(_)), "{error:?}");
        }
    }
}
