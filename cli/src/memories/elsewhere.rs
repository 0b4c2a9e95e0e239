//! Where copies of a caller's data exist that this command neither reads nor erases, and how to
//! deal with them.

use std::collections::BTreeSet;

use common::call::ConversationId;
use serde::Serialize;

use crate::deployment::{Deployment, Place};

/// One such place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct OtherCopy {
    /// A stable name for programs.
    place: &'static str,
    /// What is there, and for how long.
    holds: String,
    /// How it is fetched and erased.
    action: String,
    /// The calls that it has, where it names them by these ids.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    conversation_ids: BTreeSet<ConversationId>,
}

impl OtherCopy {
    fn new(place: &'static str, holds: impl Into<String>, action: impl Into<String>) -> Self {
        Self {
            place,
            holds: holds.into(),
            action: action.into(),
            conversation_ids: BTreeSet::new(),
        }
    }

    /// For people; ids come on lines of their own, so that they can be copied.
    fn described(&self) -> String {
        let Self {
            place,
            holds,
            action,
            conversation_ids,
        } = self;
        let ids: String = conversation_ids
            .iter()
            .map(|id| format!("\n    {id}"))
            .collect();
        format!("- {place}: {holds} {action}{ids}")
    }
}

/// All places that may hold copies of these calls, or of what was made of them.
pub(super) fn copies(
    deployment: &Deployment,
    conversations: &BTreeSet<ConversationId>,
) -> Vec<OtherCopy> {
    let mut copies = vec![at_elevenlabs(deployment, conversations)];
    copies.extend(at_the_model_provider(deployment));
    copies.push(OtherCopy::new(
        "telephony",
        "The telephone provider keeps records of its own, such as numbers, times and perhaps recordings.",
        "Ask the provider that carries the calls.",
    ));
    copies.push(in_backups(deployment));
    copies.push(in_the_store_database());
    copies.push(OtherCopy::new(
        "logs",
        "Logs and traces name conversations and agents by id and hold no number and no words.",
        "They end with their own retention.",
    ));
    copies.push(OtherCopy::new(
        "audit trail and tombstones",
        "Audit entries and the tombstones of erased calls hold ids and the caller's pseudonym only.",
        "They stay, so that an erasure can be proven and nothing that was erased comes back.",
    ));
    copies
}

/// For people.
pub(super) fn described(copies: &[OtherCopy]) -> String {
    let places: Vec<String> = copies.iter().map(OtherCopy::described).collect();
    format!("This command does not reach:\n{}", places.join("\n"))
}

fn at_elevenlabs(deployment: &Deployment, conversations: &BTreeSet<ConversationId>) -> OtherCopy {
    let base = deployment
        .get("ELEVENLABS_API_URL")
        .unwrap_or_else(|| crate::elevenlabs::DEFAULT_BASE.to_owned());
    let url = format!("{}/convai/conversations/ID", base.trim_end_matches('/'));
    let holds =
        "ElevenLabs keeps transcripts, recordings and analyses for the agent's retention period.";
    let action = format!(
        "Fetch each call with GET {url} and erase it with DELETE {url} (header xi-api-key: ELEVENLABS_API_KEY), or in the \
         agent's call history. Calls that are known here only by memories of other systems may be missing: search there for \
         the caller as well."
    );
    OtherCopy {
        conversation_ids: conversations.clone(),
        ..OtherCopy::new("ElevenLabs", holds, action)
    }
}

