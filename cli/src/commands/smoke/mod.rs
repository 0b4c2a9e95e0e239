//! `elaaoms smoke`: tests a deployment. It calls every endpoint, checks that unauthenticated
//! requests are rejected, and makes a round trip with an invented caller, who is erased at the end.

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
use crate::deployment::{Deployment, DeploymentArguments, DeploymentError};
use crate::erasing;
use crate::error::Failure;
use crate::input::conversation_id;
use crate::terminal::{BAD, CommandOutput, GOOD, Table, styled};
use crate::webhook::Webhook;

/// Timeout of one request; longer than any webhook's deadline.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// How often to check whether the call was extracted.
const POLL_INTERVAL: Duration = Duration::from_millis(250);
/// What the invented caller says. No other caller uses these words.
const STATEMENT: &str = "My favourite colour is heliotrope and my order number is SMK-4711.";

/// Test a deployment: every endpoint, its authentication, and a round trip with an invented caller
///
/// The invented caller has an id that no telephone can have. Its data is erased at the end, which
/// needs access to the deployment's data folder, or --stage. Exits with 4 if a step fails.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms smoke http://127.0.0.1:8000
  elaaoms smoke --stage prod
  elaaoms smoke https://memory.example.com --stage prod --wait 120")]
pub(crate) struct Arguments {
    /// Base URL to test [default: the deployment's own]
    url: Option<Url>,
    /// Seconds to wait for the extraction of the invented call
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
    // Fails here if the archive cannot be cleaned up later, before the test leaves data in it.
    deployment.calls()?;
    let base = arguments.url.clone().map_or_else(|| deployment.url(), Ok)?;
    deployment.check_key_transport(&base)?;
    let mut smoke = Smoke::new(&deployment, base)?;
    smoke.check_authentication().await;
    smoke.check_unknown_caller().await;
    smoke
        .check_round_trip(Duration::from_secs(arguments.wait))
        .await;
    smoke.clean_up().await;
    Ok(smoke.report())
}

/// A smoke test in progress.
struct Smoke<'a> {
    deployment: &'a Deployment,
    base: Url,
    caller: CallerId,
    conversation: ConversationId,
    /// The caller's id as ElevenLabs would send it.
    id: String,
    steps: Vec<Step>,
}

/// The result of one step.
struct Step {
    name: &'static str,
    /// Why the step failed; `None` if it succeeded.
    error: Option<String>,
    milliseconds: u128,
}

/// The error says why the check failed.
type CheckResult = Result<(), String>;

/// The status and body of a response. Without a response, the status is 0 and the body is the
/// reason.
struct Reply(u16, Value);

impl<'a> Smoke<'a> {
    fn new(deployment: &'a Deployment, base: Url) -> Result<Self, Failure> {
        // A missing secret is an error of the command, not a failed step.
        for name in [
            "WEBHOOK_API_KEY",
            "ELEVENLABS_POST_CALL_HMAC_KEY",
            "CALLER_ID_PEPPER",
        ] {
            deployment.secret(name)?;
        }
        // A SIP address in a reserved domain, which nobody can own.
        let run = Uuid::new_v4().simple().to_string();
        let id = format!("{run}@smoke.example");
        let caller =
            CallerId::from_phone(&id).ok_or(DeploymentError::MissingSecret("CALLER_ID_PEPPER"))?;
        let conversation = conversation_id(&format!("conv_smoke{run}"))?;
        Ok(Self {
            deployment,
            base,
            caller,
            conversation,
            id,
            steps: Vec::new(),
        })
    }

