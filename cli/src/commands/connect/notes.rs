//! Settings of an agent that connect does not change, but that keep calls from being remembered as
//! well as they could be.

use super::collection;
use super::desired::DesiredSetup;
use super::fields::WEBHOOKS;
use crate::elevenlabs::Agent;

/// Returns what needs attention at an agent, and what to do about it.
pub(super) fn for_agent(agent: &Agent, desired: &DesiredSetup) -> Vec<String> {
    transcript_note(agent, desired)
        .into_iter()
        .chain(operator_items_note(agent, desired))
        .collect()
}

fn transcript_note(agent: &Agent, desired: &DesiredSetup) -> Option<String> {
    let is_excluded = agent
        .setting(WEBHOOKS)
        .is_some_and(|webhooks| webhooks["exclude_transcript"] == true);
    let consequence = match desired.deployment.get("ELEVENLABS_API_KEY") {
        Some(_) => "the deployment fetches each transcript if it has ELEVENLABS_API_KEY as well",
        None => "without ELEVENLABS_API_KEY memories come from ElevenLabs' analysis only",
    };
    is_excluded.then(|| {
        format!(
            "the post-call webhook of the {} omits the transcript (exclude_transcript): \
             {consequence}; disable exclude_transcript in the agent's webhook settings, or set the \
             key in the deployment",
            agent.describe()
        )
    })
}

/// Notes items under our ids that differ from ours; they are the operator's.
fn operator_items_note(agent: &Agent, desired: &DesiredSetup) -> Option<String> {
    let ids = if desired.collects {
        collection::operator_items(agent)
    } else {
        Vec::new()
    };
    (!ids.is_empty()).then(|| {
        format!(
            "the data collection items {} of the {} differ from those that connect creates and stay \
             as they are; to replace them, delete them and run connect again",
            ids.join(", "),
            agent.describe()
        )
    })
}
