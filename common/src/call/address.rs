//! Parses caller addresses as networks, trunks and integrations write them.
//!
//! An address is a bare number, a SIP or `tel:` URI, a SIP name-addr such as `"Ann" <sip:…>`, or a
//! `whatsapp:` address. It may be percent-encoded or contain invisible characters.

use std::borrow::Cow;

use super::anonymous::{is_anonymous, is_no_user};

/// Maximum length of an address, in bytes. Longer ones are rejected.
const MAX_ADDRESS: usize = 512;
/// Maximum length of the user and of the domain in `user@domain`, in characters.
const MAX_PART: usize = 64;
/// URI schemes whose addresses contain a telephone number or a SIP user.
const SCHEMES: [&str; 7] = ["sip", "sips", "tel", "whatsapp", "sms", "mms", "callto"];

/// A parsed caller address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// The number or name, without scheme or parameters.
    pub(super) user: String,
    /// The domain in which the user is unique, in lower case.
    pub(super) domain: Option<String>,
}

/// The digits of a telephone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Digits {
    pub(super) plus: bool,
    pub(super) digits: String,
}

impl Address {
    /// Parses an address in any of the supported forms. Returns `None` if it is too long, uses an
    /// unknown scheme or does not identify a caller.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_ADDRESS {
            return None;
        }
        let normalized = normalize(text);
        let decoded = percent_decoded(&normalized).map_or(normalized, |decoded| {
            Cow::Owned(normalize(&decoded).into_owned())
        });
        let address = in_angle_brackets(&decoded).trim().trim_matches('"').trim();
        let (user, host) = split_domain(without_scheme(address)?);
        let user_part = without_parameters(user).trim();
        let (prefix, network) = match tel_context(address) {
            Some(context) if context.starts_with('+') => (Some(context), None),
            context => (None, context),
        };
        let user = match prefix {
            Some(prefix) if !user_part.starts_with('+') => format!("{prefix}{user_part}"),
            _ => user_part.to_owned(),
        };
        let domain = host.or(network).and_then(domain_of);
        (!user.is_empty() && !is_anonymous(&user)).then_some(Self { user, domain })
    }

    /// Returns the user's digits if the user is a telephone number.
    pub(super) fn digits(&self) -> Option<Digits> {
        let is_separator = |c: char| matches!(c, ' ' | '-' | '.' | '/' | '(' | ')');
        if !self
            .user
            .chars()
            .all(|c| c.is_ascii_digit() || c == '+' || is_separator(c))
        {
            return None;
        }
        let user = without_optional_prefix(&self.user);
        let plain: String = user.chars().filter(|c| !is_separator(*c)).collect();
        let digits = plain.trim_start_matches('+');
        let is_number = !digits.is_empty() && !digits.contains('+');
        is_number.then(|| Digits {
            plus: plain.starts_with('+'),
            digits: digits.to_owned(),
        })
    }

    /// Returns `user@domain`. A user without a domain is not unique, and one that names nobody is
    /// shared, so they give `None`.
    pub(super) fn user_at_domain(&self) -> Option<String> {
        let domain = self.domain.as_ref()?;
        let allowed = |c: char| c.is_alphanumeric() || "+_.-~!$&'=".contains(c);
        let is_name =
            self.user.chars().all(allowed) && self.user.chars().any(char::is_alphanumeric);
        let fits = |part: &str| part.chars().count() <= MAX_PART;
        let is_usable = is_name && fits(&self.user) && fits(domain) && !is_no_user(&self.user);
        is_usable.then(|| format!("{}@{domain}", self.user))
    }
}

/// Removes invisible characters and maps digits, punctuation and spaces of all scripts to ASCII.
#[must_use]
pub fn normalize_characters(text: &str) -> String {
    normalize(text).into_owned()
}

/// Like [`normalize_characters`], but borrows text that needs no change.
fn normalize(text: &str) -> Cow<'_, str> {
    // Fast path: almost every address is plain ASCII, and client-data parses one for each call.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text.trim());
    }
    let text: String = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(to_ascii)
        .collect();
    Cow::Owned(text.trim().to_owned())
}

