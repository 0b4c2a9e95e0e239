//! Settings and secrets, and those that are asked with them: the memory store and the model's
//! provider.

use std::time::Duration;

use common::llm::Llm;
use common::openmemory::{Dialect, OpenMemoryError};
use common::secrets::SecretSet;
use common::settings::DialectSetting;

use super::finding::Finding;
use crate::deployment::{Deployment, Place};

/// How long the store may take to answer; it is awake, or away.
const LIMIT: Duration = Duration::from_secs(15);

/// Whether everything can be read, and what is missing.
pub(super) fn settings(deployment: &Deployment) -> Vec<Finding> {
    let settings = match deployment.settings() {
        Ok(_) => Finding::fine(
            "settings",
            format!("those of {} can be read", deployment.name()),
        ),
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
        Place::Aws(_) => {
            "put them into the secret of the deployment; `elaaoms connect` sets those of ElevenLabs"
        }
    }
}

/// The memory store, asked directly: whether it is the one that the settings tell of. On AWS it may
/// be reachable for the functions alone; then /health, which asks it from inside, has to do.
pub(super) async fn store(deployment: &Deployment) -> Option<Finding> {
    let (store, said) = deployment.openmemory_as_found(LIMIT).ok()?;
    let health = match store.health().await {
        Ok(health) => health,
        Err(OpenMemoryError::Call(error))
            if error.is_transient() && matches!(deployment.place, Place::Aws(_)) =>
        {
            let told = format!("not reached from here ({error}); /health asks it from inside");
            return Some(Finding::skipped("openmemory", told));
        }
        Err(error) => return Some(Finding::failed("openmemory", &error.into())),
    };
    let fits = match said {
        DialectSetting::Auto => true,
        DialectSetting::V1 => health.dialect == Dialect::V1,
        DialectSetting::Cavira => health.dialect == Dialect::Cavira,
    };
    if !fits {
        let error = OpenMemoryError::OtherDialect(health.dialect.as_str());
        return Some(Finding::fault(
            "openmemory",
            error.to_string(),
            "in .env; on AWS it is the parameter OpenMemoryDialect",
        ));
    }
    let version = health.version.unwrap_or_else(|| "unknown".to_owned());
    let can = if health.extensions.is_empty() {
        "nothing more".to_owned()
    } else {
        health.extensions.join(", ")
    };
    let told = format!(
        "speaks {}, version {version}; beyond the contract it can {can}",
        health.dialect
    );
    Some(Finding::fine("openmemory", told))
}

/// The provider's key, by its list of models, which is free.
pub(super) async fn model(deployment: &Deployment) -> Option<Finding> {
    let settings = deployment.settings().ok()?;
    let Some(llm) = Llm::new(
        deployment.context.http.clone(),
        &settings.llm,
        deployment.secrets(),
    ) else {
        return Some(Finding::fine(
            "model",
            "none: memories come from ElevenLabs' own analysis",
        ));
    };
    Some(match llm.check().await {
        Ok(()) => Finding::fine(
            "model",
            format!("{} takes the key; {}", llm.provider(), llm.model()),
        ),
        Err(error) => Finding::fault(
            "model",
            format!("extraction waits: {error}"),
            "check LLM_MODEL, LLM_API_KEY, LLM_PROVIDER and LLM_API_URL; with bedrock LlmModelArns and the access to the model",
        ),
    })
}
