//! Reads `.env` files with one `NAME=value` per line. All our programs use this module.
//!
//! Errors name the file, line and variable but never the text, which may be a secret.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Variables by name. The last line for a name counts.
pub type Variables = HashMap<String, String>;

/// Why a `.env` file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DotenvError {
    /// The file cannot be opened.
    #[error("{} cannot be read: {error}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// Other users can change the file, and thereby where keys are sent.
    #[error("{} {fault}; restrict it to yourself with: chmod 600 {}", file.display(), file.display())]
    Untrusted {
        /// The file.
        file: PathBuf,
        /// Describes who can change it.
        fault: &'static str,
    },
    /// The file is neither UTF-8 nor UTF-16.
    #[error("{} is not text in UTF-8 or UTF-16", .0.display())]
    Encoding(PathBuf),
    /// A line is not a valid assignment.
    #[error("{}, line {line}{}: {fault}", file.display(), describe_name(name))]
    Line {
        /// The file.
        file: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// The variable, if it can be told apart from its value.
        name: Option<String>,
        /// What is wrong.
        fault: LineError,
    },
}

fn describe_name(name: &Option<String>) -> String {
    name.as_ref()
        .map(|name| format!(", {name}"))
        .unwrap_or_default()
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// `NAME: value`
    #[error("write NAME=value instead of NAME: value")]
    Colon,
    /// Not an assignment.
    #[error("this is not of the form NAME=value")]
    NoAssignment,
    /// `NAME=two words`
    #[error("a value with spaces needs quotes around it")]
    Spaces,
    /// A quote that is not closed.
    #[error("a quote is not closed")]
    Quote,
}

/// Reads the variables of a file. A missing file has none.
///
/// # Errors
/// [`DotenvError`] if the file or a line is invalid.
pub fn read(file: &Path) -> Result<Variables, DotenvError> {
    match std::fs::read(file) {
        Ok(bytes) => parse(file, &bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Variables::new()),
        Err(error) => Err(DotenvError::File {
            file: file.to_owned(),
            error,
        }),
    }
}

/// Reads the variables of a file in a folder that other users may write to. A missing file has
/// none.
///
/// # Errors
/// [`DotenvError`] if others can write the file or somebody else owns it, and as for [`read`].
#[cfg(feature = "machine")]
pub fn read_trusted(file: &Path) -> Result<Variables, DotenvError> {
    #[cfg(unix)]
    if let Ok(metadata) = std::fs::metadata(file) {
        use std::os::unix::fs::MetadataExt;
        let user = rustix::process::geteuid().as_raw();
        let sudo_user = super::environment("SUDO_UID");
        let fault = if metadata.mode() & OTHERS_WRITE != 0 {
            Some("can be written by every user")
        } else if !is_trusted_owner(metadata.uid(), user, sudo_user.as_deref()) {
            Some("belongs to another user")
        } else {
            None
        };
        if let Some(fault) = fault {
            return Err(DotenvError::Untrusted {
                file: file.to_owned(),
                fault,
            });
        }
    }
    read(file)
}

#[cfg(all(unix, feature = "machine"))]
const OTHERS_WRITE: u32 = 0o002;

/// Returns whether a process of `user` trusts files of `owner`: its own, root's and, with `sudo`,
/// those of the user who called it.
#[cfg(all(unix, feature = "machine"))]
fn is_trusted_owner(owner: u32, user: u32, sudo: Option<&str>) -> bool {
    const ROOT: u32 = 0;
    let is_sudo_user = user == ROOT && sudo.and_then(|id| id.parse().ok()) == Some(owner);
    owner == user || owner == ROOT || is_sudo_user
}

