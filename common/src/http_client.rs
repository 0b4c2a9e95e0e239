//! The one HTTP client of a process, and what can go wrong with a call.

use std::path::Path;
use std::time::{Duration, Instant};

use http::StatusCode;
use http::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::RequestBuilder;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use url::Url;

/// How long a connection may take to come about. Upstreams are near, or down.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// The longest answer that is read, in bytes: a memory store or a model that sends more is broken.
const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// `Retry-After` beyond this is not believed, in seconds.
const MAX_RETRY_AFTER: u64 = 900;

/// Builds the client: rustls with ring and bundled roots, so that neither the first handshake nor a
/// missing certificate store costs a caller time.
///
/// # Errors
/// When TLS cannot be set up at all.
pub fn build() -> Result<reqwest::Client, reqwest::Error> {
    build_with(public_roots())
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The file of further authorities cannot be read, or holds none.
    #[error("EXTRA_CA_FILE: {0}")]
    Authorities(String),
    /// TLS cannot be set up.
    #[error("the HTTP client cannot be built: {0}")]
    Tls(#[from] reqwest::Error),
}

/// Like [`build`], and trusts the certificate authorities of a PEM file besides: a memory store on
/// a network of one's own has a certificate that no public authority vouches for. `lookup` gives
/// `EXTRA_CA_FILE`, or nothing.
///
/// # Errors
/// [`ClientError`]
pub fn build_for(lookup: impl Fn(&str) -> Option<String>) -> Result<reqwest::Client, ClientError> {
    let mut roots = public_roots();
    if let Some(file) = lookup("EXTRA_CA_FILE").filter(|file| !file.trim().is_empty()) {
        add_authorities(&mut roots, Path::new(&file))?;
    }
    Ok(build_with(roots)?)
}

fn build_with(roots: RootCertStore) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls(roots))
        .connect_timeout(CONNECT_LIMIT)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("elaaoms/", env!("CARGO_PKG_VERSION")))
        .build()
}

fn public_roots() -> RootCertStore {
    RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned())
}

fn add_authorities(roots: &mut RootCertStore, file: &Path) -> Result<(), ClientError> {
    let wrong = |reason: String| ClientError::Authorities(format!("{}: {reason}", file.display()));
    let before = roots.len();
    for certificate in
        CertificateDer::pem_file_iter(file).map_err(|error| wrong(error.to_string()))?
    {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| wrong(error.to_string()))?;
    }
    if roots.len() == before {
        Err(wrong("no certificate is in it".to_owned()))
    } else {
        Ok(())
    }
}

#[expect(
    clippy::expect_used,
    reason = "ring supports the default protocol versions"
)]
fn tls(roots: RootCertStore) -> rustls::ClientConfig {
    rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("ring supports the default protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Whether a key may be sent to this address: over TLS, to this machine, or to a host that
/// `PLAIN_HTTP_HOSTS` names (separated by commas), such as a container in a network of its own.
#[must_use]
pub fn may_carry_key(url: &Url, plain_http_hosts: Option<&str>) -> bool {
    let Some(host) = url.host() else { return false };
    let is_this_machine = match &host {
        url::Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        url::Host::Ipv4(address) => address.is_loopback() || address.is_unspecified(),
        url::Host::Ipv6(address) => {
            address.to_canonical().is_loopback() || address.is_unspecified()
        }
    };
    let host = host.to_string();
    let is_allowed = || {
        plain_http_hosts
            .unwrap_or_default()
            .split(',')
            .any(|allowed| allowed.trim() == host)
    };
    url.scheme() == "https" || is_this_machine || is_allowed()
}

/// Why a call to an upstream did not give what was asked for. Holds neither bodies nor URLs: both
/// may be personal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No connection, or it broke before an answer came.
    #[error("cannot be reached")]
    Unreachable,
    /// No answer in time.
    #[error("did not answer in time")]
    TimedOut,
    /// 429, with the pause it asks for.
    #[error("asks to slow down")]
    Throttled(Option<Duration>),
    /// 5xx, 408 or 409: it may work later.
    #[error("answered {0}")]
    Failing(StatusCode),
    /// 401 or 403.
    #[error("refused the key ({0})")]
    Unauthorised(StatusCode),
    /// 413: more than the upstream takes at once.
    #[error("refused a request as too large")]
    TooLarge,
    /// Any other status that is no success: asking again will not help.
    #[error("refused the request ({0})")]
    Refused(StatusCode),
    /// An answer that is not what the contract says, or longer than anyone should send.
    #[error("sent an answer that cannot be read")]
    Unreadable,
}

impl CallError {
    /// Whether the same call may succeed later without anyone changing anything.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable
            | Self::TimedOut
            | Self::Throttled(_)
            | Self::Failing(_)
            | Self::Unreadable => true,
            Self::Unauthorised(_) | Self::TooLarge | Self::Refused(_) => false,
        }
    }

    /// What a status stands for; `None` for a success.
    pub(crate) fn of_status(status: StatusCode) -> Option<Self> {
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
        // A server that takes no connection is away; one that takes it and does not answer may be
        // slow with this request.
        if error.is_timeout() && !error.is_connect() {
            Self::TimedOut
        } else if error.is_decode() {
            Self::Unreadable
        } else {
            Self::Unreachable
        }
    }

    /// A fixed name for metrics.
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

