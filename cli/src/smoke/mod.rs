//! `elaaoms smoke`: is a deployment in order? Every endpoint, every refusal, and a whole round trip
//! with an invented caller, who is forgotten again.

use std::time::{Duration, Instant};

use clap::Args;
use common::archive::{Archive, Key};
use common::call::{CallerId, ConversationId};
use common::elevenlabs::signature;
use common::http_client;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::failure::Failure;
use crate::memories::tombstone::pseudonyms;
use crate::memories::{ForgetSummary, forget};
use crate::terminal::{BAD, CommandOutput, GOOD, Table, styled};
use crate::webhook::Webhook;

/// How long one answer may take; longer than any webhook's deadline.
const LIMIT: Duration = Duration::from_secs(15);
/// How often it is looked whether the call is remembered.
const LOOK: Duration = Duration::from_millis(250);
/// What the invented caller says, in words that nobody else uses.
const SAID: &str = "My favourite colour is heliotrope and my order number is SMK-4711.";

/// Test a deployment: every endpoint, every refusal, and a round trip with an invented caller
///
/// The caller is a name that no telephone has. What was kept of it is erased at the end, which
/// needs the deployment itself: its data folder, or --stage. Exits with 4 when a step fails.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms smoke http://127.0.0.1:8000
  elaaoms smoke --stage prod
  elaaoms smoke https://memory.example.com --stage prod --wait 120")]
pub(crate) struct Arguments {
    /// Base URL [default: that of the deployment]
    url: Option<Url>,
    /// Seconds that the extraction of the invented call may take
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    wait: u64,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    // An empty place to clean up in is noticed before anything is left there.
    deployment.calls()?;
    let base = arguments.url.clone().map_or_else(|| deployment.url(), Ok)?;
    deployment.may_send_key(&base)?;
    let mut smoke = Smoke::new(&deployment, base)?;
    smoke.refusals().await;
    smoke.strangers().await;
    smoke.round_trip(Duration::from_secs(arguments.wait)).await;
    smoke.clean_up().await;
    Ok(smoke.answer())
}

struct Smoke<'a> {
    deployment: &'a Deployment,
    base: Url,
    caller: CallerId,
    conversation: ConversationId,
    id: String,
    steps: Vec<Step>,
}

struct Step {
    name: &'static str,
    /// Why not, where it failed.
    fault: Option<String>,
    milliseconds: u128,
}

type Checked = Result<(), String>;

/// Status and body; no status when nothing came.
struct Reply(u16, Value);

impl<'a> Smoke<'a> {
    fn new(deployment: &'a Deployment, base: Url) -> Result<Self, Failure> {
        // Asked for here, so that a missing secret is no failed step.
        for name in [
            "WEBHOOK_API_KEY",
            "ELEVENLABS_POST_CALL_HMAC_KEY",
            "CALLER_ID_PEPPER",
        ] {
            deployment.secret(name)?;
        }
        // A SIP address of a domain that nobody can own.
        let run = Uuid::new_v4().simple().to_string();
        let id = format!("{run}@smoke.example");
        let caller = CallerId::from_phone(&id).ok_or(Failure::MissingSecret("CALLER_ID_PEPPER"))?;
        let conversation = format!("conv_smoke{run}");
        let conversation = ConversationId::parse(&conversation)
            .map_err(|_| Failure::InvalidConversationId(conversation))?;
        Ok(Self {
            deployment,
            base,
            caller,
            conversation,
            id,
            steps: Vec::new(),
        })
    }

    async fn refusals(&mut self) {
        let health = self
            .send(
                self.deployment
                    .context
                    .http
                    .get(http_client::join(&self.base, &["health"])),
            )
            .await;
        self.step("health is well", |reply| status(reply, 200), health);
        for (name, webhook) in [
            ("client-data refuses without a key", Webhook::ClientData),
            ("search-memory refuses without a key", Webhook::SearchMemory),
            ("post-call refuses without a signature", Webhook::PostCall),
        ] {
            let reply = self.post(webhook, &json!({}), None).await;
            self.step(name, |reply| status(reply, 401), reply);
        }
        let body = self.call();
        let now = self.deployment.context.now();
        let hour_ago = now
            .checked_sub(SignedDuration::from_hours(1))
            .unwrap_or(now);
        for (name, secret, at) in [
            (
                "post-call refuses a wrong signature",
                Some("not the secret"),
                now,
            ),
            ("post-call refuses a stale signature", None, hour_ago),
        ] {
            let header = self.signature(&body, secret, at);
            let reply = self
                .post(Webhook::PostCall, &body, Some((signature::HEADER, header)))
                .await;
            self.step(name, |reply| status(reply, 401), reply);
        }
    }

