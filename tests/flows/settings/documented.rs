//! Reads the places that name settings: the tables of the documentation, `.env.example`, the
//! template and the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Settings by name, each with its default if that is a literal value.
pub(crate) type Defaults = BTreeMap<String, Option<String>>;

/// Returns the settings of the tables in a Markdown text. `default` is the number of the column
/// with the defaults.
pub(crate) fn tables(text: &str, default: usize) -> Defaults {
    let mut settings = Defaults::new();
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let names: Vec<&str> = code_spans(cells[0]).filter(|name| is_name(name)).collect();
        let cell = cells.get(default).copied().unwrap_or_default();
        let defaults: Vec<&str> = if names.len() == 1 {
            vec![cell]
        } else {
            cell.split(", ").collect()
        };
        for (index, name) in names.into_iter().enumerate() {
            let value = defaults.get(index).and_then(|value| literal(value));
            settings.insert(name.to_owned(), value);
        }
    }
    settings
}

/// Returns the settings by the first cell of their row, in a table with two columns.
pub(crate) fn places(text: &str) -> BTreeMap<&str, Vec<String>> {
    let rows = text.lines().filter_map(|line| {
        let (place, names) = line.strip_prefix("| ")?.split_once(" | ")?;
        let names = code_spans(names).filter(|name| is_name(name));
        Some((place, names.map(str::to_owned).collect()))
    });
    rows.collect()
}

/// Returns the settings of a file in the format of `.env`, without blank defaults.
pub(crate) fn env_file(text: &str) -> Defaults {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), non_blank(value)))
        .collect()
}

/// Returns the environment variables of the functions in a CloudFormation template. The default is
/// that of the parameter which sets the variable.
pub(crate) fn template(text: &str) -> Defaults {
    let parameters = parameter_defaults(text);
    text.lines()
        .filter_map(|line| line.trim().split_once(':'))
        .filter(|(name, _)| is_name(name) && (name.contains('_') || *name == "STAGE"))
        .map(|(name, value)| {
            let parameter = value.trim().strip_prefix("!Ref ").unwrap_or_default();
            (name.to_owned(), parameters.get(parameter).cloned())
        })
        .collect()
}

/// Returns the non-blank defaults of the template's parameters.
fn parameter_defaults(text: &str) -> BTreeMap<&str, String> {
    let mut defaults = BTreeMap::new();
    let mut parameter = "";
    for line in text
        .lines()
        .skip_while(|line| *line != "Parameters:")
        .take_while(|line| *line != "Resources:")
    {
        match line.strip_prefix("  ") {
            Some(name) if !name.starts_with(' ') => parameter = name.trim_end_matches(':'),
            Some(rest) => {
                let default = rest.trim().strip_prefix("Default:").and_then(non_blank);
                if let Some(default) = default {
                    defaults.insert(parameter, default);
                }
            }
            None => {}
        }
    }
    defaults
}

/// Returns all words in the form of a setting's name that are string literals of a folder's or
/// file's sources. Tests are left out.
pub(crate) fn literals(path: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in sources(path) {
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let literals = code.split('"').filter(|word| is_name(word));
        found.extend(literals.map(str::to_owned));
    }
    found
}

fn sources(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
    entries
        .filter(|entry| !entry.file_name().to_string_lossy().contains("tests"))
        .flat_map(|entry| sources(&entry.path()))
        .filter(|file| file.extension().is_some_and(|ending| ending == "rs"))
        .collect()
}

/// Returns the value of a default that is a literal: a code span, a number or a flag. Any other
/// default is a description.
fn literal(default: &str) -> Option<String> {
    let is_plain = !default.contains(' ')
        && (default.starts_with(|c: char| c.is_ascii_digit())
            || matches!(default, "true" | "false"));
    if is_plain {
        return Some(default.to_owned());
    }
    default
        .starts_with('`')
        .then(|| code_spans(default).next().unwrap().to_owned())
}

fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn is_name(word: &str) -> bool {
    word.len() > 3
        && word.starts_with(|c: char| c.is_ascii_uppercase())
        && word
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

fn non_blank(value: &str) -> Option<String> {
    let value = value.trim().trim_matches('"');
    (!value.is_empty()).then(|| value.to_owned())
}
