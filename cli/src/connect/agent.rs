//! What has to change at an agent. Pure: the agent as it is goes in, the patch comes out.

use serde_json::{Value, json};

use super::{Greeting, Wanted};
use crate::elevenlabs::Agent;

/// The variables that an answer of client-data brings, with what stands in for them where there is none.
const VARIABLES: [(&str, &str); 7] = [
    ("greeting", "Hello! How can I help you today?"),
    ("caller_known", "false"),
    ("caller_name", ""),
    ("memory_context", ""),
    ("last_call_summary", ""),
    ("last_call_at", ""),
    ("open_issues", ""),
];
const EVENTS: [&str; 2] = ["transcript", "call_initiation_failure"];
/// A first message that is the greeting alone.
pub(super) const FIRST_MESSAGE: &str = "{{greeting}}";

/// What was made for the agent; empty where it is not made yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Ids {
    pub(super) secret: String,
    pub(super) webhook: String,
    pub(super) tool: String,
}

/// Changes in words, and the body that makes them.
pub(super) struct Patch {
    pub(super) changes: Vec<String>,
    pub(super) body: Value,
}

/// What has to change. `other_tools` are tools of our name that point elsewhere.
pub(super) fn patch(agent: &Agent, wanted: &Wanted, ids: &Ids, other_tools: &[String]) -> Patch {
    let mut patch = Patch { changes: Vec::new(), body: json!({}) };
    patch.tool(agent, &ids.tool, other_tools);
    patch.greeting(agent, wanted.greeting);
    patch.placeholders(agent, wanted.greeting);
    patch.client_data(agent, wanted, &ids.secret);
    patch.post_call(agent, &ids.webhook);
    patch
}

impl Patch {
    fn tool(&mut self, agent: &Agent, tool: &str, others: &[String]) {
        let has = agent.tool_ids();
        let mut united: Vec<&str> = has.iter().copied().filter(|id| !others.iter().any(|other| other == id)).collect();
        if !united.contains(&tool) {
            united.push(tool);
        }
        let pointer = "/conversation_config/agent/prompt/tool_ids";
        self.set(agent, pointer, json!(united), json!(has), "tool: search_memory");
    }

    fn greeting(&mut self, agent: &Agent, greeting: Greeting) {
        if greeting != Greeting::Override {
            let words = format!("first message: {:?} becomes {FIRST_MESSAGE:?}", agent.first_message());
            let pointer = "/conversation_config/agent/first_message";
            self.set(agent, pointer, json!(FIRST_MESSAGE), json!(agent.first_message()), &words);
        }
        if greeting != Greeting::Variable {
            let pointer = "/platform_settings/overrides/conversation_config_override/agent/first_message";
            self.set(agent, pointer, json!(true), json!(false), "the first message may be overridden");
        }
    }

    /// An agent's own first words live on as the stand-in for the greeting that takes their place.
    fn placeholders(&mut self, agent: &Agent, greeting: Greeting) {
        let own = Some(agent.first_message()).filter(|text| !text.trim().is_empty() && !text.contains("{{"));
        let pointer = "/conversation_config/agent/dynamic_variables/dynamic_variable_placeholders";
        let before = agent.at(pointer).cloned().unwrap_or_else(|| json!({}));
        let mut united = before.clone();
        for (name, default) in VARIABLES {
            let own = own.filter(|_| name == "greeting" && greeting != Greeting::Override);
            match own {
                Some(own) => united[name] = json!(own),
                None if agent.placeholder(name).is_none() => united[name] = json!(default),
                None => {}
            }
        }
        self.set(agent, pointer, united, before, "stand-ins for the variables");
    }

    fn client_data(&mut self, agent: &Agent, wanted: &Wanted, secret: &str) {
        let pointer = "/platform_settings/overrides/enable_conversation_initiation_client_data_from_webhook";
        self.set(agent, pointer, json!(true), json!(false), "data is fetched when the phone rings");
        let url = wanted.url("client-data");
        let webhook = json!({"url": url.as_str(), "request_headers": {"x-api-key": {"secret_id": secret}}});
        let pointer = "/platform_settings/workspace_overrides/conversation_initiation_client_data_webhook";
        self.set(agent, pointer, webhook, Value::Null, &format!("conversation initiation webhook: {url}"));
    }

    fn post_call(&mut self, agent: &Agent, webhook: &str) {
        let pointer = "/platform_settings/workspace_overrides/webhooks";
        let before = agent.at(pointer).cloned().unwrap_or_default();
        let mut events: Vec<&str> =
            before["events"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        events.extend(EVENTS.into_iter().filter(|event| !events.contains(event)).collect::<Vec<_>>());
        let has = json!({"post_call_webhook_id": before["post_call_webhook_id"], "events": before["events"],
            "transcript_format": before.get("transcript_format").unwrap_or(&json!("json"))});
        let needed = json!({"post_call_webhook_id": webhook, "events": events, "transcript_format": "json"});
        if has != needed {
            self.put(pointer, needed, "post-call webhook");
        }
    }

    /// Sets a field unless it is so. `absent` is what a missing one means.
    fn set(&mut self, agent: &Agent, pointer: &str, value: Value, absent: Value, words: &str) {
        if *agent.at(pointer).unwrap_or(&absent) != value {
            self.put(pointer, value, words);
        }
    }

    pub(super) fn put(&mut self, pointer: &str, value: Value, words: &str) {
        let mut place = &mut self.body;
        for part in pointer.split('/').skip(1) {
            place = &mut place[part];
        }
        *place = value;
        self.changes.push(words.to_owned());
    }
}
