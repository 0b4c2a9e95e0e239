//! Requests to upstreams, their responses and errors. The client itself comes from `web`.

use std::time::{Duration, Instant};

use http::StatusCode;
use http::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::RequestBuilder;
use serde::Deserialize;
use url::Url;
use web::client::CONNECT_TIMEOUT;

pub use web::address::{is_this_machine, may_carry_key};
pub use web::client::{ClientError, build, build_from_settings};

/// Largest response in bytes. A memory store or provider that sends more is broken.
const MAX_RESPONSE: usize = 16 * 1024 * 1024;
/// Upper bound for `Retry-After` in seconds.
const MAX_RETRY_AFTER: u64 = 900;

/// Why a call to an upstream failed. Holds neither bodies nor URLs, because both may be personal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No connection, or it broke before a response arrived.
    #[error("is unreachable")]
    Unreachable,
    /// No response in time.
    #[error("did not answer in time")]
    TimedOut,
    /// 429, with the pause that the upstream requested.
    #[error("requests are throttled")]
    Throttled(Option<Duration>),
    /// 5xx, 408 or 409. A later attempt may succeed.
    #[error("answered {0}")]
    Failing(StatusCode),
    /// 401 or 403.
    #[error("refused the key ({0})")]
    Unauthorised(StatusCode),
    /// 413.
    #[error("rejected the request as too large")]
    TooLarge,
    /// Any other unsuccessful status. Retrying does not help.
    #[error("rejected the request ({0})")]
    Refused(StatusCode),
    /// The response does not follow the contract or is too long.
    #[error("sent an unreadable response")]
    Unreadable,
}

impl CallError {
    /// Returns whether the same call may succeed later without a change.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable
            | Self::TimedOut
            | Self::Throttled(_)
            | Self::Failing(_)
            | Self::Unreadable => true,
            Self::Unauthorised(_) | Self::TooLarge | Self::Refused(_) => false,
        }
    }

    /// Returns the error of a status, or `None` for success.
    pub(crate) fn from_status(status: StatusCode) -> Option<Self> {
        Some(match status {
            status if status.is_success() => return None,
            StatusCode::TOO_MANY_REQUESTS => Self::Throttled(None),
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Self::Unauthorised(status),
            StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT => Self::Failing(status),
            status if status.is_server_error() => Self::Failing(status),
            status => Self::Refused(status),
        })
    }

    pub(crate) fn from_reqwest(error: &reqwest::Error) -> Self {
        // A server that accepts no connection is down. One that accepts it but does not respond may
        // be slow with this request.
        if error.is_timeout() && !error.is_connect() {
            Self::TimedOut
        } else if error.is_decode() {
            Self::Unreadable
        } else {
            Self::Unreachable
        }
    }

    /// Returns the error's name in metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Throttled(_) => "throttled",
            Self::Failing(_) => "failing",
            Self::Unauthorised(_) => "unauthorised",
            Self::TooLarge => "too_large",
            Self::Refused(_) => "refused",
            Self::Unreadable => "unreadable",
        }
    }
}

/// A complete response of any status.
pub struct HttpResponse {
    /// The status.
    pub status: StatusCode,
    retry_after: Option<Duration>,
    body: Vec<u8>,
}

impl HttpResponse {
    /// Reads the whole response of a service in this process.
    pub(crate) async fn read(
        response: http::Response<axum::body::Body>,
    ) -> Result<Self, CallError> {
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, MAX_RESPONSE)
            .await
            .map_err(|_| CallError::Unreadable)?;
        Ok(Self {
            status: parts.status,
            retry_after: requested_pause(&parts.headers),
            body: body.into(),
        })
    }

    /// Returns the response if it is successful.
    ///
    /// # Errors
    /// Returns the [`CallError`] of the status.
    pub fn success(self) -> Result<Self, CallError> {
        match self.error() {
            None => Ok(self),
            Some(error) => Err(error),
        }
    }

    /// Replaces a successful status by the `error.code` of the body, for upstreams that report
    /// errors with status 200.
    pub(crate) fn with_status_of_error(mut self) -> Self {
        #[derive(Deserialize)]
        struct Body {
            error: Code,
        }
        #[derive(Deserialize)]
        struct Code {
            code: u16,
        }
        if self.status.is_success() {
            let status_in_body = self
                .json::<Body>()
                .ok()
                .and_then(|body| StatusCode::from_u16(body.error.code).ok());
            self.status = status_in_body
                .filter(|status| !status.is_success())
                .unwrap_or(self.status);
        }
        self
    }

    /// Returns the error of the status, or `None` for success.
    #[must_use]
    pub fn error(&self) -> Option<CallError> {
        match CallError::from_status(self.status) {
            Some(CallError::Throttled(_)) => Some(CallError::Throttled(self.retry_after())),
            outcome => outcome,
        }
    }

    /// Returns the requested pause, from the header or from the body's field `retry_after`.
    fn retry_after(&self) -> Option<Duration> {
        #[derive(Deserialize)]
        struct Pause {
            retry_after: u64,
        }
        let in_body = || {
            self.json::<Pause>()
                .ok()
                .map(|pause| capped(pause.retry_after))
        };
        self.retry_after.or_else(in_body)
    }

    /// Parses the body as JSON.
    ///
    /// # Errors
    /// [`CallError::Unreadable`] if the body is not JSON of this shape.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, CallError> {
        // One UTF-8 check of the body saves a check of every string in it.
        let text = std::str::from_utf8(&self.body).map_err(|_| CallError::Unreadable)?;
        serde_json::from_str(text).map_err(|_| CallError::Unreadable)
    }

    /// Returns the body as received.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// Sends a request and reads the whole response.
