//! The HTTP client for outgoing requests: model downloads and remote embeddings.

use reqwest::ClientBuilder;
use reqwest::redirect::Policy;
use url::Url;

/// A client that uses rustls with ring and bundled root certificates, so that it behaves the same
/// on every machine. It does not follow redirects.
pub(crate) fn builder() -> Result<ClientBuilder, rustls::Error> {
    let roots = rustls::RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let tls = rustls::ClientConfig::builder_with_provider(
        rustls::crypto::ring::default_provider().into(),
    )
    .with_safe_default_protocol_versions()?
    .with_root_certificates(roots)
    .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none()))
}

/// Whether an address is on this machine (loopback or `localhost`).
pub(crate) fn is_this_machine(address: &Url) -> bool {
    match address.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
