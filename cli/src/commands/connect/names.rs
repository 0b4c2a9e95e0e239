//! The names of the resources that connect creates at ElevenLabs.
//!
//! They end in a fingerprint of the secret behind them. ElevenLabs never shows a secret again, so
//! the name tells whether it is still the secret that the deployment has.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// Bytes of a fingerprint: enough to notice a different secret, too few to reveal anything about
/// it.
const FINGERPRINT_BYTES: usize = 2;

/// Returns the name of the secret that tools and webhooks carry in their header.
pub(super) fn secret(label: &str, value: &SecretString) -> String {
    format!("{}{}", secret_prefix(label), fingerprint(value))
}

pub(super) fn secret_prefix(label: &str) -> String {
    format!("{label}-webhook-key-")
}

/// Returns the name of a post-call webhook whose secret the deployment has.
pub(super) fn webhook(label: &str, value: &SecretString) -> String {
    format!("{}{}", webhook_prefix(label), fingerprint(value))
}

pub(super) fn webhook_prefix(label: &str) -> String {
    format!("{label} post-call ")
}

/// Returns the name of a webhook whose secret is not stored yet. If the run ends here, the secret
/// is lost and the next run recreates the webhook.
pub(super) fn unfinished_webhook(label: &str) -> String {
    format!("{}(unfinished)", webhook_prefix(label))
}

fn fingerprint(value: &SecretString) -> String {
    hex::encode(&Sha256::digest(value.expose_secret().as_bytes())[..FINGERPRINT_BYTES])
}
