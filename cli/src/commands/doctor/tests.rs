use clap::Parser;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::commands::{Command, Task};
use crate::elevenlabs::fake::Workspace;

/// A deployment with a connected agent.
struct Fixture {
    workspace: Workspace,
    /// Serves the webhooks, the memory store and the provider.
    server: MockServer,
    folder: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Fixture {
    async fn new() -> Self {
        let (workspace, api) = Workspace::start().await;
        let server = MockServer::start().await;
        let variables = [
            ("ELEVENLABS_API_KEY", "xi-test".to_owned()),
            ("ELEVENLABS_API_URL", api),
            ("WEBHOOK_API_KEY", "key".to_owned()),
            ("CALLER_ID_PEPPER", "pepper".to_owned()),
            ("OPENMEMORY_API_URL", server.uri()),
            ("LLM_PROVIDER", "openai".to_owned()),
            ("LLM_MODEL", "gpt-4o-mini".to_owned()),
            ("LLM_API_KEY", "llm".to_owned()),
            ("LLM_API_URL", server.uri()),
        ];
        let folder = tempfile::tempdir().unwrap();
        let mut fixture = Self {
            workspace,
            server,
            folder,
            variables: variables.to_vec(),
        };
        fixture
            .mock_endpoint(
                "/health",
                200,
                json!({"status": "healthy", "version": "1.0"}),
            )
            .await;
        fixture
            .mock_endpoint("/models", 200, json!({"data": []}))
            .await;
        fixture.connect().await;
        fixture
    }

    async fn mock_endpoint(&self, endpoint: &str, status: u16, body: serde_json::Value) {
        let answer = ResponseTemplate::new(status).set_body_json(body);
        // Failures take precedence over the mock of a success.
        Mock::given(path(endpoint))
            .respond_with(answer)
            .with_priority(if status == 200 { 5 } else { 1 })
            .mount(&self.server)
            .await;
    }

    async fn connect(&mut self) {
        let Task::Connect(arguments) = self.parsed("connect", &["--agent", "agent_1", "--yes"])
        else {
            panic!("not connect")
        };
        crate::commands::connect::run(&arguments, &self.context())
            .await
            .unwrap();
        let written = common::settings::dotenv::read(&self.folder.path().join(".env")).unwrap();
        self.variables.push((
            "ELEVENLABS_POST_CALL_HMAC_KEY",
            written["ELEVENLABS_POST_CALL_HMAC_KEY"].clone(),
        ));
    }

    fn parsed(&self, command: &str, options: &[&str]) -> Task {
        let file = self.folder.path().join(".env");
        let data = self.folder.path().join("data");
        let places = [
            "--env-file",
            file.to_str().unwrap(),
            "--data-dir",
            data.to_str().unwrap(),
        ];
        let url = ["--url", "https://calls.example.com"];
        let words = ["elaaoms", command]
            .into_iter()
            .chain(options.iter().copied())
            .chain(places)
            .chain(url);
        Command::try_parse_from(words).unwrap().task
    }

    fn context(&self) -> Context {
        let variables: Vec<(&str, &str)> = self
            .variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        Context::fixed(&variables, || jiff::Timestamp::UNIX_EPOCH)
    }

    /// Returns the problems that all checks find. `/health` is checked at the test server, not at
    /// the public URL.
    async fn findings(&self) -> Vec<(String, String, String)> {
        let Task::Doctor(arguments) = self.parsed("doctor", &["--agent", "agent_1"]) else {
            panic!("not doctor")
        };
        let mut findings =
            vec![health::check(&self.context(), &self.server.uri().parse().unwrap()).await];
        let context = self.context();
        let deployment = Deployment::find(&arguments.deployment, &context)
            .await
            .unwrap();
        findings.extend(configuration::settings(&deployment));
        findings.extend(configuration::store(&deployment).await);
        findings.extend(configuration::model(&deployment).await);
        findings.push(queue::check(&deployment).await);
        findings.extend(events::check(&deployment));
        findings.extend(extraction::check(&deployment).await);
        findings.extend(elevenlabs(&arguments, deployment, arguments.url.as_ref().unwrap()).await);
        let output = summarise(&findings);
        let is_fault = |finding: &Finding| finding.state == State::Fault;
        assert_eq!(output.data["in_order"], !findings.iter().any(is_fault));
        assert!(!output.text.contains("wsec_"), "no secret is shown");
        findings
            .into_iter()
            .filter(|finding| matches!(finding.state, State::Fault | State::Warning))
            .map(|finding| {
                (
                    finding.check.to_owned(),
                    finding.message,
                    finding.advice.unwrap_or_default(),
                )
            })
            .collect()
    }

    /// Returns the only problem.
    async fn finding(&self) -> (String, String, String) {
        let findings = self.findings().await;
        assert_eq!(findings.len(), 1, "{findings:?}");
        findings.into_iter().next().unwrap()
    }
}

#[tokio::test]
async fn a_healthy_deployment_with_a_connected_agent_has_no_problems() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.findings().await, vec![]);
}

