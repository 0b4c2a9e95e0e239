//! What programs of an operator's own machine have in common.

use rustix::fs::Mode;

/// Lets nothing that this process creates from now on be read by other users: it holds what callers
/// said.
pub fn create_for_owner_only() {
    rustix::process::umask(Mode::from_raw_mode(0o077));
}
