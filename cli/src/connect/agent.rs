//! What has to change at an agent. Pure: the agent as it is goes in, the patch comes out.

use serde_json::{Value, json};

use super::before::{self, Before, REMOVED_TOOLS, TOOLS};
use super::collection::{self, COLLECTION};
use super::{Greeting, Wanted};
use crate::elevenlabs::{Agent, PLACEHOLDERS, shows, without_nulls};

/// The variables that an answer of client-data brings, with what stands in for them where there is
/// none.
const VARIABLES: [(&str, &str); 7] = [
    ("greeting", "Hello! How can I help you today?"),
    ("caller_known", "false"),
    ("caller_name", ""),
    ("memory_context", ""),
    ("last_call_summary", ""),
    ("last_call_at", ""),
    ("open_issues", ""),
];
/// The variable of a web session's user, beside those, where the deployment trusts it.
pub(super) const USER_ID: &str = "user_id";
const EVENTS: [&str; 2] = ["transcript", "call_initiation_failure"];
/// A first message that is the greeting alone.
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

/// What was made for the agent; empty where it is not made yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Ids {
    pub(super) secret: String,
    pub(super) webhook: String,
    pub(super) tool: String,
    /// Webhooks that connect made, this one and earlier ones.
    pub(super) our_webhooks: Vec<String>,
}

/// Changes in words, and the body that makes them.
pub(super) struct Patch {
    pub(super) changes: Vec<String>,
    pub(super) body: Value,
}

/// What has to change. `other_tools` are tools of our name that point elsewhere.
pub(super) fn patch(agent: &Agent, wanted: &Wanted, ids: &Ids, other_tools: &[String]) -> Patch {
    let kept = Before::of(agent);
    let was_connected =
        before::is_connected(agent, wanted.url("client-data").as_str(), &ids.secret);
    let first = match (&kept, was_connected) {
        (None, true) => Before::of_earlier_version(agent, true),
        (kept, _) => kept.clone().unwrap_or_default(),
    };
    let mut change = Change {
        agent,
        patch: Patch {
            changes: Vec::new(),
            body: json!({}),
        },
        before: first,
    };
    change.tool(&ids.tool, other_tools);
    change.greeting(wanted.greeting);
    change.presets(wanted.greeting);
    change.client_data(wanted, &ids.secret, was_connected);
    change.post_call(ids);
    change.collection(wanted);
    change.placeholders(wanted, kept.as_ref());
    change.patch
}

/// Whether a text brings the greeting, alone or among other words.
fn greets(text: &str) -> bool {
    text.split("{{").skip(1).any(|rest| {
        rest.split_once("}}")
            .is_some_and(|(name, _)| name.trim() == "greeting")
    })
}

/// Whether it is the greeting and nothing else.
pub(super) fn is_greeting_alone(text: &str) -> bool {
    let inner = text
        .trim()
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"));
    inner.is_some_and(|name| name.trim() == "greeting")
}

/// Under which name the first message of a language preset is kept.
pub(super) fn preset_pointer(language: &str) -> String {
    format!("{PRESETS}/{language}/overrides/agent/first_message")
}

/// Whether a language preset says something of its own first, or a translation of the main words.
fn says_its_own(preset: &Value) -> bool {
    let own = preset
        .pointer("/overrides/agent/first_message")
        .is_some_and(Value::is_string);
    own || preset
        .pointer("/first_message_translation/text")
        .is_some_and(Value::is_string)
}

/// A patch under way, and what the agent had before.
struct Change<'a> {
    agent: &'a Agent,
    patch: Patch,
    before: Before,
}

