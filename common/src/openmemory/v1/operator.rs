//! Edits of memories, and the list of callers.

use http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::identities::LINK_CALLERS;
use super::super::key::CallerKey;
use super::super::operator::{EDIT_MEMORY, LIST_CALLERS};
use super::super::{CallerPage, CallerQuery, CallerSummary, MemoryEdit, OpenMemoryError};
use super::row::EditedMemory;
use super::{V1, is_not_found};
use crate::memory::{Category, Importance, Memory, MemoryId};

impl V1 {
    pub(in super::super) async fn edit(
        &self,
        key: &CallerKey,
        memory: &MemoryId,
        edit: &MemoryEdit,
    ) -> Result<Option<Memory>, OpenMemoryError> {
        #[derive(Serialize)]
        struct Edit {
            #[serde(skip_serializing_if = "Option::is_none")]
            importance: Option<Importance>,
            #[serde(skip_serializing_if = "Option::is_none")]
            category: Option<Category>,
            #[serde(skip_serializing_if = "Option::is_none")]
            metadata: Option<Metadata>,
        }
        #[derive(Serialize)]
        struct Metadata {
            pinned: bool,
        }
        if !self.supports(EDIT_MEMORY).await? {
            return Err(OpenMemoryError::MissingExtension(EDIT_MEMORY));
        }
        let body = Edit {
            importance: edit.importance,
            category: edit.category,
            metadata: edit.is_pinned.map(|pinned| Metadata { pinned }),
        };
        let mut url = self.server.url(&["api", "v1", "memories", &memory.0]);
        if self.supports(LINK_CALLERS).await? {
            url.query_pairs_mut().append_pair("caller_id", &key.id);
        }
        let request = self.server.send_json(Method::PATCH, url, &body);
        let response = self.server.send(request).await?;
        if is_not_found(&response) {
            return Ok(None);
        }
        let response = response.success()?;
        let edited = response.json::<EditedMemory<'_>>()?.into_memory(key);
        edited.map(Some).ok_or(OpenMemoryError::WrongCaller)
    }

    pub(in super::super) async fn callers(
        &self,
        query: CallerQuery<'_>,
    ) -> Result<CallerPage, OpenMemoryError> {
        #[derive(Deserialize)]
        struct Page {
            callers: Vec<Caller>,
            #[serde(default)]
            next: Option<String>,
        }
        if !self.supports(LIST_CALLERS).await? {
            return Err(OpenMemoryError::MissingExtension(LIST_CALLERS));
        }
        let mut url = self.server.url(&["api", "v1", "callers"]);
        url.query_pairs_mut()
            .append_pair("limit", &query.limit.to_string())
            .extend_pairs(query.after.map(|after| ("after", after)))
            .extend_pairs((!query.text.is_empty()).then_some(("q", query.text)));
        let response = self.server.send(self.server.get(url)).await?.success()?;
        let page: Page = response.json()?;
        Ok(CallerPage {
            callers: page.callers.into_iter().map(CallerSummary::from).collect(),
            next: page.next,
        })
    }
}

/// A caller as the store returns it.
#[derive(Deserialize)]
struct Caller {
    caller_id: String,
    memories: u64,
    #[serde(default)]
    last_seen: Option<Timestamp>,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    channels: Vec<String>,
}

impl From<Caller> for CallerSummary {
    fn from(caller: Caller) -> Self {
        Self {
            id: caller.caller_id,
            memories: caller.memories,
            last_seen: caller.last_seen,
            names: caller.names,
            channels: caller.channels,
        }
    }
}
