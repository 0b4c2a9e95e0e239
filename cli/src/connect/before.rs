//! What an agent had before connect set its own: it is kept at the agent itself, as the stand-in of
//! a variable that no text uses, so that disconnect brings it back from any machine.

use serde_json::{Map, Value, json};

use super::agent::{
    CLIENT_DATA, ENABLED, FIRST_MESSAGE, OVERRIDE, PRESETS, WEBHOOKS, is_greeting_alone,
    preset_pointer,
};
use crate::elevenlabs::{Agent, PLACEHOLDERS, is_same_address, without_nulls};

/// The variable whose stand-in it is.
pub(super) const NAME: &str = "elaaoms_before";
/// Tools of our name that were taken off.
pub(super) const REMOVED_TOOLS: &str = "removed_tools";
/// The list of tools in its order.
pub(super) const TOOLS: &str = "/conversation_config/agent/prompt/tool_ids";

/// Settings by their pointer, as they were. One that was absent is null; one that connect never set
/// is not in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Before(Map<String, Value>);

impl Before {
    /// What connect kept; `None` when it never did, or when it was brought back.
    pub(super) fn of(agent: &Agent) -> Option<Self> {
        let text = agent.placeholder(NAME)?.as_str()?;
        serde_json::from_str(text).ok().map(Self)
    }

    /// What earlier versions of connect leave to be brought back: the first message lived on as the
    /// greeting's stand-in.
    pub(super) fn of_earlier_version(agent: &Agent, is_connected: bool) -> Self {
        let mut before = Self::default();
        if is_greeting_alone(agent.first_message()) {
            let own = agent
                .placeholder("greeting")
                .filter(|own| own.is_string())
                .cloned();
            before.keep(FIRST_MESSAGE, own.unwrap_or_else(|| json!("")));
        }
        if is_connected {
            before.keep(CLIENT_DATA, Value::Null);
            before.keep(ENABLED, json!(false));
            before.keep(OVERRIDE, json!(false));
        }
        before
    }

    pub(super) fn keep(&mut self, pointer: &str, value: Value) {
        self.0.insert(pointer.to_owned(), value);
    }

    pub(super) fn get(&self, pointer: &str) -> Option<&Value> {
        self.0.get(pointer)
    }

    pub(super) fn text(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }
}

/// Whether the agent asks this address when the phone rings, or one with this secret: then it is
/// connected.
pub(super) fn is_connected(agent: &Agent, url: &str, secret: &str) -> bool {
    let Some(webhook) = agent.at(CLIENT_DATA) else {
        return false;
    };
    let own = webhook["url"]
        .as_str()
        .is_some_and(|own| is_same_address(own, url));
    own || !secret.is_empty() && webhook["request_headers"]["x-api-key"]["secret_id"] == secret
}

/// What has to be written so that greeting and flags are as they were, by pointer. Where the agent
/// asks another address by now, whether it asks is not ours any more.
pub(super) fn restored(agent: &Agent, before: &Before, is_connected: bool) -> Vec<(String, Value)> {
    let mut settings = Vec::new();
    if is_greeting_alone(agent.first_message())
        && let Some(own) = before.get(FIRST_MESSAGE)
    {
        settings.push((
            FIRST_MESSAGE.to_owned(),
            own.as_str().map_or_else(|| json!(""), |own| json!(own)),
        ));
    }
    settings.extend(restored_presets(agent, before));
    for pointer in [ENABLED, OVERRIDE] {
        let was_off = before.get(pointer).is_some_and(|was| *was != json!(true));
        let is_theirs = pointer == ENABLED && !is_connected;
        if was_off && !is_theirs && agent.at(pointer) == Some(&json!(true)) {
            settings.push((pointer.to_owned(), json!(false)));
        }
    }
    settings
}

/// All language presets in one, because an API may replace them as they are sent.
fn restored_presets(agent: &Agent, before: &Before) -> Option<(String, Value)> {
    let mut presets = agent.at(PRESETS)?.clone();
    let mut is_changed = false;
    for (language, preset) in presets.as_object_mut()? {
        let own = before.get(&preset_pointer(language));
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

/// The post-call webhook as it was, in a form that the API takes.
pub(super) fn webhooks(agent: &Agent, before: &Before) -> Value {
    match before.get(WEBHOOKS) {
        Some(was @ Value::Object(_)) => {
            let mut filled = without_nulls(was);
            filled["post_call_webhook_id"] = was["post_call_webhook_id"].clone();
            filled
        }
        Some(_) => json!({"post_call_webhook_id": null, "events": []}),
        None => {
            let mut webhooks = agent.at(WEBHOOKS).map_or_else(|| json!({}), without_nulls);
            webhooks["post_call_webhook_id"] = Value::Null;
            webhooks
        }
    }
}

/// The tools without ours, and with those of our name that connect took off, in their order.
pub(super) fn tools(
    agent: &Agent,
    before: &Before,
    ours: &str,
    exists: impl Fn(&str) -> bool,
) -> Vec<String> {
    let list = |value: Option<&Value>| -> Vec<String> {
        value
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let now: Vec<String> = agent
        .tool_ids()
        .into_iter()
        .filter(|id| *id != ours)
        .map(str::to_owned)
        .collect();
    let (was, mut back) = (list(before.get(TOOLS)), list(before.get(REMOVED_TOOLS)));
    back.retain(|id| exists(id) && !now.contains(id));
    let mut tools: Vec<String> = was
        .into_iter()
        .filter(|id| now.contains(id) || back.contains(id))
        .collect();
    let added: Vec<String> = now
        .into_iter()
        .chain(back)
        .filter(|id| !tools.contains(id))
        .collect();
    tools.extend(added);
    tools
}

/// The stand-ins after disconnect: the operator's own greeting comes back, and nothing is kept any
/// more.
pub(super) fn placeholders(agent: &Agent, before: &Before) -> Value {
    let mut placeholders = agent.at(PLACEHOLDERS).cloned().unwrap_or_else(|| json!({}));
    placeholders[NAME] = json!("");
    if let Some(own) = before
        .get(&format!("{PLACEHOLDERS}/greeting"))
        .filter(|own| !own.is_null())
    {
        placeholders["greeting"] = own.clone();
    }
    placeholders
}
