//! Identifies callers.
//!
//! Each memory belongs to exactly one caller. A number that many people share, such as the one for
//! withheld numbers, therefore identifies no caller.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::address::{Address, is_invisible};
use super::anonymous::{is_anonymous, is_unfilled_variable};
use super::phone::{self, DialedNumber};

/// Maximum length of a web session's `user_id`, in characters, and of a WhatsApp id, in bytes.
/// Longer ids are rejected.
const MAX_USER_ID: usize = 128;
/// Distinguishes WhatsApp's own ids from all other caller ids.
const WHATSAPP_PREFIX: &str = "whatsapp:";
/// Distinguishes web users from telephone numbers, whatever id the browser sends.
const USER_PREFIX: &str = "user:";

/// The id of a caller, in one of these forms:
///
/// - a telephone number such as `+15551234567`
/// - bare digits, if it is not certain which international number they mean
/// - `user@domain` for a SIP address without a telephone number
/// - `whatsapp:{id}` for a WhatsApp user without a telephone number
/// - `user:{id}` for a web session whose id is trusted
///
/// Contains personal data, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallerId(String);

impl CallerId {
    /// Accepts an id that the memory store returned. A pseudonym stays a pseudonym.
    pub(crate) fn stored(id: &str) -> Self {
        Self(id.to_owned())
    }

    /// Parses a telephone number or an address that contains one, in any spelling, when the called
    /// number is not known. Returns `None` if the number is withheld, an unfilled variable, too
    /// short or not a number.
    #[must_use]
    pub fn from_phone(number: &str) -> Option<Self> {
        Self::from_call(number, None)
    }

    /// Parses a telephone number, a SIP address or another address that identifies a person.
    ///
    /// `called` is the number or address that was called. It determines the country of a national
    /// number. Returns `None` if caller and called number are the same.
    #[must_use]
    pub fn from_call(number: &str, called: Option<&str>) -> Option<Self> {
        let called = called.and_then(|called| Self::from_address(called, None));
        let caller = Self::from_address(number, called.as_ref())?;
        (Some(&caller) != called.as_ref()).then_some(caller)
    }

    /// Parses a number in international form whose `+` may be missing, as WhatsApp writes it.
    #[must_use]
    pub fn from_international(number: &str) -> Option<Self> {
        let digits = Address::parse(number)?.digits()?;
        phone::canonical_form(
            DialedNumber {
                plus: true,
                digits: &digits.digits,
            },
            None,
        )
        .map(Self)
    }

    /// Parses WhatsApp's own id of a user, which WhatsApp sends for users who hide their number.
    #[must_use]
    pub fn from_whatsapp_id(id: &str) -> Option<Self> {
        let id = id.trim();
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let usable = id.len() <= MAX_USER_ID && id.chars().all(allowed) && !is_anonymous(id);
        usable.then(|| Self(format!("{WHATSAPP_PREFIX}{id}")))
    }

    /// Parses the `user_id` of a web session. The id comes from a browser, so call this only if
    /// the operator trusts it (`TRUST_USER_ID`).
    #[must_use]
    pub fn from_user_id(id: &str) -> Option<Self> {
        let visible: String = id.chars().filter(|c| !is_invisible(*c)).collect();
        let id = visible.trim();
        let usable = id.chars().count() <= MAX_USER_ID
            && !id.chars().any(char::is_control)
            && !is_anonymous(id)
            && !is_unfilled_variable(id);
        usable.then(|| Self(format!("{USER_PREFIX}{id}")))
    }

    /// Returns the telephone number in canonical form if the address contains one. Otherwise
    /// returns `user@domain`, because a name or an extension is unique only within its domain.
    fn from_address(text: &str, called: Option<&Self>) -> Option<Self> {
        let address = Address::parse(text)?;
        let Some(number) = address.digits() else {
            return address.user_at_domain().map(Self);
        };
        let called = called.and_then(|called| called.0.strip_prefix('+'));
        let dialed = DialedNumber {
            plus: number.plus,
            digits: &number.digits,
        };
        match phone::canonical_form(dialed, called) {
            Some(phone) if phone.starts_with('+') || address.domain.is_none() => Some(Self(phone)),
            None if phone::is_withheld(&number.digits) => None,
            _ => address.user_at_domain().map(Self),
        }
    }

