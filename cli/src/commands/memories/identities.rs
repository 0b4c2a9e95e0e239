//! `elaaoms memories identities`: lists the ids of one person.

use clap::Args;
use common::call::CallerId;
use common::openmemory::Identities;
use serde_json::{Value, json};

use crate::audit;
use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::error::Failure;
use crate::input::caller;
use crate::terminal::{CommandOutput, Reveal, Table};

/// List the ids that are linked to a caller, with when and by whom they were linked
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms memories identities +12025550142
  elaaoms memories identities user:dana --reveal --stage prod")]
pub(super) struct Arguments {
    /// The caller: a telephone number, or user:ID
    #[arg(value_parser = caller)]
    caller: CallerId,
    #[command(flatten)]
    reveal: Reveal,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

pub(super) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let store = deployment.openmemory()?;
    let identities = store.identities(&arguments.caller).await?;
    let counts = json!({"identities": identities.ids.len()});
    audit::record_access(&deployment, "identities", &arguments.caller, counts).await?;
    let caller = arguments.reveal.show(&arguments.caller);
    Ok(CommandOutput::new(
        table(&identities, arguments.reveal),
        json!({"caller": caller, "identities": data(&identities, arguments.reveal)}),
    ))
}

/// Shows the ids of a person as a table.
pub(super) fn table(identities: &Identities, reveal: Reveal) -> String {
    let mut table = Table::new(&["id", "linked", "by"]);
    for identity in &identities.ids {
        let linked_at = identity.linked_at.map(|at| at.to_string());
        table.row([
            reveal.show(&identity.caller()),
            linked_at.unwrap_or_else(|| "main id".to_owned()),
            identity.linked_by.clone().unwrap_or_default(),
        ]);
    }
    table.text()
}

/// The ids of a person as JSON.
pub(super) fn data(identities: &Identities, reveal: Reveal) -> Value {
    let ids = identities.ids.iter().map(|identity| {
        json!({
            "caller": reveal.show(&identity.caller()),
            "linked_at": identity.linked_at,
            "linked_by": identity.linked_by,
        })
    });
    ids.collect()
}
