//! Whether an agent is set up as connect would do it.

use super::Arguments;
use super::finding::Finding;
use crate::connect;
use crate::deployment::Deployment;

const CHECK: &str = "agent";
const TRANSCRIPTS: &str = "switch \"exclude transcript\" off at the agent's webhook, or set ELEVENLABS_API_KEY in the deployment";

/// One finding for each thing that connect would make or change.
pub(super) async fn check(
    arguments: &Arguments,
    agent: &str,
    deployment: Deployment,
) -> Vec<Finding> {
    let wanted = connect::Target {
        url: arguments.url.clone(),
        env_file: arguments.env_file.clone(),
        name: arguments.name.clone(),
    };
    let missing = match connect::missing(agent, &wanted, deployment).await {
        Ok(missing) => missing,
        Err(failure) => return vec![Finding::failed(CHECK, &failure)],
    };
    let advice =
        format!("`elaaoms connect --agent {agent}` shows this as a plan and does it with --yes");
    let fault =
        |step: String| Finding::fault(CHECK, format!("to do: {}", step.trim()), advice.clone());
    let notes = missing
        .notes
        .into_iter()
        .map(|note| Finding::warning(CHECK, note, TRANSCRIPTS));
    if missing.steps.is_empty() {
        let fine = Finding::fine(
            CHECK,
            format!("{agent} is connected: tool, webhooks, variables, greeting"),
        );
        return std::iter::once(fine).chain(notes).collect();
    }
    missing.steps.into_iter().map(fault).chain(notes).collect()
}
