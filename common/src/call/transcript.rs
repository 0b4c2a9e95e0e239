//! What was said, by whom, in order.

use std::fmt;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The ElevenLabs agent.
    Agent,
    /// The person who calls.
    Caller,
}

/// One utterance. Tool calls and their results are none: what a tool answered was not said by the
/// caller.
///
/// Personal: `Debug` shows its length only.
#[derive(Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who said it.
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
    /// A transcript of these turns; those without words are left out.
    #[must_use]
    pub fn new(turns: impl IntoIterator<Item = Turn>) -> Self {
        Self(
            turns
                .into_iter()
                .filter(|turn| !turn.text.trim().is_empty())
                .collect(),
        )
    }

    /// All turns.
    #[must_use]
    pub fn turns(&self) -> &[Turn] {
        &self.0
    }

    /// The caller's turns with their index in the transcript.
    pub fn by_caller(&self) -> impl Iterator<Item = (usize, &Turn)> {
        self.0
            .iter()
            .enumerate()
            .filter(|(_, turn)| turn.role == Role::Caller)
    }
}
