//! `SETTINGS`: many settings in one variable, for a deployment to AWS. An entry `NAME=VALUE` behaves
//! like the variable of that name. A variable that is set itself takes precedence.
//!
//! Entries are separated by line breaks, or on a single line by semicolons. A value that contains a
//! semicolon therefore needs lines.

use super::reader::Reader;

/// The variable with the entries.
const SETTINGS: &str = "SETTINGS";

/// The settings that an entry may set.
pub const ENTRY_NAMES: [&str; 41] = [
    "AGENT_PROFILE_TTL_HOURS",
    "ALLOWED_CIDRS",
    "CALLER_CARD_TTL_HOURS",
    "CLIENT_DATA_DEADLINE_MS",
    "CROSS_AGENT_MEMORY",
    "DEBUG",
    "DEFAULT_GREETING",
    "ELEVENLABS_API_URL",
    "EMBEDDING_API_URL",
    "EMBEDDING_DIMENSIONS",
    "EMBEDDING_PASSAGE_PREFIX",
    "EMBEDDING_QUERY_PREFIX",
    "EVENTS_CONTENT",
    "EVENTS_URL",
    "EXTRA_CA_FILE",
    "GREETING_DELIVERY",
    "HIGH_IMPORTANCE_THRESHOLD",
    "LLM_API_URL",
    "LLM_CALLS_PER_CONVERSATION",
    "LLM_CONTEXT_TOKENS",
    "LLM_DAILY_CALLS_PER_CALLER",
    "LLM_MAX_ATTEMPTS",
    "LLM_MAX_OUTPUT_TOKENS",
    "LLM_PART_TOKENS",
    "LLM_PRICES",
    "LLM_REASONING_EFFORT",
    "LLM_TIMEOUT_MS",
    "LLM_VERIFY",
    "LOG_LEVEL",
    "MEMORY_CONTEXT_CHARS",
    "MEMORY_RELEVANCE_THRESHOLD",
    "MEMORY_RETENTION_DAYS",
    "MIN_IMPORTANCE_TO_STORE",
    "OPENMEMORY_DIALECT",
    "PLAIN_HTTP_HOSTS",
    "PSEUDONYMOUS_CALLERS",
    "SEARCH_DEADLINE_MS",
    "SIMILARITY_THRESHOLD",
    "STORE_KEYPAD_INPUT",
    "STORE_SENSITIVE",
    "TRUST_USER_ID",
];

/// Largest values of time limits, which must end before Lambda ends the invocation.
pub(super) const TIME_LIMITS: [(&str, u64); 3] = [
    ("CLIENT_DATA_DEADLINE_MS", 9000),
    ("LLM_TIMEOUT_MS", 240_000),
    ("SEARCH_DEADLINE_MS", 9000),
];

/// The variables that hold secrets end with one of these.
const SECRET_ENDINGS: [&str; 6] = ["_KEY", "_PEPPER", "_TOKEN", "_PASSWORD", "_SECRET", "_ARN"];

/// Returns the value of a setting: that of its variable or, if that is not set or blank, that of its
/// entry in `SETTINGS`.
pub fn with_entries(name: &str, lookup: impl Fn(&str) -> Option<String>) -> Option<String> {
    let own = lookup(name);
    if !ENTRY_NAMES.contains(&name) || own.as_ref().is_some_and(|value| !value.trim().is_empty()) {
        return own;
    }
    entry(&lookup(SETTINGS)?, name).or(own)
}

/// Returns the value of an entry. Only the names of [`ENTRY_NAMES`] have one.
#[must_use]
pub fn entry(settings: &str, name: &str) -> Option<String> {
    entries(settings)
        .find(|(entry_name, _)| *entry_name == name && ENTRY_NAMES.contains(&name))
        .map(|(_, value)| value.to_owned())
}

/// Returns the names and values of all entries that have the form `NAME=VALUE`.
pub fn entries(settings: &str) -> impl Iterator<Item = (&str, &str)> {
    split(settings)
        .filter_map(|entry| entry.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim()))
}

fn split(settings: &str) -> impl Iterator<Item = &str> {
    let separator = if settings.trim().contains('\n') {
        '\n'
    } else {
        ';'
    };
    settings
        .split(separator)
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
}

impl Reader<'_> {
    /// Reports entries of `SETTINGS` that set nothing. The settings themselves report wrong values.
    pub(super) fn check_entries(&mut self) {
        let settings = self.text(SETTINGS).unwrap_or_default();
        let mut seen = Vec::new();
        for (index, entry) in split(&settings).enumerate() {
            let name = entry.split_once('=').map(|(name, _)| name.trim());
            match fault(name, &seen) {
                Some(fault) => self.problem(SETTINGS, describe(index + 1, name, fault)),
                None => seen.extend(name),
            }
        }
        self.check_time_limits(&settings);
    }

    fn check_time_limits(&mut self, settings: &str) {
        for (name, most) in TIME_LIMITS {
            if let Some(problem) = entry(settings, name).and_then(|value| too_long(&value, most)) {
                self.problem(name, problem);
            }
        }
    }
}

/// Returns the problem of a time limit above `most` milliseconds.
pub(super) fn too_long(value: &str, most: u64) -> Option<String> {
    let milliseconds = value.trim().parse::<u64>().ok()?;
    (milliseconds > most).then(|| format!("must be at most {most} on AWS"))
}

/// Returns what is wrong with an entry of this name.
fn fault(name: Option<&str>, seen: &[&str]) -> Option<&'static str> {
    match name {
        None => Some("is not of the form NAME=VALUE"),
        Some(name) if seen.contains(&name) => Some("is set twice"),
        Some(name) if ENTRY_NAMES.contains(&name) => None,
        Some(name) if SECRET_ENDINGS.iter().any(|ending| name.ends_with(ending)) => {
            Some("may be a secret, which belongs into Secrets Manager")
        }
        Some(_) => Some("cannot be set here; docs/settings.md lists where each setting is set"),
    }
}

/// Whether a text has the form of a setting's name. Other text may be part of a secret and must not
/// be shown.
#[must_use]
pub fn is_setting_name(text: &str) -> bool {
    text.contains('_') && text.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

/// Describes an entry by number and name. Text that is no name may be part of a secret and is not
/// shown.
fn describe(number: usize, name: Option<&str>, fault: &str) -> String {
    let shown = name
        .filter(|name| is_setting_name(name))
        .map(|name| format!(" ({name})"))
        .unwrap_or_default();
    format!("has an entry, number {number}{shown}, that {fault}")
}

#[cfg(test)]
mod tests;
