//! What is there before anything is done.

use secrecy::SecretString;

use super::agent::Ids;
use super::{Wanted, names, tool};
use crate::elevenlabs::{ElevenLabs, StoredSecret, Tool, Webhook};
use crate::failure::Failure;

/// What ElevenLabs and the deployment have, beside the agents.
pub(super) struct Found {
    pub(super) secrets: Vec<StoredSecret>,
    pub(super) webhooks: Vec<Webhook>,
    pub(super) tools: Vec<Tool>,
    /// The key of the deployment's webhooks.
    pub(super) key: Option<SecretString>,
    /// The secrets by which it checks signatures.
    pub(super) signing: Vec<SecretString>,
    /// What is there to refer to; filled as it is made.
    pub(super) ids: Ids,
}

impl Found {
    pub(super) async fn read(elevenlabs: &ElevenLabs, wanted: &Wanted) -> Result<Self, Failure> {
        let prefix = names::secret_prefix(&wanted.name);
        let (storage, deployment) = (&wanted.storage, &wanted.deployment);
        Ok(Self {
            secrets: elevenlabs.secrets(&prefix).await?,
            webhooks: elevenlabs.webhooks().await?,
            tools: elevenlabs.tools(tool::NAME).await?,
            key: storage
                .list(deployment, "WEBHOOK_API_KEY")
                .await?
                .into_iter()
                .next(),
            signing: storage
                .list(deployment, "ELEVENLABS_POST_CALL_HMAC_KEY")
                .await?,
            ids: Ids::default(),
        })
    }

    /// Tools of our name that are not ours.
    pub(super) fn other_tools(&self) -> Vec<String> {
        self.tools
            .iter()
            .map(|tool| tool.id.clone())
            .filter(|id| *id != self.ids.tool)
            .collect()
    }
}
