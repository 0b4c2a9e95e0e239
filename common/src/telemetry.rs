//! Logging on standard error, as JSON or as plain text.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;
use tracing_subscriber::{fmt, registry};

use crate::arguments::parse_flag;

/// The crates of this project. They log at the configured level.
pub const OWN_CRATES: [&str; 9] = [
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

/// Format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// JSON, for log collectors.
    Json,
    /// Plain text, for a terminal.
    Terminal,
}

/// Initializes logging at `LOG_LEVEL`, or at DEBUG if the deployment guide's `DEBUG` is true.
/// Dependencies log only from WARN on, because their debug lines may hold headers.
pub fn init(format: LogFormat, lookup: impl Fn(&str) -> Option<String>) {
    // `Targets` needs no regular expressions. Their tables would add noticeably to a function's
    // size and start time.
    let filter = directives(&level(lookup))
        .parse()
        .unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO));
    let registry = registry().with(filter);
    let lines = fmt::layer().with_writer(std::io::stderr);
    // A second initialization, as in tests, keeps the first.
    let _ = match format {
        LogFormat::Json => registry
            .with(lines.json().flatten_event(true).with_span_list(false))
            .try_init(),
        LogFormat::Terminal => registry.with(lines.compact().with_target(false)).try_init(),
    };
}

fn level(lookup: impl Fn(&str) -> Option<String>) -> String {
    let debug = lookup("DEBUG").and_then(|value| parse_flag(&value)) == Some(true);
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

/// Builds the filter: our own crates at `level`, dependencies at WARN or above.
fn directives(level: &str) -> String {
    let dependencies = if matches!(level, "error" | "off") {
        level
    } else {
        "warn"
    };
    OWN_CRATES
        .iter()
        .fold(dependencies.to_owned(), |directives, name| {
            format!("{directives},{name}={level}")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deployment_guides_level_names_are_accepted() {
        let with = |name: &'static str, value: &'static str| {
            level(move |key| (key == name).then(|| value.to_owned()))
        };
        assert_eq!(with("LOG_LEVEL", "WARNING"), "warn");
        assert_eq!(with("DEBUG", "True"), "debug");
        assert_eq!(with("LOG_LEVEL", "loud"), "info");
        assert!(directives("debug").starts_with("warn,client_data=debug"));
    }
}