#[tokio::test]
async fn a_webhook_that_elevenlabs_disabled_is_a_fault_with_its_last_status() {
    let fixture = Fixture::new().await;
    fixture.workspace.with_state(|state| {
        state.webhooks[0]["is_auto_disabled"] = json!(true);
        state.webhooks[0]["most_recent_failure_error_code"] = json!(401);
    });
    let findings = fixture.findings().await;
    let (check, message, advice) = &findings[0];
    assert_eq!(check, "webhook");
    assert!(
        message.contains("401") && advice.contains("elaaoms connect"),
        "{findings:?}"
    );
    assert!(
        findings[1].1.contains("enable the post-call webhook"),
        "connect would enable it: {findings:?}"
    );
}

#[tokio::test]
async fn a_provider_that_refuses_the_key_is_a_fault() {
    let fixture = Fixture::new().await;
    fixture.mock_endpoint("/models", 401, json!({})).await;
    let (check, message, advice) = fixture.finding().await;
    assert_eq!(check, "model");
    assert!(
        message.contains("401") && advice.contains("LLM_API_KEY"),
        "{message}"
    );
}

#[tokio::test]
async fn events_that_cannot_be_signed_are_a_fault() {
    let mut fixture = Fixture::new().await;
    let url = "https://events.example.com/?token=hidden".to_owned();
    fixture.variables.push(("EVENTS_URL", url));
    let (check, message, advice) = fixture.finding().await;
    assert_eq!(check, "events");
    assert!(message.contains("EVENTS_SECRET"), "{message}");
    assert!(!message.contains("hidden") && advice.contains("docs/events.md"));
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned();
    fixture.variables.push(("EVENTS_SECRET", secret));
    assert_eq!(fixture.findings().await, vec![]);
}

#[tokio::test]
async fn an_agent_without_the_tool_is_a_fault() {
    let fixture = Fixture::new().await;
    fixture.workspace.with_state(|state| {
        state.agents[0]["conversation_config"]["agent"]["prompt"]["tool_ids"] = json!(["calendar"])
    });
    let findings = fixture.findings().await;
    assert!(
        findings.iter().all(|(check, ..)| check == "agent"),
        "{findings:?}"
    );
    assert!(
        findings
            .iter()
            .any(|(_, message, _)| message.contains("search_memory")),
        "{findings:?}"
    );
}

#[tokio::test]
async fn excluded_transcripts_are_a_warning() {
    let fixture = Fixture::new().await;
    fixture.workspace.with_state(|state| {
        state.agents[0]["platform_settings"]["workspace_overrides"]["webhooks"]["exclude_transcript"] = json!(true);
    });
    let (check, message, advice) = fixture.finding().await;
    assert_eq!(check, "agent");
    assert!(
        message.contains("exclude_transcript") && advice.contains("ELEVENLABS_API_KEY"),
        "{message} {advice}"
    );
}

#[tokio::test]
async fn an_unconnected_branch_that_takes_calls_is_a_fault() {
    let fixture = Fixture::new().await;
    let not_connected = crate::elevenlabs::fake::agent("agent_1", "Bike shop");
    let branch = |id: &str, share: f64| {
        json!({"id": id, "name": format!("{id} name"), "agent_id": "agent_1", "description": "", "created_at": 0,
            "last_committed_at": 0, "is_archived": false, "current_live_percentage": share, "settings": not_connected})
    };
    fixture
        .workspace
        .with_state(|state| state.branches = vec![branch("draft", 0.0)]);
    assert_eq!(fixture.findings().await, vec![]);
    fixture
        .workspace
        .with_state(|state| state.branches.push(branch("trial", 20.0)));
    let findings = fixture.findings().await;
    assert!(
        findings
            .iter()
            .any(|(check, message, _)| check == "agent" && message.contains("branch trial name")),
        "{findings:?}"
    );
    assert!(
        findings
            .iter()
            .all(|(_, message, _)| !message.contains("draft")),
        "{findings:?}"
    );
}

