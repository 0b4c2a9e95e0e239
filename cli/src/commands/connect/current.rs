//! The resources that exist before anything is changed.

use secrecy::SecretString;

use super::agent::ResourceIds;
use super::desired::DesiredSetup;
use super::{names, tool};
use crate::elevenlabs::{ElevenLabs, StoredSecret, Tool, Webhook};
use crate::error::Failure;

/// What ElevenLabs and the deployment have, besides the agents.
pub(super) struct CurrentSetup {
    pub(super) secrets: Vec<StoredSecret>,
    pub(super) webhooks: Vec<Webhook>,
    pub(super) tools: Vec<Tool>,
    /// The API key of the deployment's webhooks.
    pub(super) key: Option<SecretString>,
    /// The secrets with which the deployment verifies signatures.
    pub(super) signing_secrets: Vec<SecretString>,
    /// Ids of the existing resources; filled in as resources are created.
    pub(super) ids: ResourceIds,
}

impl CurrentSetup {
    pub(super) async fn read(
        elevenlabs: &ElevenLabs,
        desired: &DesiredSetup,
    ) -> Result<Self, Failure> {
        let prefix = names::secret_prefix(&desired.name);
        let storage = &desired.storage;
        let deployment = &desired.deployment;
        Ok(Self {
            secrets: elevenlabs.secrets(&prefix).await?,
            webhooks: elevenlabs.webhooks().await?,
            tools: elevenlabs.tools(tool::NAME).await?,
            key: storage
                .list(deployment, "WEBHOOK_API_KEY")
                .await?
                .into_iter()
                .next(),
            signing_secrets: storage
                .list(deployment, "ELEVENLABS_POST_CALL_HMAC_KEY")
                .await?,
            ids: ResourceIds::default(),
        })
    }

    /// Returns the tools that have our name but belong to another service.
    pub(super) fn other_tools(&self) -> Vec<String> {
        self.tools
            .iter()
            .map(|tool| tool.id.clone())
            .filter(|id| *id != self.ids.tool)
            .collect()
    }
}
