//! The trace of a request: an id that the services which serve one request share. It travels in the
//! W3C header `traceparent`.

use http::HeaderName;
use uuid::Uuid;

/// The name of the header.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The length of a header of version 00.
const LENGTH: usize = 55;

/// A trace id and whether the sender records the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    id: u128,
    is_sampled: bool,
}

impl Trace {
    /// Starts a trace with a random id.
    #[must_use]
    pub fn start() -> Self {
        Self {
            id: Uuid::new_v4().as_u128(),
            is_sampled: false,
        }
    }

    /// Returns the trace with this id, or `None` if the id is zero.
    #[must_use]
    pub fn with_id(id: u128, is_sampled: bool) -> Option<Self> {
        (id != 0).then_some(Self { id, is_sampled })
    }

    /// Parses a `traceparent` header. Returns `None` if it is malformed; the sender may be anyone.
    ///
    /// A header of a later version may be longer. Its first four fields are read.
    #[must_use]
    pub fn parse(traceparent: &str) -> Option<Self> {
        let fields = traceparent.get(..LENGTH)?;
        let rest = &traceparent[LENGTH..];
        let mut parts = fields.split('-');
        let version = lower_hex(parts.next()?, 2)?;
        let id = lower_hex(parts.next()?, 32)?;
        let parent = lower_hex(parts.next()?, 16)?;
        let flags = lower_hex(parts.next()?, 2)?;
        let is_known = match version {
            0 => rest.is_empty(),
            0xff => false,
            _ => rest.is_empty() || rest.starts_with('-'),
        };
        if !is_known || parent == 0 {
            return None;
        }
        Self::with_id(id, flags & 1 == 1)
    }

    /// Returns the trace id as in the header: 32 hexadecimal digits.
    #[must_use]
    pub fn id(self) -> String {
        Uuid::from_u128(self.id).simple().to_string()
    }

    /// Returns the header for an outgoing request, with a new parent id.
    #[must_use]
    pub fn traceparent(self) -> String {
        // The second half of a random UUID is never zero, because it begins with the variant.
        let (_, parent) = Uuid::new_v4().as_u64_pair();
        let flags = u8::from(self.is_sampled);
        format!("00-{:032x}-{parent:016x}-{flags:02x}", self.id)
    }
}

/// Parses exactly `digits` lower-case hexadecimal digits.
#[must_use]
pub fn lower_hex(text: &str, digits: usize) -> Option<u128> {
    let is_lower_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != digits || !text.bytes().all(is_lower_hex) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn a_valid_header_gives_its_trace_id_and_flag() {
        for (header, is_sampled) in [
            (format!("00-{ID}-00f067aa0ba902b7-01"), true),
            (format!("00-{ID}-00f067aa0ba902b7-00"), false),
            (format!("00-{ID}-00f067aa0ba902b7-fe"), false),
            (format!("cc-{ID}-00f067aa0ba902b7-01"), true),
            (format!("cc-{ID}-00f067aa0ba902b7-01-later"), true),
        ] {
            let trace = Trace::parse(&header).unwrap();
            assert_eq!((trace.id(), trace.is_sampled), (ID.to_owned(), is_sampled));
        }
    }

    #[test]
    fn a_malformed_header_is_ignored() {
        for header in [
            "",
            "00",
            &format!("ff-{ID}-00f067aa0ba902b7-01"),
            &format!("0-{ID}-00f067aa0ba902b7-01"),
            &format!("00-{ID}-00f067aa0ba902b7-1"),
            &format!("00-{ID}-00f067aa0ba902b7-01-"),
            &format!("00-{ID}-00f067aa0ba902b7-01-later"),
            &format!("cc-{ID}-00f067aa0ba902b7-01.later"),
            &format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            &format!("00-{ID}-0000000000000000-01"),
            &format!("00-{}-00f067aa0ba902b7-01", ID.to_uppercase()),
            &format!("00-{ID}-+0f067aa0ba902b7-01"),
            &format!("00_{ID}_00f067aa0ba902b7_01"),
            &format!(" 00-{ID}-00f067aa0ba902b7-01"),
            &format!("00-{ID}-00f067aa0ba902b7-0ä"),
        ] {
            assert_eq!(Trace::parse(header), None, "{header}");
        }
    }

    proptest! {
        #[test]
        fn an_outgoing_header_keeps_the_trace_and_has_a_new_parent(
            id in 1u128..,
            is_sampled: bool,
        ) {
            let trace = Trace::with_id(id, is_sampled).unwrap();
            let (one, other) = (trace.traceparent(), trace.traceparent());
            prop_assert_eq!(Trace::parse(&one), Some(trace));
            prop_assert_ne!(one, other);
        }

        #[test]
        fn only_a_header_of_the_grammar_is_accepted(
            header in "(00|01|ff|0G)-[0-9a-fA]{31,33}-[0-9a-f]{15,17}-[0-9a-f]{1,3}(-x|x)?",
        ) {
            let fields: Vec<&str> = header.split('-').collect();
            let is_hex = |text: &str, digits: usize| {
                let is_lower = |c: char| c.is_ascii_hexdigit() && !c.is_ascii_uppercase();
                text.len() == digits && text.chars().all(is_lower)
            };
            let is_valid = is_hex(fields[0], 2)
                && is_hex(fields[1], 32)
                && is_hex(fields[2], 16)
                && is_hex(fields[3], 2)
                && fields[1].contains(|c| c != '0')
                && fields[2].contains(|c| c != '0')
                && fields[0] != "ff"
                && (fields[0] != "00" || fields.len() == 4);
            prop_assert_eq!(Trace::parse(&header).is_some(), is_valid);
        }

        #[test]
        fn no_text_panics(header in ".{0,80}") {
            let _ = Trace::parse(&header);
        }
    }
}
