//! Checks whether an agent is set up as connect would do it.

use super::Arguments;
use super::finding::Finding;
use crate::commands::connect;
use crate::deployment::Deployment;

const CHECK: &str = "agent";
const TRANSCRIPT_ADVICE: &str = "disable \"exclude transcript\" at the agent's webhook, or set ELEVENLABS_API_KEY in the deployment";

/// Returns one finding for each change that connect would make.
pub(super) async fn check(
    arguments: &Arguments,
    agent: &str,
    deployment: Deployment,
) -> Vec<Finding> {
    let target = connect::Target {
        url: arguments.url.clone(),
        env_file: arguments.env_file.clone(),
        name: arguments.name.clone(),
    };
    let changes = match connect::pending_changes(agent, &target, deployment).await {
        Ok(changes) => changes,
        Err(failure) => return vec![Finding::failed(CHECK, &failure)],
    };
    let advice =
        format!("`elaaoms connect --agent {agent}` shows this as a plan; --yes carries it out");
    let notes = changes
        .notes
        .into_iter()
        .map(|note| Finding::warning(CHECK, note, TRANSCRIPT_ADVICE));
    if changes.steps.is_empty() {
        let connected = Finding::fine(
            CHECK,
            format!("{agent} is connected: tool, webhooks, variables, greeting"),
        );
        return std::iter::once(connected).chain(notes).collect();
    }
    changes
        .steps
        .into_iter()
        .map(|step| {
            let message = format!("needed: {}", step.trim());
            Finding::fault(CHECK, message, advice.clone())
        })
        .chain(notes)
        .collect()
}
