//! Finds all data that a deployment holds about one caller. `export --caller` writes this data to a
//! file; `forget` erases it.

use std::collections::BTreeSet;

use common::archive::{Archive, Key, ObjectListing};
use common::call::{CallerHash, CallerId, ConversationId};
use common::elevenlabs::event::Event;
use common::settings::CallerSettings;
use secrecy::SecretString;

use super::mention::{self, Scope};
use crate::deployment::{CallStore, Deployment};
use crate::error::Failure;
use crate::memory_server::MemoryServer;
use crate::terminal::Progress;
use crate::tombstone;

/// A person, under every name that the deployment may use for them.
pub(super) struct Person<'a> {
    pub(super) caller: &'a CallerId,
    /// The caller, then the linked ids that the store knows by number or user id.
    pub(super) callers: Vec<CallerId>,
    /// The pseudonym of the caller's current spelling, then those of older spellings and of linked
    /// ids.
    pub(super) hashes: Vec<CallerHash>,
    pepper: SecretString,
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
    /// Only the caller, without linked ids. Needs `CALLER_ID_PEPPER`: calls are indexed by
    /// pseudonym.
    pub(super) fn new(caller: &'a CallerId, deployment: &Deployment) -> Result<Self, Failure> {
        let pepper = deployment.secret("CALLER_ID_PEPPER")?;
        Ok(Self {
            caller,
            callers: vec![caller.clone()],
            hashes: tombstone::pseudonyms(caller, &pepper),
            pepper,
        })
    }

    /// The person with all linked ids.
    pub(super) async fn find(
        caller: &'a CallerId,
        deployment: &Deployment,
        server: &MemoryServer,
    ) -> Result<Self, Failure> {
        let mut person = Self::new(caller, deployment)?;
        for id in server.linked_ids(caller).await? {
            person.add(&id);
        }
        Ok(person)
    }

    fn add(&mut self, id: &CallerId) {
        let hashes = match CallerHash::parse(id.as_str()) {
            Some(hash) => vec![hash],
            None => {
                if !self.callers.contains(id) {
                    self.callers.push(id.clone());
                }
                tombstone::pseudonyms(id, &self.pepper)
            }
        };
        for hash in hashes {
            if !self.hashes.contains(&hash) {
                self.hashes.push(hash);
            }
        }
    }

    /// Whether a call is with this person.
    fn is(&self, caller: &CallerId) -> bool {
        self.callers.contains(caller) || self.hashes.contains(&caller.hash(&self.pepper))
    }

    /// Returns the linked ids, as far as the store knows them by more than a pseudonym.
    pub(super) fn linked(&self) -> impl Iterator<Item = &CallerId> {
        self.callers.iter().skip(1)
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
        let spellings = self.callers.iter().flat_map(tombstone::spellings);
        let mut names: Vec<String> = spellings.map(|id| id.as_str().to_owned()).collect();
        names.extend(self.hashes.iter().map(|hash| hash.as_str().to_owned()));
        names
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
        data.known_from_memories = server.calls_of(self.caller, &self.names()).await?;
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

    fn is_named(&self, body: &[u8], scope: Scope) -> bool {
        self.callers
            .iter()
            .any(|caller| mention::names(body, caller, scope))
    }

    fn classify(&self, body: &[u8], settings: &CallerSettings) -> EventCaller {
        let (has_other_caller, scope) = match Event::read(body) {
            Event::Transcription(call) => {
                // Web sessions may have been trusted earlier, even if they are not trusted now.
                let callers = [settings.trust_user_id, true].map(|trusts| call.caller(trusts));
                if callers.iter().flatten().any(|caller| self.is(caller)) {
                    return EventCaller::Same;
                }
                (callers.iter().any(Option::is_some), Scope::PartiesOnly)
            }
            _ => (false, Scope::WholeEvent),
        };
        match has_other_caller {
            true => EventCaller::Other,
            false if self.is_named(body, scope) => EventCaller::Mentioned,
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
