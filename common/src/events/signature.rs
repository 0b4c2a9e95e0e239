//! Signs events as Standard Webhooks prescribes: `v1,` and the base64 of HMAC-SHA256(secret,
//! `{id}.{timestamp}.{body}`). The secret is `whsec_` and the base64 of its bytes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;

/// What a secret starts with.
const PREFIX: &str = "whsec_";
/// Shortest secret in bytes.
const MIN_BYTES: usize = 24;
/// Longest secret in bytes.
const MAX_BYTES: usize = 64;

/// A secret that signs events.
#[derive(Debug)]
pub struct SigningSecret(SecretSlice<u8>);

/// The text is not a secret of Standard Webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be whsec_ followed by the base64 of {MIN_BYTES} to {MAX_BYTES} bytes")]
pub struct InvalidSigningSecret;

impl SigningSecret {
    /// Parses a secret.
    ///
    /// # Errors
    /// [`InvalidSigningSecret`] if the prefix is missing, or the rest is not base64 of 24 to 64
    /// bytes.
    pub fn parse(text: &str) -> Result<Self, InvalidSigningSecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(InvalidSigningSecret)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| InvalidSigningSecret)?;
        if (MIN_BYTES..=MAX_BYTES).contains(&bytes.len()) {
            Ok(Self(bytes.into()))
        } else {
            Err(InvalidSigningSecret)
        }
    }

    /// Returns the signature of an event that is sent at this time.
    #[must_use]
    pub fn sign(&self, id: &str, at: Timestamp, body: &str) -> String {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret())
            .expect("HMAC takes a key of any length");
        mac.update(format!("{id}.{}.", at.as_second()).as_bytes());
        mac.update(body.as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The values with which the libraries of Standard Webhooks test their signing.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &str = r#"{"test": 2432232314}"#;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_signature_is_that_of_the_published_example() {
        let secret = SigningSecret::parse(SECRET).unwrap();
        let signature = secret.sign(ID, at(1_614_265_330), BODY);
        let published = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signature, published);
    }

    #[test]
    fn only_secrets_of_the_standard_are_accepted() {
        let of = |bytes: usize| format!("{PREFIX}{}", STANDARD.encode(vec![7; bytes]));
        for accepted in [of(24), of(32), of(64), SECRET.to_owned()] {
            assert!(SigningSecret::parse(&accepted).is_ok(), "{accepted}");
        }
        let without_prefix = SECRET.trim_start_matches(PREFIX).to_owned();
        let not_base64 = format!("{PREFIX}{}", "?".repeat(32));
        for refused in [
            of(0),
            of(23),
            of(65),
            without_prefix,
            not_base64,
            String::new(),
        ] {
            assert!(SigningSecret::parse(&refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn debug_output_contains_no_secret() {
        let secret = SigningSecret::parse(&format!("{PREFIX}{}", STANDARD.encode([65; 24])));
        let shown = format!("{:?}", secret.unwrap());
        assert!(!shown.contains("65") && !shown.contains("QUFB"), "{shown}");
    }

    proptest! {
        #[test]
        fn a_signature_depends_on_every_part(
            key in prop::collection::vec(any::<u8>(), MIN_BYTES..=MAX_BYTES),
            id in "[a-z0-9_]{1,40}",
            second in 0i64..4_000_000_000,
            body in ".{0,200}",
        ) {
            let encoded = STANDARD.encode(&key);
            let secret = SigningSecret::parse(&format!("{PREFIX}{encoded}")).unwrap();
            let signature = secret.sign(&id, at(second), &body);
            prop_assert_eq!(&signature, &secret.sign(&id, at(second), &body));
            prop_assert_ne!(&signature, &secret.sign(&format!("{id}x"), at(second), &body));
            prop_assert_ne!(&signature, &secret.sign(&id, at(second + 1), &body));
            prop_assert_ne!(&signature, &secret.sign(&id, at(second), &format!("{body} ")));
        }
    }
}
