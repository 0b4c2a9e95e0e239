//! Decides which addresses may receive keys.

use url::{Host, Url};

/// Returns whether a key may be sent to this address: over TLS, to this machine, or to a host in
/// `plain_http_hosts` (separated by commas), such as a container in a private network.
#[must_use]
pub fn may_carry_key(url: &Url, plain_http_hosts: Option<&str>) -> bool {
    let Some(host) = url.host() else { return false };
    url.scheme() == "https"
        || is_this_machine(url)
        || is_listed(&host.to_string(), plain_http_hosts)
}

/// Returns whether the address is on this machine: `localhost` and names under it (RFC 6761), a
/// loopback address, or an unspecified address, which connects to this machine.
#[must_use]
pub fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => {
            let address = address.to_canonical();
            address.is_loopback() || address.is_unspecified()
        }
        None => false,
    }
}

fn is_listed(host: &str, plain_http_hosts: Option<&str>) -> bool {
    plain_http_hosts
        .unwrap_or_default()
        .split(',')
        .any(|allowed| allowed.trim() == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_recognised_by_name_and_by_address() {
        for (url, is_here) in [
            ("http://localhost:8000", true),
            ("http://LOCALHOST", true),
            ("http://memory.localhost", true),
            ("http://127.0.0.1:8000", true),
            ("http://127.9.9.9", true),
            ("http://2130706433", true),
            ("http://0.0.0.0:8000", true),
            ("http://[::1]:8000", true),
            ("http://[::]:8000", true),
            ("http://[::ffff:127.0.0.1]", true),
            ("http://[::ffff:0.0.0.0]", true),
            ("http://[::ffff:10.0.0.1]", false),
            ("http://localhost.example.com", false),
            ("http://notlocalhost", false),
            ("http://127.0.0.1.example.com", false),
            ("http://10.0.0.1", false),
            ("http://169.254.169.254", false),
            ("http://[fe80::1]", false),
            ("https://example.com", false),
            ("file:///tmp", false),
        ] {
            assert_eq!(is_this_machine(&Url::parse(url).unwrap()), is_here, "{url}");
        }
    }

    #[test]
    fn a_key_goes_over_tls_to_this_machine_or_to_a_listed_host() {
        let listed = Some("openmemory, 10.0.0.1,[fd00::1]");
        for (url, plain_http_hosts, may) in [
            ("https://example.com", None, true),
            ("http://example.com", None, false),
            ("http://localhost", None, true),
            ("http://0.0.0.0", None, true),
            ("http://openmemory:8080", listed, true),
            ("http://openmemory:8080", Some(""), false),
            ("http://10.0.0.1", listed, true),
            ("http://[fd00::1]", listed, true),
            ("http://10.0.0.2", listed, false),
            ("http://sub.openmemory", listed, false),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(may_carry_key(&url, plain_http_hosts), may, "{url}");
        }
    }
}
