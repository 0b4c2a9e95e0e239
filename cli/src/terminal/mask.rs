//! Masks callers' numbers for the terminal.

use clap::Args;
use common::call::CallerId;

/// The `--reveal` option: shows callers unmasked.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Reveal {
    /// Show callers' numbers in full
    #[arg(long, help_heading = "Display")]
    pub(crate) reveal: bool,
}

impl Reveal {
    /// Returns the caller, masked unless `--reveal` was passed.
    pub(crate) fn show(self, caller: &CallerId) -> String {
        if self.reveal {
            caller.as_str().to_owned()
        } else {
            caller.masked()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_masked_unless_it_is_revealed() {
        let caller = CallerId::from_phone("+12025550142").unwrap();
        assert_eq!(Reveal { reveal: true }.show(&caller), "+12025550142");
        assert_eq!(Reveal { reveal: false }.show(&caller), "+120******42");
    }
}
