//! Why a deployment could not be found or asked.

use common::http_client::CallError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum DeploymentError {
    #[error("no region is known")]
    NoRegion,
    #[error("no credentials of AWS are known")]
    NoCredentials,
    #[error("the AWS CLI gives no credentials for this profile: {0}")]
    Profile(String),
    #[error("samconfig.toml cannot be read: {0}")]
    Samconfig(String),
    #[error("{service} {error}")]
    Unreachable {
        service: &'static str,
        error: CallError,
    },
    #[error("{service} refused ({status} {code})")]
    Refused {
        service: &'static str,
        status: u16,
        code: String,
    },
    #[error("{0} sent an answer that cannot be read")]
    Unreadable(&'static str),
    #[error("there is no stack {0}")]
    NoStack(String),
    #[error("the stack has no output {0}")]
    NoOutput(&'static str),
    #[error("the secret of the deployment is no JSON object")]
    SecretShape,
    #[error("HOST and PORT make no URL")]
    NoUrl,
}

impl DeploymentError {
    pub(crate) fn advice(&self) -> Option<String> {
        let advice = match self {
            Self::NoRegion => "give it with --region, or set AWS_REGION",
            Self::NoCredentials => {
                "export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile of the AWS CLI with --profile"
            }
            Self::Profile(_) => "`aws sso login`, or `aws configure list-profiles` for the names",
            Self::Unreachable { .. } => "check the network and the region",
            Self::Refused { .. } => {
                "check that the credentials are of the right account and may do this"
            }
            Self::NoStack(_) => {
                "check --stage, --stack and the region, or deploy it first with ./deploy"
            }
            Self::NoOutput(_) => "the stack is of another version of the template: deploy it again",
            Self::SecretShape => "write a JSON object with the names of the settings into it",
            _ => return None,
        };
        Some(advice.to_owned())
    }
}
