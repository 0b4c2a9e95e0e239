//! Compares keys in constant time.

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// Returns whether `given` equals one of the valid keys. The time it takes reveals neither where a
/// key differs, nor its length, nor which key matched: it compares the SHA-256 digests of all keys.
#[must_use]
pub fn is_valid<'a>(given: &[u8], valid_keys: impl IntoIterator<Item = &'a [u8]>) -> bool {
    let given = digest(given);
    valid_keys
        .into_iter()
        .map(|valid| given.ct_eq(&digest(valid)))
        .fold(Choice::from(0), |any, one| any | one)
        .into()
}

fn digest(key: &[u8]) -> [u8; 32] {
    Sha256::digest(key).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_valid_only_if_it_equals_a_valid_key() {
        let valid_keys: [&[u8]; 2] = [b"the-old-key", b"the-new-key"];
        for (given, expected) in [
            ("the-old-key", true),
            ("the-new-key", true),
            ("the-new-key ", false),
            ("the-new-ke", false),
            ("THE-NEW-KEY", false),
            ("", false),
        ] {
            assert_eq!(is_valid(given.as_bytes(), valid_keys), expected, "{given}");
        }
        assert!(!is_valid(b"the-new-key", []), "no key is valid");
    }
}
