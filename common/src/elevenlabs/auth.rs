//! Webhook authentication as axum extractors. A handler that takes [`SignedBody`] or
//! [`Authenticated`] never runs for an unauthenticated request.

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

use super::event::Event;
use super::signature::{self, SignatureError};
use crate::json;
use crate::secrets::{SecretSet, Secrets};
use crate::settings::{AllowList, AuthSettings};
use crate::webhook_error::WebhookError;

/// Largest post-call body in bytes: Lambda's limit.
pub const MAX_POST_CALL_BODY: usize = 6 * 1024 * 1024;
/// Largest body of the other webhooks in bytes. They carry a few ids and one question.
pub const MAX_REQUEST_BODY: usize = 64 * 1024;
/// How much of an oversized body is read and discarded, in bytes. The sender then receives the
/// error response instead of a broken connection.
const MAX_DRAINED: usize = 64 * 1024 * 1024;

/// Most keys of one request that are checked.
const MAX_KEYS: usize = 8;
/// Most signatures of one request that are checked.
const MAX_SIGNATURES: usize = 2;

/// The source address of a request. The server that accepted the connection sets this extension.
#[derive(Debug, Clone, Copy)]
pub struct SourceIp(pub IpAddr);

/// Why a request is not authenticated. Only for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The source address is outside `ALLOWED_CIDRS`.
    #[error("the address is not in ALLOWED_CIDRS")]
    AddressNotAllowed,
    /// The request has neither a signature nor a key.
    #[error("no signature and no key")]
    MissingCredentials,
    /// No key in the headers matches, or no key is configured.
    #[error("the key in the header is wrong")]
    WrongKey,
    /// The secrets are unavailable, so the request cannot be checked.
    #[error("the secrets cannot be read")]
    SecretsUnavailable,
    /// The signature is invalid.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl From<AuthError> for WebhookError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::SecretsUnavailable => Self::SecretsUnavailable,
            cause => Self::Unauthenticated(cause.to_string()),
        }
    }
}

/// What the headers prove before the body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The headers hold a valid key.
    Key,
    /// The headers hold a well-formed, recent signature. It can be verified only with the body.
    Signature,
    /// The request cannot be authenticated.
    None,
}

/// Authenticates webhook requests.
#[derive(Debug, Clone)]
pub struct WebhookAuth {
    secrets: Secrets,
    allowed: Arc<AllowList>,
}

impl WebhookAuth {
    /// Returns the authentication with these secrets and settings.
    #[must_use]
    pub fn new(secrets: Secrets, settings: &AuthSettings) -> Self {
        Self {
            secrets,
            allowed: Arc::new(settings.allowed.clone()),
        }
    }

    /// Returns what the headers alone prove. A webhook still verifies a signature over the whole
    /// body.
    pub async fn proof(&self, headers: &HeaderMap) -> Proof {
        if self.check_key(headers).await.is_ok() {
            Proof::Key
        } else if check_timely(headers).is_ok() {
            Proof::Signature
        } else {
            Proof::None
        }
    }

    fn check_address(&self, parts: &Parts) -> Result<(), AuthError> {
        let address = parts.extensions.get::<SourceIp>().map(|source| source.0);
        if self.allowed.contains(address) {
            Ok(())
        } else {
            Err(AuthError::AddressNotAllowed)
        }
    }

    async fn check_signature(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), AuthError> {
        signatures_in(headers)
            .next()
            .ok_or(AuthError::MissingCredentials)?;
        self.secrets
            .check(|secrets: &SecretSet| verify_signature(headers, body, secrets))
            .await
    }

    async fn check_key(&self, headers: &HeaderMap) -> Result<(), AuthError> {
        keys_in(headers)
            .next()
            .ok_or(AuthError::MissingCredentials)?;
        self.secrets
            .check(|secrets: &SecretSet| {
                if keys_in(headers).any(|key| is_own_key(key, secrets)) {
                    Ok(())
                } else if secrets.is_unknown() {
                    Err(AuthError::SecretsUnavailable)
                } else {
                    Err(AuthError::WrongKey)
                }
            })
            .await
    }
}

