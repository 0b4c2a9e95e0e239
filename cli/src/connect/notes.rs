//! Settings of an agent that connect leaves as they are, and that keep calls from being remembered as they could be.

use super::Wanted;
use super::agent::WEBHOOKS;
use crate::elevenlabs::Agent;

/// What should be looked at, with what to do about it.
pub(super) fn of(agent: &Agent, wanted: &Wanted) -> Option<String> {
    let leaves_out = agent.at(WEBHOOKS).is_some_and(|webhooks| webhooks["exclude_transcript"] == true);
    let transcripts = match wanted.deployment.get("ELEVENLABS_API_KEY") {
        Some(_) => "the deployment fetches each transcript with ELEVENLABS_API_KEY, if it has the key as well",
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
