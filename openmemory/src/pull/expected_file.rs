//! What the hub announces about a file, and the check of the downloaded file against it.

use std::path::Path;

use reqwest::header::HeaderMap;

use super::PullError;
use super::checksum::Checksum;

/// What the hub announces about a file before its content.
#[derive(Default)]
pub(super) struct ExpectedFile {
    pub(super) commit: Option<String>,
    checksum: Option<Checksum>,
    pub(super) size: Option<u64>,
}

impl ExpectedFile {
    /// Reads the hub's own response headers. The first value wins, because the storage behind a
    /// redirect has ETags of its own.
    pub(super) fn update(&mut self, headers: &HeaderMap, is_redirect: bool) {
        let text = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
        let commit = text("x-repo-commit").filter(|commit| is_commit(commit));
        // The ETag of a redirect is not that of the content.
        let has_content = !is_redirect || headers.contains_key("x-linked-etag");
        let checksum = has_content
            .then(|| Checksum::from_headers(headers))
            .flatten();
        self.commit = self.commit.take().or(commit);
        self.checksum = self.checksum.take().or(checksum);
        self.size = self.size.or_else(|| text("x-linked-size")?.parse().ok());
    }

    /// Compares a downloaded file with what was announced. Returns whether there was a checksum.
    pub(super) async fn check(
        &self,
        path: &Path,
        size: u64,
        file: &'static str,
    ) -> Result<bool, PullError> {
        if self.size.is_some_and(|expected| expected != size) {
            return Err(PullError::Damaged { file, what: "size" });
        }
        let Some(checksum) = self.checksum.clone() else {
            return Ok(false);
        };
        let path = path.to_owned();
        let is_right = tokio::task::spawn_blocking(move || checksum.matches(&path)).await;
        match is_right.map_err(|error| PullError::Folder(std::io::Error::other(error)))? {
            Ok(true) => Ok(true),
            Ok(false) => Err(PullError::Damaged {
                file,
                what: "checksum",
            }),
            Err(error) => Err(PullError::Folder(error)),
        }
    }
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.chars().all(|letter| letter.is_ascii_hexdigit())
}
