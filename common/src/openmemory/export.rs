//! A running export of the memory store.

use bytes::Bytes;

use super::OpenMemoryError;
use super::cavira;
use crate::http_client::CallError;

/// A running export: one JSON document in the format `openmemory/1`, returned in pieces. The
/// document is complete only after [`next`](Self::next) has returned `None`.
pub struct Export(pub(super) ExportSource);

pub(super) enum ExportSource {
    /// The server sends the document.
    Server(reqwest::Response),
    /// The client builds the document from the server's pages of rows.
    Pages(Box<cavira::Pages>),
}

impl Export {
    /// Returns the next piece of the document, or `None` if it is complete.
    ///
    /// # Errors
    /// [`OpenMemoryError`]. The pieces returned so far are then unusable.
    pub async fn next(&mut self) -> Result<Option<Bytes>, OpenMemoryError> {
        match &mut self.0 {
            ExportSource::Server(response) => response
                .chunk()
                .await
                .map_err(|error| CallError::from_reqwest(&error).into()),
            ExportSource::Pages(pages) => pages.next().await,
        }
    }
}