///
/// # Errors
/// [`CallError::Unreachable`], [`CallError::TimedOut`] or [`CallError::Unreadable`]. No status is
/// an error.
pub async fn send(request: RequestBuilder) -> Result<HttpResponse, CallError> {
    let mut response = request
        .send()
        .await
        .map_err(|error| CallError::from_reqwest(&error))?;
    let status = response.status();
    let retry_after = requested_pause(response.headers());
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| CallError::from_reqwest(&error))?
    {
        if body.len() + chunk.len() > MAX_RESPONSE {
            return Err(CallError::Unreadable);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpResponse {
        status,
        retry_after,
        body,
    })
}

/// Sends a request like [`send`] and retries it once if the connection broke, for requests that may
/// arrive twice. A connection can break while a function is frozen. A timeout is not retried: the
/// caller has waited long enough.
///
/// # Errors
/// Same as [`send`].
pub async fn send_idempotent(request: RequestBuilder) -> Result<HttpResponse, CallError> {
    let retry = request.try_clone();
    let started = Instant::now();
    match (send(request).await, retry) {
        (Err(CallError::Unreachable), Some(retry)) if started.elapsed() < CONNECT_TIMEOUT => {
            Box::pin(send(retry)).await
        }
        (result, _) => result,
    }
}

/// Returns `base` with these segments appended to its path, each percent-encoded.
#[must_use]
pub fn join(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// Parses `Retry-After`: seconds, or a date relative to the server's `Date`.
fn requested_pause(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    let retry_after = text(RETRY_AFTER)?;
    if let Ok(seconds) = retry_after.parse() {
        return Some(capped(seconds));
    }
    let until = date(retry_after)?;
    let now = date(text(DATE)?)?;
    let seconds = u64::try_from(until.as_second() - now.as_second()).unwrap_or_default();
    Some(capped(seconds))
}

fn date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

fn capped(seconds: u64) -> Duration {
    Duration::from_secs(seconds.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_id_in_a_path_stays_one_segment() {
        let base = Url::parse("http://127.0.0.1:8080/memory/").unwrap();
        let url = join(&base, &["callers", "user:a/../b?c#d", "+1555", "*"]);
        assert_eq!(
            url.as_str(),
            "http://127.0.0.1:8080/memory/callers/user:a%2F..%2Fb%3Fc%23d/+1555/*"
        );
    }

    #[test]
    fn a_requested_pause_is_capped() {
        let now = "Wed, 21 Oct 2026 07:28:00 GMT";
        for (asked, seconds) in [
            ("7", Some(7)),
            ("86400", Some(MAX_RETRY_AFTER)),
            ("Wed, 21 Oct 2026 07:29:30 GMT", Some(90)),
            ("Fri, 23 Oct 2026 07:28:00 GMT", Some(MAX_RETRY_AFTER)),
            ("Wed, 21 Oct 2026 07:00:00 GMT", Some(0)),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([
                (RETRY_AFTER, asked.parse().unwrap()),
                (DATE, now.parse().unwrap()),
            ]);
            assert_eq!(
                requested_pause(&headers),
                seconds.map(Duration::from_secs),
                "{asked}"
            );
        }
        let without_clock = HeaderMap::from_iter([(RETRY_AFTER, now.parse().unwrap())]);
        assert_eq!(requested_pause(&without_clock), None);
    }

    /// The listener's queue of connections is full. Further ones are neither accepted nor rejected,
    /// as behind a firewall.
    #[tokio::test]
    async fn a_server_that_accepts_no_connection_is_unreachable_not_slow() {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut held = Vec::new();
        let fill = async {
            loop {
                held.push(tokio::net::TcpStream::connect(address).await.unwrap());
            }
        };
        assert!(
            tokio::time::timeout(Duration::from_millis(500), fill)
                .await
                .is_err(),
            "the queue did not fill up"
        );
        let limit = CONNECT_TIMEOUT * 4;
        let request = build()
            .unwrap()
            .get(format!("http://{address}/"))
            .timeout(limit);
        let started = Instant::now();
        assert_eq!(send(request).await.err(), Some(CallError::Unreachable));
        assert!(started.elapsed() < limit);
    }
}
