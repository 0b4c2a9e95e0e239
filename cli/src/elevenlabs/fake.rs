//! ElevenLabs' API as it is strict: required fields, one source for each value of a tool, lists replaced as they are sent.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A workspace that keeps what it is told, refuses what the API would refuse, and replaces lists as they are sent.
#[derive(Clone)]
pub(crate) struct Workspace(Arc<Mutex<Kept>>);

/// What a workspace has.
pub(crate) struct Kept {
    pub(crate) secrets: Vec<Value>,
    pub(crate) webhooks: Vec<Value>,
    pub(crate) tools: Vec<Value>,
    pub(crate) agent: Value,
    /// Requests that changed something, as method and path.
    pub(crate) changes: Vec<String>,
    /// The change that fails, by its number.
    pub(crate) broken: Option<usize>,
    /// What its clock says.
    pub(crate) date: &'static str,
}

impl Workspace {
    /// A workspace with one agent, and the base of its API.
    pub(crate) async fn start() -> (Self, String) {
        let agent = json!({"agent_id": "agent_1", "name": "Bike shop", "conversation_config": {"agent": {
            "first_message": "Bike shop, hello!", "prompt": {"prompt": "Be kind.", "tool_ids": ["calendar"]}}}});
        let kept = Kept {
            secrets: vec![],
            webhooks: vec![],
            tools: vec![],
            agent,
            changes: vec![],
            broken: None,
            date: "Thu, 01 Jan 1970 00:00:00 GMT",
        };
        let workspace = Self(Arc::new(Mutex::new(kept)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = format!("http://{}/v1", listener.local_addr().unwrap());
        let routes = Router::new().fallback(answer).with_state(workspace.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (workspace, api)
    }

    pub(crate) fn kept<T>(&self, look: impl FnOnce(&mut Kept) -> T) -> T {
        look(&mut self.0.lock().unwrap())
    }
}

fn refused(place: &str) -> Response {
    let detail = json!({"detail": [{"loc": ["body", place], "msg": "Field required", "type": "missing"}]});
    (StatusCode::UNPROCESSABLE_ENTITY, axum::Json(detail)).into_response()
}

/// As the API merges: what is named is set, lists as a whole.
pub(crate) fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            from.iter().for_each(|(name, value)| merge(into.entry(name).or_insert(Value::Null), value));
        }
        (into, from) => *into = from.clone(),
    }
}

/// Exactly one source of a value for each property.
fn has_one_source_each(config: &Value) -> bool {
    let properties = config["api_schema"]["request_body_schema"]["properties"].as_object().unwrap();
    let sources = ["description", "dynamic_variable", "constant_value", "is_system_provided", "is_omitted"];
    properties.values().all(|property| sources.iter().filter(|source| property.get(**source).is_some()).count() == 1)
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
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let parts: Vec<&str> = uri.path().split('/').skip(2).collect();
    if method != Method::GET {
        kept.changes.push(format!("{method} {}", parts.join("/")));
        if kept.broken == Some(kept.changes.len()) {
            return StatusCode::BAD_REQUEST.into_response();
        }
    }
    let number = kept.changes.len();
    let missing = |fields: &[&str]| fields.iter().find(|field| body.get(**field).is_none()).map(|field| refused(field));
    match (method.as_str(), parts.as_slice()) {
        ("GET", ["convai", "secrets"]) => axum::Json(json!({"secrets": kept.secrets})).into_response(),
        ("GET", ["convai", "tools"]) => axum::Json(json!({"tools": kept.tools, "has_more": false})).into_response(),
        ("GET", ["workspace", "webhooks"]) => axum::Json(json!({"webhooks": kept.webhooks})).into_response(),
        ("GET", ["convai", "agents", "agent_1"]) => axum::Json(kept.agent.clone()).into_response(),
        ("POST", ["convai", "secrets"]) => missing(&["type", "name", "value"]).unwrap_or_else(|| {
            kept.secrets.push(json!({"secret_id": format!("s{number}"), "name": body["name"], "used_by": {}}));
            axum::Json(json!({"type": "stored", "secret_id": format!("s{number}"), "name": body["name"]}))
                .into_response()
        }),
        ("POST", ["workspace", "webhooks"]) => {
            let settings = &body["settings"];
            if settings["auth_type"] != "hmac" || settings["name"].is_null() {
                return refused("settings");
            }
            let id = format!("w{number}");
            kept.webhooks
                .push(json!({"webhook_id": id, "name": settings["name"], "webhook_url": settings["webhook_url"],
                "is_disabled": false, "is_auto_disabled": false}));
            axum::Json(json!({"webhook_id": id, "webhook_secret": format!("wsec_{number}")})).into_response()
        }
        ("PATCH", ["workspace", "webhooks", id]) => missing(&["is_disabled", "name"]).unwrap_or_else(|| {
            let webhook = kept.webhooks.iter_mut().find(|webhook| webhook["webhook_id"] == *id).unwrap();
            merge(webhook, &body);
            axum::Json(json!({"status": "ok"})).into_response()
        }),
        ("DELETE", ["workspace", "webhooks", id]) => {
            kept.webhooks.retain(|webhook| webhook["webhook_id"] != *id);
            axum::Json(json!({"status": "ok"})).into_response()
        }
        // What is referred to cannot be deleted.
        ("DELETE", ["convai", "tools", id]) if !kept.agent.to_string().contains(&format!("{id:?}")) => {
            kept.tools.retain(|tool| tool["id"] != *id);
            StatusCode::NO_CONTENT.into_response()
        }
        ("DELETE", ["convai", "secrets", id])
            if kept.tools.iter().chain([&kept.agent]).all(|user| !user.to_string().contains(&format!("{id:?}"))) =>
        {
            kept.secrets.retain(|secret| secret["secret_id"] != *id);
            StatusCode::NO_CONTENT.into_response()
        }
        ("POST", ["convai", "tools"]) => {
            if !has_one_source_each(&body["tool_config"]) {
                return refused("tool_config");
            }
            kept.tools.push(json!({"id": format!("t{number}"), "tool_config": body["tool_config"]}));
            axum::Json(kept.tools.last().unwrap().clone()).into_response()
        }
        ("PATCH", ["convai", "tools", id]) => {
            if !has_one_source_each(&body["tool_config"]) {
                return refused("tool_config");
            }
            let tool = kept.tools.iter_mut().find(|tool| tool["id"] == *id).unwrap();
            tool["tool_config"] = body["tool_config"].clone();
            axum::Json(tool.clone()).into_response()
        }
        ("PATCH", ["convai", "secrets", id]) => missing(&["type", "name", "value"]).unwrap_or_else(|| {
            let secret = kept.secrets.iter_mut().find(|secret| secret["secret_id"] == *id).unwrap();
            secret["name"] = body["name"].clone();
            axum::Json(secret.clone()).into_response()
        }),
        ("PATCH", ["convai", "agents", "agent_1"]) => {
            merge(&mut kept.agent, &body);
            axum::Json(kept.agent.clone()).into_response()
        }
        _ => (StatusCode::NOT_FOUND, axum::Json(json!({"detail": {"message": "not found"}}))).into_response(),
    }
}
