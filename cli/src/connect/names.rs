//! The names of what is made at ElevenLabs. They end in a fingerprint of the secret behind them,
//! because ElevenLabs shows no secret again: so it is seen whether it is still the one that the
//! deployment has.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// Bytes of a fingerprint. Few: enough to notice another secret, too few to tell anything about
/// one.
const BYTES: usize = 2;

/// Of the secret that tools and webhooks carry in their header.
pub(super) fn secret(label: &str, value: &SecretString) -> String {
    format!("{}{}", secret_prefix(label), fingerprint(value))
}

pub(super) fn secret_prefix(label: &str) -> String {
    format!("{label}-webhook-key-")
}

/// Of a post-call webhook whose secret the deployment has.
pub(super) fn webhook(label: &str, value: &SecretString) -> String {
    format!("{}{}", webhook_prefix(label), fingerprint(value))
}

pub(super) fn webhook_prefix(label: &str) -> String {
    format!("{label} post-call ")
}

/// Of one whose secret is not stored yet. When it stays so, the secret is lost, and the webhook is
/// made again.
pub(super) fn unfinished_webhook(label: &str) -> String {
    format!("{}(unfinished)", webhook_prefix(label))
}

fn fingerprint(value: &SecretString) -> String {
    hex::encode(&Sha256::digest(value.expose_secret().as_bytes())[..BYTES])
}
