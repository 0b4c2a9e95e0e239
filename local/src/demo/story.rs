//! The steps of the demo. Each step prints what happens, and fails if its result is unexpected.

use serde_json::Value;

use super::DemoError;
use super::elevenlabs::{ElevenLabs, Reply, now};
use super::script::{AGENT, FIRST_CALL, MIRA, OTHER_AGENT, STRANGER, first_call_webhook};

pub(super) async fn run(elevenlabs: &ElevenLabs) -> Result<(), DemoError> {
    first_call(elevenlabs).await?;
    forged_call(elevenlabs).await?;
    extraction(elevenlabs).await?;
    second_call(elevenlabs).await?;
    search_during_the_call(elevenlabs).await?;
    another_agent(elevenlabs).await?;
    unknown_caller(elevenlabs).await
}

async fn first_call(elevenlabs: &ElevenLabs) -> Result<(), DemoError> {
    let step = Step::begin("1. Mira calls a bicycle shop for the first time");
    let reply = elevenlabs.client_data(AGENT, MIRA).await?;
    step.show(&format!(
        "The phone rings; the agent requests data      client-data, {} ms",
        reply.milliseconds
    ));
    step.show_variables(&reply, &["caller_known", "greeting"]);
    step.expect(
        variable(&reply, "caller_known") == "false",
        "Mira is not known yet",
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
    let step = Step::begin("2. Somebody other than ElevenLabs posts a call");
    let reply = elevenlabs
        .post_forged_call(&first_call_webhook(now().as_second()))
        .await?;
    step.show(&format!(
        "A wrong signature is rejected                  post-call, status {}",
        reply.status.as_u16()
    ));
    step.expect(reply.status.as_u16() == 401, "the forged call is rejected")
}

async fn extraction(elevenlabs: &ElevenLabs) -> Result<(), DemoError> {
    let step = Step::begin("3. The call is over and ElevenLabs posts the signed transcript");
    let reply = elevenlabs
        .post_call(&first_call_webhook(now().as_second()))
        .await?;
    step.show(&format!(
        "Archived byte for byte, then queued            post-call, {} ms",
        reply.milliseconds
    ));
    step.expect(reply.status.is_success(), "the signed call is accepted")?;
    step.expect(
        reply.body["data"]["memory_extraction_queued"] == Value::Bool(true),
        "its extraction is queued",
    )?;
    let memories = elevenlabs.memories(AGENT, MIRA).await?;
    step.show("A moment later, these memories of Mira are stored:");
    for memory in &memories {
        step.show(&format!("  • {memory}"));
    }
    step.expect(
        memories
            .iter()
            .any(|memory| memory.contains("organic chain oil")),
        "a memory says what Mira wanted",
    )
}

async fn second_call(elevenlabs: &ElevenLabs) -> Result<(), DemoError> {
    let step = Step::begin("4. A week later Mira calls again");
    let reply = elevenlabs.client_data(AGENT, MIRA).await?;
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
        "Mira is recognised",
    )?;
    step.expect(
        variable(&reply, "greeting").contains("Mira"),
        "Mira is greeted by name",
    )
}

async fn search_during_the_call(elevenlabs: &ElevenLabs) -> Result<(), DemoError> {
    let step = Step::begin("5. During the call the agent looks up which oil she wanted");
    let reply = elevenlabs.search(AGENT, MIRA, "which chain oil").await?;
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
        "the right memory comes first",
    )
}

async fn another_agent(elevenlabs: &ElevenLabs) -> Result<(), DemoError> {
    let step = Step::begin("6. Another agent of the same company searches for her memories");
    let reply = elevenlabs
        .search(OTHER_AGENT, MIRA, "touring bike brakes")
        .await?;
    step.show(&format!(
        "Agents may share memories                      searched: {}",
        text(&reply.body["searched_agents"])
    ));
    step.show(&format!("  {}", text(&reply.body["summary"])));
    step.expect(
        !hits(&reply).is_empty(),
        "another agent finds the memory too",
    )
}

async fn unknown_caller(elevenlabs: &ElevenLabs) -> Result<(), DemoError> {
    let step = Step::begin("7. A stranger calls and gets none of Mira’s memories");
    let reply = elevenlabs.client_data(AGENT, STRANGER).await?;
    step.show_variables(&reply, &["caller_known", "greeting"]);
    step.expect(
        variable(&reply, "caller_known") == "false",
        "the stranger is not known",
    )?;
    step.expect(
        variable(&reply, "memory_context").is_empty(),
        "the stranger gets no memories",
    )?;
    let reply = elevenlabs
        .search(AGENT, STRANGER, "which chain oil")
        .await?;
    step.show(&format!("  search        {}", text(&reply.body["summary"])));
    step.expect(hits(&reply).is_empty(), "a search finds nothing")
}

/// A step with its title.
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

    /// Fails with the expectation, which completes "expected that …".
    fn expect(&self, is_met: bool, expectation: &str) -> Result<(), DemoError> {
        if is_met {
            Ok(())
        } else {
            Err(DemoError::Step {
                step: self.0,
                expectation: expectation.to_owned(),
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
