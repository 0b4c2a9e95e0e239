//! Checks the health of a running service, for containers that have no `curl`.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// Limit for connecting and for reading the response, each.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Whether the service on this address reports that it is healthy.
pub fn is_healthy(address: SocketAddr) -> bool {
    request_health(connectable(address)).is_ok_and(|response| {
        response.starts_with(b"HTTP/1.1 200") || response.starts_with(b"HTTP/1.0 200")
    })
}

/// Replaces an unspecified address (`0.0.0.0`, `::`) by loopback.
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
    let mut response_head = vec![0; 12];
    stream.read_exact(&mut response_head)?;
    Ok(response_head)
}
