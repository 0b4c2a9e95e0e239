//! Webhook bodies in ElevenLabs' format, with invented people, and facts about them.

use bytes::Bytes;
use serde_json::Value;

/// The nursery's agent, which receives most of the calls.
pub const NURSERY: &str = "agent_4401greenfold7nursery2a";
/// The garage's agent, which speaks Spanish.
pub const GARAGE: &str = "agent_4402taller8ribera5c";
/// A caller who orders quince trees in `first-call`, and calls again a week later in `second-call`.
pub const TOMAS: &str = "+12025550123";
/// A caller with a noisy clutch: `spanish`.
pub const INES: &str = "+12025550134";
/// A caller who tries to make the model store a lie: `injection`.
pub const LIAR: &str = "+12025550145";
/// A person whom the nursery calls: `outbound`.
pub const CALLED: &str = "+12025550156";
/// The number of the nursery.
pub const OURS: &str = "+12025550190";
/// The caller of `retention-zero`, whose data must not be kept.
pub const BRUNO: &str = "+12025550172";
/// A number that never called.
pub const STRANGER: &str = "+12025550178";
/// The agent of `no-analysis`, the shortest body that the deployment guide promises to accept.
pub const PLAIN_AGENT: &str = "agent_plain";
/// The caller of `no-analysis`.
pub const PLAIN_CALLER: &str = "+15551234567";

/// The names of all payload files, without extension.
pub const NAMES: [&str; 27] = [
    "audio",
    "branch",
    "dtmf",
    "exclude-transcript",
    "exotel",
    "failure-sip",
    "failure-twilio",
    "first-call",
    "genesys",
    "injection",
    "long-call",
    "no-analysis",
    "outbound",
    "redacted",
    "retention-zero",
    "second-call",
    "sip-trunk",
    "sms",
    "spanish",
    "subagent",
    "transfer",
    "unredacted",
    "voicemail",
    "web-no-caller",
    "web-user-id",
    "whatsapp",
    "withheld",
];

/// Reads a payload file.
///
/// # Panics
/// If there is no such file.
#[must_use]
pub fn body(name: &str) -> Bytes {
    let file = format!("{}/payloads/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&file)
        .unwrap_or_else(|error| panic!("{file}: {error}"))
        .into()
}

/// Reads a payload file as JSON.
#[must_use]
pub fn json(name: &str) -> Value {
    serde_json::from_slice(&body(name)).unwrap()
}

/// Reads a payload file and replaces the values at these JSON pointers.
#[must_use]
pub fn edited(name: &str, changes: &[(&str, Value)]) -> Bytes {
    let mut body = json(name);
    for (pointer, value) in changes {
        *body
            .pointer_mut(pointer)
            .unwrap_or_else(|| panic!("{name} has no {pointer}")) = value.clone();
    }
    body.to_string().into()
}

/// Reads a payload file and sets its retention to zero: the deletion time is the start of the call.
#[must_use]
pub fn with_retention_zero(name: &str) -> Bytes {
    let start = json(name)["data"]["metadata"]["start_time_unix_secs"].clone();
    edited(
        name,
        &[(
            "/data/metadata/deletion_settings/deletion_time_unix_secs",
            start,
        )],
    )
}

/// Returns the conversation id of a body.
#[must_use]
pub fn conversation(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap();
    body["data"]["conversation_id"].as_str().unwrap().to_owned()
}
