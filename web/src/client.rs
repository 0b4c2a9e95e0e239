//! The HTTP client: TLS, certificate authorities and time limits.

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use reqwest::ClientBuilder;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Time limit of connecting. Upstreams are near, or down.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Why the client could not be built.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The file of additional authorities cannot be read or holds no certificate.
    #[error("EXTRA_CA_FILE: {0}")]
    Authorities(String),
    /// TLS could not be set up.
    #[error("the HTTP client cannot be built: {0}")]
    Tls(#[from] reqwest::Error),
}

/// Builds the client: rustls with ring and bundled root certificates. The first TLS handshake is
/// fast and needs no system certificates.
///
/// # Errors
/// Fails if TLS cannot be set up.
pub fn build() -> Result<reqwest::Client, reqwest::Error> {
    builder_with(public_roots()).build()
}

/// Builds the client like [`build`], and also trusts the certificate authorities in the PEM file
/// `EXTRA_CA_FILE`. A memory store in a private network may use a private authority. `lookup`
/// returns the value of a setting.
///
/// # Errors
/// [`ClientError`]
pub fn build_from_settings(
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<reqwest::Client, ClientError> {
    Ok(builder(lookup("EXTRA_CA_FILE").as_deref())?.build()?)
}

/// Returns a builder of the client for callers with other time limits. It also trusts the
/// certificate authorities in the PEM file `extra_ca_file`; a blank name counts as none.
///
/// # Errors
/// [`ClientError::Authorities`] if the file cannot be used.
pub fn builder(extra_ca_file: Option<&str>) -> Result<ClientBuilder, ClientError> {
    let mut roots = public_roots();
    if let Some(file) = extra_ca_file.filter(|file| !file.trim().is_empty()) {
        add_authorities(&mut roots, Path::new(file))?;
    }
    Ok(builder_with(roots))
}

fn builder_with(roots: RootCertStore) -> ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls(roots))
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("elaaoms/", env!("CARGO_PKG_VERSION")))
}

fn public_roots() -> RootCertStore {
    RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned())
}

fn add_authorities(roots: &mut RootCertStore, file: &Path) -> Result<(), ClientError> {
    let before = roots.len();
    let certificates =
        CertificateDer::pem_file_iter(file).map_err(|error| invalid(file, &error))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| invalid(file, &error))?;
        roots
            .add(certificate)
            .map_err(|error| invalid(file, &error))?;
    }
    if roots.len() == before {
        Err(invalid(file, &"the file holds no certificate"))
    } else {
        Ok(())
    }
}

fn invalid(file: &Path, reason: &dyn Display) -> ClientError {
    ClientError::Authorities(format!("{}: {reason}", file.display()))
}

#[expect(
    clippy::expect_used,
    reason = "ring supports the default protocol versions"
)]
fn tls(roots: RootCertStore) -> rustls::ClientConfig {
    rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("ring supports the default protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate made for this test. Its key does not exist any more.
    const PRIVATE_AUTHORITY: &str = "-----BEGIN CERTIFICATE-----
MIIBnzCCAUWgAwIBAgIUd+Cu0E6b7aFm9dn1KI5+L36bPlcwCgYIKoZIzj0EAwIw
JDEiMCAGA1UEAwwZQW4gYXV0aG9yaXR5IG9mIG9uZSdzIG93bjAgFw0yNjExMjUx
NjE5MzVaGA8yMTI2MTEwMTE2MTkzNVowJDEiMCAGA1UEAwwZQW4gYXV0aG9yaXR5
IG9mIG9uZSdzIG93bjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABH+QAosACNVW
UHAx9pomCp4rSk8ivSlooOyTrzNOnnrceI1gFfefeBDNpXxTWFFk6eKvDjWxk3Xz
87XOAYBEhe2jUzBRMB0GA1UdDgQWBBTdNvEX04Zk3V2W5+ekgWHkwIcXDDAfBgNV
HSMEGDAWgBTdNvEX04Zk3V2W5+ekgWHkwIcXDDAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0gAMEUCIQCHaVoQzTB+pVYhHHeo01BIqwnHF/eIT1l7XuKuL/Io
GQIgfv6K3ZDk8b325pA8DDbgwNYvx5q+H/gyb3U1sLrZelI=
-----END CERTIFICATE-----
";

    #[test]
    fn private_authorities_are_trusted_and_invalid_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let mut roots = public_roots();
        let public = roots.len();
        add_authorities(&mut roots, &file("own.pem", PRIVATE_AUTHORITY)).unwrap();
        assert_eq!(roots.len(), public + 1);
        let nowhere = folder.path().join("nowhere.pem");
        for wrong in [
            nowhere,
            file("empty.pem", ""),
            file("broken.pem", &PRIVATE_AUTHORITY.replace("MII", "MIIx")),
        ] {
            let error = build_from_settings(|_| Some(wrong.display().to_string()))
                .unwrap_err()
                .to_string();
            assert!(
                error.starts_with("EXTRA_CA_FILE: ") && error.contains(".pem"),
                "{error}"
            );
        }
        assert!(
            build_from_settings(|_| None).is_ok()
                && build_from_settings(|_| Some(" ".to_owned())).is_ok()
        );
    }
}
