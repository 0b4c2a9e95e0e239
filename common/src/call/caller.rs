//! Who a caller is. One memory belongs to one caller, so a number that many people share is nobody.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::address::{Address, is_invisible};
use super::nobody::{is_placeholder, means_nobody};
use super::phone::{self, Dialled};

/// Longest `user_id` of a web session that is taken, in characters.
const MAX_USER_ID: usize = 128;
/// Keeps WhatsApp's own ids apart from everything else.
const WHATSAPP_PREFIX: &str = "whatsapp:";
/// Keeps web users apart from telephone numbers, whatever id a browser sends.
const USER_PREFIX: &str = "user:";

/// A person who calls: a telephone number such as `+15551234567`, `user@domain` for a SIP address
/// without one, or `user:{id}` for a web session whose id is trusted.
///
/// Personal: `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallerId(String);

impl CallerId {
    /// The caller behind a telephone number or an address that holds one, in whatever spelling,
    /// where the called number is not known. `None` where the number is withheld, unresolved, too
    /// short or no number at all.
    #[must_use]
    pub fn from_phone(number: &str) -> Option<Self> {
        Self::from_call(number, None)
    }

    /// The caller behind a telephone number, a SIP address or another address that names a person.
    /// `called` is the number or address that was called: it tells the country of a national
    /// number, and is never the caller.
    #[must_use]
    pub fn from_call(number: &str, called: Option<&str>) -> Option<Self> {
        let called = called.and_then(|called| Self::of_address(called, None));
        let caller = Self::of_address(number, called.as_ref())?;
        (Some(&caller) != called.as_ref()).then_some(caller)
    }

    /// The caller behind a number in international form whose `+` may be missing, as WhatsApp
    /// writes it.
    #[must_use]
    pub fn from_international(number: &str) -> Option<Self> {
        let digits = Address::read(number)?.digits()?;
        phone::spelled(
            Dialled {
                plus: true,
                digits: &digits.digits,
            },
            None,
        )
        .map(Self)
    }

    /// The caller behind an id of WhatsApp's own, for people who hide their telephone number.
    #[must_use]
    pub fn from_whatsapp_id(id: &str) -> Option<Self> {
        let id = id.trim();
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let usable = id.len() <= MAX_USER_ID && id.chars().all(allowed) && !means_nobody(id);
        usable.then(|| Self(format!("{WHATSAPP_PREFIX}{id}")))
    }

    /// The caller behind the `user_id` of a web session. The id comes from a browser: call this
    /// only where the operator trusts it (`TRUST_USER_ID`).
    #[must_use]
    pub fn from_user_id(id: &str) -> Option<Self> {
        let id: String = id.chars().filter(|c| !is_invisible(*c)).collect();
        let id = id.trim();
        let usable = id.chars().count() <= MAX_USER_ID
            && !id.chars().any(char::is_control)
            && !means_nobody(id)
            && !is_placeholder(id);
        usable.then(|| Self(format!("{USER_PREFIX}{id}")))
    }

    /// A telephone number in its one spelling; else `user@domain`, because a name or an extension
    /// is unique only there.
    fn of_address(text: &str, called: Option<&Self>) -> Option<Self> {
        let address = Address::read(text)?;
        let Some(number) = address.digits() else {
            return address.named().map(Self);
        };
        let called = called.and_then(|called| called.0.strip_prefix('+'));
        let dialled = Dialled {
            plus: number.plus,
            digits: &number.digits,
        };
        match phone::spelled(dialled, called) {
            Some(phone) if phone.starts_with('+') || address.domain.is_none() => Some(Self(phone)),
            None if phone::is_withheld(&number.digits) => None,
            _ => address.named().map(Self),
        }
    }

    /// The id under which memories are kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The spellings under which earlier versions stored this telephone number. Each of them can
    /// only mean this number, so that reading them never mixes two people. Empty for callers
    /// without an international number.
    #[must_use]
    pub fn older_spellings(&self) -> Vec<Self> {
        let digits = self.0.strip_prefix('+');
        digits
            .map(phone::other_spellings)
            .unwrap_or_default()
            .into_iter()
            .map(Self)
            .collect()
    }

    /// The pseudonym of this caller under the operator's pepper.
    #[must_use]
    pub fn hash(&self, pepper: &SecretString) -> CallerHash {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(pepper.expose_secret().as_bytes())
            .expect("any key length");
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
/// Used for storage keys and queue groups: a plain hash of a telephone number is reversed in
/// minutes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallerHash(String);

impl CallerHash {
    /// 64 characters of lower-case hex.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
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
        let cases: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/cases/callers.json")).unwrap();
        let cases = cases[kind].as_array().unwrap().clone();
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
    fn one_caller_in_many_spellings_is_one_caller() {
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
    fn the_called_number_tells_the_country_and_nothing_is_guessed() {
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
    fn different_people_are_different_callers() {
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
    fn an_address_without_a_person_is_nobody() {
        for case in cases("nobody") {
            for caller in texts(&case, "callers") {
                assert_eq!(phone(caller), None, "{caller:?}");
            }
        }
    }

    #[test]
    fn a_user_id_that_names_nobody_is_refused() {
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
    fn older_spellings_read_as_the_same_number() {
        let spellings = |number| CallerId::from_phone(number).unwrap().older_spellings();
        let as_text = |id: &CallerId| id.as_str().to_owned();
        let british: Vec<_> = spellings("+442071838750").iter().map(as_text).collect();
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
    fn whatsapp_writes_an_international_number_without_its_plus() {
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
