//! Whether an agent is set up as connect would do it.

use super::Arguments;
use super::finding::Finding;
use crate::connect;
use crate::deployment::Deployment;

const CHECK: &str = "agent";

/// One finding for each thing that connect would make or change.
pub(super) async fn check(arguments: &Arguments, agent: &str, deployment: Deployment) -> Vec<Finding> {
    let wanted = connect::Target {
        url: arguments.url.clone(),
        env_file: arguments.env_file.clone(),
        name: arguments.name.clone(),
    };
    let missing = match connect::missing(agent, &wanted, deployment).await {
        Ok(missing) => missing,
        Err(failure) => return vec![Finding::failed(CHECK, &failure)],
    };
    if missing.is_empty() {
        return vec![Finding::fine(CHECK, format!("{agent} is connected: tool, webhooks, variables, greeting"))];
    }
    let advice = format!("`elaaoms connect --agent {agent}` shows this as a plan and does it with --yes");
    missing.into_iter().map(|step| Finding::fault(CHECK, format!("to do: {}", step.trim()), advice.clone())).collect()
}
