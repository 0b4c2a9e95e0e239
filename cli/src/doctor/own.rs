//! Settings and secrets, and those that are asked with them: the memory store and the model's provider.

use common::llm::Llm;
use common::secrets::SecretSet;

use super::finding::Finding;
use crate::deployment::{Deployment, Place};

/// Whether everything can be read, and what is missing.
pub(super) fn settings(deployment: &Deployment) -> Vec<Finding> {
    let settings = match deployment.settings() {
        Ok(_) => Finding::fine("settings", format!("those of {} can be read", deployment.name())),
        Err(failure) => Finding::failed("settings", &failure),
    };
    let missing = SecretSet::read(|name| deployment.get(name)).missing();
    let secrets = match missing.is_empty() {
        true => Finding::fine("secrets", "all that the webhooks need are set"),
        false => Finding::fault(
            "secrets",
            format!("{} not set: webhooks refuse everything", missing.join(", ")),
            place(deployment),
        ),
    };
    vec![settings, secrets]
}

fn place(deployment: &Deployment) -> &'static str {
    match deployment.place {
        Place::Machine(_) => "set them in .env; `elaaoms connect` sets those of ElevenLabs",
        Place::Aws(_) => "put them into the secret of the deployment; `elaaoms connect` sets those of ElevenLabs",
    }
}

/// The memory store, asked directly. On AWS it may be reachable for the functions alone, so that /health has to do.
pub(super) async fn store(deployment: &Deployment) -> Option<Finding> {
    if let Place::Aws(_) = deployment.place {
        return None;
    }
    let store = deployment.openmemory().ok()?;
    Some(match store.health().await {
        Ok(health) => {
            let version = health.version.unwrap_or_else(|| "unknown".to_owned());
            let can =
                if health.extensions.is_empty() { "nothing more".to_owned() } else { health.extensions.join(", ") };
            Finding::fine("openmemory", format!("version {version}; beyond the contract it can {can}"))
        }
        Err(error) => Finding::failed("openmemory", &error.into()),
    })
}

/// The provider's key, by its list of models, which is free.
pub(super) async fn model(deployment: &Deployment) -> Option<Finding> {
    let settings = deployment.settings().ok()?;
    let Some(llm) = Llm::new(deployment.context.http.clone(), &settings.llm, deployment.secrets()) else {
        return Some(Finding::fine("model", "none: memories come from ElevenLabs' own analysis"));
    };
    Some(match llm.check().await {
        Ok(()) => Finding::fine("model", format!("{} takes the key; {}", llm.provider(), llm.model())),
        Err(error) => Finding::fault(
            "model",
            format!("extraction waits: {error}"),
            "check LLM_API_KEY, LLM_PROVIDER and LLM_API_URL; what waits is extracted afterwards",
        ),
    })
}
