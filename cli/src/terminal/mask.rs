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
            masked(caller.as_str())
        }
    }
}

/// Masks a caller: `+12025550142` becomes `+120******42`.
///
/// That is enough to tell two callers apart at a glance, but not to call one.
pub(crate) fn masked(caller: &str) -> String {
    let characters: Vec<char> = caller.chars().collect();
    let (first, last) = if characters.len() >= 10 {
        (4, 2)
    } else {
        (1, 0)
    };
    let hidden = characters.len().saturating_sub(first + last);
    let keep = |(index, character): (usize, &char)| {
        let is_hidden = index >= first && index < first + hidden;
        if is_hidden { '*' } else { *character }
    };
    characters.iter().enumerate().map(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_number_keeps_its_country_code_and_last_digits() {
        assert_eq!(masked("+12025550142"), "+120******42");
        assert_eq!(masked("user:7"), "u*****");
        assert_eq!(masked("+1202"), "+****");
        assert_eq!(masked(""), "");
        let caller = CallerId::from_phone("+12025550142").unwrap();
        assert_eq!(Reveal { reveal: true }.show(&caller), "+12025550142");
        assert_eq!(Reveal { reveal: false }.show(&caller), "+120******42");
    }
}
