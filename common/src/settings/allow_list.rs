//! Networks that may send webhooks. ElevenLabs publishes its addresses.

use std::net::IpAddr;

use ipnet::{AddrParseError, IpNet};

/// Networks that may send webhooks. An empty list allows every address; then only the
/// authentication decides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowList(Vec<IpNet>);

impl AllowList {
    /// Parses addresses and networks separated by commas or whitespace.
    ///
    /// # Errors
    /// Fails if an entry is neither.
    pub fn parse(text: &str) -> Result<Self, AddrParseError> {
        text.split([',', ' ', '\n'])
            .filter(|part| !part.is_empty())
            .map(parse_network)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Returns whether requests from this address are allowed. An unknown address is allowed only
    /// by an empty list.
    #[must_use]
    pub fn contains(&self, address: Option<IpAddr>) -> bool {
        self.0.is_empty()
            || address.is_some_and(|address| {
                self.0
                    .iter()
                    .any(|network| network.contains(&address.to_canonical()))
            })
    }
}

fn parse_network(part: &str) -> Result<IpNet, AddrParseError> {
    part.parse()
        .or_else(|error| part.parse::<IpAddr>().map(IpNet::from).map_err(|_| error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_allows_only_its_networks() {
        let list = AllowList::parse("34.67.146.145, 203.0.113.0/24 2001:db8::/32").unwrap();
        for (address, is_allowed) in [
            ("34.67.146.145", true),
            ("::ffff:203.0.113.9", true),
            ("2001:db8::1", true),
            ("34.67.146.146", false),
        ] {
            assert_eq!(list.contains(address.parse().ok()), is_allowed, "{address}");
        }
        assert!(!list.contains(None));
    }

    #[test]
    fn an_empty_list_allows_every_address() {
        assert!(AllowList::parse("").unwrap().contains(None));
        assert!(AllowList::parse("office").is_err());
    }
}
