//! Everything that a store holds, on its way out.

use bytes::Bytes;

use super::OpenMemoryError;
use super::cavira;
use crate::http_client::CallError;

/// An export on its way: one JSON document of the format `openmemory/1`, piece by piece. It is
/// whole only when [`next`](Self::next) has answered `None`.
pub struct Export(pub(super) Source);

pub(super) enum Source {
    /// As the server sends it.
    Server(reqwest::Response),
    /// Written here from the pages that the server sends.
    Pages(Box<cavira::Pages>),
}

impl Export {
    /// The next piece of the document; `None` when it is whole.
    ///
    /// # Errors
    /// [`OpenMemoryError`]; then what came so far is no export.
    pub async fn next(&mut self) -> Result<Option<Bytes>, OpenMemoryError> {
        match &mut self.0 {
            Source::Server(response) => response
                .chunk()
                .await
                .map_err(|error| CallError::from_reqwest(&error).into()),
            Source::Pages(pages) => pages.next().await,
        }
    }
}
