//! Asking a running service how it is, for a container without any other program.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// How long connecting and answering may take.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Whether the service that listens on that address says that it is healthy.
pub fn is_healthy(address: SocketAddr) -> bool {
    request_health(connectable(address)).is_ok_and(|answer| {
        answer.starts_with(b"HTTP/1.1 200") || answer.starts_with(b"HTTP/1.0 200")
    })
}

/// Who listens everywhere is reached on this machine.
fn connectable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn request_health(address: SocketAddr) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.write_all(b"GET /health HTTP/1.0\r\n\r\n")?;
    let mut head = vec![0; 12];
    stream.read_exact(&mut head)?;
    Ok(head)
}
