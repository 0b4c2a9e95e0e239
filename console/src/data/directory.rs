//! Which caller a pseudonym stands for. The console learns it from the store's list of callers and
//! from archived calls, and forgets it when it ends.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use common::archive::{Archive, Key, PayloadKind};
use common::call::{CallerHash, CallerId};
use common::elevenlabs::event::read_transcription;

use super::Person;
use crate::Console;
use crate::error::PageError;

/// How many of a caller's calls are read to learn who calls. One is enough unless it is damaged.
const READ_CALLS: usize = 5;

/// What the console has seen.
#[derive(Default)]
pub(crate) struct Directory {
    /// The callers by pseudonym.
    callers: Mutex<HashMap<String, CallerId>>,
    /// The store's cursors by query and last pseudonym of a page.
    cursors: Mutex<HashMap<(String, String), String>>,
}

impl Directory {
    fn insert(&self, pseudonym: &CallerHash, caller: &CallerId) {
        locked(&self.callers).insert(pseudonym.as_str().to_owned(), caller.clone());
    }

    fn get(&self, pseudonym: &str) -> Option<CallerId> {
        locked(&self.callers).get(pseudonym).cloned()
    }

    /// Keeps where the page after this person begins, and returns the pseudonym that stands for it.
    pub(super) fn keep_cursor(&self, query: &str, last: &Person, cursor: String) -> String {
        let pseudonym = last.pseudonym().to_owned();
        let key = (query.to_owned(), pseudonym.clone());
        locked(&self.cursors).insert(key, cursor);
        pseudonym
    }

    /// Returns where the page after this pseudonym begins.
    pub(super) fn cursor(&self, query: &str, after: &str) -> Option<String> {
        let key = (query.to_owned(), after.to_owned());
        locked(&self.cursors).get(&key).cloned()
    }
}

fn locked<T>(entries: &Mutex<T>) -> MutexGuard<'_, T> {
    entries.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Console {
    /// Returns the person behind a caller id.
    pub(crate) fn person_of(&self, caller: &CallerId) -> Person {
        let pseudonym = caller.hash(&self.backend().pepper);
        self.directory().insert(&pseudonym, caller);
        Person::known(pseudonym, caller.clone())
    }

    /// Returns the person whom the store lists under this id: a caller id, or a pseudonym.
    pub(crate) fn person_listed_as(&self, id: &str) -> Option<Person> {
        if let Some(pseudonym) = CallerHash::parse(id) {
            return Some(match self.directory().get(id) {
                Some(caller) => Person::known(pseudonym, caller),
                None => Person::listed(pseudonym),
            });
        }
        let caller: CallerId = serde_json::from_value(id.into()).ok()?;
        Some(self.person_of(&caller))
    }

    /// Returns the person with this pseudonym.
    ///
    /// # Errors
    /// [`PageError::UnknownCaller`] if neither the console nor the archive knows the caller.
    pub(crate) async fn person(&self, pseudonym: &str) -> Result<Person, PageError> {
        let hash = CallerHash::parse(pseudonym).ok_or(PageError::UnknownCaller)?;
        if let Some(caller) = self.directory().get(pseudonym) {
            return Ok(Person::known(hash, caller));
        }
        if let Some(caller) = self.caller_of_archived_calls(&hash).await? {
            self.directory().insert(&hash, &caller);
            return Ok(Person::known(hash, caller));
        }
        if self.backend().settings.memory.pseudonymous_callers {
            return Ok(Person::listed(hash));
        }
        Err(PageError::UnknownCaller)
    }

    /// Reads who calls from some of the calls in the caller's index.
    async fn caller_of_archived_calls(
        &self,
        pseudonym: &CallerHash,
    ) -> Result<Option<CallerId>, PageError> {
        let backend = self.backend();
        let index = backend
            .archive
            .list(&format!("callers/{}/", pseudonym.as_str()))
            .await?;
        for conversation in index
            .iter()
            .rev()
            .take(READ_CALLS)
            .filter_map(Key::conversation)
        {
            let key = Key::payload(&conversation, &PayloadKind::Transcription);
            let body = backend.archive.get(&key).await?;
            let caller = body
                .as_deref()
                .and_then(read_transcription)
                .and_then(|call| call.caller(backend.settings.caller.trust_user_id));
            let is_caller =
                |caller: &CallerId| caller.hash(&backend.pepper).as_str() == pseudonym.as_str();
            if let Some(caller) = caller.filter(is_caller) {
                return Ok(Some(caller));
            }
        }
        Ok(None)
    }
}
