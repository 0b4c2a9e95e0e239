//! The `ElevenLabs-Signature` header: `t=<unix seconds>,v0=<hex of HMAC-SHA256(secret, "<t>.<raw
//! body>")>`.
//!
//! The secret is used as its raw UTF-8 bytes, also when it starts with `wsec_`. Parts come in any
//! order, unknown parts are ignored, and any of several `v0` may match, under any of several
//! secrets: that is how a secret is rotated.

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The header's name, in the lower case that HTTP libraries use.
pub const HEADER: &str = "elevenlabs-signature";
/// How old a signature may be. ElevenLabs' last retry comes after 30 minutes with a signature of
/// its own.
pub const MAX_AGE: SignedDuration = SignedDuration::from_mins(30);
/// How far in the future a signature may be, for clocks that differ.
pub const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// Bytes of an HMAC-SHA256.
const MAC_LENGTH: usize = 32;

/// Why a signature does not prove that ElevenLabs sent the body. For the log only: whoever sent it
/// learns no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// No secret is configured, so nothing can be proven.
    #[error("no ELEVENLABS_POST_CALL_HMAC_KEY is configured")]
    NoSecret,
    /// The header is not of the form `t=…,v0=…`.
    #[error("the signature header is malformed")]
    Malformed,
    /// SignedBody longer ago than [`MAX_AGE`].
    #[error("the signature is too old")]
    Stale,
    /// SignedBody further in the future than [`MAX_AHEAD`].
    #[error("the signature is from the future: a clock is wrong")]
    FromTheFuture,
    /// No signature in the header is that of this body under a configured secret.
    #[error("the signature does not match the body")]
    Mismatch,
}

/// Checks that `header` signs exactly these bytes, under one of the secrets, at a time close to
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
    let proven = secrets.iter().any(|secret| parts.match_body(body, secret));
    if proven {
        Ok(())
    } else {
        Err(SignatureError::Mismatch)
    }
}

/// Checks that `header` has the form of a signature made at a time close to `now`. The body is
/// needed to say more.
///
/// # Errors
/// [`SignatureError`] says which check failed.
pub fn check_timely(header: &str, now: Timestamp) -> Result<(), SignatureError> {
    Parts::parse(header).and_then(|parts| parts.check_time(now))
}

/// The header's value for these bytes, as ElevenLabs would write it at `now`.
#[must_use]
pub fn sign(body: &[u8], secret: &SecretString, now: Timestamp) -> String {
    let time = now.as_second().to_string();
    let signature = hex::encode(mac(&time, body, secret).finalize().into_bytes());
    format!("t={time},v0={signature}")
}

struct Parts<'a> {
    /// The literal text: it is part of what was signed.
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
        let digits = !self.time.is_empty() && self.time.bytes().all(|byte| byte.is_ascii_digit());
        let seconds: i64 =
            if digits { self.time.parse().ok() } else { None }.ok_or(SignatureError::Malformed)?;
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

    fn match_body(&self, body: &[u8], secret: &SecretString) -> bool {
        let mac = mac(self.time, body, secret);
        self.signatures
            .iter()
            .any(|signature| mac.clone().verify_slice(signature).is_ok())
    }
}

fn mac(time: &str, body: &[u8], secret: &SecretString) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).expect("any key length");
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac
}

/// Lower-case hex of the right length, or nothing: ElevenLabs writes no other.
fn decode(hex_digits: &str) -> Option<[u8; MAC_LENGTH]> {
    let mut signature = [0; MAC_LENGTH];
    let lower = !hex_digits.bytes().any(|byte| byte.is_ascii_uppercase());
    (lower && hex::decode_to_slice(hex_digits, &mut signature).is_ok()).then_some(signature)
}

#[cfg(test)]
mod tests;
