//! `.env` files: `NAME=value`, one a line. Everything of ours that reads such a file reads it here.
//!
//! A line that cannot be read is named by file, line and variable, never by its words: those may be
//! a secret.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Variables by name. The last of several lines for a name counts.
pub type Variables = HashMap<String, String>;

/// Why a file of variables cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DotenvError {
    /// The file cannot be opened.
    #[error("{} cannot be read: {error}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// Others can change the file, and with it where keys go.
    #[error("{} {fault}; make it yours alone with: chmod 600 {}", file.display(), file.display())]
    Untrusted {
        /// The file.
        file: PathBuf,
        /// Who can change it.
        fault: &'static str,
    },
    /// The bytes are text in no encoding that is known here.
    #[error("{} is not text in UTF-8 or UTF-16", .0.display())]
    Encoding(PathBuf),
    /// A line is no assignment.
    #[error("{}, line {line}{}: {fault}", file.display(), variable(name))]
    Line {
        /// The file.
        file: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// The variable, where it can be told apart from its value.
        name: Option<String>,
        /// What is wrong.
        fault: Fault,
    },
}

fn variable(name: &Option<String>) -> String {
    name.as_ref()
        .map(|name| format!(", {name}"))
        .unwrap_or_default()
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// `NAME: value`
    #[error("write NAME=value instead of NAME: value")]
    Colon,
    /// No assignment at all.
    #[error("this is not of the form NAME=value")]
    NoAssignment,
    /// `NAME=two words`
    #[error("a value with spaces needs quotes around it")]
    Spaces,
    /// A quote that is opened and not closed, or stands alone.
    #[error("a quote is opened and not closed")]
    Quote,
}

/// The variables of a file; none when there is no such file.
///
/// # Errors
/// [`DotenvError`] for a file or a line that cannot be read.
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

/// The variables of a file in a folder that others may have written to; none when there is no such
/// file.
///
/// # Errors
/// [`DotenvError`] for a file that others can write or that belongs to somebody else, and as
/// [`read`].
#[cfg(feature = "machine")]
pub fn read_trusted(file: &Path) -> Result<Variables, DotenvError> {
    #[cfg(unix)]
    if let Ok(found) = std::fs::metadata(file) {
        use std::os::unix::fs::MetadataExt;
        let untrusted = |fault| {
            Err(DotenvError::Untrusted {
                file: file.to_owned(),
                fault,
            })
        };
        if found.mode() & OTHERS_WRITE != 0 {
            return untrusted("can be written by every user");
        }
        if !may_own(
            found.uid(),
            rustix::process::geteuid().as_raw(),
            super::environment("SUDO_UID").as_deref(),
        ) {
            return untrusted("belongs to another user");
        }
    }
    read(file)
}

#[cfg(all(unix, feature = "machine"))]
const OTHERS_WRITE: u32 = 0o002;

/// Whether a file of this owner may tell a process of this user what to do: its own, root's, and
/// with `sudo` that of the user who called it.
#[cfg(all(unix, feature = "machine"))]
fn may_own(owner: u32, user: u32, sudo: Option<&str>) -> bool {
    const ROOT: u32 = 0;
    let is_callers = user == ROOT && sudo.and_then(|id| id.parse().ok()) == Some(owner);
    owner == user || owner == ROOT || is_callers
}

/// The variables in these bytes. The file is only named in errors.
///
/// # Errors
/// [`DotenvError`] for bytes or a line that cannot be read.
pub fn parse(file: &Path, bytes: &[u8]) -> Result<Variables, DotenvError> {
    let text = text(bytes).ok_or_else(|| DotenvError::Encoding(file.to_owned()))?;
    let lines: Vec<&str> = text.lines().collect();
    let (mut variables, mut at) = (Variables::new(), 0);
    while let Some(line) = lines.get(at) {
        let (name, value) = match assignment(line) {
            Ok(None) => {
                at += 1;
                continue;
            }
            Ok(Some(assignment)) => assignment,
            Err((name, fault)) => {
                return Err(DotenvError::Line {
                    file: file.to_owned(),
                    line: at + 1,
                    name,
                    fault,
                });
            }
        };
        let failed = |fault| DotenvError::Line {
            file: file.to_owned(),
            line: at + 1,
            name: Some(name.to_owned()),
            fault,
        };
        let (value, more) = whole(value, &lines[at + 1..], &variables).map_err(failed)?;
        variables.insert(name.to_owned(), value);
        at += 1 + more;
    }
    Ok(variables)
}

/// As text, whatever a Windows editor put before it.
fn text(bytes: &[u8]) -> Option<String> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|pair| unit([pair[0], pair[1]]))
            .collect();
        String::from_utf16(&units).ok()
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        bytes => String::from_utf8(bytes.to_vec()).ok(),
    }
}

type Unread = (Option<String>, Fault);

