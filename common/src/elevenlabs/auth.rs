//! WebhookAuth: extractors that only authentic requests pass. A handler that asks for
//! [`SignedBody`] or [`Authenticated`] cannot be reached by an unproven body.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::{FromRef, FromRequest, Request};
use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::event::Event;
use super::signature::{self, SignatureError};
use crate::json;
use crate::secrets::{SecretSet, Secrets};
use crate::settings::{AllowList, AuthSettings};
use crate::webhook_error::WebhookError;

/// Largest body of the post-call door, in bytes: Lambda's own limit.
pub const MAX_POST_CALL_BODY: usize = 6 * 1024 * 1024;
/// Largest body of the other doors, in bytes: they carry a few ids and one question.
pub const MAX_REQUEST_BODY: usize = 64 * 1024;
/// How much of an oversized body is read and thrown away, in bytes, so that the sender hears the
/// refusal instead of a broken connection.
const MAX_DRAINED: usize = 64 * 1024 * 1024;

/// Most keys and most signatures of one request that are looked at.
const MAX_KEYS: usize = 8;
const MAX_SIGNATURES: usize = 2;

/// The address a request came from, put into its extensions by whatever accepted the connection.
#[derive(Debug, Clone, Copy)]
pub struct SourceIp(pub IpAddr);

/// Why a request is not taken for authentic. For the log only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// It comes from outside `ALLOWED_CIDRS`.
    #[error("the address is not in ALLOWED_CIDRS")]
    Elsewhere,
    /// It carries no proof at all.
    #[error("no signature and no key")]
    NoProof,
    /// The secret header does not match, or no key is configured.
    #[error("the key in the header is not ours")]
    WrongKey,
    /// The secrets cannot be read just now, so nothing can be said.
    #[error("the secrets cannot be read")]
    SecretsUnknown,
    /// The signature does not hold.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

/// What the headers of a request prove before its body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// They carry our key.
    Key,
    /// They carry a well-formed signature of these minutes, over a body that is not read yet.
    Signature,
    /// The request cannot be authentic.
    None,
}

/// What the doors check against.
#[derive(Debug, Clone)]
pub struct WebhookAuth {
    secrets: Secrets,
    allowed: Arc<AllowList>,
}

impl WebhookAuth {
    /// Doors that open to what these secrets prove.
    #[must_use]
    pub fn new(secrets: Secrets, settings: &AuthSettings) -> Self {
        Self {
            secrets,
            allowed: Arc::new(settings.allowed.clone()),
        }
    }

    /// What the headers alone prove. A door still checks a signature over the whole body.
    pub async fn proof(&self, headers: &HeaderMap) -> Proof {
        if self.check_key(headers).await.is_ok() {
            Proof::Key
        } else if check_timely(headers).is_ok() {
            Proof::Signature
        } else {
            Proof::None
        }
    }

    fn admit(&self, parts: &Parts) -> Result<(), AuthError> {
        let address = parts.extensions.get::<SourceIp>().map(|source| source.0);
        if self.allowed.admits(address) {
            Ok(())
        } else {
            Err(AuthError::Elsewhere)
        }
    }

    async fn check_signature(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), AuthError> {
        signatures_in(headers).next().ok_or(AuthError::NoProof)?;
        let verify = |secrets: &SecretSet| {
            let verify =
                |header| signature::verify(header, body, secrets.post_call_hmac_keys(), now());
            let proof =
                first_success(signatures_in(headers).map(verify)).ok_or(AuthError::NoProof)?;
            proof.map_err(|error| {
                if secrets.is_unknown() {
                    AuthError::SecretsUnknown
                } else {
                    error.into()
                }
            })
        };
        self.secrets.check(verify).await
    }

    async fn check_key(&self, headers: &HeaderMap) -> Result<(), AuthError> {
        keys_in(headers).next().ok_or(AuthError::NoProof)?;
        let compare =
            |secrets: &SecretSet| match keys_in(headers).any(|given| is_ours(given, secrets)) {
                true => Ok(()),
                false if secrets.is_unknown() => Err(AuthError::SecretsUnknown),
                false => Err(AuthError::WrongKey),
            };
        self.secrets.check(compare).await
    }
}

/// A post-call webhook that ElevenLabs signed, with the bytes exactly as they came.
pub struct SignedBody {
    /// What it reports.
    pub event: Event,
    /// The signed bytes.
    pub raw: Bytes,
}

