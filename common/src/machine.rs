//! Shared by the programs that run on one machine.

use rustix::fs::Mode;

/// Sets the umask so that files this process creates are readable by their owner only. They hold
/// what callers said.
pub fn create_for_owner_only() {
    rustix::process::umask(Mode::from_raw_mode(0o077));
}
