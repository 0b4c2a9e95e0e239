//! Lets only the operator's browser in.
//!
//! Every page that the operator has open in the same browser can send requests to 127.0.0.1, and a
//! hostile one can let a name of its own resolve to 127.0.0.1. So each request must name this
//! machine in `Host`, must not come from another site, and needs a cookie; each form must also come
//! from this origin and carry a token that belongs to the cookie.
//!
//! The cookie is set once, for the URL with the one-time token that the program prints.

mod cookie;
mod form;
mod guard;
mod headers;
#[cfg(test)]
mod tests;

pub(crate) use form::Submitted;
pub(crate) use guard::guard;
pub(crate) use headers::protect;

use std::sync::{Mutex, PoisonError};

use uuid::Uuid;
use web::key::is_valid;

/// The query parameter with the one-time token.
const TOKEN: &str = "token";

/// The secrets of one console. There is one session, because there is one operator.
pub(crate) struct Access {
    port: u16,
    /// The one-time token, until it is used.
    token: Mutex<Option<String>>,
    /// The value of the cookie.
    session: String,
    /// The token of forms in this session.
    csrf: String,
}

impl Access {
    /// Creates the secrets of a console on this port.
    pub(crate) fn new(port: u16) -> Self {
        Self {
            port,
            token: Mutex::new(Some(random())),
            session: random(),
            csrf: random(),
        }
    }

    /// Returns the URL that opens the console once; without the token if it was used.
    pub(crate) fn url(&self) -> String {
        let base = format!("http://127.0.0.1:{}/", self.port);
        let token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        match &*token {
            Some(token) => format!("{base}?{TOKEN}={token}"),
            None => base,
        }
    }

    /// Exchanges the one-time token for the `Set-Cookie` header of the session. Returns `None` if
    /// the token is wrong or was used.
    pub(crate) fn exchange(&self, given: &str) -> Option<String> {
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        let is_right = token
            .as_ref()
            .is_some_and(|token| is_valid(given.as_bytes(), [token.as_bytes()]));
        if !is_right {
            return None;
        }
        *token = None;
        Some(cookie::set(self.port, &self.session))
    }

    /// Returns the token that forms carry.
    pub(crate) fn csrf(&self) -> &str {
        &self.csrf
    }

    fn is_session(&self, given: &str) -> bool {
        is_valid(given.as_bytes(), [self.session.as_bytes()])
    }

    fn is_csrf(&self, given: &str) -> bool {
        is_valid(given.as_bytes(), [self.csrf.as_bytes()])
    }

    /// Whether `Host` names this machine and this port.
    fn is_own_host(&self, host: &str) -> bool {
        ["127.0.0.1", "localhost"]
            .iter()
            .any(|name| host.eq_ignore_ascii_case(&format!("{name}:{}", self.port)))
    }
}

/// Returns 244 random bits as hex.
fn random() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}
