//! What an answer cost.

use serde::{Deserialize, Serialize};

/// Tokens of one or more answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read, cached ones included.
    pub input: u64,
    /// Tokens written.
    pub output: u64,
    /// Of those read, the ones that the provider had cached.
    pub cached: u64,
    /// Of those read, the ones that the provider put into its cache.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub written: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, more: Self) {
        self.input += more.input;
        self.output += more.output;
        self.cached += more.cached;
        self.written += more.written;
    }
}