impl<S> FromRequest<S> for SignedBody
where
    S: Send + Sync,
    WebhookAuth: FromRef<S>,
{
    type Rejection = WebhookError;

    async fn from_request(request: Request, state: &S) -> Result<Self, WebhookError> {
        let auth = WebhookAuth::from_ref(state);
        let (parts, body) = request.into_parts();
        auth.admit(&parts)?;
        // A request that cannot be authentic is refused before its body takes memory.
        check_timely(&parts.headers)?;
        let raw = read_up_to(MAX_POST_CALL_BODY, body).await?;
        auth.check_signature(&parts.headers, &raw).await?;
        Ok(Self {
            event: Event::read(&raw),
            raw,
        })
    }
}

/// A request of one of our agents: it carries the secret header, or a signature as the deployment
/// guide configures it.
pub struct Authenticated<T>(pub T);

impl<S, T> FromRequest<S> for Authenticated<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
    WebhookAuth: FromRef<S>,
{
    type Rejection = WebhookError;

    async fn from_request(request: Request, state: &S) -> Result<Self, WebhookError> {
        let auth = WebhookAuth::from_ref(state);
        let (parts, body) = request.into_parts();
        auth.admit(&parts)?;
        let by_key = auth.check_key(&parts.headers).await;
        if let Err(doubt) = by_key {
            check_timely(&parts.headers).map_err(|error| {
                if error == AuthError::NoProof {
                    doubt
                } else {
                    error
                }
            })?;
        }
        let raw = read_up_to(MAX_REQUEST_BODY, body).await?;
        if by_key.is_err() {
            auth.check_signature(&parts.headers, &raw).await?;
        }
        read_object(&raw).map(Self)
    }
}

/// A struct could be read from a list as well, field by field, in an order that nobody promised.
fn read_object<T: DeserializeOwned>(raw: &[u8]) -> Result<T, WebhookError> {
    let raw = &json::repaired(raw);
    if raw.trim_ascii_start().starts_with(b"[") {
        return Err(WebhookError::BadRequest(
            "the body is a list and no object".to_owned(),
        ));
    }
    serde_json::from_slice(raw).map_err(|error| WebhookError::from_json(&error))
}

/// Checks, without the body, that one of the signatures may hold: well-formed and of these minutes.
fn check_timely(headers: &HeaderMap) -> Result<(), AuthError> {
    let checked = signatures_in(headers).map(|header| signature::check_timely(header, now()));
    first_success(checked)
        .ok_or(AuthError::NoProof)?
        .map_err(AuthError::from)
}

async fn read_up_to(limit: usize, mut body: Body) -> Result<Bytes, WebhookError> {
    // Memory of the announced length is reserved, and taken only as it is filled.
    let announced = usize::try_from(body.size_hint().exact().unwrap_or_default()).unwrap_or(limit);
    let (mut raw, mut length) = (BytesMut::with_capacity(announced.min(limit)), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| WebhookError::Interrupted)?.into_data() else {
            continue;
        };
        length += data.len();
        if length <= limit {
            raw.extend_from_slice(&data);
        } else if length > MAX_DRAINED {
            break;
        }
    }
    if length <= limit {
        Ok(raw.freeze())
    } else {
        Err(WebhookError::TooLarge { limit })
    }
}

/// Every key that the headers carry: in `x-api-key`, and in `Authorization: Bearer …`. Gateways and
/// meshes add tokens of their own, clients repeat headers, and proxies join repeated headers with
/// commas; our key holds no comma.
fn keys_in(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let bearer = texts(headers, header::AUTHORIZATION.as_str()).filter_map(bearer_token);
    texts(headers, "x-api-key")
        .chain(bearer)
        .filter(|key| !key.is_empty())
        .take(MAX_KEYS)
}

fn texts<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let lines = headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

fn bearer_token(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The signature headers. One that comes twice is looked at twice.
fn signatures_in(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(signature::HEADER)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .take(MAX_SIGNATURES)
}

/// The first success, else the first failure.
fn first_success<E>(mut results: impl Iterator<Item = Result<(), E>>) -> Option<Result<(), E>> {
    let first = results.next()?;
    Some(if first.is_ok() || results.any(|result| result.is_ok()) {
        Ok(())
    } else {
        first
    })
}

fn is_ours(given: &str, secrets: &SecretSet) -> bool {
    let given = digest(given);
    let equal = |key: &SecretString| given.ct_eq(&digest(key.expose_secret()));
    secrets
        .webhook_api_keys()
        .iter()
        .map(equal)
        .fold(Choice::from(0), |any, one| any | one)
        .into()
}

/// Digests have one length, so that comparing them does not tell how long the key is.
fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the door is where a request's time is read"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
