//! Reads JSON as models write it: with prose around it, commas before a closing bracket, `NaN`,
//! Python's `None` and `True`, and raw line breaks in strings. Anything else that is not JSON is
//! skipped.

use serde_json::{Map, Number, Value};

/// Deepest nesting that is accepted.
const MAX_DEPTH: usize = 48;
/// Most positions of one text where parsing is tried.
const MAX_POSITIONS: usize = 4000;

/// The objects and arrays found in a text.
#[derive(Debug, Default)]
pub(crate) struct JsonScan {
    /// Complete top-level values.
    pub(crate) values: Vec<Value>,
    /// Complete values after the point where an unfinished value begins.
    pub(crate) in_unfinished: Vec<Value>,
    /// Whether the text ends inside a value, that is, the answer was cut off.
    pub(crate) is_unfinished: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum JsonError {
    /// The text is not JSON.
    Syntax,
    /// The text ends inside the value.
    Unfinished,
}

/// Finds every object and array of a text.
pub(crate) fn scan_json(text: &str) -> JsonScan {
    let mut found = JsonScan::default();
    let mut at = 0;
    for _ in 0..MAX_POSITIONS {
        let Some(start) = text[at..].find(['{', '[']).map(|offset| at + offset) else {
            break;
        };
        let mut reader = Reader {
            text,
            at: start,
            depth: 0,
        };
        match reader.value() {
            Ok(value) if found.is_unfinished => found.in_unfinished.push(value),
            Ok(value) => found.values.push(value),
            Err(error) => {
                found.is_unfinished |= error == JsonError::Unfinished;
                reader.at = start + 1;
            }
        }
        at = reader.at;
    }
    found
}

/// Returns the content of a text that consists of one JSON string.
pub(crate) fn whole_string(text: &str) -> Option<String> {
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
    };
    let content = (reader.peek() == Some('"'))
        .then(|| reader.string().ok())
        .flatten()?;
    text[reader.at..].trim().is_empty().then_some(content)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Result<Value, JsonError> {
        self.blanks();
        match self.peek().ok_or(JsonError::Unfinished)? {
            '{' => self.nested(Self::object),
            '[' => self.nested(Self::array),
            '"' | '\'' => self.string().map(Value::String),
            _ => self.word(),
        }
    }

