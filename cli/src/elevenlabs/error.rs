//! Why ElevenLabs did not do what it was asked, and how it says so.

use common::http_client::{CallError, HttpResponse};
use serde::Deserialize;
use serde_json::Value;

/// Why ElevenLabs did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ElevenLabsError {
    /// Nothing of that id in the workspace of this key.
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
    /// It took a change and shows it otherwise.
    #[error("ElevenLabs took the change of {what}, and still shows it as before: {fields}")]
    NotTaken { what: String, fields: String },
    /// Away, late, throttling, or not to be read.
    #[error("ElevenLabs {0}")]
    Call(#[from] CallError),
}

impl ElevenLabsError {
    /// What to try.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::NotFound(_) => {
                "check the id, and that ELEVENLABS_API_KEY is of the workspace it belongs to"
            }
            Self::Key(..) => {
                "set ELEVENLABS_API_KEY to a key of this workspace that may read and write ElevenAgents, and webhooks of the workspace"
            }
            Self::Refused { .. } => {
                "run it again: what was done stays done; if it refuses again, ElevenLabs' API has changed"
            }
            Self::NotTaken { .. } => {
                "look at the agent in ElevenLabs' dashboard: it may be protected or edited by somebody else"
            }
            Self::Call(_) => {
                "run it again: what was done stays done. ELEVENLABS_API_URL must be the API of your region"
            }
        }
    }
}

/// What an answer gives as reason: which fields of the request are wrong, or a message. Never the
/// values.
pub(super) fn reason(answer: &HttpResponse) -> String {
    match answer.json().map(|said: Said| said.detail) {
        Ok(Detail::Fields(fields)) => fields
            .iter()
            .map(Field::told)
            .collect::<Vec<_>>()
            .join("; "),
        Ok(Detail::Message { message } | Detail::Text(message)) => message,
        Err(_) => "it gives no reason".to_owned(),
    }
}

#[derive(Deserialize)]
struct Said {
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
    fn told(&self) -> String {
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