#[tokio::test]
async fn a_language_preset_without_the_greeting_is_a_fault() {
    let fixture = Fixture::new().await;
    let own = json!({"es": {"overrides": {"agent": {"first_message": "¡Hola!"}}}});
    fixture
        .workspace
        .with_state(|state| state.agents[0]["conversation_config"]["language_presets"] = own);
    let findings = fixture.findings().await;
    assert!(
        findings
            .iter()
            .any(|(_, message, _)| message.contains("first message in es")),
        "{findings:?}"
    );
}

#[tokio::test]
async fn an_unhealthy_deployment_is_reported_with_its_reasons() {
    let fixture = Fixture::new().await;
    let report = json!({"status": "unhealthy", "reasons": ["OpenMemory cannot be reached."]});
    fixture.mock_endpoint("/health", 503, report).await;
    let findings = fixture.findings().await;
    assert!(
        findings[0].1.contains("OpenMemory cannot be reached."),
        "{findings:?}"
    );
}

#[tokio::test]
async fn a_clock_that_is_far_off_is_a_fault() {
    let fixture = Fixture::new().await;
    fixture
        .workspace
        .with_state(|state| state.date = "Thu, 01 Jan 1970 01:00:00 GMT");
    let (check, message, _) = fixture.finding().await;
    assert_eq!(check, "clock");
    assert!(message.contains("-3600 seconds"), "{message}");
}

#[tokio::test]
async fn missing_secrets_are_named() {
    let mut fixture = Fixture::new().await;
    fixture
        .variables
        .retain(|(name, _)| *name != "CALLER_ID_PEPPER");
    let (check, message, _) = fixture.finding().await;
    assert_eq!(check, "secrets");
    assert!(message.contains("CALLER_ID_PEPPER"), "{message}");
}

#[tokio::test]
async fn a_dead_letter_is_a_warning() {
    use common::archive::{Key, PayloadKind};
    use common::call::{CallerId, ConversationId};
    use common::queue::embedded::EmbeddedQueue;
    use common::queue::{Enqueued, ExtractionJob};

    let fixture = Fixture::new().await;
    let data = fixture.folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let queue = EmbeddedQueue::open(&data.join("queue.db")).await.unwrap();
    assert_eq!(fixture.findings().await, vec![], "an empty queue is fine");
    let conversation = ConversationId::parse("conv_1").unwrap();
    let job = ExtractionJob::new(
        conversation.clone(),
        Key::payload(&conversation, &PayloadKind::Transcription),
    );
    let group = CallerId::from_phone("+12025550142")
        .unwrap()
        .hash(&"pepper".into());
    let second = |second| jiff::Timestamp::from_second(second).unwrap();
    queue
        .push_at(&Enqueued::after_call(job, group), second(0))
        .await
        .unwrap();
    for now in [1, 2, 3] {
        let delivery = queue.take(second(now)).await.unwrap().unwrap();
        queue
            .fail(
                &delivery,
                "unreadable",
                std::time::Duration::ZERO,
                second(now),
            )
            .await
            .unwrap();
    }
    let (check, message, advice) = fixture.finding().await;
    assert_eq!(
        (check.as_str(), message.as_str()),
        ("queue", "0 waiting, 1 in the dead-letter queue")
    );
    assert!(advice.contains("replay --dlq"));
}

#[tokio::test]
async fn a_memory_store_with_another_dialect_than_configured_is_a_fault() {
    let mut fixture = Fixture::new().await;
    fixture
        .variables
        .push(("OPENMEMORY_DIALECT", "cavira".to_owned()));
    let (check, message, _) = fixture.finding().await;
    assert_eq!(check, "openmemory");
    assert!(message.contains("OPENMEMORY_DIALECT=v1"), "{message}");
}

mod the_last_extraction {
    use common::archive::folder::FolderArchive;
    use common::archive::{Archive, Key};
    use common::call::{CallerId, ConversationId};

    use super::*;

    async fn keep(fixture: &Fixture, key: Key, body: &str) -> std::path::PathBuf {
        let data = fixture.folder.path().join("data");
        let archive = FolderArchive::open(&data, None).unwrap();
        archive.put(&key, body.to_owned().into()).await.unwrap();
        data.join(key.as_str())
    }

