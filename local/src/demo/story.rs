//! The story, step by step. Each step prints what happens and fails when it is not what should
//! happen.

use serde_json::Value;

use super::DemoError;
use super::elevenlabs::{ElevenLabs, Reply, now};
use super::script::{AGENT, FIRST_CALL, MIRA, OTHER_AGENT, STRANGER, first_call_is_over};

pub(super) async fn tell(elevenlabs: &ElevenLabs) -> Result<(), DemoError> {
    first_call(elevenlabs).await?;
    forged_call(elevenlabs).await?;
    call_is_remembered(elevenlabs).await?;
    second_call(elevenlabs).await?;
    search_during_the_call(elevenlabs).await?;
    another_agent(elevenlabs).await?;
    stranger(elevenlabs).await
}

async fn first_call(elevenlabs: &ElevenLabs) -> Result<(), DemoError> {
    let step = Step::begin("1. Mira calls a bicycle shop for the first time");
    let reply = elevenlabs.ring(AGENT, MIRA).await?;
    step.show(&format!(
        "The phone rings, the agent asks who it is     client-data, {} ms",
        reply.milliseconds
    ));
    step.show_variables(&reply, &["caller_known", "greeting"]);
    step.expect(
        variable(&reply, "caller_known") == "false",
        "nobody should know Mira yet",
    )?;
    for (role, words) in FIRST_CALL {
        step.show(&format!(
            "  {:6}  {words}",
            if role == "user" { "Mira" } else { "agent" }
        ));
    }
    Ok(())
}

async fn forged_call(elevenlabs: &ElevenLabs) -> Result<(), DemoError> {
    let step = Step::begin("2. Somebody who is not ElevenLabs posts a call");
    let reply = elevenlabs
        .forge(&first_call_is_over(now().as_second()))
        .await?;
    step.show(&format!(
        "A wrong signature is refused                   post-call, status {}",
        reply.status.as_u16()
    ));
    step.expect(
        reply.status.as_u16() == 401,
        "a forged call must be refused",
    )
}

async fn call_is_remembered(elevenlabs: &ElevenLabs) -> Result<(), DemoError> {
    let step = Step::begin("3. The call is over and ElevenLabs posts the signed transcript");
    let reply = elevenlabs
        .hang_up(&first_call_is_over(now().as_second()))
        .await?;
    step.show(&format!(
        "Kept byte for byte, then queued                post-call, {} ms",
        reply.milliseconds
    ));
    step.expect(reply.status.is_success(), "a signed call must be taken")?;
    step.expect(
        reply.body["data"]["memory_extraction_queued"] == Value::Bool(true),
        "its extraction must be queued",
    )?;
    let memories = elevenlabs.memories(AGENT, MIRA).await?;
    step.show("A moment later this is remembered of Mira:");
    for memory in &memories {
        step.show(&format!("  • {memory}"));
    }
    step.expect(
        memories
            .iter()
            .any(|memory| memory.contains("organic chain oil")),
        "what Mira said must be remembered",
    )
}

async fn second_call(elevenlabs: &ElevenLabs) -> Result<(), DemoError> {
    let step = Step::begin("4. A week later Mira calls again");
    let reply = elevenlabs.ring(AGENT, MIRA).await?;
    step.show(&format!(
        "The phone rings                                client-data, {} ms, no language model",
        reply.milliseconds
    ));
    step.show_variables(
        &reply,
        &[
            "caller_known",
            "caller_name",
            "greeting",
            "last_call_summary",
        ],
    );
    step.expect(
        variable(&reply, "caller_known") == "true",
        "Mira must be known",
    )?;
    step.expect(
        variable(&reply, "greeting").contains("Mira"),
        "Mira must be greeted by name",
    )
}

async fn search_during_the_call(elevenlabs: &ElevenLabs) -> Result<(), DemoError> {
    let step = Step::begin("5. During the call the agent looks up which oil she wanted");
    let reply = elevenlabs.look_up(AGENT, MIRA, "which chain oil").await?;
    step.show(&format!(
        "“which chain oil”                              search-memory, {} ms",
        reply.milliseconds
    ));
    let best = reply.body["results"][0]["memory"]
        .as_str()
        .unwrap_or_default();
    step.show(&format!(
        "  found ({}): {best}",
        reply.body["results"][0]["relevance"]
    ));
    step.expect(
        best.contains("organic chain oil"),
        "the right memory must come first",
    )
}

async fn another_agent(elevenlabs: &ElevenLabs) -> Result<(), DemoError> {
    let step = Step::begin("6. Another agent of the same company looks her up");
    let reply = elevenlabs
        .look_up(OTHER_AGENT, MIRA, "touring bike brakes")
        .await?;
    step.show(&format!(
        "Agents may share what callers told them        searched: {}",
        text(&reply.body["searched_agents"])
    ));
    step.show(&format!("  {}", text(&reply.body["summary"])));
    step.expect(
        !hits(&reply).is_empty(),
        "what was told to one agent must be found by another",
    )
}

async fn stranger(elevenlabs: &ElevenLabs) -> Result<(), DemoError> {
    let step = Step::begin("7. A stranger calls, and gets nothing of Mira’s");
    let reply = elevenlabs.ring(AGENT, STRANGER).await?;
    step.show_variables(&reply, &["caller_known", "greeting"]);
    step.expect(
        variable(&reply, "caller_known") == "false",
        "a stranger must not be known",
    )?;
    step.expect(
        variable(&reply, "memory_context").is_empty(),
        "a stranger must learn nothing",
    )?;
    let reply = elevenlabs
        .look_up(AGENT, STRANGER, "which chain oil")
        .await?;
    step.show(&format!("  search        {}", text(&reply.body["summary"])));
    step.expect(hits(&reply).is_empty(), "a stranger must find nothing")
}

struct Step(&'static str);

impl Step {
    fn begin(title: &'static str) -> Self {
        println!("\n{title}");
        Self(title)
    }

    fn show(&self, line: &str) {
        println!("   {line}");
    }

    fn show_variables(&self, reply: &Reply, names: &[&str]) {
        for name in names {
            self.show(&format!("  {name:<18}{}", variable(reply, name)));
        }
    }

    fn expect(&self, holds: bool, what: &str) -> Result<(), DemoError> {
        if holds {
            Ok(())
        } else {
            Err(DemoError::Step {
                step: self.0,
                what: what.to_owned(),
            })
        }
    }
}

fn variable<'a>(reply: &'a Reply, name: &str) -> &'a str {
    text(&reply.body["dynamic_variables"][name])
}

fn hits(reply: &Reply) -> &[Value] {
    reply.body["results"].as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