    async fn strangers(&mut self) {
        let ring = self.ring().await;
        self.step(
            "a stranger is greeted as a stranger",
            |reply| is_known(reply, "false"),
            ring,
        );
        let found = self.search(&self.id).await;
        self.step(
            "of a stranger nothing is found",
            |reply| hits(reply, |count| count == 0),
            found,
        );
    }

    async fn round_trip(&mut self, patience: Duration) {
        let body = self.call();
        let header = self.signature(&body, None, self.deployment.context.now());
        let reply = self
            .post(Webhook::PostCall, &body, Some((signature::HEADER, header)))
            .await;
        self.step("a signed call is kept and queued", is_queued, reply);
        let started = Instant::now();
        let mut ring = self.ring().await;
        while is_known(&ring.0, "true").is_err() && started.elapsed() < patience {
            tokio::time::sleep(LOOK).await;
            ring = self.ring().await;
        }
        ring.1 = started.elapsed();
        self.step(
            "the caller is known the next time",
            |reply| is_known(reply, "true"),
            ring,
        );
        self.finished(patience.saturating_sub(started.elapsed()))
            .await;
        let found = self.search(&self.id).await;
        self.step(
            "what was said is found",
            |reply| hits(reply, |count| count > 0),
            found,
        );
        let other = self.search(&format!("x{}", self.id)).await;
        self.step(
            "another caller does not see it",
            |reply| hits(reply, |count| count == 0),
            other,
        );
    }

    /// The greeting is there a moment before the extraction is over. What is cleaned up before that
    /// would come back.
    async fn finished(&mut self, patience: Duration) {
        let started = Instant::now();
        let is_done = async || {
            self.deployment
                .calls()?
                .contains(&Key::done(&self.conversation))
                .await
                .map_err(Failure::from)
        };
        let fault = loop {
            match is_done().await {
                Ok(true) => break None,
                Ok(false) if started.elapsed() < patience => tokio::time::sleep(LOOK).await,
                Ok(false) => {
                    break Some("it is not: is it the data folder of this URL?".to_owned());
                }
                Err(failure) => break Some(failure.to_string()),
            }
        };
        self.steps.push(Step {
            name: "the extraction is over",
            fault,
            milliseconds: started.elapsed().as_millis(),
        });
    }

    /// Whatever failed before, nothing of the invented caller stays.
    async fn clean_up(&mut self) {
        let started = Instant::now();
        let fault = match self.forget().await {
            Ok(0) => Some("nothing was found there: is it the data folder of this URL?".to_owned()),
            Ok(_) => None,
            Err(failure) => Some(failure.to_string()),
        };
        self.steps.push(Step {
            name: "the invented caller is forgotten",
            fault,
            milliseconds: started.elapsed().as_millis(),
        });
        let ring = self.ring().await;
        self.step(
            "and is a stranger again",
            |reply| is_known(reply, "false"),
            ring,
        );
    }

    /// How many payloads were found. Not even the marks of their calls stay: nobody will send an
    /// invented call again.
    async fn forget(&self) -> Result<u64, Failure> {
        let mut forgotten = ForgetSummary::default();
        let erased = forget(self.deployment, &self.caller, &mut forgotten).await?;
        let calls = self.deployment.calls()?;
        for conversation in &erased {
            calls.delete(&Key::erased(conversation)).await?;
        }
        for hash in pseudonyms(&self.caller, &self.deployment.secret("CALLER_ID_PEPPER")?) {
            calls.delete(&Key::forgotten(&hash)).await?;
        }
        Ok(forgotten.payloads)
    }

    fn step(
        &mut self,
        name: &'static str,
        check: impl Fn(&Reply) -> Checked,
        (reply, took): (Reply, Duration),
    ) {
        self.steps.push(Step {
            name,
            fault: check(&reply).err(),
            milliseconds: took.as_millis(),
        });
    }

    fn call(&self) -> Value {
        let at = self.deployment.context.now().as_second();
        let conversation = &self.conversation;
        let turn = |role: &str, message: &str| json!({"role": role, "message": message, "time_in_call_secs": 1});
        json!({"type": "post_call_transcription", "event_timestamp": at, "data": {
            "agent_id": self.agent(), "conversation_id": conversation, "status": "done",
            "transcript": [turn("agent", "Hello, how can I help you?"), turn("user", SAID)],
            "metadata": {"start_time_unix_secs": at, "call_duration_secs": 9,
                "phone_call": {"direction": "inbound", "external_number": self.id}},
            "analysis": {"call_successful": "success", "transcript_summary": SAID},
            "conversation_initiation_client_data": {"dynamic_variables": {
                "system__caller_id": self.id, "system__agent_id": self.agent(), "system__conversation_id": conversation}}}})
    }