/// `None` where no model is used now: what an earlier one was sent is not known here, and is said
/// in the operator's guide.
fn at_the_model_provider(deployment: &Deployment) -> Option<OtherCopy> {
    let provider = deployment
        .get("LLM_PROVIDER")
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let keeps = match provider.as_str() {
        "" | "none" => return None,
        "bedrock" => {
            "Amazon Bedrock by its documentation stores neither prompts nor answers, unless invocation logging is switched \
             on in the account."
        }
        "openai" if deployment.get("LLM_API_URL").is_some() => {
            "The server at LLM_API_URL was sent masked transcripts. What it keeps is the choice of its operator."
        }
        "openai" | "anthropic" => {
            "The model provider was sent masked transcripts. It keeps requests for a limited time to detect abuse, commonly \
             30 days, unless zero retention was agreed."
        }
        _ => "The model provider was sent masked transcripts.",
    };
    let action = "Requests carry no caller and cannot be erased one by one: see the contract with the provider.";
    Some(OtherCopy::new("model provider", keeps, action))
}

fn in_backups(deployment: &Deployment) -> OtherCopy {
    let action = "Repeat `elaaoms backup` into each of these folders: what was erased leaves them. Delete the others. A \
                  restore brings nothing back that was erased.";
    let holds = match &deployment.place {
        Place::Machine(_) => {
            "Folders of `elaaoms backup`, and snapshots of this machine's disk, hold what was kept when they were made."
        }
        Place::Aws(_) => {
            "Folders of `elaaoms backup`, AWS Backup and copies of the bucket hold what was kept when they were made. \
             `forget` erases earlier versions in the bucket itself."
        }
    };
    OtherCopy::new("backups", holds, action)
}

fn in_the_store_database() -> OtherCopy {
    OtherCopy::new(
        "database backups",
        "Snapshots and point-in-time recovery of the memory store's database hold memories until they end.",
        "Shorten that time with the database's provider, and repeat `elaaoms memories forget` after a recovery.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Context;
    use crate::deployment::DeploymentArguments;

    async fn of(variables: &[(&str, &str)]) -> Vec<OtherCopy> {
        let folder = tempfile::tempdir().unwrap();
        let context = Context::fixed(variables, || jiff::Timestamp::UNIX_EPOCH);
        let deployment = Deployment::find(&DeploymentArguments::machine(folder.path()), &context)
            .await
            .unwrap();
        copies(
            &deployment,
            &BTreeSet::from([ConversationId::parse("conv_1").unwrap()]),
        )
    }

    fn holds<'a>(copies: &'a [OtherCopy], place: &str) -> Option<&'a str> {
        copies
            .iter()
            .find(|copy| copy.place == place)
            .map(|copy| copy.holds.as_str())
    }

    #[tokio::test]
    async fn the_ids_and_the_address_by_which_a_call_is_erased_at_elevenlabs_are_named() {
        let copies = of(&[(
            "ELEVENLABS_API_URL",
            "https://api.eu.residency.elevenlabs.example/v1/",
        )])
        .await;
        let text = described(&copies);
        assert!(
            text.contains(
                "DELETE https://api.eu.residency.elevenlabs.example/v1/convai/conversations/ID"
            ),
            "{text}"
        );
        assert!(text.contains("\n    conv_1\n"), "{text}");
        assert_eq!(copies[0].conversation_ids.len(), 1);
    }

    #[tokio::test]
    async fn the_model_provider_is_named_where_one_is_used() {
        assert_eq!(holds(&of(&[]).await, "model provider"), None);
        assert_eq!(
            holds(&of(&[("LLM_PROVIDER", "none")]).await, "model provider"),
            None
        );
        let own = of(&[
            ("LLM_PROVIDER", "openai"),
            ("LLM_API_URL", "http://llm.example/v1"),
        ])
        .await;
        assert!(
            holds(&own, "model provider")
                .unwrap()
                .contains("LLM_API_URL")
        );
        let bedrock = of(&[("LLM_PROVIDER", "Bedrock")]).await;
        assert!(
            holds(&bedrock, "model provider")
                .unwrap()
                .contains("Bedrock")
        );
        assert!(
            holds(
                &of(&[("LLM_PROVIDER", "anthropic")]).await,
                "model provider"
            )
            .unwrap()
            .contains("30 days")
        );
    }
}
