//! Validates requests against ElevenLabs' own OpenAPI document.
//!
//! `api.json` has the operations that we use and the schemas of their bodies: every documented
//! field by name, and those that we set in detail. Undocumented fields are rejected, although the
//! API would ignore them, so that a misspelt field is noticed.

use std::collections::HashMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Map, Value};

const DOCUMENT: &str = include_str!("api.json");

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let operations = document["operations"].as_object().unwrap();
    operations
        .iter()
        .map(|(name, operation)| Operation::new(name, operation, &document["$defs"]))
        .collect()
});

/// A method of a path.
struct Operation {
    method: String,
    path: Vec<String>,
    query: HashMap<String, Validator>,
    body: Option<Validator>,
}

impl Operation {
    fn new(name: &str, operation: &Value, definitions: &Value) -> Self {
        let (method, path) = name.split_once(' ').unwrap();
        let validator = |schema: &Value| {
            let mut schema = schema.as_object().unwrap().clone();
            schema.insert("$defs".to_owned(), definitions.clone());
            jsonschema::validator_for(&Value::Object(schema)).unwrap()
        };
        let nothing = Map::new();
        let query = operation["query"].as_object().unwrap_or(&nothing);
        Self {
            method: method.to_owned(),
            path: path.split('/').skip(1).map(str::to_owned).collect(),
            query: query
                .iter()
                .map(|(name, schema)| (name.clone(), validator(schema)))
                .collect(),
            body: operation.get("body").map(validator),
        }
    }

    fn matches(&self, method: &str, path: &[&str]) -> bool {
        self.method == method
            && self.path.len() == path.len()
            && self.path.iter().zip(path).all(|(pattern, part)| {
                pattern.starts_with('{') && !part.is_empty() || pattern == part
            })
    }

    fn check_query(&self, query: &str) -> Result<(), String> {
        url::form_urlencoded::parse(query.as_bytes()).try_for_each(|(name, value)| {
            let schema = self
                .query
                .get(&*name)
                .ok_or_else(|| format!("query.{name}: not documented"))?;
            // A number or a boolean, if the schema requires one.
            let typed = serde_json::from_str::<Value>(&value)
                .ok()
                .filter(|value| schema.is_valid(value));
            let is_valid = typed.is_some() || schema.is_valid(&Value::from(&*value));
            if is_valid {
                Ok(())
            } else {
                Err(format!("query.{name}: not as documented"))
            }
        })
    }

    fn check_body(&self, body: &[u8]) -> Result<(), String> {
        let Some(schema) = &self.body else {
            return if body.is_empty() {
                Ok(())
            } else {
                Err("body: none is documented".to_owned())
            };
        };
        let body: Value = serde_json::from_slice(body).map_err(|error| format!("body: {error}"))?;
        schema
            .validate(&body)
            .map_err(|error| format!("body{}: {error}", error.instance_path()))?;
        check_value_sources(&body["tool_config"]["api_schema"]["request_body_schema"]["properties"])
    }
}

/// Checks a rule that the document states only in prose: each property of a tool has exactly one
/// source of its value.
fn check_value_sources(properties: &Value) -> Result<(), String> {
    const SOURCES: [&str; 5] = [
        "description",
        "dynamic_variable",
        "constant_value",
        "is_system_provided",
        "is_omitted",
    ];
    let nothing = Map::new();
    properties
        .as_object()
        .unwrap_or(&nothing)
        .iter()
        .try_for_each(|(name, property)| {
            match SOURCES
                .iter()
                .filter(|source| property.get(**source).is_some())
                .count()
            {
                1 => Ok(()),
                count => Err(format!("body.{name}: {count} sources of a value")),
            }
        })
}

/// Checks a request against the document. The error contains no values.
pub(crate) fn check(method: &str, path: &str, query: &str, body: &[u8]) -> Result<(), String> {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let operation = OPERATIONS
        .iter()
        .find(|operation| operation.matches(method, &parts));
    let operation = operation.ok_or_else(|| format!("{method} {path}: not documented"))?;
    operation.check_query(query)?;
    operation.check_body(body)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check_request(operation: &str, body: &Value) -> Result<(), String> {
        let (method, path) = operation.split_once(' ').unwrap();
        check(method, path, "", body.to_string().as_bytes())
    }

    #[test]
    fn requests_that_the_api_would_refuse_or_ignore_are_rejected() {
        for (operation, body) in [
            (
                "POST /v1/convai/secrets",
                json!({"name": "a", "value": "b"}),
            ),
            (
                "POST /v1/workspace/webhooks",
                json!({"settings": {"auth_type": "hmac", "name": "a"}}),
            ),
            (
                "PATCH /v1/workspace/webhooks/w1",
                json!({"is_disabled": false}),
            ),
            (
                "PATCH /v1/workspace/webhooks/w1",
                json!({"is_disabled": false, "name": "a", "retries": true}),
            ),
            (
                "PATCH /v1/convai/agents/a1",
                json!({"conversation_config": {"agent": {"firstmessage": "Hi"}}}),
            ),
            (
                "PATCH /v1/convai/agents/a1",
                json!({"conversation_config": {"agent": {"prompt": {"tool_ids": "t1"}}}}),
            ),
            (
                "POST /v1/convai/tools",
                json!({"tool_config": {"type": "webhook", "name": "no spaces", "description": "d",
                "api_schema": {"url": "https://a"}}}),
            ),
            (
                "POST /v1/convai/tools",
                json!({"tool_config": {"type": "webhook", "name": "a", "description": "d",
                "response_timeout_secs": 2, "api_schema": {"url": "https://a"}}}),
            ),
            ("POST /v1/convai/phones", json!({})),
            ("DELETE /v1/convai/secrets/s1", json!({})),
        ] {
            assert!(
                check_request(operation, &body).is_err(),
                "{operation} {body}"
            );
        }
        for query in ["page_size=101", "page_size=many", "pagesize=1"] {
            assert!(
                check("GET", "/v1/convai/agents", query, b"").is_err(),
                "{query}"
            );
        }
    }

    #[test]
    fn a_tool_property_has_exactly_one_value_source() {
        let tool = |property: Value| {
            json!({"tool_config": {"type": "webhook", "name": "a", "description": "d", "api_schema": {"url": "https://a",
                "method": "POST", "request_body_schema": {"type": "object", "properties": {"caller_id": property}}}}})
        };
        assert_eq!(
            check_request(
                "POST /v1/convai/tools",
                &tool(json!({"type": "string", "description": "d"}))
            ),
            Ok(())
        );
        for property in [
            json!({"type": "string"}),
            json!({"type": "string", "description": "d", "dynamic_variable": "system__caller_id"}),
        ] {
            assert!(
                check_request("POST /v1/convai/tools", &tool(property.clone())).is_err(),
                "{property}"
            );
        }
    }
}
