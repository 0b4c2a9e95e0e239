//! ElevenLabs' API as it is strict: what its document does not know is refused, lists are replaced
//! as they are sent, and what is referred to is not deleted.

pub(crate) mod contract;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Entries of a page, few so that lists have several.
const PAGE: usize = 2;

/// An object that ElevenLabs always replaces as a whole.
const COLLECTION: &str = "/platform_settings/data_collection";

/// Objects that an API may replace as a whole.
const REPLACED: [&str; 3] = [
    "/conversation_config/language_presets",
    "/platform_settings/workspace_overrides/webhooks",
    "/platform_settings/workspace_overrides/conversation_initiation_client_data_webhook",
];

/// A workspace that keeps what it is told, refuses what the API would refuse, and replaces lists as
/// they are sent.
#[derive(Clone)]
pub(crate) struct Workspace(Arc<Mutex<Kept>>);

/// What a workspace has.
pub(crate) struct Kept {
    pub(crate) secrets: Vec<Value>,
    pub(crate) webhooks: Vec<Value>,
    pub(crate) tools: Vec<Value>,
    pub(crate) agents: Vec<Value>,
    /// As they are listed, and what an agent is on them under `settings`.
    pub(crate) branches: Vec<Value>,
    pub(crate) conversations: Vec<Value>,
    /// Requests that changed something, as method and path.
    pub(crate) changes: Vec<String>,
    /// The change that fails, by its number.
    pub(crate) broken: Option<usize>,
    /// Whether it answers changes of agents with success and makes none.
    pub(crate) ignores_changes: bool,
    /// Whether it replaces presets and webhooks of an agent as they are sent, as it does lists.
    pub(crate) replaces_objects: bool,
    /// Whether it knows branches; an older API answers 404.
    pub(crate) knows_branches: bool,
    /// What its clock says.
    pub(crate) date: &'static str,
}

impl Workspace {
    /// A workspace with one agent, and the base of its API.
    pub(crate) async fn start() -> (Self, String) {
        let kept = Kept {
            secrets: vec![],
            webhooks: vec![],
            tools: vec![],
            agents: vec![agent("agent_1", "Bike shop")],
            branches: vec![],
            conversations: vec![],
            changes: vec![],
            broken: None,
            ignores_changes: false,
            replaces_objects: false,
            knows_branches: true,
            date: "Thu, 01 Jan 1970 00:00:00 GMT",
        };
        let workspace = Self(Arc::new(Mutex::new(kept)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = format!("http://{}/v1", listener.local_addr().unwrap());
        let routes = Router::new().fallback(answer).with_state(workspace.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (workspace, api)
    }

    pub(crate) fn with_state<T>(&self, look: impl FnOnce(&mut Kept) -> T) -> T {
        look(&mut self.0.lock().unwrap())
    }
}

impl Kept {
    /// An agent on its main branch, or on another.
    fn agent(&mut self, id: &str, branch: Option<&String>) -> Option<&mut Value> {
        match branch {
            None => self.agents.iter_mut().find(|agent| agent["agent_id"] == id),
            Some(branch) => self
                .branches
                .iter_mut()
                .find(|own| own["id"] == **branch)
                .map(|own| &mut own["settings"]),
        }
    }
}

fn without_settings(branch: &Value) -> Value {
    let mut listed = branch.clone();
    listed.as_object_mut().unwrap().remove("settings");
    listed
}

/// An agent that nobody has connected.
pub(crate) fn agent(id: &str, name: &str) -> Value {
    json!({"agent_id": id, "name": name, "conversation_config": {"agent": {
        "first_message": format!("{name}, hello!"), "prompt": {"prompt": "Be kind.", "tool_ids": ["calendar"]}}}})
}

fn refused(reason: &str) -> Response {
    let detail = json!({"detail": [{"loc": ["request"], "msg": reason, "type": "value_error"}]});
    (StatusCode::UNPROCESSABLE_ENTITY, axum::Json(detail)).into_response()
}

/// As the API merges: what is named is set, lists as a whole.
pub(crate) fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            from.iter()
                .for_each(|(name, value)| merge(into.entry(name).or_insert(Value::Null), value));
        }
        (into, from) => *into = from.clone(),
    }
}

/// A page of a list, from the cursor on.
fn page(field: &str, all: &[Value], query: &HashMap<String, String>) -> Response {
    let from: usize = query
        .get("cursor")
        .map_or(0, |cursor| cursor.parse().unwrap());
    let next = from + PAGE;
    let has_more = next < all.len();
    let cursor = has_more.then(|| next.to_string());
    let entries: Vec<&Value> = all.iter().skip(from).take(PAGE).collect();
    axum::Json(json!({field: entries, "has_more": has_more, "next_cursor": cursor})).into_response()
}

/// As an agent is listed.
fn listed(agent: &Value) -> Value {
    json!({"agent_id": agent["agent_id"], "name": agent["name"], "archived": agent["platform_settings"]["archived"] == true,
        "tags": [], "created_at_unix_secs": 0})
}

fn is_named(users: &[Value], id: &str) -> bool {
    users
        .iter()
        .any(|user| user.to_string().contains(&format!("{id:?}")))
}

