//! The call used by all measurements: a transcription of eight kilobytes, and the eight memories
//! that the model extracts from it.

use serde_json::{Value, json};

/// The agent of the call.
pub(crate) const AGENT: &str = "agent_4401greenfold7nursery2a";
/// The caller's number, which nobody has.
pub(crate) const CALLER: &str = "+12025550123";
/// The conversation id.
pub(crate) const CONVERSATION: &str = "conv_4401benchmark";

/// The caller's turns.
const CALLER_TURNS: [&str; 8] = [
    "I would like my deliveries in the morning because I leave for work at noon.",
    "The garden is mostly clay and the old apple tree never did well on it.",
    "My daughter Lena is allowed to sign for the parcel when I am away.",
    "We have a large dog, so the driver should please use the side gate.",
    "I prefer bare root trees to potted ones whenever you have the choice.",
    "The last pruning course was very good and I want to come to the next one.",
    "Please send the invoice to the office and not to the house this time.",
    "The quince that came last week has a broken branch near the graft.",
];

/// Builds the body of the webhook. It is the same every time.
pub(crate) fn body() -> String {
    let turns: Vec<Value> = CALLER_TURNS
        .iter()
        .enumerate()
        .flat_map(|(index, said)| [turn(index, said), reply(index)])
        .collect();
    let event = json!({"type": "post_call_transcription", "event_timestamp": 1_767_261_600, "data": {
        "conversation_id": CONVERSATION, "agent_id": AGENT, "status": "done", "user_id": null, "transcript": turns,
        "metadata": {"start_time_unix_secs": 1_767_261_300, "call_duration_secs": 240, "cost": 1200, "main_language": "en",
            "deletion_settings": {"deletion_time_unix_secs": 1_830_333_300, "delete_transcript_and_pii": true},
            "phone_call": {"direction": "inbound", "external_number": CALLER, "agent_number": "+12025550190", "type": "twilio"}},
        "analysis": {"call_successful": "success", "transcript_summary": "Tomas spoke about a delivery and a broken branch.",
            "evaluation_criteria_results": {}, "data_collection_results": {}},
        "conversation_initiation_client_data": {"dynamic_variables": {"system__caller_id": CALLER, "system__agent_id": AGENT}}}});
    event.to_string()
}

fn turn(index: usize, said: &str) -> Value {
    json!({"role": "user", "message": said, "time_in_call_secs": index * 30, "tool_calls": [], "tool_results": [],
        "interrupted": false, "original_message": null, "source_medium": "audio", "feedback": null,
        "conversation_turn_metrics": {"metrics": {"convai_asr_trailing_service_latency": {"elapsed_time": 0.21}}}})
}

fn reply(index: usize) -> Value {
    let message = "Thank you, I have written that down for you and will pass it on to the people in the nursery today. Is \
        there anything else that we should know before the next delivery leaves the yard?";
    json!({"role": "agent", "message": message, "time_in_call_secs": index * 30 + 15, "tool_calls": [], "tool_results": [],
        "interrupted": false, "original_message": null, "source_medium": null, "feedback": null,
        "conversation_turn_metrics": {"metrics": {"convai_llm_service_ttfb": {"elapsed_time": 0.41}}},
        "llm_usage": {"model_usage": {"some-model": {"input": {"tokens": 812}, "output_total": {"tokens": 40}}}}})
}

/// Builds the caller's card.
pub(crate) fn card() -> Value {
    json!({"caller_name": "Tomas", "greeting": "Welcome back, Tomas! Has the quince tree arrived?",
        "memory_context": "- Tomas wants deliveries in the morning.\n- Tomas has a garden of clay.",
        "last_summary": "Tomas ordered a quince tree.", "last_call_at": "2025-12-01T10:00:00Z", "open_issues": [],
        "language": "en"})
}

/// Builds the content of a memory from an earlier call.
pub(crate) fn memory(number: u64) -> String {
    format!(
        "Tomas asked about tree number {number} and wants it delivered to the side gate in the morning."
    )
}

/// Builds the model's output.
pub(crate) fn extracted() -> Value {
    let memory = |(index, said): (usize, &&str)| {
        json!({"content": format!("The caller said: {said}"), "category": "preference", "importance": 6,
            "entities": ["nursery"], "search_hints": ["garden", "delivery"], "turn": index * 2, "quote": said,
            "sensitive": false, "repeats": null, "supersedes": null})
    };
    json!({"memories": CALLER_TURNS.iter().enumerate().map(memory).collect::<Vec<_>>(),
        "greeting": "Welcome back, Tomas! Shall we look at the broken branch?",
        "summary": "Tomas spoke about deliveries and a broken branch.", "open_issues": ["The quince has a broken branch."],
        "caller_name": null, "language": "en"})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_has_eight_kilobytes_and_eight_memories() {
        let body = body();
        assert!((7_500..9_000).contains(&body.len()), "{}", body.len());
        assert_eq!(
            extracted()["memories"].as_array().map(Vec::len),
            Some(CALLER_TURNS.len())
        );
    }
}
