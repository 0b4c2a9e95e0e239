mod collection;
mod operator_settings;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use clap::Parser;
use serde_json::{Value, json};

use super::*;
use crate::commands::{Command, Task};
use crate::elevenlabs::fake::{Workspace, WorkspaceState, agent, merge};

struct Fixture {
    workspace: Workspace,
    api: String,
    folder: tempfile::TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let (workspace, api) = Workspace::start().await;
        Self {
            workspace,
            api,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    async fn connect(&self, options: &[&str]) -> Result<String, Failure> {
        self.run_for_agent("connect", options).await
    }

    async fn run_for_agent(&self, command: &str, options: &[&str]) -> Result<String, Failure> {
        let file = self.folder.path().join(".env");
        let data = self.folder.path().join("data");
        let which: &[&str] = if options.contains(&"--workspace") {
            &[]
        } else {
            &["--agent", "agent_1"]
        };
        let words = [
            &["elaaoms", command, "--url", "https://calls.example.com"],
            which,
        ]
        .concat();
        let places = [
            "--env-file",
            file.to_str().unwrap(),
            "--data-dir",
            data.to_str().unwrap(),
        ];
        self.run(
            words
                .into_iter()
                .chain(places)
                .chain(options.iter().copied())
                .collect(),
            &[],
        )
        .await
    }

    async fn run(&self, words: Vec<&str>, variables: &[(&str, &str)]) -> Result<String, Failure> {
        let elevenlabs = [
            ("ELEVENLABS_API_KEY", "xi-test"),
            ("ELEVENLABS_API_URL", self.api.as_str()),
        ];
        let context = Context::fixed(&[&elevenlabs, variables].concat(), || {
            jiff::Timestamp::UNIX_EPOCH
        });
        let output = match Command::try_parse_from(words).unwrap().task {
            Task::Connect(arguments) => run(&arguments, &context).await,
            Task::Disconnect(arguments) => disconnect::run(&arguments, &context).await,
            _ => panic!("neither connect nor disconnect"),
        };
        Ok(output?.text)
    }

    fn with_state<T>(&self, function: impl FnOnce(&mut WorkspaceState) -> T) -> T {
        self.workspace.with_state(function)
    }
}

#[tokio::test]
async fn without_yes_nothing_is_changed() {
    let fixture = Fixture::new().await;
    let output = fixture.connect(&[]).await.unwrap();
    assert!(
        output.contains("first message: \"Bike shop, hello!\" becomes \"{{greeting}}\""),
        "{output}"
    );
    assert!(fixture.with_state(|state| state.changes.is_empty()));
    assert!(!fixture.folder.path().join(".env").exists());
}

#[tokio::test]
async fn an_agent_is_connected_and_a_second_run_changes_nothing() {
    let fixture = Fixture::new().await;
    let output = fixture.connect(&["--yes"]).await.unwrap();
    let file = std::fs::read_to_string(fixture.folder.path().join(".env")).unwrap();
    assert!(
        file.contains("ELEVENLABS_POST_CALL_HMAC_KEY='wsec_") && !output.contains("wsec_"),
        "{output}"
    );
    let (changes, agent) =
        fixture.with_state(|state| (state.changes.len(), state.agents[0].clone()));
    let config = &agent["conversation_config"]["agent"];
    assert_eq!(config["first_message"], "{{greeting}}");
    assert_eq!(config["prompt"]["tool_ids"].as_array().unwrap().len(), 3);
    let placeholders = &config["dynamic_variables"]["dynamic_variable_placeholders"];
    let count = placeholders.as_object().unwrap().len();
    assert_eq!(
        (count, &placeholders["greeting"]),
        (9, &json!("Bike shop, hello!")),
        "the variables, and the saved settings"
    );
    assert!(fixture.with_state(|state| state.webhooks[0]["retry_enabled"] == true));
    assert!(
        fixture
            .connect(&["--yes"])
            .await
            .unwrap()
            .ends_with("nothing to change.")
    );
    assert_eq!(fixture.with_state(|state| state.changes.len()), changes);
}

/// Returns the names of the agent's tools that connect created.
fn created_tools(fixture: &Fixture) -> Vec<String> {
    fixture.with_state(|state| {
        let own = &state.agents[0]["conversation_config"]["agent"]["prompt"]["tool_ids"];
        let own = own.as_array().unwrap();
        let tools = state.tools.iter().filter(|tool| own.contains(&tool["id"]));
        tools
            .map(|tool| tool["tool_config"]["name"].as_str().unwrap().to_owned())
            .collect()
    })
}

#[tokio::test]
async fn the_tool_for_opting_out_is_added_unless_it_is_left_out() {
    let fixture = Fixture::new().await;
    let output = fixture
        .connect(&["--yes", "--no-opt-out-tool"])
        .await
        .unwrap();
    assert!(!output.contains("do_not_remember"), "{output}");
    assert_eq!(created_tools(&fixture), ["search_memory"]);
    let output = fixture.connect(&["--yes"]).await.unwrap();
    for line in [
        "create the tool do_not_remember for https://calls.example.com/webhook/do-not-remember",
        "    tool: do_not_remember",
    ] {
        assert!(output.contains(line), "{line} in {output}");
    }
    let both = ["search_memory", "do_not_remember"];
    assert_eq!(created_tools(&fixture), both);
    let output = fixture
        .connect(&["--yes", "--no-opt-out-tool"])
        .await
        .unwrap();
    assert!(output.ends_with("nothing to change."), "{output}");
    assert_eq!(created_tools(&fixture), both, "an existing tool stays");
    let output = fixture
        .run_for_agent("disconnect", &["--yes", "--shared"])
        .await
        .unwrap();
    for line in ["remove the tool", "delete the tool"] {
        let line = format!("{line} do_not_remember");
        assert!(output.contains(&line), "{line} in {output}");
    }
    assert!(fixture.with_state(|state| state.tools.is_empty()));
}

#[tokio::test]
async fn a_second_run_completes_the_setup_whichever_step_failed() {
    for broken in 1..=6 {
        let fixture = Fixture::new().await;
        fixture.with_state(|state| state.failing_change = Some(broken));
        assert!(
            fixture.connect(&["--yes"]).await.is_err(),
            "change {broken} is refused"
        );
        fixture.with_state(|state| state.failing_change = None);
        fixture.connect(&["--yes"]).await.unwrap();
        assert!(
            fixture
                .connect(&[])
                .await
                .unwrap()
                .ends_with("nothing to change."),
            "after {broken}"
        );
        let counts = fixture
            .with_state(|state| (state.secrets.len(), state.webhooks.len(), state.tools.len()));
        assert_eq!(counts, (1, 1, 2), "after {broken}");
    }
}

#[tokio::test]
async fn a_webhook_of_another_service_is_not_replaced() {
    let fixture = Fixture::new().await;
    let webhook =
        "/platform_settings/workspace_overrides/conversation_initiation_client_data_webhook";
    fixture.with_state(|state| {
        let url = json!({"url": "https://crm.example.com/start", "request_headers": {}});
        merge(
            &mut state.agents[0],
            &json!({"platform_settings": {"workspace_overrides": {
            "conversation_initiation_client_data_webhook": url}}}),
        );
    });
    let failure = fixture.connect(&["--yes"]).await.unwrap_err();
    assert!(matches!(
        failure.downcast_ref(),
        Some(ConnectError::WouldReplace(_))
    ));
    assert!(
        fixture.with_state(
            |state| state.changes.is_empty() && state.agents[0].pointer(webhook).is_some()
        )
    );
}

/// A stack on AWS with a secret that can be read and written.
async fn stack(secret: Arc<Mutex<Value>>) -> String {
    const STACK: &str = "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeStacksResult><Stacks><member>\
        <StackName>elaaoms-test</StackName><Outputs><member><OutputKey>HealthUrl</OutputKey>\
        <OutputValue>https://calls.example.com/health</OutputValue></member><member><OutputKey>SecretsArn</OutputKey>\
        <OutputValue>arn:secret</OutputValue></member></Outputs></member></Stacks></DescribeStacksResult>\
        </DescribeStacksResponse>";
    let answer = async move |headers: HeaderMap, body: Bytes| {
        let target = headers
            .get("x-amz-target")
            .map_or("", |target| target.to_str().unwrap());
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let mut secret = secret.lock().unwrap();
        match target {
            "secretsmanager.PutSecretValue" if body["ClientRequestToken"].is_string() => {
                assert_eq!(body["SecretId"], "arn:secret");
                *secret = serde_json::from_str(body["SecretString"].as_str().unwrap()).unwrap();
                axum::Json(json!({"ARN": "arn:secret"})).into_response()
            }
            "secretsmanager.GetSecretValue" => {
                axum::Json(json!({"SecretString": secret.to_string()})).into_response()
            }
            _ => STACK.into_response(),
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    url
}

#[tokio::test]
async fn on_aws_the_webhook_secret_is_added_in_secrets_manager() {
    let secret = Arc::new(Mutex::new(
        json!({"CALLER_ID_PEPPER": "pepper", "WEBHOOK_API_KEY": "key",
        "ELEVENLABS_POST_CALL_HMAC_KEY": ""}),
    ));
    let fixture = Fixture::new().await;
    let aws = stack(secret.clone()).await;
    let variables = [
        ("AWS_ENDPOINT_URL", aws.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "hidden"),
    ];
    let words = [
        "elaaoms",
        "connect",
        "--agent",
        "agent_1",
        "--stage",
        "test",
        "--region",
        "eu-west-1",
        "--yes",
    ];
    let output = fixture.run(words.to_vec(), &variables).await.unwrap();
    let stored = secret.lock().unwrap().clone();
    assert_eq!(
        (&stored["CALLER_ID_PEPPER"], &stored["WEBHOOK_API_KEY"]),
        (&json!("pepper"), &json!("key"))
    );
    assert!(
        stored["ELEVENLABS_POST_CALL_HMAC_KEY"]
            .as_str()
            .unwrap()
            .starts_with("wsec_"),
        "{output}"
    );
    assert!(
        fixture.with_state(|state| state.webhooks[0]["webhook_url"]
            == "https://calls.example.com/webhook/post-call")
    );
    assert!(
        fixture
            .run(words.to_vec(), &variables)
            .await
            .unwrap()
            .ends_with("nothing to change.")
    );
}

#[tokio::test]
async fn a_deployment_without_https_is_rejected() {
    let fixture = Fixture::new().await;
    let failure = fixture
        .run(vec!["elaaoms", "connect", "--agent", "agent_1"], &[])
        .await
        .unwrap_err();
    assert!(matches!(
        failure.downcast_ref(),
        Some(ConnectError::NotHttps(_))
    ));
}

#[tokio::test]
async fn disconnect_restores_the_agent_and_keeps_shared_resources() {
    let fixture = Fixture::new().await;
    fixture
        .connect(&["--greeting", "both", "--yes"])
        .await
        .unwrap();
    let changes = fixture.with_state(|state| state.changes.len());
    fixture.run_for_agent("disconnect", &[]).await.unwrap();
    assert_eq!(
        fixture.with_state(|state| state.changes.len()),
        changes,
        "without --yes nothing is changed"
    );
    fixture
        .run_for_agent("disconnect", &["--yes"])
        .await
        .unwrap();
    let agent = fixture.with_state(|state| state.agents[0].clone());
    let config = &agent["conversation_config"]["agent"];
    assert_eq!(config["first_message"], "Bike shop, hello!");
    assert_eq!(config["prompt"]["tool_ids"], json!(["calendar"]));
    let settings = &agent["platform_settings"];
    assert!(
        settings["workspace_overrides"]["conversation_initiation_client_data_webhook"].is_null()
    );
    assert!(settings["workspace_overrides"]["webhooks"]["post_call_webhook_id"].is_null());
    assert_eq!(
        settings["overrides"]["conversation_config_override"]["agent"]["first_message"],
        false
    );
    assert!(
        fixture
            .run_for_agent("disconnect", &[])
            .await
            .unwrap()
            .ends_with("nothing to change.")
    );
    assert_eq!(
        fixture.with_state(|state| (state.secrets.len(), state.webhooks.len(), state.tools.len())),
        (1, 1, 2)
    );
    fixture.connect(&["--yes"]).await.unwrap();
    assert!(
        fixture
            .connect(&[])
            .await
            .unwrap()
            .ends_with("nothing to change."),
        "the agent can be connected again"
    );
}

#[tokio::test]
async fn disconnect_with_shared_deletes_the_shared_resources() {
    let fixture = Fixture::new().await;
    fixture.connect(&["--yes"]).await.unwrap();
    fixture
        .run_for_agent("disconnect", &["--shared", "--yes"])
        .await
        .unwrap();
    assert_eq!(
        fixture.with_state(|state| (state.secrets.len(), state.webhooks.len(), state.tools.len())),
        (0, 0, 0)
    );
    assert!(
        fixture
            .run_for_agent("disconnect", &["--shared"])
            .await
            .unwrap()
            .ends_with("nothing to change.")
    );
}

/// A workspace with three active agents and an archived one; its list has two pages.
async fn with_four_agents() -> Fixture {
    let fixture = Fixture::new().await;
    fixture.with_state(|state| {
        state.agents.extend([
            agent("agent_2", "Garage"),
            agent("agent_3", "Bakery"),
            agent("agent_4", "Old"),
        ]);
        state.agents[3]["platform_settings"]["archived"] = json!(true);
    });
    fixture
}

#[tokio::test]
async fn a_workspace_is_connected_and_a_second_run_changes_nothing() {
    let fixture = with_four_agents().await;
    let plan = fixture.connect(&["--workspace"]).await.unwrap();
    for name in [
        "Bike shop (agent_1)",
        "Garage (agent_2)",
        "Bakery (agent_3)",
    ] {
        assert!(
            plan.contains(&format!("update the agent {name}:")),
            "{plan}"
        );
    }
    assert!(
        !plan.contains("agent_4") && plan.matches("create the tool").count() == 2,
        "{plan}"
    );
    assert!(fixture.with_state(|state| state.changes.is_empty()));
    fixture.connect(&["--workspace", "--yes"]).await.unwrap();
    let (first_messages, counts, changes) = fixture.with_state(|state| {
        let first = |agent: &Value| {
            agent["conversation_config"]["agent"]["first_message"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let counts = (state.secrets.len(), state.webhooks.len(), state.tools.len());
        (
            state.agents.iter().map(first).collect::<Vec<_>>(),
            counts,
            state.changes.len(),
        )
    });
    assert_eq!(
        first_messages,
        [
            "{{greeting}}",
            "{{greeting}}",
            "{{greeting}}",
            "Old, hello!"
        ]
    );
    assert_eq!(counts, (1, 1, 2), "shared resources are created once");
    let output = fixture.connect(&["--workspace", "--yes"]).await.unwrap();
    assert_eq!(output, "all 3 agents are connected: nothing to change.");
    assert_eq!(fixture.with_state(|state| state.changes.len()), changes);
    fixture
        .run_for_agent("disconnect", &["--workspace", "--shared", "--yes"])
        .await
        .unwrap();
    let (agents, counts) = fixture.with_state(|state| {
        (
            state.agents.clone(),
            (state.secrets.len(), state.webhooks.len(), state.tools.len()),
        )
    });
    assert_eq!(
        agents[2]["conversation_config"]["agent"]["first_message"],
        "Bakery, hello!"
    );
    assert_eq!(counts, (0, 0, 0));
}

#[tokio::test]
async fn a_second_run_completes_a_workspace_whichever_change_failed() {
    for broken in 4..=8 {
        let fixture = with_four_agents().await;
        fixture.with_state(|state| state.failing_change = Some(broken));
        assert!(
            fixture.connect(&["--workspace", "--yes"]).await.is_err(),
            "change {broken} is refused"
        );
        fixture.with_state(|state| state.failing_change = None);
        fixture.connect(&["--workspace", "--yes"]).await.unwrap();
        assert!(
            fixture
                .connect(&["--workspace"])
                .await
                .unwrap()
                .ends_with("nothing to change."),
            "after {broken}"
        );
    }
}

#[tokio::test]
async fn a_workspace_is_left_unchanged_if_one_agent_has_a_webhook_of_another_service() {
    let fixture = with_four_agents().await;
    let webhook = json!({"url": "https://crm.example.com/start", "request_headers": {}});
    let overrides =
        json!({"workspace_overrides": {"conversation_initiation_client_data_webhook": webhook}});
    fixture.with_state(|state| {
        merge(
            &mut state.agents[2],
            &json!({"platform_settings": overrides}),
        )
    });
    let failure = fixture
        .connect(&["--workspace", "--yes"])
        .await
        .unwrap_err();
    let Some(ConnectError::WouldReplace(conflicts)) = failure.downcast_ref() else {
        panic!("the conflict is ignored")
    };
    assert!(
        conflicts.contains("crm.example.com") && conflicts.contains("Bakery"),
        "{conflicts}"
    );
    assert!(fixture.with_state(|state| state.changes.is_empty()));
}
