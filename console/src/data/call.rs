//! One archived call.

use common::archive::{Archive, Key, PayloadKind};
use common::call::ConversationId;
use common::elevenlabs::event::read_transcription;
use common::elevenlabs::transcription::Transcription;

use super::{ExtractionState, Person, state};
use crate::Console;
use crate::error::PageError;

/// An archived call with its extraction.
pub(crate) struct Call {
    pub(crate) conversation: ConversationId,
    /// What ElevenLabs sent; `None` if it is not archived or cannot be read.
    pub(crate) transcription: Option<Transcription>,
    /// The caller, if the call has one.
    pub(crate) person: Option<Person>,
    pub(crate) state: ExtractionState,
}

/// Reads a call.
///
/// # Errors
/// [`PageError::UnknownCall`] if nothing of the call is in the archive.
pub(crate) async fn read_call(
    console: &Console,
    conversation: ConversationId,
) -> Result<Call, PageError> {
    let backend = console.backend();
    let key = Key::payload(&conversation, &PayloadKind::Transcription);
    let body = backend.archive.get(&key).await?;
    let transcription = body.as_deref().and_then(read_transcription);
    let state = state(&backend.archive, &conversation).await?;
    if body.is_none() && matches!(state, ExtractionState::Waiting) {
        return Err(PageError::UnknownCall);
    }
    let person = transcription
        .as_ref()
        .and_then(|call| call.caller(backend.settings.caller.trust_user_id))
        .map(|caller| console.person_of(&caller));
    Ok(Call {
        conversation,
        transcription,
        person,
        state,
    })
}
