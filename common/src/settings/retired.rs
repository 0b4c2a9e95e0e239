//! Settings of the earlier Python service that have no effect here. Each one that is still set gets
//! a line in the log at start.

/// Returns one sentence for each retired setting that is still set.
#[must_use]
pub fn retired(lookup: impl Fn(&str) -> Option<String>) -> Vec<String> {
    describe(&RETIRED, lookup)
}

/// Returns one sentence for each setting that only has an effect on one machine.
#[must_use]
pub fn retired_on_lambda(lookup: impl Fn(&str) -> Option<String>) -> Vec<String> {
    describe(&ONE_MACHINE, lookup)
}

fn describe(retired: &[(&str, &str)], lookup: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let set = |name: &str| lookup(name).is_some_and(|value| !value.trim().is_empty());
    retired
        .iter()
        .filter(|(name, _)| set(name))
        .map(|(name, instead)| format!("{name} has no effect: {instead}"))
        .collect()
}

const RETIRED: [(&str, &str); 7] = [
    (
        "APP_NAME",
        "the name is fixed; use STAGE to tell deployments apart",
    ),
    (
        "WEBHOOK_URL",
        "configure this service's address in ElevenLabs instead",
    ),
    (
        "SENTRY_DSN",
        "failures are JSON log lines and metrics with alarms",
    ),
    (
        "SSL_CERT_PATH",
        "API Gateway or a reverse proxy terminates TLS",
    ),
    (
        "SSL_KEY_PATH",
        "API Gateway or a reverse proxy terminates TLS",
    ),
    (
        "DATABASE_POOL_SIZE",
        "it is a setting of the OpenMemory server",
    ),
    (
        "DATABASE_MAX_OVERFLOW",
        "it is a setting of the OpenMemory server",
    ),
];

const ONE_MACHINE: [(&str, &str); 2] = [
    (
        "RATE_LIMIT_PER_MINUTE",
        "API Gateway limits the requests per second of each route",
    ),
    (
        "RATE_LIMIT_BURST",
        "API Gateway limits the requests per second of each route",
    ),
];
