//! Serves the upstream stubs over TLS, with a certificate that is created at startup and that
//! functions are told to trust.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::serve::Listener;
use tempfile::NamedTempFile;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

use crate::Failure;

/// Address of the TLS endpoint, and the file with its certificate.
#[derive(Debug, Clone)]
pub(crate) struct TlsEndpoint {
    address: SocketAddr,
    authority: Arc<NamedTempFile>,
}

impl TlsEndpoint {
    /// Starts listening on a free port.
    pub(crate) async fn start(routes: Router) -> Result<Self, Failure> {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        let mut authority = NamedTempFile::new()?;
        authority.write_all(made.cert.pem().as_bytes())?;
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
        let config = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let listener = TlsListener {
            listener,
            acceptor: TlsAcceptor::from(Arc::new(config)),
        };
        tokio::spawn(axum::serve(listener, routes).into_future());
        Ok(Self {
            address,
            authority: Arc::new(authority),
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Path of the PEM file with the certificate.
    pub(crate) fn authority(&self) -> PathBuf {
        self.authority.path().to_owned()
    }
}

/// Accepts TLS connections for axum.
struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, peer)) = self.listener.accept().await else {
                continue;
            };
            let _ = stream.set_nodelay(true);
            // Ignore failed handshakes: the function reports them itself.
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, peer);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
