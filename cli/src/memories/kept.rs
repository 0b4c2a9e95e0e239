//! Everything a deployment keeps of one caller. `export --caller` hands it out, and `forget` erases
//! it: both find it here.

use std::collections::BTreeSet;

use common::archive::{Archive, Key, ObjectListing};
use common::call::{CallerHash, CallerId, ConversationId};
use common::elevenlabs::event::Event;
use common::settings::CallerSettings;

use super::mention::{self, Reading};
use super::{MemoryServer, tombstone};
use crate::deployment::{CallStore, Deployment};
use crate::failure::Failure;
use crate::terminal::Progress;

/// A caller under every name that the deployment may know.
pub(super) struct Person<'a> {
    pub(super) caller: &'a CallerId,
    /// The pseudonyms of the current spelling and of older ones, in that order.
    pub(super) hashes: Vec<CallerHash>,
}

/// What is kept of a caller.
#[derive(Default)]
pub(super) struct KeptOfCaller {
    /// Calls in the caller's index, and calls whose kept events name the caller.
    pub(super) conversations: BTreeSet<ConversationId>,
    /// Bodies that name the caller and could not be assigned to a conversation.
    pub(super) unrecognised: Vec<Key>,
    /// Calls that only memories and caller cards tell of.
    pub(super) remembered: BTreeSet<ConversationId>,
}

impl KeptOfCaller {
    /// Every call that anything is known of.
    pub(super) fn all_calls(&self) -> BTreeSet<ConversationId> {
        &self.conversations | &self.remembered
    }
}

impl<'a> Person<'a> {
    /// Needs `CALLER_ID_PEPPER`: without it nobody's calls are found.
    pub(super) fn new(caller: &'a CallerId, deployment: &Deployment) -> Result<Self, Failure> {
        Ok(Self {
            caller,
            hashes: tombstone::pseudonyms(caller, &deployment.secret("CALLER_ID_PEPPER")?),
        })
    }

    /// How the audit trail names this person.
    pub(super) fn subject(&self) -> String {
        self.hashes
            .first()
            .map(|hash| hash.as_str().to_owned())
            .unwrap_or_default()
    }

    /// Every name of this person in the memory store.
    pub(super) fn names(&self) -> Vec<String> {
        let spellings = tombstone::spellings(self.caller);
        let spellings = spellings.iter().map(CallerId::as_str);
        spellings
            .chain(self.hashes.iter().map(CallerHash::as_str))
            .map(str::to_owned)
            .collect()
    }

    /// Looks through the index, through every kept event, and through the memory store.
    pub(super) async fn kept(
        &self,
        deployment: &Deployment,
        server: &MemoryServer,
    ) -> Result<KeptOfCaller, Failure> {
        let (calls, mut kept) = (deployment.calls()?, KeptOfCaller::default());
        for hash in &self.hashes {
            let index = calls.list(&format!("callers/{}/", hash.as_str())).await?;
            kept.conversations
                .extend(index.iter().filter_map(Key::conversation));
        }
        let settings = CallerSettings::read(|name| deployment.get(name))?;
        self.read_events(&calls, &settings, &mut kept).await?;
        kept.remembered = server.calls_of(self.caller, &self.hashes).await?;
        kept.remembered
            .retain(|conversation| !kept.conversations.contains(conversation));
        Ok(kept)
    }

    /// Finds calls whose index is missing, calls that never came about, and bodies that could not
    /// be parsed. A conversation whose transcription names somebody else is that person's, whatever
    /// its other events mention.
    async fn read_events(
        &self,
        calls: &CallStore,
        settings: &CallerSettings,
        kept: &mut KeptOfCaller,
    ) -> Result<(), Failure> {
        let payloads = calls.payloads(None).await?;
        let payloads: Vec<Key> = payloads
            .into_iter()
            .filter(|key| !is_recording(key))
            .collect();
        let progress = Progress::new(u64::try_from(payloads.len()).ok(), "calls read");
        let (mut mentioning, mut of_others) = (BTreeSet::new(), BTreeSet::new());
        for payload in payloads {
            let body = calls.get(&payload).await?.unwrap_or_default();
            match (self.naming(&body, settings), payload.conversation()) {
                (Naming::Caller, Some(conversation)) => {
                    kept.conversations.insert(conversation);
                }
                (Naming::SomebodyElse, Some(conversation)) => {
                    of_others.insert(conversation);
                }
                (Naming::Mention, Some(conversation)) => {
                    mentioning.insert(conversation);
                }
                (Naming::Caller | Naming::Mention, None) => {
                    mentioning.extend(mention::conversations(&body));
                    kept.unrecognised.push(payload);
                }
                _ => {}
            }
            progress.step();
        }
        kept.conversations.extend(&mentioning - &of_others);
        Ok(())
    }

    fn naming(&self, body: &[u8], settings: &CallerSettings) -> Naming {
        let (is_named, reading) = match Event::read(body) {
            Event::Transcription(call) => {
                // Whether or not web sessions are trusted now, they may have been.
                let callers = [settings.trust_user_id, true].map(|trusts| call.caller(trusts));
                if callers.iter().flatten().any(|caller| caller == self.caller) {
                    return Naming::Caller;
                }
                (callers.iter().any(Option::is_some), Reading::OnlyParties)
            }
            _ => (false, Reading::WholeEvent),
        };
        match is_named {
            true => Naming::SomebodyElse,
            false if mention::names(body, self.caller, reading) => Naming::Mention,
            false => Naming::Nobody,
        }
    }
}

/// Whom a kept event names.
enum Naming {
    /// A transcription with this caller.
    Caller,
    /// A transcription with another caller.
    SomebodyElse,
    /// Another event, or a body that could not be parsed, that mentions this caller.
    Mention,
    Nobody,
}

/// A recording names nobody in its bytes; it goes with its call.
pub(super) fn is_recording(key: &Key) -> bool {
    key.as_str().ends_with("_audio.mp3") || key.as_str().ends_with("_audio.json")
}
