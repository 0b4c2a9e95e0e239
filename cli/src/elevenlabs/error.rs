//! Errors of ElevenLabs' API, and how it describes them.

use std::borrow::Cow;

use common::http_client::{CallError, HttpResponse};
use serde::Deserialize;
use serde_json::Value;

use crate::error::{CommandError, FAILED, NEEDS_CORRECTION};

/// Why a request to ElevenLabs failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ElevenLabsError {
    #[error("ELEVENLABS_API_URL is not a URL")]
    InvalidUrl,
    /// The workspace of this key has nothing with that id.
    #[error("ElevenLabs does not know {0}")]
    NotFound(String),
    /// 401 or 403.
    #[error("ElevenLabs refused the key ({1}): {0}")]
    Key(String, u16),
    /// Any other 4xx.
    #[error("ElevenLabs refused {what} ({status}): {reason}")]
    Refused {
        what: String,
        status: u16,
        reason: String,
    },
    /// A change was accepted but is not visible afterwards.
    #[error("ElevenLabs accepted the change of {what} but did not apply it: {fields}")]
    NotApplied { what: String, fields: String },
    /// ElevenLabs is unavailable, slow or throttling, or its response is unreadable.
    #[error("ElevenLabs {0}")]
    Call(#[from] CallError),
}

impl CommandError for ElevenLabsError {
    fn advice(&self) -> Option<Cow<'static, str>> {
        let advice = match self {
            Self::InvalidUrl => return None,
            Self::NotFound(_) => {
                "check the id, and that ELEVENLABS_API_KEY belongs to the same workspace"
            }
            Self::Key(..) => {
                "set ELEVENLABS_API_KEY to a key of this workspace that may read and write ElevenAgents and workspace webhooks"
            }
            Self::Refused { .. } => {
                "run the command again, it resumes where it stopped; if ElevenLabs refuses again, its API has changed"
            }
            Self::NotApplied { .. } => {
                "check the agent in ElevenLabs' dashboard: it may be protected, or somebody else may be editing it"
            }
            Self::Call(_) => {
                "run the command again, it resumes where it stopped; check that ELEVENLABS_API_URL is the API of your region"
            }
        };
        Some(advice.into())
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::InvalidUrl => NEEDS_CORRECTION,
            _ => FAILED,
        }
    }
}

/// Returns the reason in an error response: the invalid fields, or a message. Never contains values
/// of the request.
pub(super) fn reason(response: &HttpResponse) -> String {
    match response.json().map(|body: ErrorBody| body.detail) {
        Ok(Detail::Fields(fields)) => fields
            .iter()
            .map(Field::describe)
            .collect::<Vec<_>>()
            .join("; "),
        Ok(Detail::Message { message } | Detail::Text(message)) => message,
        Err(_) => "no reason given".to_owned(),
    }
}

#[derive(Deserialize)]
struct ErrorBody {
    detail: Detail,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Detail {
    Fields(Vec<Field>),
    Message { message: String },
    Text(String),
}

#[derive(Deserialize)]
struct Field {
    loc: Vec<Value>,
    msg: String,
}

impl Field {
    fn describe(&self) -> String {
        let place: Vec<String> = self
            .loc
            .iter()
            .map(|part| {
                part.as_str()
                    .map_or_else(|| part.to_string(), str::to_owned)
            })
            .collect();
        format!("{}: {}", place.join("."), self.msg)
    }
}
