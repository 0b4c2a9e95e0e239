//! The errors of finding and reading a deployment.

use common::http_client::CallError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum DeploymentError {
    #[error("no AWS region is set")]
    NoRegion,
    #[error("no AWS credentials are set")]
    NoCredentials,
    #[error("the AWS CLI returned no credentials for this profile: {0}")]
    Profile(String),
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
    #[error("HOST and PORT do not form a valid URL")]
    NoUrl,
}

impl DeploymentError {
    /// Returns what the operator can do about it.
    pub(crate) fn advice(&self) -> Option<String> {
        let advice = match self {
            Self::NoRegion => "pass --region or set AWS_REGION",
            Self::NoCredentials => {
                "export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or pass a profile of the AWS CLI with --profile"
            }
            Self::Profile(_) => {
                "run `aws sso login`; `aws configure list-profiles` lists the profiles"
            }
            Self::Unreachable { .. } => "check the network and the region",
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
        Some(advice.to_owned())
    }
}
