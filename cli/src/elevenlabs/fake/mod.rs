//! A strict fake of ElevenLabs' API: it rejects what the OpenAPI document does not define, replaces
//! lists as sent, and does not delete what is still referenced.

pub(crate) mod contract;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Entries per page; few, so that lists have several pages.
const PAGE: usize = 2;

/// Pointer to the object that ElevenLabs always replaces as a whole.
const COLLECTION: &str = "/platform_settings/data_collection";

/// Pointers to objects that the API may replace as a whole.
const REPLACED: [&str; 3] = [
    "/conversation_config/language_presets",
    "/platform_settings/workspace_overrides/webhooks",
    "/platform_settings/workspace_overrides/conversation_initiation_client_data_webhook",
];

/// A fake workspace. Cloning it shares its state.
#[derive(Clone)]
pub(crate) struct Workspace(Arc<Mutex<WorkspaceState>>);

/// The state of a workspace.
pub(crate) struct WorkspaceState {
    pub(crate) secrets: Vec<Value>,
    pub(crate) webhooks: Vec<Value>,
    pub(crate) tools: Vec<Value>,
    pub(crate) agents: Vec<Value>,
    /// Branches as listed, with the agent on the branch under `settings`.
    pub(crate) branches: Vec<Value>,
    pub(crate) conversations: Vec<Value>,
    /// Method and path of the requests that changed something.
    pub(crate) changes: Vec<String>,
    /// Number of the change that fails.
    pub(crate) failing_change: Option<usize>,
    /// Whether changes of agents are accepted but not applied.
    pub(crate) ignores_changes: bool,
    /// Whether presets and webhooks of an agent are replaced as sent, as lists are.
    pub(crate) replaces_objects: bool,
    /// Whether the API supports branches; older versions answer 404.
    pub(crate) knows_branches: bool,
    /// The `Date` header of responses.
    pub(crate) date: &'static str,
}

impl Workspace {
    /// Starts a workspace with one agent. Returns it and the base URL of its API.
    pub(crate) async fn start() -> (Self, String) {
        let state = WorkspaceState {
            secrets: vec![],
            webhooks: vec![],
            tools: vec![],
            agents: vec![agent("agent_1", "Bike shop")],
            branches: vec![],
            conversations: vec![],
            changes: vec![],
            failing_change: None,
            ignores_changes: false,
            replaces_objects: false,
            knows_branches: true,
            date: "Thu, 01 Jan 1970 00:00:00 GMT",
        };
        let workspace = Self(Arc::new(Mutex::new(state)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = format!("http://{}/v1", listener.local_addr().unwrap());
        let routes = Router::new().fallback(answer).with_state(workspace.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (workspace, api)
    }

    /// Runs a function on the state, to read or change it.
    pub(crate) fn with_state<T>(&self, function: impl FnOnce(&mut WorkspaceState) -> T) -> T {
        function(&mut self.0.lock().unwrap())
    }
}

impl WorkspaceState {
    /// Returns an agent on its main branch or on another one.
    fn agent(&mut self, id: &str, branch: Option<&String>) -> Option<&mut Value> {
        match branch {
            None => self.agents.iter_mut().find(|agent| agent["agent_id"] == id),
            Some(branch) => self
                .branches
                .iter_mut()
                .find(|candidate| candidate["id"] == **branch)
                .map(|found| &mut found["settings"]),
        }
    }
}

fn without_settings(branch: &Value) -> Value {
    let mut listed = branch.clone();
    listed.as_object_mut().unwrap().remove("settings");
    listed
}

/// Returns an agent that is not connected.
pub(crate) fn agent(id: &str, name: &str) -> Value {
    json!({"agent_id": id, "name": name, "conversation_config": {"agent": {
        "first_message": format!("{name}, hello!"), "prompt": {"prompt": "Be kind.", "tool_ids": ["calendar"]}}}})
}

fn rejected(reason: &str) -> Response {
    let detail = json!({"detail": [{"loc": ["request"], "msg": reason, "type": "value_error"}]});
    (StatusCode::UNPROCESSABLE_ENTITY, axum::Json(detail)).into_response()
}

/// Merges a patch as the API does: named fields are set, lists are replaced as a whole.
pub(crate) fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            from.iter()
                .for_each(|(name, value)| merge(into.entry(name).or_insert(Value::Null), value));
        }
        (into, from) => *into = from.clone(),
    }
}

/// Returns the page of a list that starts at the cursor.
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

/// Returns an agent as the API lists it.
fn listed(agent: &Value) -> Value {
    json!({"agent_id": agent["agent_id"], "name": agent["name"], "archived": agent["platform_settings"]["archived"] == true,
        "tags": [], "created_at_unix_secs": 0})
}

fn is_referenced(users: &[Value], id: &str) -> bool {
    users
        .iter()
        .any(|user| user.to_string().contains(&format!("{id:?}")))
}