    fn conversation(id: &str) -> ConversationId {
        ConversationId::parse(id).unwrap()
    }

    async fn extracted(fixture: &Fixture, id: &str, declined: Option<&str>) {
        let record = json!({"provider": "openai", "model": "gpt-4o-mini", "declined": declined,
            "memories": [{"content": "likes quinces"}, {"content": "has a dog"}], "withheld": {"faith": 1, "health": 2}});
        keep(
            fixture,
            Key::extraction(&conversation(id)),
            &record.to_string(),
        )
        .await;
        keep(fixture, Key::done(&conversation(id)), "").await;
    }

    /// Returns the findings about extractions, with their states.
    async fn findings_of_extraction(fixture: &Fixture) -> Vec<(State, String)> {
        let Task::Doctor(arguments) = fixture.parsed("doctor", &[]) else {
            panic!("not doctor")
        };
        let deployment = Deployment::find(&arguments.deployment, &fixture.context())
            .await
            .unwrap();
        extraction::check(&deployment)
            .await
            .into_iter()
            .map(|finding| (finding.state, finding.message))
            .collect()
    }

    #[tokio::test]
    async fn is_reported_with_time_and_result_and_without_content() {
        let fixture = Fixture::new().await;
        assert_eq!(findings_of_extraction(&fixture).await[0].0, State::Skipped);
        extracted(&fixture, "conv_1", None).await;
        let [(state, message)] = &findings_of_extraction(&fixture).await[..] else {
            panic!("not exactly one finding")
        };
        assert_eq!(*state, State::Fine);
        assert!(
            message.contains("conv_1") && message.contains("2 memories by gpt-4o-mini"),
            "{message}"
        );
        assert!(
            message.contains("UTC") && !message.contains("quinces"),
            "{message}"
        );
        assert!(
            message.ends_with("withheld as private: faith 1, health 2"),
            "{message}"
        );
    }

    #[tokio::test]
    async fn without_the_model_is_a_warning() {
        let fixture = Fixture::new().await;
        extracted(&fixture, "conv_1", Some("nonsense")).await;
        let (check, message, advice) = fixture.finding().await;
        assert_eq!(check, "extraction");
        assert!(
            message.contains("nonsense") && advice.contains("replay conv_1 --redo"),
            "{message} {advice}"
        );
    }

    #[tokio::test]
    async fn missing_for_an_hour_is_a_warning() {
        let fixture = Fixture::new().await;
        extracted(&fixture, "conv_1", None).await;
        let hash = CallerId::from_phone("+12025550142")
            .unwrap()
            .hash(&"pepper".into());
        keep(
            &fixture,
            Key::caller_index(&hash, &conversation("conv_1")),
            "",
        )
        .await;
        let file = keep(
            &fixture,
            Key::caller_index(&hash, &conversation("conv_2")),
            "",
        )
        .await;
        assert_eq!(
            findings_of_extraction(&fixture).await.len(),
            1,
            "it may be in progress"
        );
        let two_hours_ago = std::time::UNIX_EPOCH - std::time::Duration::from_secs(7200);
        std::fs::File::options()
            .write(true)
            .open(&file)
            .unwrap()
            .set_modified(two_hours_ago)
            .unwrap();
        let (_, message, advice) = fixture.finding().await;
        assert!(
            message.starts_with("1 calls are not extracted") && advice.contains("replay --missing"),
            "{message}"
        );
        keep(&fixture, Key::erased(&conversation("conv_2")), "").await;
        assert_eq!(
            fixture.findings().await,
            vec![],
            "an erased call is not extracted"
        );
    }
}

mod on_aws {
    use wiremock::matchers::{body_string_contains, header, query_param};

    use super::*;

    const STACK: &str = "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeStacksResult><Stacks><member>\
        <StackName>elaaoms-test</StackName><Outputs>\
        <member><OutputKey>HealthUrl</OutputKey><OutputValue>https://calls.example.com/health</OutputValue></member>\
        <member><OutputKey>PayloadBucket</OutputKey><OutputValue>calls</OutputValue></member>\
        <member><OutputKey>SecretsArn</OutputKey><OutputValue>arn:secret</OutputValue></member>\
        <member><OutputKey>ExtractionQueueUrl</OutputKey><OutputValue>https://sqs/work.fifo</OutputValue></member>\
        <member><OutputKey>DeadLetterQueueUrl</OutputKey><OutputValue>https://sqs/dead.fifo</OutputValue></member>\
        </Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>";

