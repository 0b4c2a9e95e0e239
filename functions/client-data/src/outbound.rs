//! The same answer for a call that goes out. ElevenLabs does not ask the webhook then: whoever
//! starts the call sends the answer along.

use common::call::{AgentId, CallerId};
use common::openmemory::{OpenMemory, OpenMemoryError};
use common::settings::Settings;

use crate::answer::{ClientDataResponse, Recalled, compose};
use crate::everywhere;

/// What client-data answers when this person calls this agent. Nobody waits on the telephone, so a
/// store that is away is an error: a list of strangers would be called by mistake. `None` is a
/// number that is withheld.
///
/// # Errors
/// [`OpenMemoryError`] when the store does not answer.
pub async fn outbound(
    openmemory: &OpenMemory,
    settings: &Settings,
    agent: &AgentId,
    callee: Option<&CallerId>,
) -> Result<ClientDataResponse, OpenMemoryError> {
    let profile = openmemory.agent_profile(agent);
    let recalled = match callee {
        None => Recalled {
            profile: profile.await?,
            ..Recalled::default()
        },
        Some(callee) => {
            let (card, profile, everywhere) = tokio::try_join!(
                openmemory.card(agent, callee),
                profile,
                everywhere(openmemory, callee, settings.recall.cross_agent),
            )?;
            Recalled {
                card,
                profile,
                everywhere,
            }
        }
    };
    Ok(compose(
        recalled,
        Some(agent),
        &settings.greeting,
        settings.recall.high_importance,
    ))
}
