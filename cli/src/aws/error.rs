//! The errors of finding and reading a stack on AWS.

use std::borrow::Cow;

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use common::http_client::CallError;

use crate::error::{CommandError, NEEDS_CORRECTION};

/// Why a stack cannot be found or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AwsError {
    #[error("no AWS region is set")]
    NoRegion,
    #[error("no AWS credentials are set")]
    NoCredentials,
    #[error("the AWS profile {profile} gave no credentials: {reason}")]
    Profile { profile: String, reason: String },
    #[error("could not read samconfig.toml: {0}")]
    Samconfig(String),
    #[error("{service} {error}")]
    Unreachable {
        service: &'static str,
        error: CallError,
    },
    #[error("{service} refused the request ({status} {code})")]
    Refused {
        service: &'static str,
        status: u16,
        code: String,
    },
    #[error("could not read the response of {0}")]
    Unreadable(&'static str),
    #[error("stack {0} does not exist")]
    NoStack(String),
    #[error("the stack has no output {0}")]
    NoOutput(&'static str),
    #[error("the deployment's secret is not a JSON object of texts")]
    SecretShape,
}

impl AwsError {
    /// Returns the error of a call to a service.
    pub(super) fn of<E: ProvideErrorMetadata>(service: &'static str, error: &SdkError<E>) -> Self {
        match error {
            SdkError::ServiceError(answer) => Self::Refused {
                service,
                status: answer.raw().status().as_u16(),
                code: answer.err().code().unwrap_or_default().to_owned(),
            },
            SdkError::ResponseError(_) => Self::Unreadable(service),
            error => Self::Unreachable {
                service,
                error: if is_timeout(error) {
                    CallError::TimedOut
                } else {
                    CallError::Unreachable
                },
            },
        }
    }

    /// Returns whether the service refused the request with this code.
    pub(super) fn is_refused_with(&self, wanted: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == wanted)
    }
}

fn is_timeout<E>(error: &SdkError<E>) -> bool {
    match error {
        SdkError::TimeoutError(_) => true,
        SdkError::DispatchFailure(failure) => failure.is_timeout(),
        _ => false,
    }
}

fn is_expired(code: &str) -> bool {
    matches!(
        code,
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired"
    )
}

impl CommandError for AwsError {
    fn advice(&self) -> Option<Cow<'static, str>> {
        let advice = match self {
            Self::NoRegion => "pass --region or set AWS_REGION",
            Self::NoCredentials => {
                "export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or pass an AWS profile with --profile"
            }
            Self::Profile { .. } => {
                "check the profile in ~/.aws/config; if it uses SSO, run `aws sso login`"
            }
            Self::Unreachable { .. } => "check the network and the region",
            Self::Refused { code, .. } if is_expired(code) => {
                "the credentials have expired: export new ones, or run `aws sso login`"
            }
            Self::Refused { .. } => {
                "check that the credentials belong to the right account and have the permission"
            }
            Self::NoStack(_) => {
                "check --stage, --stack and the region, or deploy the stack first with ./deploy"
            }
            Self::NoOutput(_) => {
                "the stack was deployed from another version of the template; deploy it again"
            }
            Self::SecretShape => "store a JSON object with setting names as keys in it",
            _ => return None,
        };
        Some(advice.into())
    }

    fn exit_code(&self) -> u8 {
        NEEDS_CORRECTION
    }
}
