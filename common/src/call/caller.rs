//! Who a caller is. One memory belongs to one caller, so a number that many people share is nobody.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// What telephone networks write where a number is withheld. All such callers would share one memory.
const WITHHELD: [&str; 9] = [
    "anonymous",
    "restricted",
    "unknown",
    "unavailable",
    "private",
    "withheld",
    // "ANONYMOUS" typed on a telephone's keys: what Twilio sends for a withheld number.
    "+266696687",
    "266696687",
    "null",
];

/// Longest telephone number or SIP name that is taken, in characters.
const MAX_NUMBER: usize = 64;
/// Longest `user_id` of a web session that is taken, in characters.
const MAX_USER_ID: usize = 128;
/// Keeps web users apart from telephone numbers, whatever id a browser sends.
const USER_PREFIX: &str = "user:";

/// A person who calls: a telephone number such as `+15551234567`, or `user:{id}` for a web session whose id is trusted.
///
/// Personal: `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallerId(String);

impl CallerId {
    /// The caller behind a telephone number or SIP address, or `None` when the number is withheld, empty or none at all.
    #[must_use]
    pub fn from_phone(number: &str) -> Option<Self> {
        let number = without_separators(subscriber(number.trim()));
        let usable = (1..=MAX_NUMBER).contains(&number.len())
            && number.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+_.-".contains(&byte))
            && number.bytes().any(|byte| byte.is_ascii_alphanumeric())
            && !WITHHELD.contains(&number.to_ascii_lowercase().as_str());
        usable.then_some(Self(number))
    }

    /// The caller behind the `user_id` of a web session. The id comes from a browser: call this only where the operator
    /// trusts it (`TRUST_USER_ID`).
    #[must_use]
    pub fn from_user_id(id: &str) -> Option<Self> {
        let id = id.trim();
        let usable = !id.is_empty()
            && id.chars().count() <= MAX_USER_ID
            && !id.chars().any(char::is_control)
            && !WITHHELD.contains(&id.to_ascii_lowercase().as_str());
        usable.then(|| Self(format!("{USER_PREFIX}{id}")))
    }

    /// The id under which memories are kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The spellings under which earlier versions stored this telephone number. Each of them can only mean this number,
    /// so that reading them never mixes two people. Empty for callers without a telephone number.
    #[must_use]
    pub fn older_spellings(&self) -> Vec<Self> {
        let Some(digits) = self.0.strip_prefix('+') else { return Vec::new() };
        vec![Self(digits.to_owned()), Self(format!("00{digits}"))]
    }

    /// The pseudonym of this caller under the operator's pepper.
    #[must_use]
    pub fn hash(&self, pepper: &SecretString) -> CallerHash {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(pepper.expose_secret().as_bytes()).expect("any key length");
        mac.update(self.0.as_bytes());
        CallerHash(hex::encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for CallerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallerId([redacted])")
    }
}

/// A caller's pseudonym: HMAC-SHA256 of the caller id under `CALLER_ID_PEPPER`, in lower-case hex.
///
/// Used for storage keys and queue groups: a plain hash of a telephone number is reversed in minutes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallerHash(String);

impl CallerHash {
    /// 64 characters of lower-case hex.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `+1202…` out of `sip:+1202…@trunk.example;user=phone` or `tel:+1202…`.
fn subscriber(number: &str) -> &str {
    let lower = number.to_ascii_lowercase();
    let scheme =
        ["sip:", "sips:", "tel:"].iter().find(|scheme| lower.starts_with(**scheme)).map_or(0, |scheme| scheme.len());
    let number = &number[scheme..];
    number.split(['@', ';']).next().unwrap_or(number)
}

/// `+12025550142` out of `+1 (202) 555-0142`; names are left as they are.
fn without_separators(number: &str) -> String {
    let is_separator = |c: char| matches!(c, ' ' | '-' | '.' | '(' | ')');
    if number.chars().all(|c| c.is_ascii_digit() || c == '+' || is_separator(c)) {
        number.chars().filter(|c| !is_separator(*c)).collect()
    } else {
        number.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn phone(number: &str) -> Option<String> {
        CallerId::from_phone(number).map(|caller| caller.as_str().to_owned())
    }

    #[test]
    fn one_number_written_in_many_ways_is_one_caller() {
        for number in [
            "+12025550142",
            " +1 202 555 0142 ",
            "+1 (202) 555-0142",
            "tel:+12025550142",
            "SIP:+12025550142@trunk.example;user=phone",
        ] {
            assert_eq!(phone(number).as_deref(), Some("+12025550142"), "{number}");
        }
    }

    #[test]
    fn a_withheld_number_is_nobody() {
        for number in [
            "anonymous",
            "Anonymous",
            "RESTRICTED",
            "unknown",
            "unavailable",
            "private",
            "+266696687",
            "",
            "  ",
            "*",
            "sip:anonymous@anonymous.invalid",
            "+",
            "{{system__caller_id}}",
        ] {
            assert_eq!(phone(number), None, "{number}");
        }
    }

    #[test]
    fn a_web_user_never_becomes_a_telephone_number() {
        assert_eq!(CallerId::from_user_id("+12025550142").unwrap().as_str(), "user:+12025550142");
        assert_eq!(phone("user:+12025550142"), None);
        assert!(CallerId::from_user_id(" ").is_none());
    }

    #[test]
    fn a_caller_is_not_shown_in_debug_output() {
        let caller = CallerId::from_phone("+12025550142").unwrap();
        assert!(!format!("{caller:?}").contains("5550142"));
    }

    #[test]
    fn the_pseudonym_depends_on_the_pepper() {
        let caller = CallerId::from_phone("+12025550142").unwrap();
        let (one, other) = (caller.hash(&"one".into()), caller.hash(&"other".into()));
        assert_ne!(one, other);
        assert_eq!(one.as_str().len(), 64);
    }

    proptest! {
        #[test]
        fn a_number_of_a_caller_reads_back_as_itself(text in "\\PC{0,80}") {
            if let Some(caller) = CallerId::from_phone(&text) {
                let again = CallerId::from_phone(caller.as_str());
                prop_assert_eq!(again, Some(caller));
            }
        }
    }
}