    async fn check_authentication(&mut self) {
        let health = self
            .send(
                self.deployment
                    .context
                    .http
                    .get(http_client::join(&self.base, &["health"])),
            )
            .await;
        self.step("health reports ok", |reply| status(reply, 200), health);
        for (name, webhook) in [
            (
                "client-data rejects a request without a key",
                Webhook::ClientData,
            ),
            (
                "search-memory rejects a request without a key",
                Webhook::SearchMemory,
            ),
            (
                "post-call rejects a request without a signature",
                Webhook::PostCall,
            ),
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
                "post-call rejects a wrong signature",
                Some("not the secret"),
                now,
            ),
            ("post-call rejects an expired signature", None, hour_ago),
        ] {
            let header = self.signature(&body, secret, at);
            let reply = self
                .post(Webhook::PostCall, &body, Some((signature::HEADER, header)))
                .await;
            self.step(name, |reply| status(reply, 401), reply);
        }
    }

    async fn check_unknown_caller(&mut self) {
        let client_data = self.client_data().await;
        self.step(
            "an unknown caller is not recognised",
            |reply| is_known(reply, "false"),
            client_data,
        );
        let found = self.search(&self.id).await;
        self.step(
            "a search for an unknown caller finds nothing",
            |reply| hits(reply, |count| count == 0),
            found,
        );
    }

    async fn check_round_trip(&mut self, timeout: Duration) {
        let body = self.call();
        let header = self.signature(&body, None, self.deployment.context.now());
        let reply = self
            .post(Webhook::PostCall, &body, Some((signature::HEADER, header)))
            .await;
        self.step("a signed call is archived and queued", is_queued, reply);
        let started = Instant::now();
        let mut client_data = self.client_data().await;
        while is_known(&client_data.0, "true").is_err() && started.elapsed() < timeout {
            tokio::time::sleep(POLL_INTERVAL).await;
            client_data = self.client_data().await;
        }
        client_data.1 = started.elapsed();
        self.step(
            "the caller is recognised on the next call",
            |reply| is_known(reply, "true"),
            client_data,
        );
        self.wait_for_extraction(timeout.saturating_sub(started.elapsed()))
            .await;
        let found = self.search(&self.id).await;
        self.step(
            "a search finds what the caller said",
            |reply| hits(reply, |count| count > 0),
            found,
        );
        let other = self.search(&format!("x{}", self.id)).await;
        self.step(
            "a search for another caller does not find it",
            |reply| hits(reply, |count| count == 0),
            other,
        );
    }

    /// Waits until the extraction has finished. The greeting is available a moment earlier, but the
    /// extraction would then write again what a clean-up has erased.
    async fn wait_for_extraction(&mut self, timeout: Duration) {
        let started = Instant::now();
        let error = loop {
            match self.is_extracted().await {
                Ok(true) => break None,
                Ok(false) if started.elapsed() < timeout => tokio::time::sleep(POLL_INTERVAL).await,
                Ok(false) => {
                    break Some("it has not: does the data folder belong to this URL?".to_owned());
                }
                Err(failure) => break Some(failure.to_string()),
            }
        };
        self.steps.push(Step {
            name: "the extraction has finished",
            error,
            milliseconds: started.elapsed().as_millis(),
        });
    }

    async fn is_extracted(&self) -> Result<bool, Failure> {
        let calls = self.deployment.calls()?;
        Ok(calls.contains(&Key::done(&self.conversation)).await?)
    }

    /// Erases the invented caller, even if an earlier step failed.
    async fn clean_up(&mut self) {
        let started = Instant::now();
        let error = match self.forget().await {
            Ok(0) => Some(
                "the archive has no data of the caller: does the data folder belong to this URL?"
                    .to_owned(),
            ),
            Ok(_) => None,
            Err(failure) => Some(failure.to_string()),
        };
        self.steps.push(Step {
            name: "the invented caller is erased",
            error,
            milliseconds: started.elapsed().as_millis(),
        });
        let client_data = self.client_data().await;
        self.step(
            "the erased caller is not recognised",
            |reply| is_known(reply, "false"),
            client_data,
        );
    }

    /// Erases the invented caller and returns the number of erased payloads. Deletes the tombstones
    /// too, because nobody will send an invented call again.
    async fn forget(&self) -> Result<u64, Failure> {
        let erasing = erasing::of(self.deployment)?;
        let forgotten = erasing.forget(&self.caller).await?;
        let calls = &erasing.archive;
        for conversation in &forgotten.calls {
            calls.delete(&Key::erased(conversation)).await?;
        }
        for hash in self.caller.pseudonyms(&erasing.pepper) {
            calls.delete(&Key::forgotten(&hash)).await?;
        }
        Ok(forgotten.counts.payloads)
    }

    fn step(
        &mut self,
        name: &'static str,
        check: impl Fn(&Reply) -> CheckResult,
        (reply, duration): (Reply, Duration),
    ) {
        self.steps.push(Step {
            name,
            error: check(&reply).err(),
            milliseconds: duration.as_millis(),
        });
    }

    /// Returns the post-call webhook of the invented call.
    fn call(&self) -> Value {
        let at = self.deployment.context.now().as_second();
        let conversation = &self.conversation;
        let turn = |role: &str, message: &str| json!({"role": role, "message": message, "time_in_call_secs": 1});
        json!({"type": "post_call_transcription", "event_timestamp": at, "data": {
            "agent_id": self.agent(), "conversation_id": conversation, "status": "done",
            "transcript": [turn("agent", "Hello, how can I help you?"), turn("user", STATEMENT)],
            "metadata": {"start_time_unix_secs": at, "call_duration_secs": 9,
                "phone_call": {"direction": "inbound", "external_number": self.id}},
            "analysis": {"call_successful": "success", "transcript_summary": STATEMENT},
            "conversation_initiation_client_data": {"dynamic_variables": {
                "system__caller_id": self.id, "system__agent_id": self.agent(), "system__conversation_id": conversation}}}})
    }

    fn agent(&self) -> &'static str {
        "agent_smoke_test"
    }

    /// Signs with the given secret, or with the deployment's own.
    fn signature(&self, body: &Value, secret: Option<&str>, at: Timestamp) -> String {
        let keys = self
            .deployment
            .get("ELEVENLABS_POST_CALL_HMAC_KEY")
            .unwrap_or_default();
        let current = keys.split(',').next().unwrap_or_default().trim();
        signature::sign(
            body.to_string().as_bytes(),
            &SecretString::from(secret.unwrap_or(current)),
            at,
        )
    }

    async fn client_data(&self) -> (Reply, Duration) {
        let body = json!({"caller_id": self.id, "agent_id": self.agent(), "called_number": "smoke", "call_sid": "smoke"});
        self.post_with_key(Webhook::ClientData, &body).await
    }

    async fn search(&self, caller: &str) -> (Reply, Duration) {
        let body = json!({"query": "favourite colour and order number", "caller_id": caller, "agent_id": self.agent(),
            "search_all_agents": false});
        self.post_with_key(Webhook::SearchMemory, &body).await
    }

    async fn post_with_key(&self, webhook: Webhook, body: &Value) -> (Reply, Duration) {
        let keys = self.deployment.get("WEBHOOK_API_KEY").unwrap_or_default();
        let key = keys.split(',').next().unwrap_or_default().trim().to_owned();
        self.post(webhook, body, Some(("x-api-key", key))).await
    }

    async fn post(
        &self,
        webhook: Webhook,
        body: &Value,
        authentication: Option<(&'static str, String)>,
    ) -> (Reply, Duration) {
        let request = self
            .deployment
            .context
            .http
            .post(webhook.url(&self.base))
            .body(body.to_string());
        let request = request.header("content-type", "application/json");
        self.send(match authentication {
            Some((name, value)) => request.header(name, value),
            None => request,
        })
        .await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> (Reply, Duration) {
        let started = Instant::now();
        let reply = match http_client::send(request.timeout(REQUEST_TIMEOUT)).await {
            Ok(response) => Reply(
                response.status.as_u16(),
                response.json().unwrap_or_default(),
            ),
            Err(error) => Reply(0, error.to_string().into()),
        };
        (reply, started.elapsed())
    }

    fn report(&self) -> CommandOutput {
        let mut table = Table::new(&["", "step", "ms", ""]);
        for step in &self.steps {
            let result = if step.error.is_none() {
                styled(GOOD, "ok")
            } else {
                styled(BAD, "failed")
            };
            table.row([
                result,
                step.name.to_owned(),
                step.milliseconds.to_string(),
                step.error.clone().unwrap_or_default(),
            ]);
        }
        let failed = self
            .steps
            .iter()
            .filter(|step| step.error.is_some())
            .count();
        let verdict = match failed {
            0 => styled(GOOD, format!("All steps passed on {}.", self.base)),
            failed => styled(
                BAD,
                format!("{failed} of {} steps failed.", self.steps.len()),
            ),
        };
        let steps: Vec<Value> = self.steps.iter().map(Step::data).collect();
        let data = json!({"url": self.base.as_str(), "ok": failed == 0, "steps": steps});
        CommandOutput::new(format!("{}\n{verdict}", table.text()), data)
            .with_check_result(failed == 0)
    }
}

impl Step {
    fn data(&self) -> Value {
        json!({
            "step": self.name,
            "ok": self.error.is_none(),
            "fault": self.error,
            "milliseconds": u64::try_from(self.milliseconds).unwrap_or(u64::MAX),
        })
    }
}

fn status(reply: &Reply, expected: u16) -> CheckResult {
    match reply {
        Reply(0, reason) => Err(reason.as_str().unwrap_or("no response").to_owned()),
        Reply(status, _) if *status == expected => Ok(()),
        Reply(status, body) => {
            let reasons: Vec<&str> = body["reasons"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            Err(format!(
                "returned status {status} instead of {expected}. {}",
                reasons.join(" ")
            )
            .trim_end()
            .to_owned())
        }
    }
}

fn is_known(reply: &Reply, expected: &str) -> CheckResult {
    status(reply, 200)?;
    match reply.1["dynamic_variables"]["caller_known"].as_str() {
        Some(known) if known == expected => Ok(()),
        Some(known) => Err(format!("caller_known is {known}")),
        None => Err("the response has no caller_known".to_owned()),
    }
}

fn is_queued(reply: &Reply) -> CheckResult {
    status(reply, 200)?;
    let queued = reply.1["data"]["memory_extraction_queued"].as_bool();
    if queued == Some(true) {
        Ok(())
    } else {
        Err("the call was not queued".to_owned())
    }
}

/// Checks the number of memories that a search found.
fn hits(reply: &Reply, is_expected: impl Fn(usize) -> bool) -> CheckResult {
    status(reply, 200)?;
    if reply.1["memory_available"] != true {
        return Err("the memory store is unavailable".to_owned());
    }
    let count = reply.1["results"].as_array().map_or(0, Vec::len);
    if is_expected(count) {
        Ok(())
    } else {
        Err(format!("found {count} memories"))
    }
}