/// Returns whether `c` is a control or format character, which is not displayed.
pub(super) fn is_invisible(c: char) -> bool {
    let is_format = matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}');
    is_format || (c.is_control() && !c.is_whitespace())
}

/// Maps full-width characters, dashes, spaces and digits to their ASCII counterparts.
fn to_ascii(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' => '-',
        c if c.is_whitespace() => ' ',
        c => digit_of(c).unwrap_or(c),
    }
}

/// Returns the ASCII digit for a decimal digit of another script.
fn digit_of(c: char) -> Option<char> {
    /// Code point of the digit 0 in each script.
    const ZEROS: [u32; 12] = [
        0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xBE6, 0xC66, 0xE50, 0x1040, 0x17E0,
    ];
    let code = u32::from(c);
    let zero = ZEROS
        .into_iter()
        .find(|zero| (*zero..zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

/// Decodes percent-encoding such as `%2B`. Returns `None` if nothing is encoded or the decoded
/// bytes are not UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let encoded = tail
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| hex::decode(digits).ok());
        match encoded {
            Some(byte) => {
                bytes.extend(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    (bytes.len() < text.len())
        .then(|| String::from_utf8(bytes).ok())
        .flatten()
}

/// Extracts `sip:…` from `"A. Caller" <sip:…>`. Text without angle brackets is returned unchanged.
fn in_angle_brackets(text: &str) -> &str {
    text.rsplit_once('<')
        .and_then(|(_, inside)| inside.split_once('>'))
        .map_or(text, |(inside, _)| inside)
}

/// Strips a known scheme. Text without a scheme is returned unchanged; an unknown scheme gives
/// `None`.
fn without_scheme(text: &str) -> Option<&str> {
    let Some((scheme, rest)) = text.split_once(':') else {
        return Some(text);
    };
    // In `user@host:5060` the colon introduces a port, so there is no scheme.
    if text
        .split_once('@')
        .is_some_and(|(user, _)| !user.contains(':'))
    {
        return Some(text);
    }
    SCHEMES
        .iter()
        .any(|known| scheme.trim().eq_ignore_ascii_case(known))
        .then(|| rest.trim_start_matches('/'))
}

fn split_domain(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once('@') {
        Some((user, host)) => (user.split(':').next().unwrap_or(user), Some(host)),
        None => (text, None),
    }
}

fn without_parameters(text: &str) -> &str {
    text.split([';', '?']).next().unwrap_or(text)
}

/// Returns the value of `;phone-context=` (RFC 3966): a prefix such as `+44`, or a domain.
fn tel_context(text: &str) -> Option<&str> {
    let (_, context) = text.split_once(";phone-context=")?;
    context
        .split([';', '@'])
        .next()
        .map(str::trim)
        .filter(|context| !context.is_empty())
}

/// Returns a host in lower case, without port or parameters. Returns `None` for invalid hosts and
/// for reserved ones such as `anonymous.invalid` (RFC 3323).
fn domain_of(host: &str) -> Option<String> {
    let host_and_port = without_parameters(host).trim();
    let end = if host_and_port.starts_with('[') {
        host_and_port.find(']').map(|at| at + 1)
    } else {
        host_and_port.find(':')
    };
    let host = host_and_port[..end.unwrap_or(host_and_port.len())]
        .trim_end_matches('.')
        .to_ascii_lowercase();
    let is_host = host
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '_' | '[' | ']'));
    let is_reserved = host.is_empty() || host == "invalid" || host.ends_with(".invalid");
    (is_host && !is_reserved).then_some(host)
}

/// Turns `+44 (0)20 …` into `+44 20 …`. The bracketed prefix is dialed only within the country.
fn without_optional_prefix(number: &str) -> String {
    match number.split_once("(0)") {
        Some((code, rest)) if code.contains(|c: char| c.is_ascii_digit()) => {
            format!("{code}{rest}")
        }
        _ => number.to_owned(),
    }
}
