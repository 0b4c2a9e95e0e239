//! A kept file in the export of one caller.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use common::archive::{Archive, StoredObject};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::super::kept::is_recording;
use crate::deployment::CallStore;
use crate::failure::Failure;

/// A kept file: its name, and its body in the first of three forms that can hold every byte of it.
#[derive(Serialize)]
pub(super) struct KeptFile {
    name: String,
    bytes: u64,
    kept_at: Timestamp,
    #[serde(flatten)]
    body: Body,
}

/// A body as it was kept.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Body {
    /// The JSON as it was kept, unchanged.
    Json(Box<RawValue>),
    /// Text that is not JSON.
    Text(String),
    /// Anything else.
    Base64(String),
    /// A recording is named, and left where it is.
    Recording(&'static str),
}

impl KeptFile {
    /// `None` for a file that was deleted since it was listed.
    pub(super) async fn read(
        calls: &CallStore,
        kept: StoredObject,
    ) -> Result<Option<Self>, Failure> {
        let body = match is_recording(&kept.key) {
            true => Body::Recording("not in this document: copy the file of this name"),
            false => match calls.get(&kept.key).await? {
                Some(body) => Body::of(body.to_vec()),
                None => return Ok(None),
            },
        };
        Ok(Some(Self {
            name: kept.key.to_string(),
            bytes: kept.bytes,
            kept_at: kept.at,
            body,
        }))
    }
}

impl Body {
    fn of(body: Vec<u8>) -> Self {
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
    fn a_body_keeps_every_byte_in_the_first_form_that_can_hold_it() {
        let shown = |body: &[u8]| serde_json::to_string(&Body::of(body.to_vec())).unwrap();
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
