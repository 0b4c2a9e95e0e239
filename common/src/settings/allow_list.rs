//! Networks that webhooks may come from. ElevenLabs publishes its addresses.

use std::net::IpAddr;

use ipnet::{AddrParseError, IpNet};

/// Networks that may send webhooks; an empty list lets everybody send, and the proofs of origin
/// decide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowList(Vec<IpNet>);

impl AllowList {
    /// Reads addresses and networks separated by commas or blanks.
    ///
    /// # Errors
    /// When any of them is neither.
    pub fn parse(text: &str) -> Result<Self, AddrParseError> {
        text.split([',', ' ', '\n'])
            .filter(|part| !part.is_empty())
            .map(network)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether a request from this address may go on to the proof of origin. Where there is a list,
    /// an address that is not known is outside it.
    #[must_use]
    pub fn admits(&self, address: Option<IpAddr>) -> bool {
        self.0.is_empty()
            || address.is_some_and(|address| {
                self.0
                    .iter()
                    .any(|network| network.contains(&address.to_canonical()))
            })
    }
}

fn network(part: &str) -> Result<IpNet, AddrParseError> {
    part.parse()
        .or_else(|error| part.parse::<IpAddr>().map(IpNet::from).map_err(|_| error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_admits_its_networks_and_nothing_else() {
        let list = AllowList::parse("34.67.146.145, 203.0.113.0/24 2001:db8::/32").unwrap();
        for (address, admitted) in [
            ("34.67.146.145", true),
            ("::ffff:203.0.113.9", true),
            ("2001:db8::1", true),
            ("34.67.146.146", false),
        ] {
            assert_eq!(list.admits(address.parse().ok()), admitted, "{address}");
        }
        assert!(!list.admits(None));
    }

    #[test]
    fn an_empty_list_admits_everybody() {
        assert!(AllowList::parse("").unwrap().admits(None));
        assert!(AllowList::parse("office").is_err());
    }
}
