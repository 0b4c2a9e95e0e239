//! Computes what has to change at an agent. Pure: takes the agent as it is and returns the patch.

use serde_json::{Value, json};

use super::collection::{self, COLLECTION};
use super::desired::{DesiredSetup, Greeting};
use super::fields::{
    CLIENT_DATA, ENABLED, FIRST_MESSAGE, GREETING, OVERRIDE, PRESETS, USER_ID, WEBHOOKS,
    preset_pointer,
};
use super::saved::{self, REMOVED_TOOLS, SavedSettings, TOOLS};
use super::tool::AgentTool;
use crate::elevenlabs::{Agent, PLACEHOLDERS, Tool, includes, without_nulls};

/// The variables that client-data returns, with their placeholders for calls without data.
const VARIABLES: [(&str, &str); 8] = [
    ("greeting", "Hello! How can I help you today?"),
    ("caller_known", "false"),
    ("caller_name", ""),
    ("caller_names", ""),
    ("memory_context", ""),
    ("last_call_summary", ""),
    ("last_call_at", ""),
    ("open_issues", ""),
];
const EVENTS: [&str; 2] = ["transcript", "call_initiation_failure"];

/// The ids of the resources that agents refer to; empty if a resource does not exist yet.
#[derive(Debug, Clone, Default)]
pub(super) struct ResourceIds {
    pub(super) secret: String,
    pub(super) webhook: String,
    /// Our tools, also one that is not desired any more.
    pub(super) tools: Vec<(AgentTool, String)>,
    /// Webhooks that connect created in this or an earlier run.
    pub(super) our_webhooks: Vec<String>,
}

impl ResourceIds {
    /// Returns this tool with its id.
    fn tool(&self, tool: AgentTool) -> Option<(AgentTool, &str)> {
        let ours = self.tools.iter().find(|(ours, _)| *ours == tool);
        ours.map(|(ours, id)| (*ours, id.as_str()))
    }
}

/// A description of the changes, and the request body that makes them.
pub(super) struct AgentPatch {
    pub(super) changes: Vec<String>,
    pub(super) body: Value,
}

/// Computes the changes to an agent. `other_tools` are tools with our name that point to another
/// service.
pub(super) fn patch(
    agent: &Agent,
    desired: &DesiredSetup,
    ids: &ResourceIds,
    other_tools: &[Tool],
) -> AgentPatch {
    let existing = SavedSettings::of(agent);
    let was_connected =
        saved::is_connected(agent, desired.url("client-data").as_str(), &ids.secret);
    let saved = match (&existing, was_connected) {
        (None, true) => SavedSettings::of_earlier_version(agent, true),
        (existing, _) => existing.clone().unwrap_or_default(),
    };
    let mut change = Change {
        agent,
        patch: AgentPatch {
            changes: Vec::new(),
            body: json!({}),
        },
        saved,
    };
    change.tools(desired, ids, other_tools);
    change.greeting(desired.greeting);
    change.presets(desired.greeting);
    change.client_data(desired, &ids.secret, was_connected);
    change.post_call(ids);
    change.collection(desired);
    change.placeholders(desired, existing.as_ref());
    change.patch
}

/// Whether a text contains the greeting, alone or among other words.
fn greets(text: &str) -> bool {
    text.split("{{").skip(1).any(|rest| {
        rest.split_once("}}")
            .is_some_and(|(name, _)| name.trim() == "greeting")
    })
}

/// Whether a language preset has its own first message, or a translation of the main one.
fn has_own_first_message(preset: &Value) -> bool {
    let own = preset
        .pointer("/overrides/agent/first_message")
        .is_some_and(Value::is_string);
    own || preset
        .pointer("/first_message_translation/text")
        .is_some_and(Value::is_string)
}

/// A patch in progress, and the settings saved from before it.
struct Change<'a> {
    agent: &'a Agent,
    patch: AgentPatch,
    saved: SavedSettings,
}

