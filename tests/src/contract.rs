//! `docs/openapi.json`, against which everything that the tests send and get is held.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use reqwest::StatusCode;
use serde_json::{Value, json};

/// The document itself.
pub static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../docs/openapi.json")).unwrap());

static OPERATIONS: LazyLock<BTreeMap<String, Operation>> = LazyLock::new(|| {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, operation)| {
            (
                format!("{} {path}", method.to_uppercase()),
                Operation::new(operation),
            )
        })
    });
    operations.collect()
});

struct Operation {
    request: Option<Validator>,
    /// By status.
    answers: BTreeMap<String, Validator>,
}

/// Fails when the document does not tell of such an answer, or when a request was taken that it
/// does not allow. Paths and methods that it does not know are left to the tests that ask for them.
///
/// # Panics
/// As said, with what does not fit.
pub fn check(method: &str, path: &str, request: &[u8], status: StatusCode, answer: &Value) {
    let Some(operation) = OPERATIONS.get(&format!("{method} {path}")) else {
        return;
    };
    let Some(described) = operation.answers.get(status.as_str()) else {
        panic!("{method} {path} answers {status}, which docs/openapi.json does not tell");
    };
    fits(described, answer)
        .unwrap_or_else(|reason| panic!("{method} {path} {status}: {reason}\n{answer}"));
    if let (Some(allowed), StatusCode::OK, Ok(request)) =
        (&operation.request, status, serde_json::from_slice(request))
    {
        fits(allowed, &request)
            .unwrap_or_else(|reason| panic!("{method} {path} takes what is not allowed: {reason}"));
    }
}

/// Holds a value against a schema of the document, such as `PostCallEvent`.
///
/// # Errors
/// What does not fit.
///
/// # Panics
/// When there is no such schema.
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
        let answers = operation["responses"].as_object().unwrap().iter();
        let answers =
            answers.map(|(status, answer)| (status.clone(), validator(&schema(resolved(answer)))));
        Self {
            request: body,
            answers: answers.collect(),
        }
    }
}

/// A validator of one schema, with the document's shared parts beside it so that references find
/// them.
fn validator(schema: &Value) -> Validator {
    let whole = json!({"allOf": [schema], "components": DOCUMENT["components"]});
    jsonschema::options()
        .should_validate_formats(true)
        .build(&whole)
        .unwrap()
}

/// What a reference to a shared part of the document stands for.
fn resolved(part: &'static Value) -> &'static Value {
    part["$ref"].as_str().map_or(part, |name| {
        DOCUMENT.pointer(name.trim_start_matches('#')).unwrap()
    })
}

fn fits(validator: &Validator, value: &Value) -> Result<(), String> {
    validator
        .validate(value)
        .map_err(|error| format!("{error} at {}", error.instance_path()))
}