    fn agent(&self) -> &'static str {
        "agent_smoke_test"
    }

    fn signature(&self, body: &Value, secret: Option<&str>, at: Timestamp) -> String {
        let keys = self
            .deployment
            .get("ELEVENLABS_POST_CALL_HMAC_KEY")
            .unwrap_or_default();
        let ours = keys.split(',').next().unwrap_or_default().trim();
        signature::sign(
            body.to_string().as_bytes(),
            &SecretString::from(secret.unwrap_or(ours)),
            at,
        )
    }

    async fn ring(&self) -> (Reply, Duration) {
        let body = json!({"caller_id": self.id, "agent_id": self.agent(), "called_number": "smoke", "call_sid": "smoke"});
        self.keyed(Webhook::ClientData, &body).await
    }

    async fn search(&self, caller: &str) -> (Reply, Duration) {
        let body = json!({"query": "favourite colour and order number", "caller_id": caller, "agent_id": self.agent(),
            "search_all_agents": false});
        self.keyed(Webhook::SearchMemory, &body).await
    }

    async fn keyed(&self, webhook: Webhook, body: &Value) -> (Reply, Duration) {
        let keys = self.deployment.get("WEBHOOK_API_KEY").unwrap_or_default();
        let key = keys.split(',').next().unwrap_or_default().trim().to_owned();
        self.post(webhook, body, Some(("x-api-key", key))).await
    }

    async fn post(
        &self,
        webhook: Webhook,
        body: &Value,
        proof: Option<(&'static str, String)>,
    ) -> (Reply, Duration) {
        let request = self
            .deployment
            .context
            .http
            .post(webhook.url(&self.base))
            .body(body.to_string());
        let request = request.header("content-type", "application/json");
        self.send(match proof {
            Some((name, value)) => request.header(name, value),
            None => request,
        })
        .await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> (Reply, Duration) {
        let started = Instant::now();
        let reply = match http_client::send(request.timeout(LIMIT)).await {
            Ok(answer) => Reply(answer.status.as_u16(), answer.json().unwrap_or_default()),
            Err(error) => Reply(0, error.to_string().into()),
        };
        (reply, started.elapsed())
    }

    fn answer(&self) -> CommandOutput {
        let mut table = Table::new(&["", "step", "ms", ""]);
        for step in &self.steps {
            let mark = if step.fault.is_none() {
                styled(GOOD, "ok")
            } else {
                styled(BAD, "failed")
            };
            let fault = step.fault.clone().unwrap_or_default();
            table.row([
                mark,
                step.name.to_owned(),
                step.milliseconds.to_string(),
                fault,
            ]);
        }
        let failed = self
            .steps
            .iter()
            .filter(|step| step.fault.is_some())
            .count();
        let verdict = match failed {
            0 => styled(GOOD, format!("{} is in order.", self.base)),
            failed => styled(
                BAD,
                format!("{failed} of {} steps failed.", self.steps.len()),
            ),
        };
        let step = |step: &Step| {
            json!({"step": step.name, "ok": step.fault.is_none(), "fault": step.fault,
                "milliseconds": u64::try_from(step.milliseconds).unwrap_or(u64::MAX)})
        };
        let steps: Vec<Value> = self.steps.iter().map(step).collect();
        let data = json!({"url": self.base.as_str(), "ok": failed == 0, "steps": steps});
        CommandOutput::new(format!("{}\n{verdict}", table.text()), data)
            .with_check_result(failed == 0)
    }
}

fn status(reply: &Reply, wanted: u16) -> Checked {
    match reply {
        Reply(0, reason) => Err(reason.as_str().unwrap_or("no answer").to_owned()),
        Reply(status, _) if *status == wanted => Ok(()),
        Reply(status, body) => {
            let reasons: Vec<&str> = body["reasons"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            Err(format!(
                "answered {status} instead of {wanted}. {}",
                reasons.join(" ")
            )
            .trim_end()
            .to_owned())
        }
    }
}

fn is_known(reply: &Reply, wanted: &str) -> Checked {
    status(reply, 200)?;
    match reply.1["dynamic_variables"]["caller_known"].as_str() {
        Some(known) if known == wanted => Ok(()),
        Some(known) => Err(format!("caller_known is {known}")),
        None => Err("there is no caller_known in the answer".to_owned()),
    }
}

fn is_queued(reply: &Reply) -> Checked {
    status(reply, 200)?;
    let queued = reply.1["data"]["memory_extraction_queued"].as_bool();
    if queued == Some(true) {
        Ok(())
    } else {
        Err("it is not queued".to_owned())
    }
}

fn hits(reply: &Reply, fits: impl Fn(usize) -> bool) -> Checked {
    status(reply, 200)?;
    if reply.1["memory_available"] != true {
        return Err("memory cannot be reached".to_owned());
    }
    let count = reply.1["results"].as_array().map_or(0, Vec::len);
    if fits(count) {
        Ok(())
    } else {
        Err(format!("{count} memories"))
    }
}