async fn answer(
    State(Workspace(kept)): State<Workspace>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let kept = &mut *kept.lock().unwrap();
    if headers.get("xi-api-key").is_none_or(|key| key != "xi-test") {
        return (StatusCode::UNAUTHORIZED, [("date", kept.date)]).into_response();
    }
    let query = uri.query().unwrap_or_default();
    if let Err(reason) = contract::check(method.as_str(), uri.path(), query, &body) {
        return refused(&reason);
    }
    let query: HashMap<String, String> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let parts: Vec<&str> = uri.path().split('/').skip(2).collect();
    if method != Method::GET {
        kept.changes.push(format!("{method} {}", parts.join("/")));
        if kept.broken == Some(kept.changes.len()) {
            return StatusCode::BAD_REQUEST.into_response();
        }
    }
    let number = kept.changes.len();
    match (method.as_str(), parts.as_slice()) {
        ("GET", ["convai", "secrets"]) => page("secrets", &kept.secrets, &query),
        ("GET", ["convai", "tools"]) => page("tools", &kept.tools, &query),
        ("GET", ["workspace", "webhooks"]) => {
            axum::Json(json!({"webhooks": kept.webhooks})).into_response()
        }
        ("GET", ["convai", "agents"]) => page(
            "agents",
            &kept.agents.iter().map(listed).collect::<Vec<_>>(),
            &query,
        ),
        ("GET", ["convai", "agents", id]) => {
            found(kept.agent(id, query.get("branch_id")).as_deref())
        }
        ("GET", ["convai", "agents", id, "branches"]) if kept.knows_branches => {
            let of_agent = kept
                .branches
                .iter()
                .filter(|branch| branch["agent_id"] == *id);
            let listed: Vec<Value> = of_agent.map(without_settings).collect();
            axum::Json(json!({"meta": {"total": listed.len()}, "results": listed})).into_response()
        }
        ("GET", ["convai", "conversations", id]) => found(
            kept.conversations
                .iter()
                .find(|call| call["conversation_id"] == *id),
        ),
        ("POST", ["convai", "secrets"]) => {
            kept.secrets.push(
                json!({"secret_id": format!("s{number}"), "name": body["name"], "used_by": {}}),
            );
            axum::Json(
                json!({"type": "stored", "secret_id": format!("s{number}"), "name": body["name"]}),
            )
            .into_response()
        }
        ("POST", ["workspace", "webhooks"]) => {
            let (id, settings) = (format!("w{number}"), &body["settings"]);
            kept.webhooks
                .push(json!({"webhook_id": id, "name": settings["name"], "webhook_url": settings["webhook_url"],
                "is_disabled": false, "is_auto_disabled": false}));
            axum::Json(json!({"webhook_id": id, "webhook_secret": format!("wsec_{number}")}))
                .into_response()
        }
        ("PATCH", ["workspace", "webhooks", id]) => {
            let webhook = kept
                .webhooks
                .iter_mut()
                .find(|webhook| webhook["webhook_id"] == *id)
                .unwrap();
            merge(webhook, &body);
            axum::Json(json!({"status": "ok"})).into_response()
        }
        ("DELETE", ["workspace", "webhooks", id]) => {
            kept.webhooks.retain(|webhook| webhook["webhook_id"] != *id);
            axum::Json(json!({"status": "ok"})).into_response()
        }
        ("DELETE", ["convai", "tools", id]) if !is_named(&kept.agents, id) => {
            kept.tools.retain(|tool| tool["id"] != *id);
            StatusCode::NO_CONTENT.into_response()
        }
        ("DELETE", ["convai", "secrets", id])
            if !is_named(&kept.agents, id) && !is_named(&kept.tools, id) =>
        {
            kept.secrets.retain(|secret| secret["secret_id"] != *id);
            StatusCode::NO_CONTENT.into_response()
        }
        ("POST", ["convai", "tools"]) => {
            kept.tools
                .push(json!({"id": format!("t{number}"), "tool_config": body["tool_config"]}));
            axum::Json(kept.tools.last().unwrap().clone()).into_response()
        }
        ("PATCH", ["convai", "tools", id]) => {
            let tool = kept
                .tools
                .iter_mut()
                .find(|tool| tool["id"] == *id)
                .unwrap();
            tool["tool_config"] = body["tool_config"].clone();
            axum::Json(tool.clone()).into_response()
        }
        ("PATCH", ["convai", "secrets", id]) => {
            let secret = kept
                .secrets
                .iter_mut()
                .find(|secret| secret["secret_id"] == *id)
                .unwrap();
            secret["name"] = body["name"].clone();
            axum::Json(secret.clone()).into_response()
        }
        ("PATCH", ["convai", "agents", id]) => {
            let (ignores_changes, replaces_objects) = (kept.ignores_changes, kept.replaces_objects);
            let mut agent = kept.agent(id, query.get("branch_id"));
            if let Some(agent) = &mut agent
                && !ignores_changes
            {
                merge(agent, &body);
                let sent = if replaces_objects { &REPLACED[..] } else { &[] };
                let sent = sent.iter().chain([&COLLECTION]);
                for (pointer, value) in
                    sent.filter_map(|pointer| Some((pointer, body.pointer(pointer)?)))
                {
                    *agent.pointer_mut(pointer).unwrap() = value.clone();
                }
            }
            found(agent.as_deref())
        }
        _ => found(None),
    }
}

fn found(entry: Option<&Value>) -> Response {
    match entry {
        Some(entry) => axum::Json(entry.clone()).into_response(),
        None => (
            StatusCode::NOT_FOUND,
            axum::Json(json!({"detail": {"message": "not found"}})),
        )
            .into_response(),
    }
}
