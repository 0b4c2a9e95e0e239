//! The client-data response for an outbound call. ElevenLabs does not call the webhook for those,
//! so the program that starts the call must send the response along.

use common::call::{AgentId, CallerId};
use common::openmemory::{OpenMemory, OpenMemoryError};
use common::settings::Settings;

use crate::response::{CallerLookup, ClientDataResponse, compose};
use crate::shared_memories;

/// Returns what client-data would answer if `callee` called `agent`. Pass `None` for a withheld
/// number.
///
/// No caller is waiting on the line, so an unavailable store is an error here. Otherwise a whole
/// list of known people would be called as strangers.
///
/// # Errors
/// [`OpenMemoryError`] if the memory store does not answer.
pub async fn outbound(
    openmemory: &OpenMemory,
    settings: &Settings,
    agent: &AgentId,
    callee: Option<&CallerId>,
) -> Result<ClientDataResponse, OpenMemoryError> {
    let profile = openmemory.agent_profile(agent);
    let lookup = match callee {
        None => CallerLookup {
            profile: profile.await?,
            ..CallerLookup::default()
        },
        Some(callee) => {
            let (card, profile, shared_memories) = tokio::try_join!(
                openmemory.card(agent, callee),
                profile,
                shared_memories(openmemory, callee, settings.recall.cross_agent),
            )?;
            CallerLookup {
                card,
                profile,
                shared_memories,
            }
        }
    };
    Ok(compose(
        lookup,
        Some(agent),
        &settings.greeting,
        settings.recall.high_importance,
    ))
}
