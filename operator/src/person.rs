//! Finds all data that a deployment holds about one person.

use std::collections::BTreeSet;

use common::archive::{ArchiveError, Key, ObjectListing};
use common::call::{CallerHash, CallerId, ConversationId};
use common::elevenlabs::event::Event;
use common::settings::CallerSettings;
use secrecy::SecretString;

use crate::mention::{self, Scope};
use crate::{MemoryStores, OperatorError, Report, spellings};

/// A person, under every name that the deployment may use for them.
pub struct Person {
    /// The caller that was asked for.
    pub caller: CallerId,
    /// The caller, then the linked ids that the store knows by number or user id.
    pub callers: Vec<CallerId>,
    /// The pseudonym of the caller's current spelling, then those of older spellings and of linked
    /// ids.
    pub hashes: Vec<CallerHash>,
    pepper: SecretString,
}

/// The data that a deployment holds about a caller.
#[derive(Default)]
pub struct CallerData {
    /// Calls in the caller's index, and calls whose archived events name the caller.
    pub conversations: BTreeSet<ConversationId>,
    /// Payloads that name the caller but belong to no known conversation.
    pub unrecognised: Vec<Key>,
    /// Calls that are known only from memories and caller cards.
    pub known_from_memories: BTreeSet<ConversationId>,
}

impl CallerData {
    /// Returns the archived calls and those known only from memories.
    #[must_use]
    pub fn all_calls(&self) -> BTreeSet<ConversationId> {
        &self.conversations | &self.known_from_memories
    }
}

impl Person {
    /// Only the caller, without linked ids.
    #[must_use]
    pub fn new(caller: &CallerId, pepper: &SecretString) -> Self {
        Self {
            caller: caller.clone(),
            callers: vec![caller.clone()],
            hashes: caller.pseudonyms(pepper),
            pepper: pepper.clone(),
        }
    }

    /// The person with all linked ids.
    ///
    /// # Errors
    /// [`OperatorError::Store`]
    pub async fn find(
        caller: &CallerId,
        pepper: &SecretString,
        stores: &MemoryStores,
    ) -> Result<Self, OperatorError> {
        let mut person = Self::new(caller, pepper);
        for id in stores.linked_ids(caller).await? {
            person.add(&id);
        }
        Ok(person)
    }

    fn add(&mut self, id: &CallerId) {
        let is_pseudonym = CallerHash::parse(id.as_str()).is_some();
        if !is_pseudonym && !self.callers.contains(id) {
            self.callers.push(id.clone());
        }
        for hash in id.pseudonyms(&self.pepper) {
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
    pub fn linked(&self) -> impl Iterator<Item = &CallerId> {
        self.callers.iter().skip(1)
    }

    /// Returns the pseudonym by which audit entries name this person.
    #[must_use]
    pub fn subject(&self) -> String {
        self.hashes
            .first()
            .map(|hash| hash.as_str().to_owned())
            .unwrap_or_default()
    }

    /// Returns every name that the memory store may use for this person.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let spellings = self.callers.iter().flat_map(spellings);
        let mut names: Vec<String> = spellings.map(|id| id.as_str().to_owned()).collect();
        names.extend(self.hashes.iter().map(|hash| hash.as_str().to_owned()));
        names
    }

    /// Searches the index, every archived event, and the memory store.
    pub(crate) async fn find_data<A: ObjectListing>(
        &self,
        archive: &A,
        stores: &MemoryStores,
        settings: &CallerSettings,
        report: &dyn Report,
    ) -> Result<CallerData, OperatorError> {
        let mut data = CallerData::default();
        for hash in &self.hashes {
            let index = archive.list(&format!("callers/{}/", hash.as_str())).await?;
            data.conversations
                .extend(index.iter().filter_map(Key::conversation));
        }
        self.search_events(archive, settings, report, &mut data)
            .await?;
        let names = self.names();
        data.known_from_memories = stores.calls_of(&self.caller, &names, report).await?;
        data.known_from_memories
            .retain(|conversation| !data.conversations.contains(conversation));
        Ok(data)
    }

    /// Finds calls that the index misses, calls that were never connected, and payloads that could
    /// not be parsed. If the transcription of a conversation names another caller, the conversation
    /// belongs to that caller, whatever its other events mention.
    async fn search_events<A: ObjectListing>(
        &self,
        calls: &A,
        settings: &CallerSettings,
        report: &dyn Report,
        data: &mut CallerData,
    ) -> Result<(), ArchiveError> {
        let payloads = calls.payloads(None).await?;
        let payloads: Vec<Key> = payloads
            .into_iter()
            .filter(|key| !is_recording(key))
            .collect();
        let step = report.progress(u64::try_from(payloads.len()).ok(), "calls read");
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
            step();
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
#[must_use]
pub fn is_recording(key: &Key) -> bool {
    key.as_str().ends_with("_audio.mp3") || key.as_str().ends_with("_audio.json")
}
