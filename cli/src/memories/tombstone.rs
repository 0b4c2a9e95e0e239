//! What says that a caller was forgotten: a tombstone as that of an erased call, under the caller's pseudonym. Memories that name
//! no call are known by it, and backups carry it along with the others.

use std::collections::BTreeSet;

use common::archive::{Archive, Key};
use common::call::{CallerHash, CallerId, ConversationId};
use secrecy::SecretString;

use crate::deployment::{Deployment, Place};
use crate::failure::Failure;

/// The pseudonyms of a caller, of the spelling in use and of older ones.
pub(crate) fn pseudonyms(caller: &CallerId, pepper: &SecretString) -> Vec<CallerHash> {
    spellings(caller).iter().map(|caller| caller.hash(pepper)).collect()
}

/// A caller as earlier versions wrote the number, too.
pub(crate) fn spellings(caller: &CallerId) -> Vec<CallerId> {
    std::iter::once(caller.clone()).chain(caller.older_spellings()).collect()
}

/// The id under which a forgotten caller is written down.
pub(crate) fn of_caller(pseudonym: &str) -> Option<ConversationId> {
    ConversationId::parse(format!("caller-{pseudonym}")).ok()
}

/// Under which pseudonym somebody goes whom an export names by number, `user:` id or pseudonym.
pub(crate) fn pseudonym_of(named: &str, pepper: Option<&SecretString>) -> String {
    let is_pseudonym = named.len() == 64 && named.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let caller = serde_json::from_value::<CallerId>(named.into()).ok().filter(|_| !is_pseudonym);
    match caller.zip(pepper) {
        Some((caller, pepper)) => caller.hash(pepper).as_str().to_owned(),
        None => named.to_owned(),
    }
}

/// The calls and callers that a deployment has erased.
pub(crate) async fn all(deployment: &Deployment) -> Result<BTreeSet<ConversationId>, Failure> {
    // Before its first start a machine has no folder, and so erased nothing.
    if let Place::Machine(machine) = &deployment.place
        && !machine.data_dir.exists()
    {
        return Ok(BTreeSet::new());
    }
    let keys = deployment.calls()?.list("extractions/").await?;
    Ok(keys.iter().filter(|key| key.is_erasure()).filter_map(Key::conversation).collect())
}