    /// Returns the id under which memories are stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the spellings under which earlier versions stored this telephone number.
    ///
    /// Each of them can mean only this number, so reading them never mixes two people. Empty for
    /// callers without an international number.
    #[must_use]
    pub fn older_spellings(&self) -> Vec<Self> {
        let digits = self.0.strip_prefix('+');
        digits
            .map(phone::alternative_spellings)
            .unwrap_or_default()
            .into_iter()
            .map(Self)
            .collect()
    }

    /// Returns the pseudonyms of the current spelling and of the older ones, the current one first.
    /// An id that a memory store returns may be a pseudonym itself; it has no other.
    #[must_use]
    pub fn pseudonyms(&self, pepper: &SecretString) -> Vec<CallerHash> {
        if let Some(pseudonym) = CallerHash::parse(self.as_str()) {
            return vec![pseudonym];
        }
        std::iter::once(self.hash(pepper))
            .chain(
                self.older_spellings()
                    .iter()
                    .map(|older| older.hash(pepper)),
            )
            .collect()
    }

    /// Returns the id for people to see: `+12025550142` becomes `+120******42`.
    ///
    /// That is enough to tell two callers apart at a glance, but not to call one.
    #[must_use]
    pub fn masked(&self) -> String {
        let characters: Vec<char> = self.0.chars().collect();
        let (first, last) = if characters.len() >= 10 {
            (4, 2)
        } else {
            (1, 0)
        };
        let hidden = characters.len().saturating_sub(first + last);
        let keep = |(index, character): (usize, &char)| {
            let is_hidden = index >= first && index < first + hidden;
            if is_hidden { '*' } else { *character }
        };
        characters.iter().enumerate().map(keep).collect()
    }

    /// Returns the caller's pseudonym, derived with the operator's pepper.
    #[must_use]
    pub fn hash(&self, pepper: &SecretString) -> CallerHash {
        #[expect(clippy::expect_used, reason = "HMAC accepts keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(pepper.expose_secret().as_bytes())
            .expect("HMAC accepts keys of any length");
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
/// Used in storage keys and queue groups. A hash without a secret would not do: all telephone
/// numbers can be hashed in minutes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CallerHash(String);

/// The text is no pseudonym.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a caller's pseudonym")]
pub struct InvalidCallerHash;

impl CallerHash {
    /// Parses a pseudonym. Returns `None` for anything but 64 characters of lower-case hex.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_pseudonym = text.len() == 64
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_pseudonym.then(|| Self(text.to_owned()))
    }

    /// Returns the pseudonym: 64 characters of lower-case hex.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the pseudonym as an id, for a memory store that knows callers by pseudonym only.
    #[must_use]
    pub fn as_caller_id(&self) -> CallerId {
        CallerId(self.0.clone())
    }
}

impl TryFrom<String> for CallerHash {
    type Error = InvalidCallerHash;

    fn try_from(text: String) -> Result<Self, InvalidCallerHash> {
        Self::parse(&text).ok_or(InvalidCallerHash)
    }
}

impl From<CallerHash> for String {
    fn from(hash: CallerHash) -> Self {
        hash.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn phone(number: &str) -> Option<String> {
        CallerId::from_phone(number).map(|caller| caller.as_str().to_owned())
    }

    fn cases(kind: &str) -> Vec<serde_json::Value> {
        let all: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/cases/callers.json")).unwrap();
        let cases = all[kind].as_array().unwrap().clone();
        assert!(!cases.is_empty());
        cases
    }

    fn texts<'a>(case: &'a serde_json::Value, field: &str) -> Vec<&'a str> {
        case[field]
            .as_array()
            .unwrap()
            .iter()
            .map(|text| text.as_str().unwrap())
            .collect()
    }

    #[test]
    fn a_masked_number_keeps_its_country_code_and_last_digits() {
        let masked = |id: &str| CallerId(id.to_owned()).masked();
        assert_eq!(masked("+12025550142"), "+120******42");
        assert_eq!(masked("user:7"), "u*****");
        assert_eq!(masked("+1202"), "+****");
        assert_eq!(masked(""), "");
    }

    #[test]
    fn a_pseudonym_is_64_characters_of_hex() {
        let pseudonym = CallerId("+12025550142".to_owned()).hash(&"pepper".into());
        assert_eq!(
            CallerHash::parse(pseudonym.as_str()),
            Some(pseudonym.clone())
        );
        for other in ["", "+12025550142", &"A".repeat(64), &"a".repeat(63)] {
            assert_eq!(CallerHash::parse(other), None, "{other}");
        }
    }

