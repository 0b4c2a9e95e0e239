//! Reads fields of a JSON object. Errors name the field.

use serde_json::{Map, Value, json};

use super::ApiError;
use crate::memory::InvalidId;

/// A JSON object and its path in the request.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    map: &'a Map<String, Value>,
    /// Path of the object, ending with a dot; empty for the body itself.
    path: &'a str,
}

impl<'a> Fields<'a> {
    pub(super) fn new(map: &'a Map<String, Value>, path: &'a str) -> Self {
        Self { map, path }
    }

    /// Returns a field unless it is missing or null.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// Creates an error about one of these fields.
    pub(super) fn invalid(&self, name: &str, reason: impl std::fmt::Display) -> ApiError {
        ApiError::field(format!("{}{name}", self.path), reason)
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, ApiError> {
        let read = |value: &'a Value| {
            value
                .as_str()
                .ok_or_else(|| self.wrong_type(name, "a string", value))
        };
        self.get(name).map(read).transpose()
    }

    pub(super) fn required_text(&self, name: &str) -> Result<&'a str, ApiError> {
        self.text(name)?.ok_or_else(|| self.missing(name))
    }

    pub(super) fn id<T>(
        &self,
        name: &str,
        parse: fn(&str) -> Result<T, InvalidId>,
    ) -> Result<T, ApiError> {
        self.optional_id(name, parse)?
            .ok_or_else(|| self.missing(name))
    }

    pub(super) fn optional_id<T>(
        &self,
        name: &str,
        parse: fn(&str) -> Result<T, InvalidId>,
    ) -> Result<Option<T>, ApiError> {
        let text = self.text(name)?;
        text.map(|text| parse(text).map_err(|error| self.invalid(name, error)))
            .transpose()
    }

    pub(super) fn object(&self, name: &str) -> Result<Option<&'a Map<String, Value>>, ApiError> {
        let read = |value: &'a Value| {
            value
                .as_object()
                .ok_or_else(|| self.wrong_type(name, "an object", value))
        };
        self.get(name).map(read).transpose()
    }

    pub(super) fn list(&self, name: &str) -> Result<Option<&'a [Value]>, ApiError> {
        let read = |value: &'a Value| {
            value
                .as_array()
                .ok_or_else(|| self.wrong_type(name, "a list", value))
        };
        Ok(self.get(name).map(read).transpose()?.map(Vec::as_slice))
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        let read = |value: &'a Value| {
            value
                .as_bool()
                .ok_or_else(|| self.wrong_type(name, "true or false", value))
        };
        self.get(name).map(read).transpose()
    }

    /// Reads a number between two bounds, both inclusive.
    pub(super) fn number(
        &self,
        name: &str,
        least: f64,
        most: f64,
    ) -> Result<Option<f64>, ApiError> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let number = value
            .as_f64()
            .ok_or_else(|| self.wrong_type(name, "a number", value))?;
        if number.is_finite() && (least..=most).contains(&number) {
            Ok(Some(number))
        } else {
            Err(self.invalid(name, format!("must be {least} to {most}")))
        }
    }

    /// Reads a whole number between two bounds, both inclusive. `8.0` is a whole number.
    pub(super) fn whole(&self, name: &str, least: u16, most: u16) -> Result<Option<u16>, ApiError> {
        let Some(number) = self.number(name, f64::from(least), f64::from(most))? else {
            return Ok(None);
        };
        let whole = (least..=most).find(|whole| f64::from(*whole) == number);
        whole
            .map(Some)
            .ok_or_else(|| self.invalid(name, "must be a whole number"))
    }

    /// Creates an error about a missing field.
    pub(super) fn missing(&self, name: &str) -> ApiError {
        let field = format!("{}{name}", self.path);
        ApiError::Invalid {
            message: format!("Missing required field: {field}"),
            details: json!({ "field": field, "received": null }),
        }
    }

    fn wrong_type(&self, name: &str, wanted: &str, value: &Value) -> ApiError {
        let field = format!("{}{name}", self.path);
        let received = type_name(value);
        ApiError::Invalid {
            message: format!("{field} must be {wanted}"),
            details: json!({ "field": field, "received": received }),
        }
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
