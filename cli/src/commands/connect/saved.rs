//! The settings that an agent had before connect changed them.
//!
//! They are saved at the agent itself, as the placeholder of a variable that no text uses, so that
//! disconnect can restore them from any machine.

use serde_json::{Map, Value, json};

use super::fields::{
    CLIENT_DATA, ENABLED, FIRST_MESSAGE, OVERRIDE, PRESETS, WEBHOOKS, is_greeting_alone,
    preset_pointer,
};
use crate::elevenlabs::{Agent, PLACEHOLDERS, is_same_url, without_nulls};

/// The variable whose placeholder holds the saved settings.
pub(super) const NAME: &str = "elaaoms_before";
/// Tools with our name that connect removed.
pub(super) const REMOVED_TOOLS: &str = "removed_tools";
/// The ordered list of tools.
pub(super) const TOOLS: &str = "/conversation_config/agent/prompt/tool_ids";

/// Saved settings by their JSON pointer. A setting that was absent is null; one that connect never
/// changed is missing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct SavedSettings(Map<String, Value>);

impl SavedSettings {
    /// Reads what connect saved. Returns `None` if it saved nothing, or if the settings were
    /// restored.
    pub(super) fn of(agent: &Agent) -> Option<Self> {
        let text = agent.placeholder(NAME)?.as_str()?;
        serde_json::from_str(text).ok().map(Self)
    }

    /// Reconstructs the settings of an agent that an earlier version connected. Its first message
    /// became the placeholder of the greeting.
    pub(super) fn of_earlier_version(agent: &Agent, is_connected: bool) -> Self {
        let mut saved = Self::default();
        if is_greeting_alone(agent.first_message()) {
            let own = agent
                .placeholder("greeting")
                .filter(|own| own.is_string())
                .cloned();
            saved.keep(FIRST_MESSAGE, own.unwrap_or_else(|| json!("")));
        }
        if is_connected {
            saved.keep(CLIENT_DATA, Value::Null);
            saved.keep(ENABLED, json!(false));
            saved.keep(OVERRIDE, json!(false));
        }
        saved
    }

    pub(super) fn keep(&mut self, pointer: &str, value: Value) {
        self.0.insert(pointer.to_owned(), value);
    }

    pub(super) fn get(&self, pointer: &str) -> Option<&Value> {
        self.0.get(pointer)
    }

    /// Returns the settings as the text of the placeholder.
    pub(super) fn to_text(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }
}

/// Whether the agent is connected: its initiation webhook has this URL or this secret.
pub(super) fn is_connected(agent: &Agent, url: &str, secret: &str) -> bool {
    let Some(webhook) = agent.setting(CLIENT_DATA) else {
        return false;
    };
    let has_url = webhook["url"]
        .as_str()
        .is_some_and(|current| is_same_url(current, url));
    has_url || !secret.is_empty() && webhook["request_headers"]["x-api-key"]["secret_id"] == secret
}

/// Returns the settings that restore greeting and flags, by pointer. If the agent now uses another
/// webhook, the flag that enables webhooks is not ours any more.
pub(super) fn settings_to_restore(
    agent: &Agent,
    saved: &SavedSettings,
    is_connected: bool,
) -> Vec<(String, Value)> {
    let mut settings = Vec::new();
    if is_greeting_alone(agent.first_message())
        && let Some(own) = saved.get(FIRST_MESSAGE)
    {
        settings.push((
            FIRST_MESSAGE.to_owned(),
            own.as_str().map_or_else(|| json!(""), |own| json!(own)),
        ));
    }
    settings.extend(presets_to_restore(agent, saved));
    for pointer in [ENABLED, OVERRIDE] {
        let was_off = saved.get(pointer).is_some_and(|was| *was != json!(true));
        let is_used_by_other = pointer == ENABLED && !is_connected;
        if was_off && !is_used_by_other && agent.setting(pointer) == Some(&json!(true)) {
            settings.push((pointer.to_owned(), json!(false)));
        }
    }
    settings
}

/// Returns all language presets together, because the API may replace the whole object.
fn presets_to_restore(agent: &Agent, saved: &SavedSettings) -> Option<(String, Value)> {
    let mut presets = agent.setting(PRESETS)?.clone();
    let mut is_changed = false;
    for (language, preset) in presets.as_object_mut()? {
        let own = saved.get(&preset_pointer(language));
        let message = preset.pointer_mut("/overrides/agent/first_message");
        if let (Some(own), Some(message)) = (own, message)
            && message.as_str().is_some_and(is_greeting_alone)
        {
            *message = own.clone();
            is_changed = true;
        }
    }
    is_changed.then(|| (PRESETS.to_owned(), presets))
}

/// Returns the post-call webhook as it was, in a form that the API accepts.
pub(super) fn webhooks(agent: &Agent, saved: &SavedSettings) -> Value {
    match saved.get(WEBHOOKS) {
        Some(was @ Value::Object(_)) => {
            let mut filled = without_nulls(was);
            filled["post_call_webhook_id"] = was["post_call_webhook_id"].clone();
            filled
        }
        Some(_) => json!({"post_call_webhook_id": null, "events": []}),
        None => {
            let mut webhooks = agent
                .setting(WEBHOOKS)
                .map_or_else(|| json!({}), without_nulls);
            webhooks["post_call_webhook_id"] = Value::Null;
            webhooks
        }
    }
}

/// Returns the tools without ours, and with those of our name that connect removed, in the original
/// order.
pub(super) fn tools(
    agent: &Agent,
    saved: &SavedSettings,
    ours: &[&str],
    exists: impl Fn(&str) -> bool,
) -> Vec<String> {
    let current: Vec<String> = agent
        .tool_ids()
        .into_iter()
        .filter(|id| !ours.contains(id))
        .map(str::to_owned)
        .collect();
    let mut restored = strings(saved.get(REMOVED_TOOLS));
    restored.retain(|id| exists(id) && !current.contains(id));
    let mut tools = strings(saved.get(TOOLS));
    tools.retain(|id| current.contains(id) || restored.contains(id));
    let added: Vec<String> = current
        .into_iter()
        .chain(restored)
        .filter(|id| !tools.contains(id))
        .collect();
    tools.extend(added);
    tools
}

/// Returns the placeholders after disconnect: the operator's greeting is restored, and nothing is
/// saved any more.
pub(super) fn placeholders(agent: &Agent, saved: &SavedSettings) -> Value {
    let mut placeholders = agent
        .setting(PLACEHOLDERS)
        .cloned()
        .unwrap_or_else(|| json!({}));
    placeholders[NAME] = json!("");
    if let Some(own) = saved
        .get(&format!("{PLACEHOLDERS}/greeting"))
        .filter(|own| !own.is_null())
    {
        placeholders["greeting"] = own.clone();
    }
    placeholders
}

fn strings(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}
