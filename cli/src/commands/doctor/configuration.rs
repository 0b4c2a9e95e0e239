//! Checks settings and secrets, and the services that depend on them: the memory store and the
//! model's provider.

use std::time::Duration;

use common::llm::Llm;
use common::openmemory::{Dialect, OpenMemoryError};
use common::secrets::SecretSet;
use common::settings::DialectSetting;

use super::finding::Finding;
use crate::deployment::{Deployment, Place};

/// Timeout of the memory store. It is always running, so there is no cold start.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Checks whether all settings are valid and all secrets are set.
pub(super) fn settings(deployment: &Deployment) -> Vec<Finding> {
    let settings = match deployment.settings() {
        Ok(_) => Finding::fine(
            "settings",
            format!("the settings of {} are valid", deployment.name()),
        ),
        Err(failure) => Finding::failed("settings", &failure),
    };
    let missing = SecretSet::read(|name| deployment.get(name)).missing();
    let secrets = match missing.is_empty() {
        true => Finding::fine("secrets", "all secrets of the webhooks are set"),
        false => Finding::fault(
            "secrets",
            format!(
                "{} not set: webhooks refuse all requests",
                missing.join(", ")
            ),
            secret_advice(deployment),
        ),
    };
    vec![settings, secrets]
}

fn secret_advice(deployment: &Deployment) -> &'static str {
    match deployment.place {
        Place::Machine(_) => "set them in .env; `elaaoms connect` sets those of ElevenLabs",
        Place::Aws(_) => {
            "put them into the secret of the deployment; `elaaoms connect` sets those of ElevenLabs"
        }
    }
}

/// Checks the memory store directly, and that its dialect matches the settings. On AWS the store
/// may be reachable only from the functions; then only `/health` can check it.
pub(super) async fn store(deployment: &Deployment) -> Option<Finding> {
    let (store, configured) = deployment.openmemory_detecting_dialect(TIMEOUT).ok()?;
    let health = match store.health().await {
        Ok(health) => health,
        Err(OpenMemoryError::Call(error))
            if error.is_transient() && matches!(deployment.place, Place::Aws(_)) =>
        {
            let message =
                format!("not reachable from here ({error}); /health checks it from the functions");
            return Some(Finding::skipped("openmemory", message));
        }
        Err(error) => return Some(Finding::failed("openmemory", &error.into())),
    };
    let is_expected = match configured {
        DialectSetting::Auto => true,
        DialectSetting::V1 => health.dialect == Dialect::V1,
        DialectSetting::Cavira => health.dialect == Dialect::Cavira,
    };
    if !is_expected {
        let error = OpenMemoryError::WrongDialect(health.dialect.as_str());
        return Some(Finding::fault(
            "openmemory",
            error.to_string(),
            "set OPENMEMORY_DIALECT in .env, or on AWS in the parameter Settings",
        ));
    }
    let version = health.version.unwrap_or_else(|| "unknown".to_owned());
    let extensions = if health.extensions.is_empty() {
        "none".to_owned()
    } else {
        health.extensions.join(", ")
    };
    let message = format!(
        "dialect {}, version {version}; extensions: {extensions}",
        health.dialect
    );
    Some(Finding::fine("openmemory", message))
}

/// Checks the provider's key by listing its models, which is free.
pub(super) async fn model(deployment: &Deployment) -> Option<Finding> {
    let settings = deployment.settings().ok()?;
    let Some(llm) = Llm::new(
        deployment.context.http.clone(),
        &settings.llm,
        deployment.secrets(),
    ) else {
        return Some(Finding::fine(
            "model",
            "none: memories come from ElevenLabs' analysis",
        ));
    };
    Some(match llm.check().await {
        Ok(()) => Finding::fine(
            "model",
            format!("{} accepts the key; model {}", llm.provider(), llm.model()),
        ),
        Err(error) => Finding::fault(
            "model",
            format!("extraction is waiting: {error}"),
            "check LLM_MODEL, LLM_API_KEY, LLM_PROVIDER and LLM_API_URL; with bedrock also LlmModelArns and the access to the model",
        ),
    })
}