/// Parses the variables in `bytes`. `file` is only used in errors.
///
/// # Errors
/// [`DotenvError`] if the encoding or a line is invalid.
pub fn parse(file: &Path, bytes: &[u8]) -> Result<Variables, DotenvError> {
    let text = decode(bytes).ok_or_else(|| DotenvError::Encoding(file.to_owned()))?;
    let lines: Vec<&str> = text.lines().collect();
    let line_error = |line, name: Option<&str>, fault| DotenvError::Line {
        file: file.to_owned(),
        line,
        name: name.map(str::to_owned),
        fault,
    };
    let mut variables = Variables::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let (name, value) = match assignment(line) {
            Ok(None) => {
                at += 1;
                continue;
            }
            Ok(Some(assignment)) => assignment,
            Err((name, fault)) => return Err(line_error(at + 1, name, fault)),
        };
        let (value, further_lines) = multiline_value(value, &lines[at + 1..], &variables)
            .map_err(|fault| line_error(at + 1, Some(name), fault))?;
        variables.insert(name.to_owned(), value);
        at += 1 + further_lines;
    }
    Ok(variables)
}

/// Decodes UTF-8 and UTF-16, with the byte order mark that Windows editors write.
fn decode(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        bytes => String::from_utf8(bytes.to_vec()).ok(),
    }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| unit([pair[0], pair[1]]))
        .collect();
    String::from_utf16(&units).ok()
}

/// The variable, if known, and what is wrong with its line.
type InvalidLine<'a> = (Option<&'a str>, LineError);

/// Splits an assignment into name and value. Returns `None` for a blank line or a comment.
fn assignment(line: &str) -> Result<Option<(&str, &str)>, InvalidLine<'_>> {
    let trimmed = line.trim();
    if trimmed.is_empty() || trimmed.starts_with('#') {
        return Ok(None);
    }
    let line = trimmed
        .strip_prefix("export ")
        .unwrap_or(trimmed)
        .trim_start();
    let end = line.find(|c: char| !is_name_char(c)).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    match rest.trim_start().chars().next() {
        Some('=') if is_name => Ok(rest
            .trim_start()
            .strip_prefix('=')
            .map(|value| (name, value))),
        Some(':') if is_name => Err((Some(name), LineError::Colon)),
        // A line without an equals sign may be a value that was broken off the line above. Show
        // none of it.
        _ => Err((None, LineError::NoAssignment)),
    }
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '.'
}

/// Parses a value that may continue on further lines inside quotes. Returns it with the number of
/// further lines.
fn multiline_value(
    first: &str,
    following: &[&str],
    known: &Variables,
) -> Result<(String, usize), LineError> {
    let mut text = first.to_owned();
    for further_lines in 0.. {
        match parse_value(&text, known) {
            Err(LineError::Quote) => {
                // If the next line is an assignment, the quote is a typo.
                let next = following
                    .get(further_lines)
                    .filter(|line| !is_assignment(line))
                    .ok_or(LineError::Quote)?;
                text = format!("{text}\n{next}");
            }
            value => return value.map(|value| (value, further_lines)),
        }
    }
    Err(LineError::Quote)
}

fn is_assignment(line: &str) -> bool {
    matches!(assignment(line), Ok(Some((name, _))) if !name.chars().any(|c| c.is_ascii_lowercase()))
}

/// Parses a value like a shell: quotes, escapes, variables, and a comment after a space.
fn parse_value(text: &str, known: &Variables) -> Result<String, LineError> {
    let mut value = String::new();
    let mut rest = text.trim_start_matches([' ', '\t']);
    loop {
        let end = rest
            .find(|c: char| "'\"\\$".contains(c) || c.is_whitespace())
            .unwrap_or(rest.len());
        value.push_str(&rest[..end]);
        rest = &rest[end..];
        let Some(first) = rest.chars().next() else {
            return Ok(value);
        };
        let after = &rest[first.len_utf8()..];
        rest = match first {
            '\'' => {
                let (quoted, after) = after.split_once('\'').ok_or(LineError::Quote)?;
                value.push_str(quoted);
                after
            }
            '"' => push_quoted(after, &mut value, known)?,
            '\\' => push_escaped(after, &mut value),
            '$' => push_variable(after, &mut value, known),
            _ => {
                let left = after.trim_start();
                return if left.is_empty() || left.starts_with('#') {
                    Ok(value)
                } else {
                    Err(LineError::Spaces)
                };
            }
        };
    }
}