/// A post-call webhook with a valid signature, and its exact bytes.
pub struct SignedBody {
    /// The reported event.
    pub event: Event,
    /// The signed body.
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
        auth.check_address(&parts)?;
        // Reject requests that cannot succeed before their body takes memory.
        check_timely(&parts.headers)?;
        let raw = read_up_to(MAX_POST_CALL_BODY, body).await?;
        auth.check_signature(&parts.headers, &raw).await?;
        Ok(Self {
            event: Event::read(&raw),
            raw,
        })
    }
}

/// A request of one of our agents, authenticated by the secret header or by a signature as the
/// deployment guide configures it.
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
        auth.check_address(&parts)?;
        let key_check = auth.check_key(&parts.headers).await;
        if let Err(key_error) = key_check {
            check_timely(&parts.headers).map_err(|error| {
                if error == AuthError::MissingCredentials {
                    key_error
                } else {
                    error
                }
            })?;
        }
        let raw = read_up_to(MAX_REQUEST_BODY, body).await?;
        if key_check.is_err() {
            auth.check_signature(&parts.headers, &raw).await?;
        }
        read_object(&raw).map(Self)
    }
}

/// Parses a JSON object. Serde would also read a struct from a list, field by field in declaration
/// order, so a list is rejected.
fn read_object<T: DeserializeOwned>(raw: &[u8]) -> Result<T, WebhookError> {
    let raw = &json::repaired(raw);
    if raw.trim_ascii_start().starts_with(b"[") {
        return Err(WebhookError::BadRequest(
            "the body is a list instead of an object".to_owned(),
        ));
    }
    serde_json::from_slice(raw).map_err(|error| WebhookError::from_json(&error))
}

/// Checks without the body that one of the signatures is well-formed and recent.
fn check_timely(headers: &HeaderMap) -> Result<(), AuthError> {
    let checks = signatures_in(headers).map(|header| signature::check_timely(header, now()));
    first_success(checks)
        .ok_or(AuthError::MissingCredentials)?
        .map_err(AuthError::from)
}

async fn read_up_to(limit: usize, mut body: Body) -> Result<Bytes, WebhookError> {
    // The announced length is only reserved. Memory is used as the body arrives.
    let announced = usize::try_from(body.size_hint().exact().unwrap_or_default()).unwrap_or(limit);
    let mut raw = BytesMut::with_capacity(announced.min(limit));
    let mut length = 0;
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

/// Returns every key in `x-api-key` and `Authorization: Bearer …`. Gateways add tokens of their
/// own, clients repeat headers, and proxies join repeated headers with commas. Our keys hold no
/// comma.
fn keys_in(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let bearer = values(headers, header::AUTHORIZATION.as_str()).filter_map(bearer_token);
    values(headers, "x-api-key")
        .chain(bearer)
        .filter(|key| !key.is_empty())
        .take(MAX_KEYS)
}

fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
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

/// Returns the signature headers. A repeated header is checked twice.
fn signatures_in(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(signature::HEADER)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .take(MAX_SIGNATURES)
}

/// Returns the first success, or else the first failure.
fn first_success<E>(mut results: impl Iterator<Item = Result<(), E>>) -> Option<Result<(), E>> {
    let first = results.next()?;
    Some(if first.is_ok() || results.any(|result| result.is_ok()) {
        Ok(())
    } else {
        first
    })
}

fn verify_signature(
    headers: &HeaderMap,
    body: &[u8],
    secrets: &SecretSet,
) -> Result<(), AuthError> {
    let results = signatures_in(headers)
        .map(|header| signature::verify(header, body, secrets.post_call_hmac_keys(), now()));
    let result = first_success(results).ok_or(AuthError::MissingCredentials)?;
    result.map_err(|error| {
        if secrets.is_unknown() {
            AuthError::SecretsUnavailable
        } else {
            error.into()
        }
    })
}

fn is_own_key(key: &str, secrets: &SecretSet) -> bool {
    let own_keys = secrets.webhook_api_keys().iter();
    web::key::is_valid(
        key.as_bytes(),
        own_keys.map(|own: &SecretString| own.expose_secret().as_bytes()),
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "the age of a signature is measured with our clock"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
