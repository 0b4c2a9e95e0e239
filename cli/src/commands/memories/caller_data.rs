//! Finds all data that a deployment holds about one caller. `export --caller` writes this data to a
//! file; `forget` erases it.

use std::collections::BTreeSet;

use common::archive::{Archive, Key, ObjectListing};
use common::call::{CallerHash, CallerId, ConversationId};
use common::elevenlabs::event::Event;
use common::settings::CallerSettings;

use super::mention::{self, Scope};
use crate::deployment::{CallStore, Deployment};
use crate::error::Failure;
use crate::memory_server::MemoryServer;
use crate::terminal::Progress;
use crate::tombstone;

/// A caller, under every name that the deployment may use for them.
pub(super) struct Person<'a> {
    pub(super) caller: &'a CallerId,
    /// The pseudonym of the current spelling, then those of older spellings.
    pub(super) hashes: Vec<CallerHash>,
}

/// The data that a deployment holds about a caller.
#[derive(Default)]
pub(super) struct CallerData {
    /// Calls in the caller's index, and calls whose archived events name the caller.
    pub(super) conversations: BTreeSet<ConversationId>,
    /// Payloads that name the caller but belong to no known conversation.
    pub(super) unrecognised: Vec<Key>,
    /// Calls that are known only from memories and caller cards.
    pub(super) known_from_memories: BTreeSet<ConversationId>,
}

impl CallerData {
    /// Returns the archived calls and those known only from memories.
    pub(super) fn all_calls(&self) -> BTreeSet<ConversationId> {
        &self.conversations | &self.known_from_memories
    }
}

impl<'a> Person<'a> {
    /// Needs `CALLER_ID_PEPPER`: calls are indexed by pseudonym.
    pub(super) fn new(caller: &'a CallerId, deployment: &Deployment) -> Result<Self, Failure> {
        Ok(Self {
            caller,
            hashes: tombstone::pseudonyms(caller, &deployment.secret("CALLER_ID_PEPPER")?),
        })
    }

    /// Returns the pseudonym by which audit entries name this person.
    pub(super) fn subject(&self) -> String {
        self.hashes
            .first()
            .map(|hash| hash.as_str().to_owned())
            .unwrap_or_default()
    }

    /// Returns every name that the memory store may use for this person.
    pub(super) fn names(&self) -> Vec<String> {
        tombstone::spellings(self.caller)
            .iter()
            .map(CallerId::as_str)
            .chain(self.hashes.iter().map(CallerHash::as_str))
            .map(str::to_owned)
            .collect()
    }

    /// Searches the index, every archived event, and the memory store.
    pub(super) async fn find_data(
        &self,
        deployment: &Deployment,
        server: &MemoryServer,
    ) -> Result<CallerData, Failure> {
        let calls = deployment.calls()?;
        let mut data = CallerData::default();
        for hash in &self.hashes {
            let index = calls.list(&format!("callers/{}/", hash.as_str())).await?;
            data.conversations
                .extend(index.iter().filter_map(Key::conversation));
        }
        let settings = CallerSettings::read(|name| deployment.get(name))?;
        self.search_events(&calls, &settings, &mut data).await?;
        data.known_from_memories = server.calls_of(self.caller, &self.hashes).await?;
        data.known_from_memories
            .retain(|conversation| !data.conversations.contains(conversation));
        Ok(data)
    }

    /// Finds calls that the index misses, calls that were never connected, and payloads that could
    /// not be parsed. If the transcription of a conversation names another caller, the conversation
    /// belongs to that caller, whatever its other events mention.
    async fn search_events(
        &self,
        calls: &CallStore,
        settings: &CallerSettings,
        data: &mut CallerData,
    ) -> Result<(), Failure> {
        let payloads = calls.payloads(None).await?;
        let payloads: Vec<Key> = payloads
            .into_iter()
            .filter(|key| !is_recording(key))
            .collect();
        let progress = Progress::new(u64::try_from(payloads.len()).ok(), "calls read");
        let mut mentioning = BTreeSet::new();
        let mut of_other_callers = BTreeSet::new();
        for payload in payloads {
            let body = calls.get(&payload).await?.unwrap_or_default();
            match (self.classify(&body, settings), payload.conversation()) {
                (EventCaller::Same, Some(conversation)) => {
                    data.conversations.insert(conversation);
                }
                (EventCaller::Other, Some(conversation)) => {
                    of_other_callers.insert(conversation);
                }
                (EventCaller::Mentioned, Some(conversation)) => {
                    mentioning.insert(conversation);
                }
                (EventCaller::Same | EventCaller::Mentioned, None) => {
                    mentioning.extend(mention::conversations(&body));
                    data.unrecognised.push(payload);
                }
                _ => {}
            }
            progress.step();
        }
        data.conversations.extend(&mentioning - &of_other_callers);
        Ok(())
    }

    fn classify(&self, body: &[u8], settings: &CallerSettings) -> EventCaller {
        let (has_other_caller, scope) = match Event::read(body) {
            Event::Transcription(call) => {
                // Web sessions may have been trusted earlier, even if they are not trusted now.
                let callers = [settings.trust_user_id, true].map(|trusts| call.caller(trusts));
                if callers.iter().flatten().any(|caller| caller == self.caller) {
                    return EventCaller::Same;
                }
                (callers.iter().any(Option::is_some), Scope::PartiesOnly)
            }
            _ => (false, Scope::WholeEvent),
        };
        match has_other_caller {
            true => EventCaller::Other,
            false if mention::names(body, self.caller, scope) => EventCaller::Mentioned,
            false => EventCaller::None,
        }
    }
}

/// How an archived event relates to the caller that is searched for.
enum EventCaller {
    /// A transcription with this caller.
    Same,
    /// A transcription with another caller.
    Other,
    /// Another event, or a payload that could not be parsed, that mentions this caller.
    Mentioned,
    /// The event does not name this caller.
    None,
}

/// Returns whether a payload is a recording. A recording contains no caller id; it is erased with
/// its call.
pub(super) fn is_recording(key: &Key) -> bool {
    key.as_str().ends_with("_audio.mp3") || key.as_str().ends_with("_audio.json")
}
