//! Checks every response of the suite against the OpenAPI document.

use std::sync::LazyLock;

use axum::http::{Method, StatusCode};
use serde_json::Value;

use crate::service::Service;

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../openapi.json")).unwrap());

/// Panics if the document does not describe the response. Ignores undocumented routes and methods;
/// the tests that use them check them.
pub(crate) fn check(method: &Method, path: &str, status: StatusCode, answer: &Value) {
    let path = path.split('?').next().unwrap();
    let Some(operation) = operation(method, path) else {
        return;
    };
    let described = &operation["responses"][status.as_str()];
    assert!(
        described.is_object(),
        "{method} {path} answers {status}, which the document does not tell"
    );
    let schema = &described["content"]["application/json"]["schema"];
    if let Err(reason) = fits(schema, answer) {
        panic!("{method} {path} {status}: {reason}\n{answer}");
    }
}

/// The paths in the document.
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    DOCUMENT["paths"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
}

fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let (_, item) = DOCUMENT["paths"]
        .as_object()
        .unwrap()
        .iter()
        .find(|(pattern, _)| matches(pattern, path))?;
    item.get(method.as_str().to_lowercase())
}

fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) =
        (pattern.split('/').collect(), path.split('/').collect());
    let same = |(one, other): (&&str, &&str)| one.starts_with('{') || one == other;
    pattern.len() == path.len() && pattern.iter().zip(&path).all(same)
}

/// Checks a value against the part of JSON Schema that the document uses for responses.
fn fits(schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        return fits(
            DOCUMENT.pointer(name.trim_start_matches('#')).unwrap(),
            value,
        );
    }
    for choice in ["anyOf", "oneOf"] {
        if let Some(options) = schema[choice].as_array()
            && !options.iter().any(|option| fits(option, value).is_ok())
        {
            return Err(format!("{value} is none of {choice}"));
        }
    }
    let is_type = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => true,
    };
    let bounds = value.as_f64().is_none_or(|number| {
        schema["minimum"]
            .as_f64()
            .is_none_or(|least| number >= least)
            && schema["maximum"].as_f64().is_none_or(|most| number <= most)
    });
    let is_listed = schema["enum"]
        .as_array()
        .is_none_or(|listed| listed.contains(value));
    let is_const = schema.get("const").is_none_or(|wanted| wanted == value);
    if !(is_type && bounds && is_listed && is_const) {
        return Err(format!("{value} is not {schema}"));
    }
    value
        .as_array()
        .into_iter()
        .flatten()
        .try_for_each(|item| fits(&schema["items"], item))?;
    value
        .as_object()
        .map_or(Ok(()), |fields| fits_fields(schema, fields))
}

fn fits_fields(schema: &Value, fields: &serde_json::Map<String, Value>) -> Result<(), String> {
    for name in schema["required"].as_array().into_iter().flatten() {
        if !fields.contains_key(name.as_str().unwrap()) {
            return Err(format!("{name} is missing"));
        }
    }
    for (name, value) in fields {
        match schema["properties"].get(name) {
            Some(inner) => fits(inner, value).map_err(|reason| format!("{name}: {reason}"))?,
            None if schema["additionalProperties"] == false => {
                return Err(format!("{name} is not told of"));
            }
            None => {}
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_openapi_document_is_served_unchanged() {
    let service = Service::start().await;
    let (status, served) = service.get("/openapi.json").await;
    assert_eq!((status, &served), (StatusCode::OK, &*DOCUMENT));
    assert_eq!(served["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn every_documented_route_exists() {
    let service = Service::start().await;
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let path = path.replace(['{', '}'], "");
            let answer = service
                .raw(crate::service::request(method, &path, &Value::Null, &[]))
                .await;
            assert_ne!(answer.0, StatusCode::METHOD_NOT_ALLOWED, "{path}");
            assert!(
                !String::from_utf8_lossy(&answer.1).contains("No such route"),
                "{path}"
            );
        }
    }
}
