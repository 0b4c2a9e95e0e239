//! Records that a caller must not be remembered, and takes that back.

use common::archive::{self, CallerTombstone, ObjectListing, OptOut, caller_tombstone};
use common::call::{CallerHash, CallerId};
use serde_json::json;

use crate::{Erasing, Forgotten, OperatorError, Person};

/// What holds from then on.
pub const NOTHING_IS_STORED: &str = "Nothing of later calls is stored.";

/// Says that a caller is remembered again. `caller` is the caller as the operator may see them.
#[must_use]
pub fn opted_in(caller: &str) -> String {
    format!("Later calls of {caller} are remembered again.")
}

impl<A: ObjectListing> Erasing<A> {
    /// Records that the person to whom a caller belongs must not be remembered, then erases all
    /// data. The state comes first: if the erasure fails, nothing more is stored, and a repeated
    /// call completes it. The caller's own state comes even before the question for linked ids,
    /// because the store may fail.
    ///
    /// # Errors
    /// [`OperatorError`]
    pub async fn opt_out_and_audit(&self, caller: &CallerId) -> Result<Forgotten, OperatorError> {
        let own = Person::new(caller, &self.pepper);
        let mut wish = OptOut::by_operator(self.now());
        archive::opt_out(&self.archive, &own.hashes, &wish).await?;
        let found = self.person(caller).await;
        if let Ok(person) = &found
            && person.hashes.len() > own.hashes.len()
        {
            // The store is about to forget which ids are linked.
            wish.pseudonyms.clone_from(&person.hashes);
            archive::opt_out(&self.archive, &person.hashes, &wish).await?;
        }
        self.write_audit("opt-out", &own, json!({"callers": 1}), "done")
            .await?;
        self.forget_found(caller, found).await
    }

    /// Lets the person to whom a caller belongs be remembered again, with the ids that were linked
    /// when the person opted out. Returns whether the caller had opted out.
    ///
    /// # Errors
    /// [`OperatorError`]
    pub async fn opt_in_and_audit(&self, caller: &CallerId) -> Result<bool, OperatorError> {
        let person = self.person(caller).await?;
        let hashes = self.opted_out_with(&person).await?;
        let had_opted_out = archive::opt_in(&self.archive, &hashes, self.now()).await?;
        let counts = json!({"callers": u8::from(had_opted_out)});
        self.write_audit("opt-in", &person, counts, "done").await?;
        Ok(had_opted_out)
    }

    /// Returns the pseudonyms that opted out together with those of a person, then the person's own.
    /// The own ones come last, so that a repeated run still finds the others.
    async fn opted_out_with(&self, person: &Person) -> Result<Vec<CallerHash>, OperatorError> {
        let mut hashes = Vec::new();
        for hash in &person.hashes {
            let tombstone = caller_tombstone(&self.archive, hash).await?;
            let wish = tombstone.as_ref().and_then(CallerTombstone::opted_out);
            for other in wish.into_iter().flat_map(|wish| &wish.pseudonyms) {
                if !person.hashes.contains(other) && !hashes.contains(other) {
                    hashes.push(other.clone());
                }
            }
        }
        hashes.extend(person.hashes.iter().cloned());
        Ok(hashes)
    }
}