/// The two sides of an assignment; `None` for a blank line or a remark.
fn assignment(line: &str) -> Result<Option<(&str, &str)>, Unread> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
    let end = line.find(|c: char| !is_of_name(c)).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    match rest.trim_start().chars().next() {
        Some('=') if is_name => Ok(rest
            .trim_start()
            .strip_prefix('=')
            .map(|value| (name, value))),
        Some(':') if is_name => Err((Some(name.to_owned()), Fault::Colon)),
        // A line without a sign may be a value that was broken off another line: not a word of it
        // is shown.
        _ => Err((None, Fault::NoAssignment)),
    }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '.'
}

/// The value that begins here and, in quotes, may go on for some lines: it, and how many lines more
/// it took.
fn whole(first: &str, following: &[&str], known: &Variables) -> Result<(String, usize), Fault> {
    let mut text = first.to_owned();
    for more in 0.. {
        match value(&text, known) {
            Err(Fault::Quote) => {
                // A next assignment says that the quote was a slip.
                let next = following
                    .get(more)
                    .filter(|line| !is_assignment(line))
                    .ok_or(Fault::Quote)?;
                text = format!("{text}\n{next}");
            }
            value => return value.map(|value| (value, more)),
        }
    }
    Err(Fault::Quote)
}

fn is_assignment(line: &str) -> bool {
    matches!(assignment(line), Ok(Some((name, _))) if !name.chars().any(|c| c.is_ascii_lowercase()))
}

/// A value as a shell reads it: quotes, escapes, variables, a remark after a blank.
fn value(text: &str, known: &Variables) -> Result<String, Fault> {
    let (mut value, mut rest) = (String::new(), text.trim_start_matches([' ', '\t']));
    loop {
        let end = rest
            .find(|c: char| "'\"\\$".contains(c) || c.is_whitespace())
            .unwrap_or(rest.len());
        value.push_str(&rest[..end]);
        rest = &rest[end..];
        let Some(sign) = rest.chars().next() else {
            return Ok(value);
        };
        let after = &rest[sign.len_utf8()..];
        rest = match sign {
            '\'' => {
                let (quoted, after) = after.split_once('\'').ok_or(Fault::Quote)?;
                value.push_str(quoted);
                after
            }
            '"' => quoted(after, &mut value, known)?,
            '\\' => escaped(after, &mut value),
            '$' => substituted(after, &mut value, known),
            _ => {
                let left = after.trim_start();
                return if left.is_empty() || left.starts_with('#') {
                    Ok(value)
                } else {
                    Err(Fault::Spaces)
                };
            }
        };
    }
}

/// Up to the closing quote.
fn quoted<'a>(mut rest: &'a str, value: &mut String, known: &Variables) -> Result<&'a str, Fault> {
    loop {
        let end = rest.find(['"', '\\', '$']).ok_or(Fault::Quote)?;
        value.push_str(&rest[..end]);
        let after = &rest[end + 1..];
        rest = match rest.as_bytes()[end] {
            b'"' => return Ok(after),
            b'\\' => escaped(after, value),
            _ => substituted(after, value, known),
        };
    }
}

fn escaped<'a>(rest: &'a str, value: &mut String) -> &'a str {
    let Some(sign) = rest.chars().next() else {
        value.push('\\');
        return rest;
    };
    match sign {
        'n' => value.push('\n'),
        '\\' | '"' | '\'' | '$' | ' ' => value.push(sign),
        other => value.extend(['\\', other]),
    }
    &rest[sign.len_utf8()..]
}

/// `$NAME` and `${NAME}`: the environment's, then what stands further up in the file.
fn substituted<'a>(rest: &'a str, value: &mut String, known: &Variables) -> &'a str {
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
    fn a_file_of_settings_is_read_or_named_by_line_and_variable_and_never_by_value() {
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
    fn a_file_that_others_can_write_or_own_is_refused() {
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
            may_own(1000, 1000, None) && may_own(0, 1000, None) && may_own(1000, 0, Some("1000"))
        );
        assert!(
            !may_own(1000, 1001, None)
                && !may_own(1000, 0, None)
                && !may_own(1000, 1001, Some("1000"))
        );
    }

    #[test]
    fn what_another_editor_saved_as_utf_16_is_read_and_other_bytes_are_not() {
        let wide = |unit: fn(u16) -> [u8; 2]| {
            "\u{feff}A=größe\r\n"
                .encode_utf16()
                .flat_map(unit)
                .collect::<Vec<u8>>()
        };
        for bytes in [wide(u16::to_le_bytes), wide(u16::to_be_bytes)] {
            assert_eq!(parse(Path::new(".env"), &bytes).unwrap()["A"], "größe");
        }
        let error = parse(Path::new(".env"), b"KEY=s\xe9cret\n").unwrap_err();
        assert_eq!(error.to_string(), ".env is not text in UTF-8 or UTF-16");
    }
}