    #[test]
    fn all_spellings_of_a_number_identify_one_caller() {
        for case in cases("one_caller").iter().chain(&cases("same_named")) {
            for spelling in texts(case, "spellings") {
                assert_eq!(
                    phone(spelling).as_deref(),
                    case["id"].as_str(),
                    "{spelling:?}"
                );
            }
        }
    }

    #[test]
    fn the_called_number_determines_the_country_of_a_national_number() {
        for case in cases("with_called_number") {
            let caller =
                CallerId::from_call(case["caller"].as_str().unwrap(), case["called"].as_str());
            assert_eq!(
                caller.as_ref().map(CallerId::as_str),
                case["id"].as_str(),
                "{}",
                case["name"]
            );
        }
    }

    #[test]
    fn different_people_have_different_caller_ids() {
        for case in cases("distinct") {
            let callers: Vec<_> = texts(&case, "callers").into_iter().map(phone).collect();
            let some: Vec<_> = callers.iter().flatten().collect();
            let distinct: std::collections::HashSet<_> = some.iter().collect();
            assert!(
                some.len() >= 2 && distinct.len() == some.len(),
                "{}: {callers:?}",
                case["name"]
            );
        }
    }

    #[test]
    fn an_address_that_identifies_no_one_is_rejected() {
        for case in cases("nobody") {
            for caller in texts(&case, "callers") {
                assert_eq!(phone(caller), None, "{caller:?}");
            }
        }
    }

    #[test]
    fn a_user_id_that_identifies_no_one_is_rejected() {
        for case in cases("users") {
            for id in texts(&case, "accepted") {
                assert_eq!(
                    CallerId::from_user_id(id).unwrap().as_str(),
                    format!("user:{id}")
                );
            }
            for id in texts(&case, "refused") {
                assert_eq!(CallerId::from_user_id(id), None, "{id:?}");
            }
        }
    }

    #[test]
    fn older_spellings_are_parsed_as_the_same_number() {
        let spellings = |number| CallerId::from_phone(number).unwrap().older_spellings();
        let british: Vec<_> = spellings("+442071838750")
            .iter()
            .map(|id| id.as_str().to_owned())
            .collect();
        assert_eq!(
            british,
            ["442071838750", "00442071838750", "+4402071838750"]
        );
        for number in [
            "+442071838750",
            "+12025550142",
            "+390612345678",
            "+4915112345678",
        ] {
            for older in spellings(number) {
                assert_eq!(phone(older.as_str()).as_deref(), Some(number));
            }
        }
        assert!(spellings("sip:1001@office-north.example").is_empty());
        assert!(
            CallerId::from_user_id("+12025550142")
                .unwrap()
                .older_spellings()
                .is_empty()
        );
    }

    #[test]
    fn name_and_domain_have_the_same_limit_in_characters() {
        for (name, domain, fits) in [
            ("ä".repeat(64), "ö".repeat(64), true),
            ("ä".repeat(65), "ö".repeat(64), false),
            ("ä".repeat(64), "ö".repeat(65), false),
        ] {
            assert_eq!(phone(&format!("sip:{name}@{domain}")).is_some(), fits);
        }
    }

    #[test]
    fn an_international_number_from_whatsapp_needs_no_plus() {
        let id =
            |number| CallerId::from_international(number).map(|caller| caller.as_str().to_owned());
        assert_eq!(id("442071838750").as_deref(), Some("+442071838750"));
        assert_eq!(id("15551234567").as_deref(), Some("+15551234567"));
        assert_eq!(id("US.13491208655302741918"), None);
    }

    #[test]
    fn a_web_user_never_becomes_a_telephone_number() {
        assert_eq!(
            CallerId::from_user_id("+12025550142").unwrap().as_str(),
            "user:+12025550142"
        );
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
        let one = caller.hash(&"one".into());
        assert_ne!(one, caller.hash(&"other".into()));
        assert_eq!(one.as_str().len(), 64);
    }

    proptest! {
        #[test]
        fn a_caller_id_is_parsed_as_itself(text in "\\PC{0,80}") {
            if let Some(caller) = CallerId::from_phone(&text) {
                let again = CallerId::from_phone(caller.as_str());
                prop_assert_eq!(again, Some(caller));
            }
        }
    }
}