impl Change<'_> {
    /// Adds the missing tools, and removes those of another service with their names.
    fn tools(&mut self, desired: &DesiredSetup, ids: &ResourceIds, others: &[Tool]) {
        let current = self.agent.tool_ids();
        let (removed, mut merged): (Vec<&str>, Vec<&str>) = current
            .iter()
            .copied()
            .partition(|id| others.iter().any(|other| other.id == *id));
        let wanted = desired.tools().filter_map(|tool| ids.tool(tool));
        let missing: Vec<(AgentTool, &str)> =
            wanted.filter(|(_, id)| !merged.contains(id)).collect();
        merged.extend(missing.iter().map(|(_, id)| *id));
        if merged == current {
            return;
        }
        if !missing.is_empty() {
            self.saved.keep(TOOLS, json!(current));
        }
        if !removed.is_empty() {
            self.saved.keep(REMOVED_TOOLS, json!(removed));
        }
        self.patch.set(TOOLS, json!(merged));
        let added = missing
            .iter()
            .map(|(tool, _)| format!("tool: {}", tool.name()));
        let replaced = others
            .iter()
            .filter(|other| removed.contains(&other.id.as_str()));
        let replaced = replaced
            .map(|other| format!("tool: another {} is removed until disconnect", other.name()));
        self.patch.changes.extend(added.chain(replaced));
    }

    fn greeting(&mut self, greeting: Greeting) {
        let own = self.agent.first_message();
        if greeting != Greeting::Override && !greets(own) {
            let description = match own {
                "" => format!(
                    "first message: none becomes {GREETING:?}; the agent still waits for unknown callers to speak"
                ),
                own => format!("first message: {own:?} becomes {GREETING:?}"),
            };
            self.saved.keep(FIRST_MESSAGE, json!(own));
            self.patch.put(FIRST_MESSAGE, json!(GREETING), &description);
        }
        if greeting != Greeting::Variable {
            self.enable(OVERRIDE, "allow overriding the first message");
        }
    }

    /// Sets the first message of each language preset, which is spoken in calls in that language.
    /// The request contains all presets, otherwise unchanged.
    fn presets(&mut self, greeting: Greeting) {
        if greeting == Greeting::Override {
            return;
        }
        let Some(Value::Object(mut presets)) = self.agent.setting(PRESETS).cloned() else {
            return;
        };
        let mut languages = Vec::new();
        for (language, preset) in &mut presets {
            let own = preset
                .pointer("/overrides/agent/first_message")
                .cloned()
                .unwrap_or_default();
            if !has_own_first_message(preset) || own.as_str().is_some_and(greets) {
                continue;
            }
            languages.push(format!(
                "first message in {language}: {own} becomes {GREETING:?}"
            ));
            self.saved.keep(&preset_pointer(language), own);
            set(preset, "/overrides/agent/first_message", json!(GREETING));
        }
        if !languages.is_empty() {
            self.patch
                .put(PRESETS, Value::Object(presets), &languages.join("; "));
        }
    }

    fn client_data(&mut self, desired: &DesiredSetup, secret: &str, was_connected: bool) {
        self.enable(ENABLED, "fetch data from the webhook when a call starts");
        let url = desired.url("client-data");
        let webhook =
            json!({"url": url.as_str(), "request_headers": {"x-api-key": {"secret_id": secret}}});
        let current = self.agent.setting(CLIENT_DATA).cloned().unwrap_or_default();
        if includes(&current, &webhook) {
            return;
        }
        if !was_connected {
            self.saved.keep(CLIENT_DATA, current);
        }
        self.patch.put(
            CLIENT_DATA,
            webhook,
            &format!("conversation initiation webhook: {url}"),
        );
    }

    fn post_call(&mut self, ids: &ResourceIds) {
        let current = self.agent.setting(WEBHOOKS).cloned().unwrap_or_default();
        let mut events: Vec<&str> = current["events"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let missing: Vec<&str> = EVENTS
            .into_iter()
            .filter(|event| !events.contains(event))
            .collect();
        let is_json = current
            .get("transcript_format")
            .is_none_or(|format| format.is_null() || format == "json");
        if current["post_call_webhook_id"] == ids.webhook.as_str() && missing.is_empty() && is_json
        {
            return;
        }
        events.extend(missing);
        let is_ours = current["post_call_webhook_id"]
            .as_str()
            .is_some_and(|id| ids.our_webhooks.iter().any(|own| own == id));
        if !is_ours {
            self.saved.keep(WEBHOOKS, current.clone());
        }
        // Settings that are not ours, such as whether transcripts are left out, stay.
        let mut webhooks = if current.is_object() {
            without_nulls(&current)
        } else {
            json!({})
        };
        webhooks["post_call_webhook_id"] = json!(ids.webhook);
        webhooks["events"] = json!(events);
        webhooks["transcript_format"] = json!("json");
        self.patch.put(WEBHOOKS, webhooks, "post-call webhook");
    }

    /// Adds missing data collection items. An operator's item under one of our ids stays as it is.
    fn collection(&mut self, desired: &DesiredSetup) {
        if let Some((items, titles)) = desired
            .collects
            .then(|| collection::completed(self.agent))
            .flatten()
        {
            self.patch.put(
                COLLECTION,
                items,
                &format!(
                    "data collection: {} (omit with --no-collect)",
                    titles.join(", ")
                ),
            );
        }
    }

    /// Sets the placeholders of the variables, and saves the settings from before.
    ///
    /// The first message that the greeting replaces becomes the placeholder of the greeting, unless
    /// it contains a variable: such a text cannot be spoken as a placeholder. An agent that waits
    /// for its callers gets an empty placeholder.
    fn placeholders(&mut self, desired: &DesiredSetup, existing: Option<&SavedSettings>) {
        let current = self
            .agent
            .setting(PLACEHOLDERS)
            .cloned()
            .unwrap_or_else(|| json!({}));
        let mut merged = current.clone();
        let own = self.agent.first_message();
        let replaces_first_message = desired.greeting != Greeting::Override && !greets(own);
        if replaces_first_message && !own.contains("{{") {
            if let Some(placeholder) = self.agent.placeholder("greeting") {
                self.saved
                    .keep(&format!("{PLACEHOLDERS}/greeting"), placeholder.clone());
            }
            merged["greeting"] = json!(own);
        }
        let trusted = desired.trusts_user_id.then_some((USER_ID, ""));
        for (name, default) in VARIABLES.into_iter().chain(trusted) {
            if merged.get(name).is_none_or(Value::is_null) {
                merged[name] = json!(default);
            }
        }
        if !includes(&current, &merged) {
            self.patch
                .changes
                .push("placeholders of the variables".to_owned());
        }
        if existing != Some(&self.saved) && !self.patch.changes.is_empty() {
            merged[saved::NAME] = json!(self.saved.to_text());
        }
        if !includes(&current, &merged) {
            self.patch.set(PLACEHOLDERS, merged);
        }
    }

    fn enable(&mut self, pointer: &str, description: &str) {
        let current = self.agent.setting(pointer).cloned().unwrap_or_default();
        if current != json!(true) {
            self.saved.keep(pointer, current);
            self.patch.put(pointer, json!(true), description);
        }
    }
}

impl AgentPatch {
    /// Sets a field and describes the change.
    pub(super) fn put(&mut self, pointer: &str, value: Value, description: &str) {
        self.set(pointer, value);
        self.changes.push(description.to_owned());
    }

    pub(super) fn set(&mut self, pointer: &str, value: Value) {
        set(&mut self.body, pointer, value);
    }
}

/// Sets a field, creating the objects on the way to it.
fn set(place: &mut Value, pointer: &str, value: Value) {
    let mut place = place;
    for part in pointer.split('/').skip(1) {
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[part];
    }
    *place = value;
}