/// A whole answer, whatever its status.
pub struct HttpResponse {
    /// Its status.
    pub status: StatusCode,
    retry_after: Option<Duration>,
    body: Vec<u8>,
}

impl HttpResponse {
    /// The answer itself when it is a success.
    ///
    /// # Errors
    /// The [`CallError`] that its status stands for.
    pub fn success(self) -> Result<Self, CallError> {
        match self.error() {
            None => Ok(self),
            Some(error) => Err(error),
        }
    }

    /// The same with the status that the body's `error.code` names, where a success holds an error.
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
            let named = self
                .json::<Body>()
                .ok()
                .and_then(|body| StatusCode::from_u16(body.error.code).ok());
            self.status = named
                .filter(|status| !status.is_success())
                .unwrap_or(self.status);
        }
        self
    }

    /// What its status stands for, unless it is a success.
    #[must_use]
    pub fn error(&self) -> Option<CallError> {
        match CallError::of_status(self.status) {
            Some(CallError::Throttled(_)) => Some(CallError::Throttled(self.retry_after())),
            outcome => outcome,
        }
    }

    /// The pause that it asks for: in the header, or in a field `retry_after` of the body.
    fn retry_after(&self) -> Option<Duration> {
        #[derive(Deserialize)]
        struct Pause {
            retry_after: u64,
        }
        let in_body = || {
            self.json::<Pause>()
                .ok()
                .map(|pause| believed(pause.retry_after))
        };
        self.retry_after.or_else(in_body)
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// [`CallError::Unreadable`] when it is no JSON of this shape.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, CallError> {
        // Checked once, the bytes need not be checked again for every text in them.
        let text = std::str::from_utf8(&self.body).map_err(|_| CallError::Unreadable)?;
        serde_json::from_str(text).map_err(|_| CallError::Unreadable)
    }

    /// The body as it came.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// Sends a request and reads the whole answer.
