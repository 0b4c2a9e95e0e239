//! The response: what happened, and a sentence for the agent to say.

use serde::Serialize;

/// The response to a caller's wish not to be remembered.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    status: &'static str,
    message: &'static str,
    /// Whether the wish is recorded.
    recorded: bool,
    /// Whether the caller's memories and cards are deleted.
    deleted: bool,
}

impl Answer {
    /// The wish is recorded, and nothing of the caller is left in the memory store.
    pub(crate) const DONE: Self = Self {
        status: "done",
        message: "Done. I will not remember you: what I knew about you is deleted, and neither \
            this call nor a later one will be remembered.",
        recorded: true,
        deleted: true,
    };

    /// The wish is recorded, but the memory store failed. A repeated request completes it.
    pub(crate) const STORE_UNAVAILABLE: Self = Self {
        status: "store_unavailable",
        message: "Your wish is recorded: neither this call nor a later one will be remembered. \
            What I knew about you could not be deleted just now. I can try again in a moment.",
        recorded: true,
        deleted: false,
    };

    /// The caller has not confirmed the wish.
    pub(crate) const NOT_CONFIRMED: Self = Self {
        status: "not_confirmed",
        message: "Nothing was changed yet. Should I delete what I know about you, and not remember \
            this call or later ones?",
        recorded: false,
        deleted: false,
    };

    /// The caller is anonymous: nothing is remembered about anyone.
    pub(crate) const ANONYMOUS: Self = Self {
        status: "anonymous",
        message: "Your number is not shown to me, so I remember nothing about you, and this call \
            will not be remembered either.",
        recorded: false,
        deleted: false,
    };

    pub(crate) fn status(&self) -> &'static str {
        self.status
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_complete_wish_is_called_done() {
        let done = serde_json::to_value(Answer::DONE).unwrap();
        assert_eq!(
            (&done["recorded"], &done["deleted"]),
            (&true.into(), &true.into())
        );
        let incomplete = serde_json::to_value(Answer::STORE_UNAVAILABLE).unwrap();
        assert_eq!(incomplete["recorded"], true);
        assert_eq!(incomplete["deleted"], false);
        let message = incomplete["message"].as_str().unwrap();
        assert!(message.contains("could not be deleted"), "{message}");
    }
}
