//! The header in which AWS X-Ray passes a trace on.

use web::trace::{Trace, lower_hex};

/// An `x-amzn-trace-id` header: the trace, the caller's segment and the sampling decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct XrayHeader {
    trace: Trace,
    text: String,
}

impl XrayHeader {
    /// Parses the header and drops its unknown fields. Returns `None` if it names no valid trace.
    pub(super) fn parse(header: &str) -> Option<Self> {
        let fields: Vec<(&str, &str)> = header
            .split(';')
            .filter_map(|field| field.trim().split_once('='))
            .collect();
        let value = |name: &str| {
            let field = fields.iter().find(|(field, _)| *field == name);
            field.map(|(_, value)| *value)
        };
        let root = value("Root")?;
        let parent = value("Parent").filter(|parent| lower_hex(parent, 16).is_some());
        let sampled = value("Sampled").filter(|sampled| matches!(*sampled, "0" | "1" | "?"));
        let mut text = ["Root=", root].concat();
        for (name, value) in [(";Parent=", parent), (";Sampled=", sampled)] {
            if let Some(value) = value {
                text.push_str(name);
                text.push_str(value);
            }
        }
        let trace = Trace::with_id(trace_id(root)?, sampled == Some("1"))?;
        Some(Self { trace, text })
    }

    /// Returns the trace. Its id has the digits of X-Ray's id.
    pub(super) fn trace(&self) -> Trace {
        self.trace
    }

    /// Returns the header for an outgoing request.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }
}

/// Reads an id such as `1-5759e988-bd862e3fe1be46a994272793`: a version, a time and a random
/// number.
fn trace_id(root: &str) -> Option<u128> {
    let (time, random) = root.strip_prefix("1-")?.split_once('-')?;
    Some(lower_hex(time, 8)? << 96 | lower_hex(random, 24)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_that_lead_to_the_trace_are_kept() {
        let header = XrayHeader::parse(
            "Self=1-0; Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;\
             Lineage=a:0",
        )
        .unwrap();
        assert_eq!(
            header.as_str(),
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
        );
        assert_eq!(header.trace().id(), "5759e988bd862e3fe1be46a994272793");
        assert!(header.trace().traceparent().ends_with("-01"));
    }

    #[test]
    fn a_header_without_a_valid_trace_is_ignored() {
        for header in [
            "",
            "Root=",
            "Parent=53995c3f42cd8ad8",
            "Root=2-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-BD862E3FE1BE46A994272793",
            "Root=1-00000000-000000000000000000000000",
            "Root=1-5759e988-bd862e3fe1be46a994272793x",
        ] {
            assert_eq!(XrayHeader::parse(header), None, "{header}");
        }
        let parent =
            XrayHeader::parse("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=x;Sampled=y");
        assert_eq!(
            parent.unwrap().as_str(),
            "Root=1-5759e988-bd862e3fe1be46a994272793"
        );
    }
}
