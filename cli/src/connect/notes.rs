//! Settings of an agent that connect leaves as they are, and that keep calls from being remembered
//! as they could be.

use super::agent::WEBHOOKS;
use super::{Wanted, collection};
use crate::elevenlabs::Agent;

/// What should be looked at, with what to do about it.
pub(super) fn of(agent: &Agent, wanted: &Wanted) -> Vec<String> {
    transcripts(agent, wanted)
        .into_iter()
        .chain(taken_items(agent, wanted))
        .collect()
}

fn transcripts(agent: &Agent, wanted: &Wanted) -> Option<String> {
    let leaves_out = agent
        .at(WEBHOOKS)
        .is_some_and(|webhooks| webhooks["exclude_transcript"] == true);
    let transcripts = match wanted.deployment.get("ELEVENLABS_API_KEY") {
        Some(_) => {
            "the deployment fetches each transcript with ELEVENLABS_API_KEY, if it has the key as well"
        }
        None => "without ELEVENLABS_API_KEY calls are remembered from ElevenLabs' analysis alone",
    };
    leaves_out.then(|| {
        format!(
            "the post-call webhook of the {} leaves the transcript out (exclude_transcript): {transcripts}; switch it off \
             in the agent's webhook settings, or set the key in the deployment",
            agent.told()
        )
    })
}

/// Items under our ids that are not as we make them are the operator's.
fn taken_items(agent: &Agent, wanted: &Wanted) -> Option<String> {
    let taken = if wanted.collects {
        collection::taken(agent)
    } else {
        Vec::new()
    };
    (!taken.is_empty()).then(|| {
        format!(
            "the data collection items {} of the {} are not as connect makes them and stay as they are; delete them and run \
             connect again if they should be",
            taken.join(", "),
            agent.told()
        )
    })
}
