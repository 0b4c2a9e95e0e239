//! Lists the places outside the deployment that may hold copies of a caller's data. No command
//! reads or erases these copies, so the list says how to deal with them.

use std::collections::BTreeSet;

use common::call::ConversationId;
use serde::Serialize;

use crate::deployment::{Deployment, Place};

/// A place that may hold copies of a caller's data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct OtherCopy {
    /// A stable name for use by programs.
    place: &'static str,
    /// The data that the place holds, and for how long.
    holds: String,
    /// How to fetch and erase the data.
    action: String,
    /// The calls that the place holds, if it identifies them by these ids.
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

    /// Formats the place as text. Each id has its own line, so that it can be copied.
    fn describe(&self) -> String {
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

/// Returns all places that may hold copies of these calls or of data derived from them.
pub(super) fn list(
    deployment: &Deployment,
    conversations: &BTreeSet<ConversationId>,
) -> Vec<OtherCopy> {
    let mut copies = vec![at_elevenlabs(deployment, conversations)];
    copies.extend(at_the_model_provider(deployment));
    copies.extend(at_receivers_of_events(deployment));
    copies.push(OtherCopy::new(
        "telephony",
        "The telephone provider keeps its own records: numbers, times and possibly recordings.",
        "Ask the provider that carries the calls.",
    ));
    copies.push(in_backups(deployment));
    copies.push(in_the_store_database());
    copies.push(OtherCopy::new(
        "logs",
        "Logs and traces contain the ids of conversations and agents, but no numbers and nothing that was said.",
        "They expire with their own retention.",
    ));
    copies.push(OtherCopy::new(
        "audit trail and tombstones",
        "Audit entries and the tombstones of erased calls contain only ids and the caller's pseudonym.",
        "They are kept to prove the erasure and to prevent erased data from coming back.",
    ));
    copies
}

/// Formats the list as text.
pub(super) fn describe(copies: &[OtherCopy]) -> String {
    let places: Vec<String> = copies.iter().map(OtherCopy::describe).collect();
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
         agent's call history. This list may miss calls whose memories were imported from another system: search the call \
         history for the caller as well."
    );
    OtherCopy {
        conversation_ids: conversations.clone(),
        ..OtherCopy::new("ElevenLabs", holds, action)
    }
}

/// Returns `None` if no events are sent now.
fn at_receivers_of_events(deployment: &Deployment) -> Option<OtherCopy> {
    let settings = deployment.settings().ok()?.events;
    (!settings.targets().is_empty()).then(|| {
        OtherCopy::new(
            "receivers of events",
            "The systems at EVENTS_URL and EVENTS_BUS may keep the events of the caller's calls.",
            "They get the event caller.forgotten with the caller's pseudonym, and must erase what they hold under it.",
        )
    })
}

/// Returns `None` if no model is in use now. The deployment does not know what an earlier model was
/// sent; the operator's guide covers that case.
fn at_the_model_provider(deployment: &Deployment) -> Option<OtherCopy> {
    let provider = deployment
        .get("LLM_PROVIDER")
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let keeps = match provider.as_str() {
        "" | "none" => return None,
        "bedrock" => {
            "According to its documentation, Amazon Bedrock stores neither prompts nor responses, unless invocation logging \
             is enabled in the account."
        }
        "openai" if deployment.get("LLM_API_URL").is_some() => {
            "The server at LLM_API_URL received masked transcripts. Its operator decides what it keeps."
        }
        "openai" | "anthropic" => {
            "The model provider received masked transcripts. It keeps requests for a limited time to detect abuse, commonly \
             30 days, unless zero retention was agreed."
        }
        _ => "The model provider received masked transcripts.",
    };
    let action = "Requests do not identify the caller and cannot be erased one by one: see the contract with the provider.";
    Some(OtherCopy::new("model provider", keeps, action))
}

fn in_backups(deployment: &Deployment) -> OtherCopy {
    let action = "Repeat `elaaoms backup` into each of these folders to remove the erased data. Delete all other backups. A \
                  restore does not bring erased data back.";
    let holds = match &deployment.place {
        Place::Machine(_) => {
            "Folders of `elaaoms backup` and snapshots of this machine's disk hold the data of the time they were made."
        }
        Place::Aws(_) => {
            "Folders of `elaaoms backup`, AWS Backup and copies of the bucket hold the data of the time they were made. \
             `forget` erases earlier versions in the bucket itself."
        }
    };
    OtherCopy::new("backups", holds, action)
}

fn in_the_store_database() -> OtherCopy {
    OtherCopy::new(
        "database backups",
        "Snapshots and point-in-time recovery of the memory store's database hold memories until they expire.",
        "Shorten their retention at the database provider, and repeat `elaaoms memories forget` after a recovery.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Context;
    use crate::deployment::DeploymentArguments;

    async fn copies_with(variables: &[(&str, &str)]) -> Vec<OtherCopy> {
        let folder = tempfile::tempdir().unwrap();
        let context = Context::fixed(variables, || jiff::Timestamp::UNIX_EPOCH);
        let deployment = Deployment::find(&DeploymentArguments::machine(folder.path()), &context)
            .await
            .unwrap();
        list(
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
    async fn the_list_says_how_to_erase_each_call_at_elevenlabs() {
        let copies = copies_with(&[(
            "ELEVENLABS_API_URL",
            "https://api.eu.residency.elevenlabs.example/v1/",
        )])
        .await;
        let text = describe(&copies);
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
    async fn the_model_provider_is_listed_if_one_is_used() {
        assert_eq!(holds(&copies_with(&[]).await, "model provider"), None);
        assert_eq!(
            holds(
                &copies_with(&[("LLM_PROVIDER", "none")]).await,
                "model provider"
            ),
            None
        );
        let own = copies_with(&[
            ("LLM_PROVIDER", "openai"),
            ("LLM_API_URL", "http://llm.example/v1"),
        ])
        .await;
        assert!(
            holds(&own, "model provider")
                .unwrap()
                .contains("LLM_API_URL")
        );
        let bedrock = copies_with(&[("LLM_PROVIDER", "Bedrock")]).await;
        assert!(
            holds(&bedrock, "model provider")
                .unwrap()
                .contains("Bedrock")
        );
        assert!(
            holds(
                &copies_with(&[("LLM_PROVIDER", "anthropic")]).await,
                "model provider"
            )
            .unwrap()
            .contains("30 days")
        );
    }
}
