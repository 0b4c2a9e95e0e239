//! The cookie of the session. Browsers share cookies between the ports of a host, so its name
//! contains the port: two consoles do not end each other's session.

use http::HeaderMap;
use http::header::COOKIE;

/// Returns the `Set-Cookie` header. The cookie lasts until the browser is closed.
pub(super) fn set(port: u16, value: &str) -> String {
    format!("{}={value}; Path=/; HttpOnly; SameSite=Strict", name(port))
}

/// Returns the values of the cookie that a request carries.
pub(super) fn values(headers: &HeaderMap, port: u16) -> Vec<&str> {
    let name = name(port);
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .filter(|(own, _)| *own == name)
        .map(|(_, value)| value)
        .collect()
}

fn name(port: u16) -> String {
    format!("elaaoms_console_{port}")
}
