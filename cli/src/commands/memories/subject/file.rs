//! An archived file in the export of one caller.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use common::archive::{Archive, StoredObject};
use jiff::Timestamp;
use operator::is_recording;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::deployment::CallStore;
use crate::error::Failure;

/// An archived file: its name, and its body in the first of three forms that preserves every byte.
#[derive(Serialize)]
pub(super) struct ArchivedFile {
    name: String,
    bytes: u64,
    kept_at: Timestamp,
    #[serde(flatten)]
    body: Body,
}

/// The body of an archived file.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Body {
    /// The unchanged text of a JSON body.
    Json(Box<RawValue>),
    /// Text that is not JSON.
    Text(String),
    /// Anything else.
    Base64(String),
    /// A note in place of a recording, which is not included.
    Recording(&'static str),
}

impl ArchivedFile {
    /// Returns `None` if the file was deleted after it was listed.
    pub(super) async fn read(
        calls: &CallStore,
        object: StoredObject,
    ) -> Result<Option<Self>, Failure> {
        let body = match is_recording(&object.key) {
            true => Body::Recording("not included in this document; copy the file with this name"),
            false => match calls.get(&object.key).await? {
                Some(body) => Body::new(body.to_vec()),
                None => return Ok(None),
            },
        };
        Ok(Some(Self {
            name: object.key.to_string(),
            bytes: object.bytes,
            kept_at: object.at,
            body,
        }))
    }
}

impl Body {
    fn new(body: Vec<u8>) -> Self {
        match String::from_utf8(body) {
            Ok(text) => serde_json::from_str(&text).map_or(Self::Text(text), Self::Json),
            Err(error) => Self::Base64(BASE64_STANDARD.encode(error.as_bytes())),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_body_takes_the_first_form_that_preserves_every_byte() {
        let shown = |body: &[u8]| serde_json::to_string(&Body::new(body.to_vec())).unwrap();
        assert_eq!(
            shown(b"{\"n\": 1.10, \"n\": 12345678901234567890123}"),
            "{\"json\":{\"n\": 1.10, \"n\": 12345678901234567890123}}"
        );
        assert_eq!(
            serde_json::from_str::<Value>(&shown(b"{\"cut")).unwrap(),
            json!({"text": "{\"cut"})
        );
        assert_eq!(
            serde_json::from_str::<Value>(&shown(b"")).unwrap(),
            json!({"text": ""})
        );
        assert_eq!(
            serde_json::from_str::<Value>(&shown(b"\xff\x00")).unwrap(),
            json!({"base64": "/wA="})
        );
    }
}
