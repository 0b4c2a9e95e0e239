//! Verifies the `ElevenLabs-Signature` header: `t=<unix seconds>,v0=<hex of HMAC-SHA256(secret,
//! "<t>.<raw body>")>`.
//!
//! The secret is used as its raw UTF-8 bytes, even if it starts with `wsec_`. Parts come in any
//! order and unknown parts are ignored. Any of several `v0` may match under any of several secrets,
//! which allows secrets to be rotated.

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The header's name in lower case, as HTTP libraries use it.
pub const HEADER: &str = "elevenlabs-signature";
/// Greatest age of a signature. ElevenLabs' last retry comes after 30 minutes with a new signature.
pub const MAX_AGE: SignedDuration = SignedDuration::from_mins(30);
/// How far in the future a signature may be, to tolerate different clocks.
pub const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// Bytes of an HMAC-SHA256.
const MAC_LENGTH: usize = 32;

/// Why a signature is rejected. Only for the log: the sender learns no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// No secret is configured.
    #[error("no ELEVENLABS_POST_CALL_HMAC_KEY is configured")]
    NoSecret,
    /// The header does not have the form `t=…,v0=…`.
    #[error("the signature header is malformed")]
    Malformed,
    /// The signature is older than [`MAX_AGE`].
    #[error("the signature is too old")]
    Stale,
    /// The signature is further in the future than [`MAX_AHEAD`].
    #[error("the signature is from the future: a clock is wrong")]
    FromTheFuture,
    /// No signature in the header matches the body under a configured secret.
    #[error("the signature does not match the body")]
    Mismatch,
}

/// Checks that `header` signs exactly these bytes under one of the secrets, at a time close to
/// `now`.
///
/// # Errors
/// [`SignatureError`] says which check failed.
pub fn verify(
    header: &str,
    body: &[u8],
    secrets: &[SecretString],
    now: Timestamp,
) -> Result<(), SignatureError> {
    if secrets.is_empty() {
        return Err(SignatureError::NoSecret);
    }
    let parts = Parts::parse(header)?;
    parts.check_time(now)?;
    if secrets
        .iter()
        .any(|secret| parts.matches_body(body, secret))
    {
        Ok(())
    } else {
        Err(SignatureError::Mismatch)
    }
}

/// Checks that `header` is a well-formed signature made at a time close to `now`. Verifying the
/// signature itself needs the body.
///
/// # Errors
/// [`SignatureError`] says which check failed.
pub fn check_timely(header: &str, now: Timestamp) -> Result<(), SignatureError> {
    Parts::parse(header).and_then(|parts| parts.check_time(now))
}

/// Returns the header value for these bytes, as ElevenLabs would write it at `now`.
#[must_use]
pub fn sign(body: &[u8], secret: &SecretString, now: Timestamp) -> String {
    let time = now.as_second().to_string();
    let signature = hex::encode(mac(&time, body, secret).finalize().into_bytes());
    format!("t={time},v0={signature}")
}

struct Parts<'a> {
    /// The literal text, because it is part of the signed bytes.
    time: &'a str,
    signatures: Vec<[u8; MAC_LENGTH]>,
}

impl<'a> Parts<'a> {
    fn parse(header: &'a str) -> Result<Self, SignatureError> {
        let mut time = None;
        let mut signatures = Vec::new();
        for part in header.split(',') {
            match part.trim().split_once('=') {
                Some(("t", value)) if time.is_some_and(|first| first != value) => {
                    return Err(SignatureError::Malformed);
                }
                Some(("t", value)) => time = Some(value),
                Some(("v0", value)) => signatures.extend(decode(value)),
                _ => {}
            }
        }
        match time {
            Some(time) if !signatures.is_empty() => Ok(Self { time, signatures }),
            _ => Err(SignatureError::Malformed),
        }
    }

    fn check_time(&self, now: Timestamp) -> Result<(), SignatureError> {
        // `parse` would accept a leading `+`.
        if !self.time.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(SignatureError::Malformed);
        }
        let seconds: i64 = self.time.parse().map_err(|_| SignatureError::Malformed)?;
        let signed_at = Timestamp::from_second(seconds).map_err(|_| SignatureError::Malformed)?;
        let age = now.duration_since(signed_at);
        if age > MAX_AGE {
            Err(SignatureError::Stale)
        } else if -age > MAX_AHEAD {
            Err(SignatureError::FromTheFuture)
        } else {
            Ok(())
        }
    }

    fn matches_body(&self, body: &[u8], secret: &SecretString) -> bool {
        let mac = mac(self.time, body, secret);
        self.signatures
            .iter()
            .any(|signature| mac.clone().verify_slice(signature).is_ok())
    }
}

fn mac(time: &str, body: &[u8], secret: &SecretString) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
        .expect("HMAC takes a key of any length");
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac
}

/// Decodes lower-case hex of the right length. ElevenLabs writes no other.
fn decode(hex_digits: &str) -> Option<[u8; MAC_LENGTH]> {
    let mut signature = [0; MAC_LENGTH];
    let is_lower_case = !hex_digits.bytes().any(|byte| byte.is_ascii_uppercase());
    (is_lower_case && hex::decode_to_slice(hex_digits, &mut signature).is_ok()).then_some(signature)
}

#[cfg(test)]
mod tests;
