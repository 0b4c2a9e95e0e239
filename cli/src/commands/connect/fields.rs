//! The settings of an agent that connect changes, as pointers into its configuration.

/// The variable with the user of a web session. It is added only if the deployment trusts it.
pub(super) const USER_ID: &str = "user_id";
/// A first message that consists of the greeting only.
pub(super) const GREETING: &str = "{{greeting}}";

pub(super) const FIRST_MESSAGE: &str = "/conversation_config/agent/first_message";
pub(super) const PRESETS: &str = "/conversation_config/language_presets";
pub(super) const CLIENT_DATA: &str =
    "/platform_settings/workspace_overrides/conversation_initiation_client_data_webhook";
pub(super) const ENABLED: &str =
    "/platform_settings/overrides/enable_conversation_initiation_client_data_from_webhook";
pub(super) const OVERRIDE: &str =
    "/platform_settings/overrides/conversation_config_override/agent/first_message";
pub(super) const WEBHOOKS: &str = "/platform_settings/workspace_overrides/webhooks";

/// Whether a text is the greeting and nothing else.
pub(super) fn is_greeting_alone(text: &str) -> bool {
    let inner = text
        .trim()
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"));
    inner.is_some_and(|name| name.trim() == "greeting")
}

/// Returns the pointer under which the first message of a language preset is saved.
pub(super) fn preset_pointer(language: &str) -> String {
    format!("{PRESETS}/{language}/overrides/agent/first_message")
}