async fn answer(
    State(Workspace(state)): State<Workspace>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let state = &mut *state.lock().unwrap();
    if headers.get("xi-api-key").is_none_or(|key| key != "xi-test") {
        return (StatusCode::UNAUTHORIZED, [("date", state.date)]).into_response();
    }
    let query = uri.query().unwrap_or_default();
    if let Err(reason) = contract::check(method.as_str(), uri.path(), query, &body) {
        return rejected(&reason);
    }
    let query: HashMap<String, String> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let parts: Vec<&str> = uri.path().split('/').skip(2).collect();
    if method != Method::GET {
        state.changes.push(format!("{method} {}", parts.join("/")));
        if state.failing_change == Some(state.changes.len()) {
            return StatusCode::BAD_REQUEST.into_response();
        }
    }
    let number = state.changes.len();
    match (method.as_str(), parts.as_slice()) {
        ("GET", ["convai", "secrets"]) => page("secrets", &state.secrets, &query),
        ("GET", ["convai", "tools"]) => page("tools", &state.tools, &query),
        ("GET", ["workspace", "webhooks"]) => {
            axum::Json(json!({"webhooks": state.webhooks})).into_response()
        }
        ("GET", ["convai", "agents"]) => page(
            "agents",
            &state.agents.iter().map(listed).collect::<Vec<_>>(),
            &query,
        ),
        ("GET", ["convai", "agents", id]) => {
            found(state.agent(id, query.get("branch_id")).as_deref())
        }
        ("GET", ["convai", "agents", id, "branches"]) if state.knows_branches => {
            let of_agent = state
                .branches
                .iter()
                .filter(|branch| branch["agent_id"] == *id);
            let listed: Vec<Value> = of_agent.map(without_settings).collect();
            axum::Json(json!({"meta": {"total": listed.len()}, "results": listed})).into_response()
        }
        ("GET", ["convai", "conversations", id]) => found(
            state
                .conversations
                .iter()
                .find(|call| call["conversation_id"] == *id),
        ),
        ("POST", ["convai", "secrets"]) => {
            state.secrets.push(
                json!({"secret_id": format!("s{number}"), "name": body["name"], "used_by": {}}),
            );
            axum::Json(
                json!({"type": "stored", "secret_id": format!("s{number}"), "name": body["name"]}),
            )
            .into_response()
        }
        ("POST", ["workspace", "webhooks"]) => {
            let id = format!("w{number}");
            let settings = &body["settings"];
            state.webhooks
                .push(json!({"webhook_id": id, "name": settings["name"], "webhook_url": settings["webhook_url"],
                "is_disabled": false, "is_auto_disabled": false}));
            axum::Json(json!({"webhook_id": id, "webhook_secret": format!("wsec_{number}")}))
                .into_response()
        }
        ("PATCH", ["workspace", "webhooks", id]) => {
            let webhook = state
                .webhooks
                .iter_mut()
                .find(|webhook| webhook["webhook_id"] == *id)
                .unwrap();
            merge(webhook, &body);
            axum::Json(json!({"status": "ok"})).into_response()
        }
        ("DELETE", ["workspace", "webhooks", id]) => {
            state
                .webhooks
                .retain(|webhook| webhook["webhook_id"] != *id);
            axum::Json(json!({"status": "ok"})).into_response()
        }
        ("DELETE", ["convai", "tools", id]) if !is_referenced(&state.agents, id) => {
            state.tools.retain(|tool| tool["id"] != *id);
            StatusCode::NO_CONTENT.into_response()
        }
        ("DELETE", ["convai", "secrets", id])
            if !is_referenced(&state.agents, id) && !is_referenced(&state.tools, id) =>
        {
            state.secrets.retain(|secret| secret["secret_id"] != *id);
            StatusCode::NO_CONTENT.into_response()
        }
        ("POST", ["convai", "tools"]) => {
            state
                .tools
                .push(json!({"id": format!("t{number}"), "tool_config": body["tool_config"]}));
            axum::Json(state.tools.last().unwrap().clone()).into_response()
        }
        ("PATCH", ["convai", "tools", id]) => {
            let tool = state
                .tools
                .iter_mut()
                .find(|tool| tool["id"] == *id)
                .unwrap();
            tool["tool_config"] = body["tool_config"].clone();
            axum::Json(tool.clone()).into_response()
        }
        ("PATCH", ["convai", "secrets", id]) => {
            let secret = state
                .secrets
                .iter_mut()
                .find(|secret| secret["secret_id"] == *id)
                .unwrap();
            secret["name"] = body["name"].clone();
            axum::Json(secret.clone()).into_response()
        }
        ("PATCH", ["convai", "agents", id]) => {
            let ignores_changes = state.ignores_changes;
            let replaces_objects = state.replaces_objects;
            let mut agent = state.agent(id, query.get("branch_id"));
            if let Some(agent) = &mut agent
                && !ignores_changes
            {
                merge(agent, &body);
                let replaced = if replaces_objects { &REPLACED[..] } else { &[] };
                for pointer in replaced.iter().chain([&COLLECTION]) {
                    if let Some(value) = body.pointer(pointer) {
                        *agent.pointer_mut(pointer).unwrap() = value.clone();
                    }
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
