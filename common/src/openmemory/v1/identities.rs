//! The ids of one person (extension `link-callers`).

use http::{Method, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::identities::LINK_CALLERS;
use super::super::key::CallerKey;
use super::super::{Identities, Identity, OpenMemoryError};
use super::{V1, append_aliases, is_not_found};
use crate::http_client::{CallError, HttpResponse};

impl V1 {
    pub(in super::super) async fn identities(
        &self,
        key: &CallerKey,
    ) -> Result<Identities, OpenMemoryError> {
        self.require_links().await?;
        let mut url = self
            .server
            .url(&["api", "v1", "callers", &key.id, "identities"]);
        append_aliases(&mut url, key);
        read(
            &self.server.send(self.server.get(url)).await?.success()?,
            key,
        )
    }

    pub(in super::super) async fn link(
        &self,
        key: &CallerKey,
        other: &CallerKey,
        by: &str,
    ) -> Result<Identities, OpenMemoryError> {
        #[derive(Serialize)]
        struct Link<'a> {
            caller_id: &'a str,
            #[serde(skip_serializing_if = "<[String]>::is_empty")]
            caller_aliases: &'a [String],
            linked_by: &'a str,
        }
        self.require_links().await?;
        let body = Link {
            caller_id: &other.id,
            caller_aliases: &other.aliases,
            linked_by: by,
        };
        let mut url = self
            .server
            .url(&["api", "v1", "callers", &key.id, "identities"]);
        append_aliases(&mut url, key);
        let request = self.server.send_json(Method::POST, url, &body);
        read(&accepted(self.server.send(request).await?)?, key)
    }

    pub(in super::super) async fn unlink(
        &self,
        key: &CallerKey,
        other: &CallerKey,
    ) -> Result<Option<Identities>, OpenMemoryError> {
        self.require_links().await?;
        let path = ["api", "v1", "callers", &key.id, "identities", &other.id];
        let mut url = self.server.url(&path);
        append_aliases(&mut url, key);
        let response = self.server.send(self.server.delete(url)).await?;
        if is_not_found(&response) {
            return Ok(None);
        }
        read(&accepted(response)?, key).map(Some)
    }

    async fn require_links(&self) -> Result<(), OpenMemoryError> {
        if self.supports(LINK_CALLERS).await? {
            Ok(())
        } else {
            Err(OpenMemoryError::MissingExtension(LINK_CALLERS))
        }
    }
}

/// Returns a successful response.
fn accepted(response: HttpResponse) -> Result<HttpResponse, OpenMemoryError> {
    if response.status == StatusCode::CONFLICT {
        return Err(OpenMemoryError::CannotLink);
    }
    Ok(response.success()?)
}

/// Reads the ids of the person to whom the caller of this key belongs.
fn read(response: &HttpResponse, key: &CallerKey) -> Result<Identities, OpenMemoryError> {
    #[derive(Deserialize)]
    struct Body {
        caller_id: String,
        identities: Vec<Id>,
    }
    #[derive(Deserialize)]
    struct Id {
        caller_id: String,
        #[serde(default)]
        linked_at: Option<Timestamp>,
        #[serde(default)]
        linked_by: Option<String>,
    }
    let body: Body = response.json()?;
    if !key.matches(&body.caller_id) {
        return Err(CallError::Unreadable.into());
    }
    let ids = body.identities.into_iter().map(|id| Identity {
        id: id.caller_id,
        linked_at: id.linked_at,
        linked_by: id.linked_by,
    });
    Ok(Identities { ids: ids.collect() })
}
