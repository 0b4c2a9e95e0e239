//! Tombstones of a deployment, and what they say about an export or a webhook.

use common::archive::{Key, is_erased, is_forgotten};
use common::call::{CallerHash, CallerId, ConversationId};
use common::elevenlabs::event::Event;
pub(crate) use operator::{Erasures, caller_tombstone_id, read_archive};
use secrecy::SecretString;
use serde_json::Value;

use crate::deployment::{Deployment, Place};
use crate::error::Failure;

/// Returns the pseudonym of a caller whom an export names by number, `user:` id or pseudonym.
pub(crate) fn pseudonym_of(named: &str, pepper: Option<&SecretString>) -> String {
    let caller = serde_json::from_value::<CallerId>(named.into())
        .ok()
        .filter(|_| CallerHash::parse(named).is_none());
    match caller.zip(pepper) {
        Some((caller, pepper)) => caller.hash(pepper).as_str().to_owned(),
        None => named.to_owned(),
    }
}

/// Returns the id of the tombstone of a single erased memory.
pub(crate) fn memory_tombstone_id(memory: &str) -> Option<ConversationId> {
    Key::erased_memory(memory).conversation()
}

/// Reads the tombstones of a deployment.
pub(crate) async fn read_deployment(deployment: &Deployment) -> Result<Erasures, Failure> {
    // A machine has no data folder before its first start, so it has erased nothing.
    if let Place::Machine(machine) = &deployment.place
        && !machine.data_dir.exists()
    {
        return Ok(Erasures::default());
    }
    Ok(read_archive(&deployment.calls()?).await?)
}

/// Returns whether the call of a webhook was erased here, alone or with its caller.
pub(crate) async fn is_call_erased(
    deployment: &Deployment,
    webhook: &Value,
) -> Result<bool, Failure> {
    // Without access to the archive, this cannot tell. The deployment still checks when it receives
    // the webhook.
    let Ok(calls) = deployment.calls() else {
        return Ok(false);
    };
    let Event::Transcription(call) = Event::read(webhook.to_string().as_bytes()) else {
        return Ok(false);
    };
    if is_erased(&calls, &call.conversation_id).await? {
        return Ok(true);
    }
    let Some(pepper) = deployment.get("CALLER_ID_PEPPER").map(SecretString::from) else {
        return Ok(false);
    };
    let began_at = call.began_at(deployment.context.now());
    // Web sessions may have been trusted earlier, even if they are not trusted now.
    for caller in [false, true]
        .iter()
        .filter_map(|trusts| call.caller(*trusts))
    {
        if is_forgotten(&calls, &caller.hash(&pepper), began_at).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