/// Appends the text up to the closing quote to `value`. Returns the rest.
fn push_quoted<'a>(
    mut rest: &'a str,
    value: &mut String,
    known: &Variables,
) -> Result<&'a str, LineError> {
    loop {
        let end = rest.find(['"', '\\', '$']).ok_or(LineError::Quote)?;
        value.push_str(&rest[..end]);
        let after = &rest[end + 1..];
        rest = match rest.as_bytes()[end] {
            b'"' => return Ok(after),
            b'\\' => push_escaped(after, value),
            _ => push_variable(after, value, known),
        };
    }
}

/// Appends the escaped character to `value`. Returns the rest.
fn push_escaped<'a>(rest: &'a str, value: &mut String) -> &'a str {
    let Some(first) = rest.chars().next() else {
        value.push('\\');
        return rest;
    };
    match first {
        'n' => value.push('\n'),
        '\\' | '"' | '\'' | '$' | ' ' => value.push(first),
        other => value.extend(['\\', other]),
    }
    &rest[first.len_utf8()..]
}

/// Appends the value of `$NAME` or `${NAME}`: from the environment, or else from earlier lines of
/// the file. Returns the rest.
fn push_variable<'a>(rest: &'a str, value: &mut String, known: &Variables) -> &'a str {
    let (name, after) = match rest
        .strip_prefix('{')
        .and_then(|inner| inner.split_once('}'))
    {
        Some(named) => named,
        None => rest.split_at(
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .unwrap_or(rest.len()),
        ),
    };
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        value.push('$');
        return rest;
    }
    value.push_str(
        &super::environment(name)
            .or_else(|| known.get(name).cloned())
            .unwrap_or_default(),
    );
    after
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        name: String,
        text: String,
        #[serde(default)]
        variables: Variables,
        error: Option<String>,
        #[serde(default)]
        secret: Option<String>,
    }

    fn cases() -> Vec<Case> {
        serde_json::from_str(include_str!("../../../tests/cases/env-files.json")).unwrap()
    }

    #[test]
    fn errors_name_the_line_and_variable_and_never_the_value() {
        let cases = cases();
        assert!(cases.len() > 15);
        for case in cases {
            match (parse(Path::new(".env"), case.text.as_bytes()), case.error) {
                (Ok(variables), None) => assert_eq!(variables, case.variables, "{}", case.name),
                (Err(error), Some(expected)) => {
                    assert_eq!(error.to_string(), expected, "{}", case.name);
                    let shown = format!("{error} {error:?}");
                    let secret = case.secret.unwrap();
                    assert!(
                        !secret.split(' ').any(|word| shown.contains(word)),
                        "{}: {shown}",
                        case.name
                    );
                }
                (read, expected) => panic!("{}: {read:?}, {expected:?}", case.name),
            }
        }
    }

    #[cfg(all(unix, feature = "machine"))]
    #[test]
    fn a_file_that_others_can_write_or_own_is_rejected() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        std::fs::write(&file, "A=1\n").unwrap();
        for (mode, is_read) in [
            (0o600, true),
            (0o644, true),
            (0o664, true),
            (0o666, false),
            (0o602, false),
        ] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read_trusted(&file).is_ok(), is_read, "{mode:o}");
        }
        assert!(
            read_trusted(&folder.path().join("missing"))
                .unwrap()
                .is_empty()
        );
        assert!(
            is_trusted_owner(1000, 1000, None)
                && is_trusted_owner(0, 1000, None)
                && is_trusted_owner(1000, 0, Some("1000"))
        );
        assert!(
            !is_trusted_owner(1000, 1001, None)
                && !is_trusted_owner(1000, 0, None)
                && !is_trusted_owner(1000, 1001, Some("1000"))
        );
    }

    #[test]
    fn utf_16_is_read_and_other_encodings_are_rejected() {
        let utf_16 = |unit: fn(u16) -> [u8; 2]| {
            "\u{feff}A=größe\r\n"
                .encode_utf16()
                .flat_map(unit)
                .collect::<Vec<u8>>()
        };
        for bytes in [utf_16(u16::to_le_bytes), utf_16(u16::to_be_bytes)] {
            assert_eq!(parse(Path::new(".env"), &bytes).unwrap()["A"], "größe");
        }
        let error = parse(Path::new(".env"), b"KEY=s\xe9cret\n").unwrap_err();
        assert_eq!(error.to_string(), ".env is not text in UTF-8 or UTF-16");
    }
}
