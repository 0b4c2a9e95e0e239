//! Downloads one file, following redirects and resuming broken connections.

use std::path::Path;
use std::time::Duration;

use reqwest::header::{CONTENT_RANGE, LOCATION};
use reqwest::{Response, StatusCode, Url};

use super::expected_file::ExpectedFile;
use super::hub::Hub;
use super::partial_file::PartialFile;
use super::{Progress, PullError};

const MAX_REDIRECTS: usize = 10;
/// Maximum number of failed attempts in a row without a new byte.
const MAX_FAILURES: u32 = 5;

/// A downloaded file.
pub(super) struct Downloaded {
    /// The commit it belongs to, if the hub stated one.
    pub(super) commit: Option<String>,
    /// Whether the hub stated a known checksum. If so, it matched.
    pub(super) is_checked: bool,
}

/// Downloads a file and checks it. Returns `None` if the hub does not have a file that is optional.
pub(super) async fn download(
    hub: &Hub,
    address: Url,
    path: &Path,
    (file, is_needed): (&'static str, bool),
    progress: &mut Progress,
) -> Result<Option<Downloaded>, PullError> {
    let mut part = PartialFile::create(path).await?;
    let mut expected = ExpectedFile::default();
    let source = RemoteFile {
        hub,
        address: &address,
        file,
        is_needed,
    };
    if !source
        .receive_all(&mut part, &mut expected, progress)
        .await?
    {
        part.remove().await?;
        return Ok(None);
    }
    progress.end();
    part.flush().await?;
    let is_checked = expected.check(path, part.written, file).await?;
    Ok(Some(Downloaded {
        commit: expected.commit,
        is_checked,
    }))
}

/// A file on the hub.
struct RemoteFile<'a> {
    hub: &'a Hub,
    address: &'a Url,
    file: &'static str,
    is_needed: bool,
}

/// Result of one attempt.
enum Outcome {
    /// The file is complete.
    Complete,
    /// The hub does not have an optional file.
    NotFound,
    /// Another attempt may succeed.
    Retry(Option<reqwest::Error>),
}

impl RemoteFile<'_> {
    /// Downloads the file in as many attempts as needed. Returns whether it exists; only an optional
    /// one may be missing.
    async fn receive_all(
        &self,
        part: &mut PartialFile<'_>,
        expected: &mut ExpectedFile,
        progress: &mut Progress,
    ) -> Result<bool, PullError> {
        let mut failures = 0;
        loop {
            let before = part.written;
            let can_retry = failures < MAX_FAILURES;
            let broken = match self
                .receive_rest(part, expected, progress, can_retry)
                .await?
            {
                Outcome::Complete => return Ok(true),
                Outcome::NotFound => return Ok(false),
                Outcome::Retry(error) => error,
            };
            failures = if part.written > before {
                0
            } else {
                failures + 1
            };
            if failures > MAX_FAILURES {
                return Err(PullError::Broken {
                    file: self.file,
                    at: part.written,
                    source: broken,
                });
            }
            tokio::time::sleep(Duration::from_millis(100 << failures)).await;
        }
    }

    /// Makes one attempt to download the rest. `can_retry` says whether an error of the server is
    /// worth another.
    async fn receive_rest(
        &self,
        part: &mut PartialFile<'_>,
        expected: &mut ExpectedFile,
        progress: &mut Progress,
        can_retry: bool,
    ) -> Result<Outcome, PullError> {
        let file = self.file;
        let response = match follow(self.hub, self.address, part.written, file, expected).await? {
            Ok(response) => response,
            Err(error) => return Ok(Outcome::Retry(Some(error))),
        };
        match response.status() {
            StatusCode::NOT_FOUND if self.is_needed => Err(PullError::Missing(file)),
            StatusCode::NOT_FOUND => Ok(Outcome::NotFound),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(PullError::Refused(file)),
            // The partial file does not belong to this file.
            StatusCode::RANGE_NOT_SATISFIABLE if part.written > 0 => {
                part.restart().await?;
                Ok(Outcome::Retry(None))
            }
            status if status.is_server_error() && can_retry => Ok(Outcome::Retry(None)),
            status if !status.is_success() => Err(PullError::Status {
                file,
                status: status.as_u16(),
            }),
            _ => match receive(response, part, file, expected, progress).await? {
                Ok(()) => Ok(Outcome::Complete),
                Err(error) => Ok(Outcome::Retry(Some(error))),
            },
        }
    }
}

