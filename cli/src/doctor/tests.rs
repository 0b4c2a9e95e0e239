use clap::Parser;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::command::{Command, Task};
use crate::elevenlabs::fake::Workspace;

/// A deployment with an agent that is connected to it.
struct Scene {
    workspace: Workspace,
    /// Webhooks, memory store and provider in one.
    server: MockServer,
    folder: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Scene {
    async fn new() -> Self {
        let ((workspace, api), server) = (Workspace::start().await, MockServer::start().await);
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
        let mut scene = Self {
            workspace,
            server,
            folder,
            variables: variables.to_vec(),
        };
        scene
            .answers(
                "/health",
                200,
                json!({"status": "healthy", "version": "1.0"}),
            )
            .await;
        scene.answers("/models", 200, json!({"data": []})).await;
        scene.connect().await;
        scene
    }

    async fn answers(&self, at: &str, status: u16, body: serde_json::Value) {
        let answer = ResponseTemplate::new(status).set_body_json(body);
        // The one that is mounted last comes first.
        Mock::given(path(at))
            .respond_with(answer)
            .with_priority(if status == 200 { 5 } else { 1 })
            .mount(&self.server)
            .await;
    }

    async fn connect(&mut self) {
        let Task::Connect(arguments) = self.parsed("connect", &["--agent", "agent_1", "--yes"])
        else {
            panic!("connect")
        };
        crate::connect::run(&arguments, &self.context())
            .await
            .unwrap();
        let written = common::settings::dotenv::read(&self.folder.path().join(".env")).unwrap();
        self.variables.push((
            "ELEVENLABS_POST_CALL_HMAC_KEY",
            written["ELEVENLABS_POST_CALL_HMAC_KEY"].clone(),
        ));
    }

    fn parsed(&self, command: &str, options: &[&str]) -> Task {
        let (file, data) = (
            self.folder.path().join(".env"),
            self.folder.path().join("data"),
        );
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

    /// What every check finds; /health is asked where it is here, not at the public address.
    async fn findings(&self) -> Vec<(String, String, String)> {
        let Task::Doctor(arguments) = self.parsed("doctor", &["--agent", "agent_1"]) else {
            panic!("doctor")
        };
        let mut findings =
            vec![health::check(&self.context(), &self.server.uri().parse().unwrap()).await];
        let context = self.context();
        let deployment = Deployment::find(&arguments.deployment, &context)
            .await
            .unwrap();
        findings.extend(own::settings(&deployment));
        findings.extend(own::store(&deployment).await);
        findings.extend(own::model(&deployment).await);
        findings.push(queue::check(&deployment).await);
        findings.extend(extraction::check(&deployment).await);
        findings.extend(elevenlabs(&arguments, deployment, arguments.url.as_ref().unwrap()).await);
        let answer = answer(&findings);
        let is_fault = |finding: &Finding| finding.state == State::Fault;
        assert_eq!(answer.data["in_order"], !findings.iter().any(is_fault));
        assert!(!answer.text.contains("wsec_"), "no secret is shown");
        findings
            .into_iter()
            .filter(|finding| matches!(finding.state, State::Fault | State::Warning))
            .map(|finding| {
                (
                    finding.check.to_owned(),
                    finding.told,
                    finding.advice.unwrap_or_default(),
                )
            })
            .collect()
    }

    /// The one thing that is wrong.
    async fn finding(&self) -> (String, String, String) {
        let findings = self.findings().await;
        assert_eq!(findings.len(), 1, "{findings:?}");
        findings.into_iter().next().unwrap()
    }
}

#[tokio::test]
async fn a_connected_agent_of_a_healthy_deployment_has_nothing_wrong() {
    let scene = Scene::new().await;
    assert_eq!(scene.findings().await, vec![]);
}

#[tokio::test]
async fn a_webhook_that_elevenlabs_switched_off_is_a_fault_with_its_last_status() {
    let scene = Scene::new().await;
    scene.workspace.with_state(|kept| {
        kept.webhooks[0]["is_auto_disabled"] = json!(true);
        kept.webhooks[0]["most_recent_failure_error_code"] = json!(401);
    });
    let findings = scene.findings().await;
    let (check, told, advice) = &findings[0];
    assert_eq!(check, "webhook");
    assert!(
        told.contains("401") && advice.contains("elaaoms connect"),
        "{findings:?}"
    );
    assert!(
        findings[1].1.contains("switch the post-call webhook on"),
        "connect would do so: {findings:?}"
    );
}

#[tokio::test]
async fn a_provider_that_refuses_the_key_is_a_fault() {
    let scene = Scene::new().await;
    scene.answers("/models", 401, json!({})).await;
    let (check, told, advice) = scene.finding().await;
    assert_eq!(check, "model");
    assert!(
        told.contains("401") && advice.contains("LLM_API_KEY"),
        "{told}"
    );
}

#[tokio::test]
async fn an_agent_without_the_tool_is_a_fault() {
    let scene = Scene::new().await;
    scene.workspace.with_state(|kept| {
        kept.agents[0]["conversation_config"]["agent"]["prompt"]["tool_ids"] = json!(["calendar"])
    });
    let findings = scene.findings().await;
    assert!(
        findings.iter().all(|(check, ..)| check == "agent"),
        "{findings:?}"
    );
    assert!(
        findings
            .iter()
            .any(|(_, told, _)| told.contains("search_memory")),
        "{findings:?}"
    );
}

#[tokio::test]
async fn transcripts_that_are_left_out_are_to_be_looked_at() {
    let scene = Scene::new().await;
    scene.workspace.with_state(|kept| {
        kept.agents[0]["platform_settings"]["workspace_overrides"]["webhooks"]["exclude_transcript"] = json!(true);
    });
    let (check, told, advice) = scene.finding().await;
    assert_eq!(check, "agent");
    assert!(
        told.contains("exclude_transcript") && advice.contains("ELEVENLABS_API_KEY"),
        "{told} {advice}"
    );
}

#[tokio::test]
async fn a_branch_that_takes_calls_and_is_not_connected_is_a_fault() {
    let scene = Scene::new().await;
    let not_connected = crate::elevenlabs::fake::agent("agent_1", "Bike shop");
    let branch = |id: &str, share: f64| {
        json!({"id": id, "name": format!("{id} name"), "agent_id": "agent_1", "description": "", "created_at": 0,
            "last_committed_at": 0, "is_archived": false, "current_live_percentage": share, "settings": not_connected})
    };
    scene
        .workspace
        .with_state(|kept| kept.branches = vec![branch("draft", 0.0)]);
    assert_eq!(scene.findings().await, vec![]);
    scene
        .workspace
        .with_state(|kept| kept.branches.push(branch("trial", 20.0)));
    let findings = scene.findings().await;
    assert!(
        findings
            .iter()
            .any(|(check, told, _)| check == "agent" && told.contains("branch trial name")),
        "{findings:?}"
    );
    assert!(
        findings.iter().all(|(_, told, _)| !told.contains("draft")),
        "{findings:?}"
    );
}

#[tokio::test]
async fn a_language_preset_whose_callers_are_not_greeted_is_a_fault() {
    let scene = Scene::new().await;
    let own = json!({"es": {"overrides": {"agent": {"first_message": "¡Hola!"}}}});
    scene
        .workspace
        .with_state(|kept| kept.agents[0]["conversation_config"]["language_presets"] = own);
    let findings = scene.findings().await;
    assert!(
        findings
            .iter()
            .any(|(_, told, _)| told.contains("first message in es")),
        "{findings:?}"
    );
}

#[tokio::test]
async fn an_unhealthy_deployment_says_its_reasons() {
    let scene = Scene::new().await;
    let report = json!({"status": "unhealthy", "reasons": ["OpenMemory cannot be reached."]});
    scene.answers("/health", 503, report).await;
    let findings = scene.findings().await;
    assert!(
        findings[0].1.contains("OpenMemory cannot be reached."),
        "{findings:?}"
    );
}

#[tokio::test]
async fn a_clock_that_is_far_off_is_a_fault() {
    let scene = Scene::new().await;
    scene
        .workspace
        .with_state(|kept| kept.date = "Thu, 01 Jan 1970 01:00:00 GMT");
    let (check, told, _) = scene.finding().await;
    assert_eq!(check, "clock");
    assert!(told.contains("-3600 seconds"), "{told}");
}

#[tokio::test]
async fn missing_secrets_are_named() {
    let mut scene = Scene::new().await;
    scene
        .variables
        .retain(|(name, _)| *name != "CALLER_ID_PEPPER");
    let (check, told, _) = scene.finding().await;
    assert_eq!(check, "secrets");
    assert!(told.contains("CALLER_ID_PEPPER"), "{told}");
}

#[tokio::test]
async fn a_job_that_was_given_up_is_to_be_looked_at() {
    use common::archive::{Key, PayloadKind};
    use common::call::{CallerId, ConversationId};
    use common::queue::embedded::EmbeddedQueue;
    use common::queue::{Enqueued, ExtractionJob};

    let scene = Scene::new().await;
    let data = scene.folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let queue = EmbeddedQueue::open(&data.join("queue.db")).await.unwrap();
    assert_eq!(scene.findings().await, vec![], "an empty queue is in order");
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
    let (check, told, advice) = scene.finding().await;
    assert_eq!(
        (check.as_str(), told.as_str()),
        ("queue", "0 waiting, 1 given up")
    );
    assert!(advice.contains("replay --dlq"));
}

#[tokio::test]
async fn a_store_of_another_dialect_than_the_settings_say_is_a_fault() {
    let mut scene = Scene::new().await;
    scene
        .variables
        .push(("OPENMEMORY_DIALECT", "cavira".to_owned()));
    let (check, told, _) = scene.finding().await;
    assert_eq!(check, "openmemory");
    assert!(told.contains("OPENMEMORY_DIALECT=v1"), "{told}");
}

mod the_last_extraction {
    use common::archive::folder::FolderArchive;
    use common::archive::{Archive, Key};
    use common::call::{CallerId, ConversationId};

    use super::*;

    async fn keep(scene: &Scene, key: Key, body: &str) -> std::path::PathBuf {
        let data = scene.folder.path().join("data");
        let archive = FolderArchive::open(&data, None).unwrap();
        archive.put(&key, body.to_owned().into()).await.unwrap();
        data.join(key.as_str())
    }

    fn conversation(id: &str) -> ConversationId {
        ConversationId::parse(id).unwrap()
    }

    async fn extracted(scene: &Scene, id: &str, declined: Option<&str>) {
        let record = json!({"provider": "openai", "model": "gpt-4o-mini", "declined": declined,
            "memories": [{"content": "likes quinces"}, {"content": "has a dog"}], "withheld": {"faith": 1, "health": 2}});
        keep(
            scene,
            Key::extraction(&conversation(id)),
            &record.to_string(),
        )
        .await;
        keep(scene, Key::done(&conversation(id)), "").await;
    }

    /// What doctor says of it, by state.
    async fn told(scene: &Scene) -> Vec<(State, String)> {
        let Task::Doctor(arguments) = scene.parsed("doctor", &[]) else {
            panic!("doctor")
        };
        let deployment = Deployment::find(&arguments.deployment, &scene.context())
            .await
            .unwrap();
        extraction::check(&deployment)
            .await
            .into_iter()
            .map(|finding| (finding.state, finding.told))
            .collect()
    }

    #[tokio::test]
    async fn is_told_with_its_time_and_outcome_and_without_a_word_of_the_call() {
        let scene = Scene::new().await;
        assert_eq!(told(&scene).await[0].0, State::Skipped);
        extracted(&scene, "conv_1", None).await;
        let [(state, told)] = &told(&scene).await[..] else {
            panic!("one finding")
        };
        assert_eq!(*state, State::Fine);
        assert!(
            told.contains("conv_1") && told.contains("2 memories by gpt-4o-mini"),
            "{told}"
        );
        assert!(told.contains("UTC") && !told.contains("quinces"), "{told}");
        assert!(
            told.ends_with("withheld as private: faith 1, health 2"),
            "{told}"
        );
    }

    #[tokio::test]
    async fn without_the_model_is_to_be_looked_at() {
        let scene = Scene::new().await;
        extracted(&scene, "conv_1", Some("nonsense")).await;
        let (check, told, advice) = scene.finding().await;
        assert_eq!(check, "extraction");
        assert!(
            told.contains("nonsense") && advice.contains("replay conv_1 --redo"),
            "{told} {advice}"
        );
    }

    #[tokio::test]
    async fn that_never_came_to_a_call_is_to_be_looked_at_after_an_hour() {
        let scene = Scene::new().await;
        extracted(&scene, "conv_1", None).await;
        let hash = CallerId::from_phone("+12025550142")
            .unwrap()
            .hash(&"pepper".into());
        keep(
            &scene,
            Key::caller_index(&hash, &conversation("conv_1")),
            "",
        )
        .await;
        let file = keep(
            &scene,
            Key::caller_index(&hash, &conversation("conv_2")),
            "",
        )
        .await;
        assert_eq!(told(&scene).await.len(), 1, "it may be under way");
        let two_hours_ago = std::time::UNIX_EPOCH - std::time::Duration::from_secs(7200);
        std::fs::File::options()
            .write(true)
            .open(&file)
            .unwrap()
            .set_modified(two_hours_ago)
            .unwrap();
        let (_, told, advice) = scene.finding().await;
        assert!(
            told.starts_with("1 calls are not extracted") && advice.contains("replay --missing"),
            "{told}"
        );
        keep(&scene, Key::erased(&conversation("conv_2")), "").await;
        assert_eq!(
            scene.findings().await,
            vec![],
            "an erased call waits for nothing"
        );
    }
}

mod on_aws {
    use wiremock::matchers::{body_string_contains, header, query_param};

    use super::*;

    const STACK: &str = "<R><Outputs>\
        <member><OutputKey>HealthUrl</OutputKey><OutputValue>https://calls.example.com/health</OutputValue></member>\
        <member><OutputKey>PayloadBucket</OutputKey><OutputValue>calls</OutputValue></member>\
        <member><OutputKey>SecretsArn</OutputKey><OutputValue>arn:secret</OutputValue></member>\
        <member><OutputKey>ExtractionQueueUrl</OutputKey><OutputValue>https://sqs/work.fifo</OutputValue></member>\
        <member><OutputKey>DeadLetterQueueUrl</OutputKey><OutputValue>https://sqs/dead.fifo</OutputValue></member>\
        </Outputs></R>";

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
            panic!("doctor")
        };
        Deployment::find(&arguments.deployment, &context)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn queue_dead_letters_and_the_last_extraction_are_told() {
        let server = MockServer::start().await;
        let deployment = deployment(&server, "http://127.0.0.1:9").await;
        let queue = queue::check(&deployment).await;
        assert_eq!(
            (queue.state, queue.told.as_str()),
            (State::Warning, "2 waiting, 1 given up")
        );
        let [last] = &extraction::check(&deployment).await[..] else {
            panic!("one finding")
        };
        assert_eq!(
            last.told,
            "the last one ended at 2026-11-25 14:00 UTC (conv_1): 3 memories by none"
        );
    }

    #[tokio::test]
    async fn the_memory_store_is_asked_directly_and_passed_over_where_only_the_functions_reach_it()
    {
        let (server, store) = (MockServer::start().await, MockServer::start().await);
        let unreachable = deployment(&server, "http://127.0.0.1:9").await;
        assert_eq!(
            own::store(&unreachable).await.unwrap().state,
            State::Skipped
        );
        let health = json!({"status": "healthy", "version": "2.1", "extensions": ["batch"]});
        Mock::given(path("/health"))
            .respond_with(ResponseTemplate::new(200).set_body_json(health))
            .mount(&store)
            .await;
        let found = own::store(&deployment(&server, &store.uri()).await)
            .await
            .unwrap();
        assert_eq!(
            (found.state, found.told.as_str()),
            (
                State::Fine,
                "speaks v1, version 2.1; beyond the contract it can batch"
            )
        );
    }
}
