//! The errors of connecting an agent.

use std::borrow::Cow;

use url::Url;

use crate::error::{CommandError, FAILED, NEEDS_CORRECTION};

/// Why an agent cannot be connected.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("connecting would replace {0}")]
    WouldReplace(String),
    #[error("the workspace of this API key has no agents")]
    EmptyWorkspace,
    #[error("{0} is not https: ElevenLabs cannot reach it, and others could read the traffic")]
    NotHttps(Url),
}

impl CommandError for ConnectError {
    fn advice(&self) -> Option<Cow<'static, str>> {
        let advice = match self {
            Self::WouldReplace(_) => "pass --replace if nothing else needs it",
            Self::EmptyWorkspace => {
                "check that ELEVENLABS_API_KEY belongs to the workspace of the agents"
            }
            Self::NotHttps(_) => "pass the public address of the deployment with --url",
        };
        Some(advice.into())
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::WouldReplace(_) | Self::NotHttps(_) => NEEDS_CORRECTION,
            Self::EmptyWorkspace => FAILED,
        }
    }
}
