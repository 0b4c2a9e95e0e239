//! Checks all requests and responses of the tests against `docs/openapi.json`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use reqwest::StatusCode;
use serde_json::{Value, json};

/// The parsed OpenAPI document.
pub static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../docs/openapi.json")).unwrap());

static OPERATIONS: LazyLock<BTreeMap<String, Operation>> = LazyLock::new(|| {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().iter();
            methods.map(move |(method, operation)| {
                (
                    format!("{} {path}", method.to_uppercase()),
                    Operation::new(operation),
                )
            })
        })
        .collect()
});

/// The schemas of one operation.
struct Operation {
    request: Option<Validator>,
    /// Validators of the responses, by status.
    responses: BTreeMap<String, Validator>,
}

/// Checks a response, and the request if it was accepted. Ignores paths and methods that are not in
/// the document; tests that use them check their responses themselves.
///
/// # Panics
/// If the document does not describe the response, or if the system accepted a request that the
/// document does not allow.
pub fn check(method: &str, path: &str, request: &[u8], status: StatusCode, response: &Value) {
    let Some(operation) = OPERATIONS.get(&format!("{method} {path}")) else {
        return;
    };
    let Some(schema) = operation.responses.get(status.as_str()) else {
        panic!("{method} {path} returned {status}, which docs/openapi.json does not describe");
    };
    fits(schema, response)
        .unwrap_or_else(|reason| panic!("{method} {path} {status}: {reason}\n{response}"));
    if let (Some(schema), StatusCode::OK, Ok(request)) =
        (&operation.request, status, serde_json::from_slice(request))
    {
        fits(schema, &request).unwrap_or_else(|reason| {
            panic!("{method} {path} accepted a request that is not allowed: {reason}")
        });
    }
}

/// Checks a value against a schema of the document, such as `PostCallEvent`.
///
/// # Errors
/// Why the value does not match the schema.
///
/// # Panics
/// If there is no such schema.
pub fn fits_schema(name: &str, value: &Value) -> Result<(), String> {
    assert!(
        DOCUMENT["components"]["schemas"][name].is_object(),
        "no schema {name}"
    );
    fits(
        &validator(&json!({"$ref": format!("#/components/schemas/{name}")})),
        value,
    )
}

impl Operation {
    fn new(operation: &'static Value) -> Self {
        let schema = |content: &Value| content["content"]["application/json"]["schema"].clone();
        let body = operation
            .get("requestBody")
            .map(|body| validator(&schema(body)));
        let responses = operation["responses"].as_object().unwrap().iter();
        Self {
            request: body,
            responses: responses
                .map(|(status, response)| (status.clone(), validator(&schema(resolve(response)))))
                .collect(),
        }
    }
}

/// Builds a validator of one schema. Includes the document's components, so that references
/// resolve.
fn validator(schema: &Value) -> Validator {
    let document = json!({"allOf": [schema], "components": DOCUMENT["components"]});
    jsonschema::options()
        .should_validate_formats(true)
        .build(&document)
        .unwrap()
}

/// Resolves a reference to a component of the document.
fn resolve(part: &'static Value) -> &'static Value {
    part["$ref"].as_str().map_or(part, |name| {
        DOCUMENT.pointer(name.trim_start_matches('#')).unwrap()
    })
}

fn fits(validator: &Validator, value: &Value) -> Result<(), String> {
    validator
        .validate(value)
        .map_err(|error| format!("{error} at {}", error.instance_path()))
}
