//! The transcript of a call: what was said, by whom, in order.

use std::fmt;

/// The speaker of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The ElevenLabs agent.
    Agent,
    /// The person who called.
    Caller,
}

/// One utterance. Tool calls and their results are not turns, because nobody said them.
///
/// Contains personal data, so `Debug` shows only its length.
#[derive(Clone, PartialEq, Eq)]
pub struct Turn {
    /// The speaker.
    pub role: Role,
    /// The words, never empty.
    pub text: String,
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Turn({:?}, {} bytes)", self.role, self.text.len())
    }
}

/// The spoken turns of a conversation, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transcript(Vec<Turn>);

impl Transcript {
    /// Creates a transcript from these turns and drops empty ones.
    #[must_use]
    pub fn new(turns: impl IntoIterator<Item = Turn>) -> Self {
        Self(
            turns
                .into_iter()
                .filter(|turn| !turn.text.trim().is_empty())
                .collect(),
        )
    }

    /// Returns all turns.
    #[must_use]
    pub fn turns(&self) -> &[Turn] {
        &self.0
    }

    /// Returns the caller's turns, each with its index in the transcript.
    pub fn by_caller(&self) -> impl Iterator<Item = (usize, &Turn)> {
        self.0
            .iter()
            .enumerate()
            .filter(|(_, turn)| turn.role == Role::Caller)
    }
}
