//! Settings of the earlier Python service that have no meaning here. Each gets one line at start,
//! not silence.

/// What took the place of a setting that is still set, one sentence each.
#[must_use]
pub fn retired(lookup: impl Fn(&str) -> Option<String>) -> Vec<String> {
    told(&RETIRED, lookup)
}

/// The same for what has a meaning on one machine only.
#[must_use]
pub fn retired_on_lambda(lookup: impl Fn(&str) -> Option<String>) -> Vec<String> {
    told(&ONE_MACHINE, lookup)
}

fn told(retired: &[(&str, &str)], lookup: impl Fn(&str) -> Option<String>) -> Vec<String> {
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
        "the name is fixed; STAGE tells deployments apart",
    ),
    (
        "WEBHOOK_URL",
        "ElevenLabs is pointed at this service, not the other way round",
    ),
    (
        "SENTRY_DSN",
        "failures are JSON log lines and metrics with alarms",
    ),
    ("SSL_CERT_PATH", "API Gateway or a proxy in front ends TLS"),
    ("SSL_KEY_PATH", "API Gateway or a proxy in front ends TLS"),
    ("DATABASE_POOL_SIZE", "it belongs to the OpenMemory server"),
    (
        "DATABASE_MAX_OVERFLOW",
        "it belongs to the OpenMemory server",
    ),
];

const ONE_MACHINE: [(&str, &str); 2] = [
    (
        "RATE_LIMIT_PER_MINUTE",
        "API Gateway throttles each route a second",
    ),
    (
        "RATE_LIMIT_BURST",
        "API Gateway throttles each route a second",
    ),
];
