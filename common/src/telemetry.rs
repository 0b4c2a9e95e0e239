//! JSON log lines on standard error or standard output.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;
use tracing_subscriber::{fmt, registry};

/// Our own crates, which log at the level that is set.
pub const OURS: [&str; 9] = [
    "client_data",
    "common",
    "elaaoms",
    "elaaoms_local",
    "extraction",
    "health",
    "openmemory",
    "post_call",
    "search_memory",
];

/// Where log lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// JSON, for machines.
    Json,
    /// One readable line each, for a person at a terminal.
    Terminal,
}

/// Starts logging at `LOG_LEVEL` (or DEBUG when the guide's `DEBUG` is true). Dependencies speak up
/// from WARN on only: their debug lines may hold headers.
pub fn start(form: Form, lookup: impl Fn(&str) -> Option<String>) {
    // Targets need no regular expressions, whose tables would be a good part of a function's
    // program and of its start.
    let filter = directives(&level(lookup))
        .parse()
        .unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO));
    let (registry, lines) = (
        registry().with(filter),
        fmt::layer().with_writer(std::io::stderr),
    );
    // A second start, as tests do it, keeps the first.
    let _ = match form {
        Form::Json => registry
            .with(lines.json().flatten_event(true).with_current_span(false))
            .try_init(),
        Form::Terminal => registry.with(lines.compact().with_target(false)).try_init(),
    };
}

fn level(lookup: impl Fn(&str) -> Option<String>) -> String {
    let debug = lookup("DEBUG")
        .is_some_and(|value| matches!(value.to_ascii_lowercase().as_str(), "true" | "1"));
    let level = lookup("LOG_LEVEL")
        .map(|level| level.trim().to_ascii_lowercase())
        .unwrap_or_default();
    match level.as_str() {
        "trace" | "debug" | "info" | "error" | "off" => level,
        "warn" | "warning" => "warn".to_owned(),
        "critical" => "error".to_owned(),
        _ if debug => "debug".to_owned(),
        _ => "info".to_owned(),
    }
}

/// Our own crates at the level, the rest from WARN on.
fn directives(level: &str) -> String {
    let rest = if matches!(level, "error" | "off") {
        level
    } else {
        "warn"
    };
    OURS.iter().fold(rest.to_owned(), |directives, name| {
        format!("{directives},{name}={level}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guides_level_names_are_understood() {
        let with = |name: &'static str, value: &'static str| {
            level(move |key| (key == name).then(|| value.to_owned()))
        };
        assert_eq!(with("LOG_LEVEL", "WARNING"), "warn");
        assert_eq!(with("DEBUG", "True"), "debug");
        assert_eq!(with("LOG_LEVEL", "loud"), "info");
        assert!(directives("debug").starts_with("warn,client_data=debug"));
    }
}