    async fn deployment(server: &MockServer, openmemory: &str) -> Deployment {
        let answer = |body: String| ResponseTemplate::new(200).set_body_string(body);
        let described = Mock::given(body_string_contains("DescribeStacks"));
        described
            .respond_with(answer(STACK.to_owned()))
            .mount(server)
            .await;
        let secret = json!({"SecretString": json!({"CALLER_ID_PEPPER": "pepper"}).to_string()});
        let target = |name: &str| Mock::given(header("x-amz-target", name));
        target("secretsmanager.GetSecretValue")
            .respond_with(answer(secret.to_string()))
            .mount(server)
            .await;
        for (queue, count) in [("work", "2"), ("dead", "1")] {
            let depth = json!({"Attributes": {"ApproximateNumberOfMessages": count}});
            let asked = target("AmazonSQS.GetQueueAttributes")
                .and(body_string_contains(format!("{queue}.fifo")));
            asked
                .respond_with(answer(depth.to_string()))
                .mount(server)
                .await;
        }
        let lists: [(&str, &[&str]); 3] = [
            ("erased/", &["erased/conv_2"]),
            (
                "extractions/",
                &["extractions/conv_1.json", "extractions/conv_1.done"],
            ),
            ("callers/", &["callers/h/conv_1", "callers/h/conv_2"]),
        ];
        for (prefix, keys) in lists {
            let contents = |key: &&str| {
                format!(
                    "<Contents><Key>{key}</Key><LastModified>2026-11-25T14:00:00.000Z</LastModified></Contents>"
                )
            };
            let contents: String = keys.iter().map(contents).collect();
            let list = format!(
                "<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"
            );
            Mock::given(query_param("prefix", prefix))
                .respond_with(answer(list))
                .mount(server)
                .await;
        }
        let record = json!({"provider": "none", "memories": [1, 2, 3]});
        Mock::given(path("/calls/extractions/conv_1.json"))
            .respond_with(answer(record.to_string()))
            .mount(server)
            .await;
        let variables = [
            ("AWS_ENDPOINT_URL", server.uri()),
            ("AWS_ACCESS_KEY_ID", "AKID".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "hidden".to_owned()),
            ("OPENMEMORY_API_URL", openmemory.to_owned()),
        ];
        let variables: Vec<(&str, &str)> = variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let context = Context::fixed(&variables, || jiff::Timestamp::UNIX_EPOCH);
        let words = [
            "elaaoms",
            "doctor",
            "--stage",
            "test",
            "--region",
            "eu-west-1",
        ];
        let Task::Doctor(arguments) = Command::try_parse_from(words).unwrap().task else {
            panic!("not doctor")
        };
        Deployment::find(&arguments.deployment, &context)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn queue_dead_letters_and_the_last_extraction_are_reported() {
        let server = MockServer::start().await;
        let deployment = deployment(&server, "http://127.0.0.1:9").await;
        let queue = queue::check(&deployment).await;
        assert_eq!(
            (queue.state, queue.message.as_str()),
            (State::Warning, "2 waiting, 1 in the dead-letter queue")
        );
        let [last] = &extraction::check(&deployment).await[..] else {
            panic!("not exactly one finding")
        };
        assert_eq!(
            last.message,
            "last extraction ended at 2026-11-25 14:00 UTC (conv_1): 3 memories by none"
        );
    }

    #[tokio::test]
    async fn the_memory_store_is_checked_directly_or_skipped_if_unreachable() {
        let server = MockServer::start().await;
        let store = MockServer::start().await;
        let unreachable = deployment(&server, "http://127.0.0.1:9").await;
        assert_eq!(
            configuration::store(&unreachable).await.unwrap().state,
            State::Skipped
        );
        let health = json!({"status": "healthy", "version": "2.1", "extensions": ["batch"]});
        Mock::given(path("/health"))
            .respond_with(ResponseTemplate::new(200).set_body_json(health))
            .mount(&store)
            .await;
        let found = configuration::store(&deployment(&server, &store.uri()).await)
            .await
            .unwrap();
        assert_eq!(
            (found.state, found.message.as_str()),
            (State::Fine, "dialect v1, version 2.1; extensions: batch")
        );
    }
}