    fn nested(
        &mut self,
        read: fn(&mut Self) -> Result<Value, JsonError>,
    ) -> Result<Value, JsonError> {
        if self.depth == MAX_DEPTH {
            return Err(JsonError::Syntax);
        }
        self.depth += 1;
        self.next();
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn object(&mut self) -> Result<Value, JsonError> {
        let mut object = Map::new();
        while !self.closes('}')? {
            let key = match self.peek() {
                Some('"' | '\'') => self.string()?,
                _ => return Err(JsonError::Syntax),
            };
            self.blanks();
            match self.next() {
                Some(':') => {}
                Some(_) => return Err(JsonError::Syntax),
                None => return Err(JsonError::Unfinished),
            }
            object.insert(key, self.value()?);
            self.separator('}')?;
        }
        Ok(Value::Object(object))
    }

    fn array(&mut self) -> Result<Value, JsonError> {
        let mut array = Vec::new();
        while !self.closes(']')? {
            array.push(self.value()?);
            self.separator(']')?;
        }
        Ok(Value::Array(array))
    }

    /// Returns whether the closing bracket comes next, and consumes it if so.
    fn closes(&mut self, bracket: char) -> Result<bool, JsonError> {
        self.blanks();
        let next = self.peek().ok_or(JsonError::Unfinished)?;
        if next == bracket {
            self.next();
        }
        Ok(next == bracket)
    }

    /// Consumes a comma, or leaves a closing bracket in place.
    fn separator(&mut self, bracket: char) -> Result<(), JsonError> {
        self.blanks();
        match self.peek().ok_or(JsonError::Unfinished)? {
            ',' => {
                self.next();
                Ok(())
            }
            next if next == bracket => Ok(()),
            _ => Err(JsonError::Syntax),
        }
    }

    fn string(&mut self) -> Result<String, JsonError> {
        let quote = self.next();
        let mut string = String::new();
        loop {
            match self.next().ok_or(JsonError::Unfinished)? {
                end if Some(end) == quote => return Ok(string),
                '\\' => string.push(self.escaped()?),
                c => string.push(c),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, JsonError> {
        Ok(match self.next().ok_or(JsonError::Unfinished)? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' | 'f' => ' ',
            'u' => self.unicode()?,
            c => c,
        })
    }

    /// Reads a code unit or a pair of surrogates. A lone surrogate becomes a replacement character.
    fn unicode(&mut self) -> Result<char, JsonError> {
        let first = self.code_unit()?;
        if !(0xd800..0xdc00).contains(&first) || !self.text[self.at..].starts_with("\\u") {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let before = self.at;
        self.at += 2;
        let second = self.code_unit()?;
        if !(0xdc00..0xe000).contains(&second) {
            self.at = before;
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn code_unit(&mut self) -> Result<u32, JsonError> {
        let digits = self
            .text
            .get(self.at..self.at + 4)
            .ok_or(JsonError::Syntax)?;
        let unit = u32::from_str_radix(digits, 16).map_err(|_| JsonError::Syntax)?;
        self.at += 4;
        Ok(unit)
    }

    /// Reads a number, or a word such as `true` or `None`.
    fn word(&mut self) -> Result<Value, JsonError> {
        let rest = &self.text[self.at..];
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
        let end = rest.find(|c| !is_part(c)).ok_or(JsonError::Unfinished)?;
        let word = &rest[..end];
        self.at += end;
        match word {
            "true" | "True" => Ok(Value::Bool(true)),
            "false" | "False" => Ok(Value::Bool(false)),
            "null" | "None" | "undefined" | "NaN" | "-NaN" | "Infinity" | "-Infinity" => {
                Ok(Value::Null)
            }
            _ => number(word).map(Value::Number).ok_or(JsonError::Syntax),
        }
    }

    fn blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }
}

fn number(word: &str) -> Option<Number> {
    let word = word.strip_prefix('+').unwrap_or(word);
    word.parse::<i64>()
        .ok()
        .map(Number::from)
        .or_else(|| Number::from_f64(word.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn json_values_are_found_inside_prose() {
        let found = scan_json(
            "I {think} that [this] is it: {\"a\": [1, 2.5,], \"b\": NaN,} or {'c': True}, is it?",
        );
        assert_eq!(
            found.values,
            [json!({"a": [1, 2.5], "b": null}), json!({"c": true})]
        );
        assert!(!found.is_unfinished);
    }

    #[test]
    fn a_text_that_ends_inside_a_value_is_unfinished() {
        let found = scan_json(r#"{"a":1} {"list":[{"b":2},{"c""#);
        assert_eq!(found.values, [json!({"a": 1})]);
        assert!(found.is_unfinished);
        assert_eq!(found.in_unfinished, [json!({"b": 2})]);
    }

    #[test]
    fn escapes_in_strings_are_parsed() {
        assert_eq!(
            whole_string(r#""a\"b\u00e9\ud83d\ude00\ud83d.""#).unwrap(),
            "a\"bé😀\u{fffd}."
        );
        assert_eq!(whole_string(r#""a" b"#), None);
    }

    proptest! {
        #[test]
        fn valid_json_is_found_unchanged(text in "\\PC{0,60}", number in any::<i64>(), deep in 0usize..20) {
            let mut value = json!({"text": text, "number": number, "float": 2.5, "list": [null, true]});
            for _ in 0..deep {
                value = json!([value]);
            }
            prop_assert_eq!(scan_json(&value.to_string()).values, [value]);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,200}", json in "[\\[\\]{}\"',:0-9a\\\\u ]{0,200}") {
            scan_json(&text);
            scan_json(&json);
            let _ = whole_string(&json);
        }
    }
}
