//! The invented people of the demo and their conversation.

use serde_json::{Value, json};

pub(super) const AGENT: &str = "agent_demo_bicycles";
pub(super) const OTHER_AGENT: &str = "agent_demo_insurance";
pub(super) const MIRA: &str = "+12025550171";
pub(super) const STRANGER: &str = "+12025550188";

/// The turns of the first call: role and message.
pub(super) const FIRST_CALL: [(&str, &str); 7] = [
    ("agent", "Fernweh Bicycles, hello! How can I help you?"),
    (
        "user",
        "Hi, this is Mira. The brakes of my touring bike squeak terribly.",
    ),
    (
        "agent",
        "Sorry to hear that, Mira. Shall we look at it on Thursday?",
    ),
    (
        "user",
        "Thursday is good. I always bring it in before nine, I teach all day.",
    ),
    ("agent", "Noted. Anything else?"),
    (
        "user",
        "Please use the organic chain oil, I don't want anything else on it.",
    ),
    ("agent", "Will do. See you on Thursday!"),
];

/// Returns the post-call webhook of the first call. `now` is in Unix seconds.
pub(super) fn first_call_webhook(now: i64) -> Value {
    let transcript: Vec<Value> = FIRST_CALL
        .iter()
        .map(|(role, message)| json!({"role": role, "message": message, "tool_calls": [], "tool_results": []}))
        .collect();
    json!({
        "type": "post_call_transcription",
        "event_timestamp": now,
        "data": {
            "agent_id": AGENT,
            "conversation_id": "conv_demo_1",
            "status": "done",
            "transcript": transcript,
            "metadata": {
                "start_time_unix_secs": now - 60,
                "call_duration_secs": 48,
                "main_language": "en",
                "phone_call": {"direction": "inbound", "type": "twilio", "external_number": MIRA, "agent_number": "+12025550199"},
            },
            "analysis": {
                "call_successful": "success",
                "transcript_summary": "Mira reported that the brakes of her touring bike squeak and made an appointment for Thursday. She brings the bike in before nine because she teaches all day. She wants only organic chain oil on it.",
                "data_collection_results": {"first_name": {"data_collection_id": "first_name", "value": "Mira"}},
                "evaluation_criteria_results": {},
            },
        },
    })
}