/// Requests the file from the hub and follows redirects. The inner error is worth a retry.
async fn follow(
    hub: &Hub,
    address: &Url,
    from: u64,
    file: &'static str,
    expected: &mut ExpectedFile,
) -> Result<Result<Response, reqwest::Error>, PullError> {
    let mut address = address.clone();
    for _ in 0..MAX_REDIRECTS {
        let response = match hub.get(&address, from).await {
            Ok(response) => response,
            Err(error) => return Ok(Err(error)),
        };
        let is_redirect = response.status().is_redirection();
        if hub.is_hub_origin(&address) {
            expected.update(response.headers(), is_redirect);
        }
        if !is_redirect {
            return Ok(Ok(response));
        }
        let target = response
            .headers()
            .get(LOCATION)
            .and_then(|target| target.to_str().ok());
        let target = target.and_then(|target| address.join(target).ok());
        address = target
            .filter(|target| is_followed(&address, target))
            .ok_or(PullError::Redirect(file))?;
    }
    Err(PullError::Redirect(file))
}

/// Whether to follow a redirect: only to http or https, and never from https to http.
fn is_followed(from: &Url, to: &Url) -> bool {
    to.scheme() == "https" || (from.scheme(), to.scheme()) == ("http", "http")
}

/// Writes the response to the partial file. The inner error is worth a retry.
async fn receive(
    mut response: Response,
    part: &mut PartialFile<'_>,
    file: &'static str,
    expected: &mut ExpectedFile,
    progress: &mut Progress,
) -> Result<Result<(), reqwest::Error>, PullError> {
    if !resumes_at(&response, part.written) {
        part.restart().await?;
    }
    expected.size = expected
        .size
        .or_else(|| Some(part.written + response.content_length()?));
    loop {
        progress.show(file, part.written, expected.size);
        match response.chunk().await {
            Ok(Some(bytes)) => part.write(&bytes).await?,
            Ok(None) => return Ok(Ok(())),
            Err(error) => return Ok(Err(error.without_url())),
        }
        if expected.size.is_some_and(|size| part.written > size) {
            return Err(PullError::Damaged { file, what: "size" });
        }
    }
}

/// Whether a response continues at this byte.
fn resumes_at(response: &Response, at: u64) -> bool {
    let range = response
        .headers()
        .get(CONTENT_RANGE)
        .and_then(|range| range.to_str().ok());
    let start = range.and_then(|range| {
        range
            .strip_prefix("bytes ")?
            .split('-')
            .next()?
            .parse()
            .ok()
    });
    response.status() == StatusCode::PARTIAL_CONTENT && start == Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_never_downgrades_to_http() {
        for (from, to, is_allowed) in [
            ("https://hub.example/a", "https://cdn.example/a", true),
            ("http://127.0.0.1/a", "https://cdn.example/a", true),
            ("http://127.0.0.1/a", "http://127.0.0.1:9/a", true),
            ("https://hub.example/a", "http://hub.example/a", false),
            ("https://hub.example/a", "file:///etc/hosts", false),
            ("http://127.0.0.1/a", "ftp://cdn.example/a", false),
        ] {
            assert_eq!(
                is_followed(&from.parse().unwrap(), &to.parse().unwrap()),
                is_allowed,
                "{from} {to}"
            );
        }
    }
}
