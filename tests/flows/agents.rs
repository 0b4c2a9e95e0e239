//! What one agent was told is neither given to another that may not hear it, nor taken from one that heard it too.

use elaaoms_tests::{Deployment, payload};
use serde_json::{Value, json};

const CALLER: &str = "+12025550111";

#[tokio::test]
async fn what_one_agent_was_told_is_neither_given_to_nor_taken_from_another() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("../cases/agent-isolation.json")).unwrap();
    for case in cases {
        let name = &case["name"];
        let cross_agent = case["cross_agent_memory"].as_str().unwrap();
        let deployment = Deployment::with(&[("CROSS_AGENT_MEMORY", cross_agent)]).await;
        for (number, told) in case["told"].as_array().unwrap().iter().enumerate() {
            deployment.remember(call(number, told[0].as_str().unwrap(), told[1].as_str().unwrap())).await;
        }
        let mut question = case["asked"].clone();
        question["caller_id"] = json!(CALLER);
        let reply = deployment.elevenlabs.search(&question).await;
        assert_eq!(json!(reply.found()), case["found"], "{name}");
        for (agent, lines) in case["context"].as_object().into_iter().flatten() {
            let known = deployment.elevenlabs.ring(agent, CALLER).await;
            let mut context: Vec<&str> = known.variable("memory_context").lines().collect();
            context.retain(|line| line.starts_with("- "));
            context.sort_unstable();
            let lines: Vec<String> =
                lines.as_array().unwrap().iter().map(|line| format!("- {}", line.as_str().unwrap())).collect();
            assert_eq!(context, lines, "{name}: {agent}");
        }
    }
}

/// A call of which ElevenLabs' summary is the sentence, an hour after the one before.
fn call(number: usize, agent: &str, sentence: &str) -> String {
    let mut body = payload::json("no-analysis");
    let data = &mut body["data"];
    data["conversation_id"] = json!(format!("conv_told{number}"));
    data["agent_id"] = json!(agent);
    data["transcript"] = json!([{"role": "user", "message": "Good morning."}]);
    data["dynamic_variables"]["system__caller_id"] = json!(CALLER);
    data["analysis"] = json!({"transcript_summary": sentence, "call_successful": "success"});
    data["metadata"] = json!({"start_time_unix_secs": 1_795_000_000 + 3600 * number});
    body.to_string()
}
