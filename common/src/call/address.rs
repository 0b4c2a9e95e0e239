//! The ways in which networks, trunks and integrations write who is calling: bare numbers, SIP and
//! `tel:` URIs, name-addr form, `whatsapp:` addresses, percent-encoded or with invisible
//! characters.

use std::borrow::Cow;

use super::nobody::means_nobody;

/// Longest address that is read, in bytes.
const MAX_ADDRESS: usize = 512;
/// Longest user and longest domain of a named address, in characters.
const MAX_PART: usize = 64;
/// Schemes of addresses that hold a telephone number or a SIP user.
const SCHEMES: [&str; 7] = ["sip", "sips", "tel", "whatsapp", "sms", "mms", "callto"];

/// Who an address names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// The number or name, without scheme and parameters.
    pub(super) user: String,
    /// The domain within which the user is unique, in lower case.
    pub(super) domain: Option<String>,
}

/// The digits of a telephone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Digits {
    pub(super) plus: bool,
    pub(super) digits: String,
}

impl Address {
    /// Reads an address as it came; `None` where it names nobody.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.len() > MAX_ADDRESS {
            return None;
        }
        let text = tidy(text);
        let text =
            percent_decoded(&text).map_or(text, |decoded| Cow::Owned(tidy(&decoded).into_owned()));
        let text = in_angle_brackets(&text).trim().trim_matches('"').trim();
        let (user, host) = split_domain(without_scheme(text)?);
        let user = without_parameters(user).trim();
        let (prefix, network) = match tel_context(text) {
            Some(context) if context.starts_with('+') => (Some(context), None),
            context => (None, context),
        };
        let user = match prefix {
            Some(prefix) if !user.starts_with('+') => format!("{prefix}{user}"),
            _ => user.to_owned(),
        };
        let domain = host.or(network).and_then(domain_of);
        (!user.is_empty() && !means_nobody(&user)).then_some(Self { user, domain })
    }

    /// The user as a telephone number, where it is one.
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

    /// `user@domain`, where there is a domain to make the user unique.
    pub(super) fn named(&self) -> Option<String> {
        let domain = self.domain.as_ref()?;
        let allowed = |c: char| c.is_alphanumeric() || "+_.-~!$&'=".contains(c);
        let is_name =
            self.user.chars().all(allowed) && self.user.chars().any(char::is_alphanumeric);
        let fits = self.user.chars().count() <= MAX_PART && domain.len() <= MAX_PART;
        (is_name && fits).then(|| format!("{}@{domain}", self.user))
    }
}

/// The text without invisible characters, with digits, signs and blanks of all scripts as ASCII
/// ones.
#[must_use]
pub fn plain_characters(text: &str) -> String {
    tidy(text).into_owned()
}

/// Without invisible characters; digits, signs and blanks of all scripts as ASCII ones.
fn tidy(text: &str) -> Cow<'_, str> {
    // Almost every address is plain already, and client-data reads one for each call.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text.trim());
    }
    let text: String = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(plain)
        .collect();
    Cow::Owned(text.trim().to_owned())
}

/// Control and format characters, which no reader sees.
pub(super) fn is_invisible(c: char) -> bool {
    let is_format = matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}');
    is_format || (c.is_control() && !c.is_whitespace())
}

fn plain(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' => '-',
        c if c.is_whitespace() => ' ',
        c => digit_of(c).unwrap_or(c),
    }
}

/// The ASCII digit of a decimal digit in another script.
fn digit_of(c: char) -> Option<char> {
    /// Where the digit 0 of each script stands.
    const ZEROS: [u32; 12] = [
        0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xBE6, 0xC66, 0xE50, 0x1040, 0x17E0,
    ];
    let code = u32::from(c);
    let zero = ZEROS
        .into_iter()
        .find(|zero| (*zero..zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

/// The text with `%2B` and the like decoded; `None` where nothing is encoded or the bytes are no
/// text.
fn percent_decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let encoded = behind
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| hex::decode(digits).ok());
        match encoded {
            Some(byte) => {
                bytes.extend(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    (bytes.len() < text.len())
        .then(|| String::from_utf8(bytes).ok())
        .flatten()
}

/// `sip:…` out of `"A. Caller" <sip:…>`.
fn in_angle_brackets(text: &str) -> &str {
    text.rsplit_once('<')
        .and_then(|(_, inside)| inside.split_once('>'))
        .map_or(text, |(inside, _)| inside)
}

/// The address behind a known scheme, or the whole where there is no scheme; `None` for another
/// scheme.
fn without_scheme(text: &str) -> Option<&str> {
    let Some((scheme, rest)) = text.split_once(':') else {
        return Some(text);
    };
    // `host:5060` and `user:password` have no scheme; their first part names a user or comes before
    // an `@`.
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

/// The value of `;phone-context=` (RFC 3966): a prefix such as `+44`, or a domain.
fn tel_context(text: &str) -> Option<&str> {
    let (_, context) = text.split_once(";phone-context=")?;
    context
        .split([';', '@'])
        .next()
        .map(str::trim)
        .filter(|context| !context.is_empty())
}

/// A host in lower case without port and parameters; `None` for hosts that stand for no network,
/// such as `anonymous.invalid` (RFC 3323).
fn domain_of(host: &str) -> Option<String> {
    let host = without_parameters(host).trim();
    let end = if host.starts_with('[') {
        host.find(']').map(|at| at + 1)
    } else {
        host.find(':')
    };
    let host = host[..end.unwrap_or(host.len())]
        .trim_end_matches('.')
        .to_ascii_lowercase();
    let is_host = host
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '_' | '[' | ']'));
    let is_void = host.is_empty() || host == "invalid" || host.ends_with(".invalid");
    (is_host && !is_void).then_some(host)
}

/// `+44 20 …` out of `+44 (0)20 …`: the bracketed prefix is dialled at home only.
fn without_optional_prefix(number: &str) -> String {
    match number.split_once("(0)") {
        Some((code, rest)) if code.contains(|c: char| c.is_ascii_digit()) => {
            format!("{code}{rest}")
        }
        _ => number.to_owned(),
    }
}
