//! Serves the fakes on free ports of this machine, and the numbers by which they recognise a call.

use std::net::Ipv4Addr;

use axum::Router;
use tokio::net::TcpListener;

/// Begins the order number that the caller of each call names.
const PREFIX: &str = "GF-";

/// Serves routes, and returns their URL.
pub(crate) async fn serve(routes: Router) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, routes).into_future());
    url
}

/// Returns the order number of a call.
pub(crate) fn order(call: usize) -> String {
    format!("{PREFIX}{}", call + 10_000)
}

/// Returns the call whose order number comes last in a text.
pub(crate) fn call_in(text: &str) -> Option<usize> {
    let (_, after) = text.rsplit_once(PREFIX)?;
    let digits = after.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse::<usize>().ok()?.checked_sub(10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_recognised_by_its_last_order_number() {
        let text = format!("known: {}. Now {}!", order(7), order(123_456));
        assert_eq!(call_in(&text), Some(123_456));
        assert_eq!(call_in("no number"), None);
    }
}