impl Change<'_> {
    fn tool(&mut self, tool: &str, others: &[String]) {
        let has = self.agent.tool_ids();
        let (removed, mut united): (Vec<&str>, Vec<&str>) = has
            .iter()
            .copied()
            .partition(|id| others.iter().any(|other| other == id));
        if !united.contains(&tool) {
            united.push(tool);
        }
        if united == has {
            return;
        }
        if !has.contains(&tool) {
            self.before.keep(TOOLS, json!(has));
        }
        if !removed.is_empty() {
            self.before.keep(REMOVED_TOOLS, json!(removed));
        }
        self.patch.put(TOOLS, json!(united), "tool: search_memory");
        if !removed.is_empty() {
            self.patch.changes.push(format!(
                "tool: another {} is taken off until disconnect",
                super::tool::NAME
            ));
        }
    }

    fn greeting(&mut self, greeting: Greeting) {
        let own = self.agent.first_message();
        if greeting != Greeting::Override && !greets(own) {
            let words = match own {
                "" => format!(
                    "first message: none becomes {GREETING:?}; the agent still waits for strangers to speak"
                ),
                own => format!("first message: {own:?} becomes {GREETING:?}"),
            };
            self.before.keep(FIRST_MESSAGE, json!(own));
            self.patch.put(FIRST_MESSAGE, json!(GREETING), &words);
        }
        if greeting != Greeting::Variable {
            self.switch_on(OVERRIDE, "the first message may be overridden");
        }
    }

    /// For a call in a preset's language the preset's first message is spoken. All presets are
    /// sent, as they are but for it.
    fn presets(&mut self, greeting: Greeting) {
        if greeting == Greeting::Override {
            return;
        }
        let Some(Value::Object(mut presets)) = self.agent.at(PRESETS).cloned() else {
            return;
        };
        let mut languages = Vec::new();
        for (language, preset) in &mut presets {
            let own = preset
                .pointer("/overrides/agent/first_message")
                .cloned()
                .unwrap_or_default();
            if !says_its_own(preset) || own.as_str().is_some_and(greets) {
                continue;
            }
            languages.push(format!(
                "first message in {language}: {own} becomes {GREETING:?}"
            ));
            self.before.keep(&preset_pointer(language), own);
            set(preset, "/overrides/agent/first_message", json!(GREETING));
        }
        if !languages.is_empty() {
            self.patch
                .put(PRESETS, Value::Object(presets), &languages.join("; "));
        }
    }

    fn client_data(&mut self, wanted: &Wanted, secret: &str, was_connected: bool) {
        self.switch_on(ENABLED, "data is fetched when the phone rings");
        let url = wanted.url("client-data");
        let webhook =
            json!({"url": url.as_str(), "request_headers": {"x-api-key": {"secret_id": secret}}});
        let found = self.agent.at(CLIENT_DATA).cloned().unwrap_or_default();
        if shows(&found, &webhook) {
            return;
        }
        if !was_connected {
            self.before.keep(CLIENT_DATA, found);
        }
        self.patch.put(
            CLIENT_DATA,
            webhook,
            &format!("conversation initiation webhook: {url}"),
        );
    }

    fn post_call(&mut self, ids: &Ids) {
        let before = self.agent.at(WEBHOOKS).cloned().unwrap_or_default();
        let mut events: Vec<&str> = before["events"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let missing: Vec<&str> = EVENTS
            .into_iter()
            .filter(|event| !events.contains(event))
            .collect();
        let is_json = before
            .get("transcript_format")
            .is_none_or(|format| format.is_null() || format == "json");
        if before["post_call_webhook_id"] == ids.webhook.as_str() && missing.is_empty() && is_json {
            return;
        }
        events.extend(missing);
        let ours = before["post_call_webhook_id"]
            .as_str()
            .is_some_and(|id| ids.our_webhooks.iter().any(|own| own == id));
        if !ours {
            self.before.keep(WEBHOOKS, before.clone());
        }
        // What is not ours to set, such as whether transcripts are left out, stays.
        let mut needed = if before.is_object() {
            without_nulls(&before)
        } else {
            json!({})
        };
        needed["post_call_webhook_id"] = json!(ids.webhook);
        needed["events"] = json!(events);
        needed["transcript_format"] = json!("json");
        self.patch.put(WEBHOOKS, needed, "post-call webhook");
    }

    /// An item of the operator under an id of ours stays as it is.
    fn collection(&mut self, wanted: &Wanted) {
        if let Some((items, titles)) = wanted
            .collects
            .then(|| collection::completed(self.agent))
            .flatten()
        {
            self.patch.put(
                COLLECTION,
                items,
                &format!(
                    "data collection: {} (not with --no-collect)",
                    titles.join(", ")
                ),
            );
        }
    }

    /// An agent's own first words live on as the stand-in for the greeting that takes their place,
    /// where they can be spoken: words with a variable cannot. An agent that waits for its callers
    /// has an empty one.
    fn placeholders(&mut self, wanted: &Wanted, kept: Option<&Before>) {
        let before = self
            .agent
            .at(PLACEHOLDERS)
            .cloned()
            .unwrap_or_else(|| json!({}));
        let mut united = before.clone();
        let own = self.agent.first_message();
        let speaks_our_greeting = wanted.greeting != Greeting::Override && !greets(own);
        if speaks_our_greeting && !own.contains("{{") {
            if let Some(theirs) = self.agent.placeholder("greeting") {
                self.before
                    .keep(&format!("{PLACEHOLDERS}/greeting"), theirs.clone());
            }
            united["greeting"] = json!(own);
        }
        let trusted = wanted.trusts_user_id.then_some((USER_ID, ""));
        for (name, default) in VARIABLES.into_iter().chain(trusted) {
            if united.get(name).is_none_or(Value::is_null) {
                united[name] = json!(default);
            }
        }
        if !shows(&before, &united) {
            self.patch
                .changes
                .push("stand-ins for the variables".to_owned());
        }
        if kept != Some(&self.before) && !self.patch.changes.is_empty() {
            united[before::NAME] = json!(self.before.text());
        }
        if !shows(&before, &united) {
            self.patch.set(PLACEHOLDERS, united);
        }
    }

    fn switch_on(&mut self, pointer: &str, words: &str) {
        let found = self.agent.at(pointer).cloned().unwrap_or_default();
        if found != json!(true) {
            self.before.keep(pointer, found);
            self.patch.put(pointer, json!(true), words);
        }
    }
}

impl Patch {
    pub(super) fn put(&mut self, pointer: &str, value: Value, words: &str) {
        self.set(pointer, value);
        self.changes.push(words.to_owned());
    }

    pub(super) fn set(&mut self, pointer: &str, value: Value) {
        set(&mut self.body, pointer, value);
    }
}

/// Sets a field, and makes the objects on the way to it.
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