///
/// # Errors
/// [`CallError::Unreachable`], [`CallError::TimedOut`] or [`CallError::Unreadable`]; a status is
/// never an error here.
pub async fn send(request: RequestBuilder) -> Result<HttpResponse, CallError> {
    let mut response = request
        .send()
        .await
        .map_err(|error| CallError::from_reqwest(&error))?;
    let status = response.status();
    let retry_after = pause_asked_for(response.headers());
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| CallError::from_reqwest(&error))?
    {
        if body.len() + chunk.len() > MAX_ANSWER {
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

/// Like [`send`], for requests that may safely arrive twice: a connection that died while the
/// function was frozen is replaced once. A time-out is not retried, because whoever waits has
/// waited enough.
///
/// # Errors
/// As [`send`].
pub async fn send_idempotent(request: RequestBuilder) -> Result<HttpResponse, CallError> {
    let (again, started) = (request.try_clone(), Instant::now());
    match (send(request).await, again) {
        (Err(CallError::Unreachable), Some(again)) if started.elapsed() < CONNECT_LIMIT => {
            Box::pin(send(again)).await
        }
        (result, _) => result,
    }
}

/// `base` with these segments behind its own path, each percent-encoded.
#[must_use]
pub fn join(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// `Retry-After` in seconds, or as a date. That is held against the server's own clock, which every
/// answer names.
fn pause_asked_for(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    let asked = text(RETRY_AFTER)?;
    asked.parse().ok().map(believed).or_else(|| {
        let (until, now) = (date(asked)?, date(text(DATE)?)?);
        Some(believed(
            u64::try_from(until.as_second() - now.as_second()).unwrap_or_default(),
        ))
    })
}

fn date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

fn believed(seconds: u64) -> Duration {
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

    /// Made for this test; its key is nowhere.
    const OWN_AUTHORITY: &str = "-----BEGIN CERTIFICATE-----
MIIBnzCCAUWgAwIBAgIUd+Cu0E6b7aFm9dn1KI5+L36bPlcwCgYIKoZIzj0EAwIw
JDEiMCAGA1UEAwwZQW4gYXV0aG9yaXR5IG9mIG9uZSdzIG93bjAgFw0yNjExMjUx
NjE5MzVaGA8yMTI2MTEwMTE2MTkzNVowJDEiMCAGA1UEAwwZQW4gYXV0aG9yaXR5
IG9mIG9uZSdzIG93bjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABH+QAosACNVW
UHAx9pomCp4rSk8ivSlooOyTrzNOnnrceI1gFfefeBDNpXxTWFFk6eKvDjWxk3Xz
87XOAYBEhe2jUzBRMB0GA1UdDgQWBBTdNvEX04Zk3V2W5+ekgWHkwIcXDDAfBgNV
HSMEGDAWgBTdNvEX04Zk3V2W5+ekgWHkwIcXDDAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0gAMEUCIQCHaVoQzTB+pVYhHHeo01BIqwnHF/eIT1l7XuKuL/Io
GQIgfv6K3ZDk8b325pA8DDbgwNYvx5q+H/gyb3U1sLrZelI=
-----END CERTIFICATE-----
";

    #[test]
    fn authorities_of_ones_own_are_trusted_or_named_as_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let mut roots = public_roots();
        let public = roots.len();
        add_authorities(&mut roots, &file("own.pem", OWN_AUTHORITY)).unwrap();
        assert_eq!(roots.len(), public + 1);
        let nowhere = folder.path().join("nowhere.pem");
        for wrong in [
            nowhere,
            file("empty.pem", ""),
            file("broken.pem", &OWN_AUTHORITY.replace("MII", "MIIx")),
        ] {
            let error = build_for(|_| Some(wrong.display().to_string()))
                .unwrap_err()
                .to_string();
            assert!(
                error.starts_with("EXTRA_CA_FILE: ") && error.contains(".pem"),
                "{error}"
            );
        }
        assert!(build_for(|_| None).is_ok() && build_for(|_| Some(" ".to_owned())).is_ok());
    }

    #[test]
    fn a_pause_is_believed_within_reason() {
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
                pause_asked_for(&headers),
                seconds.map(Duration::from_secs),
                "{asked}"
            );
        }
        let without_clock = HeaderMap::from_iter([(RETRY_AFTER, now.parse().unwrap())]);
        assert_eq!(pause_asked_for(&without_clock), None);
    }

    /// Its queue of connections is full: further ones are neither taken nor refused, as behind a
    /// firewall.
    #[tokio::test]
    async fn a_server_that_takes_no_connection_is_away_and_does_not_count_as_slow() {
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
            "the queue is never full"
        );
        let limit = CONNECT_LIMIT * 4;
        let request = build()
            .unwrap()
            .get(format!("http://{address}/"))
            .timeout(limit);
        let started = Instant::now();
        assert_eq!(send(request).await.err(), Some(CallError::Unreachable));
        assert!(started.elapsed() < limit);
    }
}
