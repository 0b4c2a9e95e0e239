//! A TLS server for tests, whose certificate only `EXTRA_CA_FILE` can make trusted.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::NamedTempFile;

/// Answers every request with one JSON body.
pub(crate) struct TlsServer {
    /// The URL of the server.
    pub(crate) url: String,
    authority: NamedTempFile,
}

impl TlsServer {
    /// Starts a server on a free port. Its threads end with the process.
    pub(crate) fn start(body: &'static str) -> Self {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let mut authority = NamedTempFile::new().unwrap();
        authority.write_all(made.cert.pem().as_bytes()).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let config = Arc::new(config);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let config = Arc::clone(&config);
                thread::spawn(move || answer(connection.unwrap(), config, body));
            }
        });
        Self { url, authority }
    }

    /// Path of the PEM file with the certificate.
    pub(crate) fn authority(&self) -> &str {
        self.authority.path().to_str().unwrap()
    }
}

/// Answers one request, then reads until the client closes the connection.
fn answer(connection: TcpStream, config: Arc<ServerConfig>, body: &str) {
    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), connection);
    // A client that does not trust the certificate breaks the handshake.
    if stream.read(&mut [0; 4096]).is_err() {
        return;
    }
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    let _ = stream.write_all((head + body).as_bytes());
    let _ = stream.read_to_end(&mut Vec::new());
}
