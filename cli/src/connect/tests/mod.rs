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
use crate::command::{Command, Task};
use crate::elevenlabs::fake::{Kept, Workspace, agent, merge};

struct Scene {
    workspace: Workspace,
    api: String,
    folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let (workspace, api) = Workspace::start().await;
        Self {
            workspace,
            api,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    async fn connect(&self, options: &[&str]) -> Result<String, Failure> {
        self.about_agent("connect", options).await
    }

    async fn about_agent(&self, command: &str, options: &[&str]) -> Result<String, Failure> {
        let (file, data) = (
            self.folder.path().join(".env"),
            self.folder.path().join("data"),
        );
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
        let ours = [
            ("ELEVENLABS_API_KEY", "xi-test"),
            ("ELEVENLABS_API_URL", self.api.as_str()),
        ];
        let context = Context::fixed(&[&ours, variables].concat(), || jiff::Timestamp::UNIX_EPOCH);
        let answer = match Command::try_parse_from(words).unwrap().task {
            Task::Connect(arguments) => run(&arguments, &context).await,
            Task::Disconnect(arguments) => disconnect::run(&arguments, &context).await,
            _ => panic!("neither"),
        };
        Ok(answer?.text)
    }

    fn with_state<T>(&self, look: impl FnOnce(&mut Kept) -> T) -> T {
        self.workspace.with_state(look)
    }
}

#[tokio::test]
async fn without_yes_nothing_is_changed() {
    let scene = Scene::new().await;
    let told = scene.connect(&[]).await.unwrap();
    assert!(
        told.contains("first message: \"Bike shop, hello!\" becomes \"{{greeting}}\""),
        "{told}"
    );
    assert!(scene.with_state(|kept| kept.changes.is_empty()));
    assert!(!scene.folder.path().join(".env").exists());
}

#[tokio::test]
async fn an_agent_is_connected_and_a_second_run_changes_nothing() {
    let scene = Scene::new().await;
    let told = scene.connect(&["--yes"]).await.unwrap();
    let file = std::fs::read_to_string(scene.folder.path().join(".env")).unwrap();
    assert!(
        file.contains("ELEVENLABS_POST_CALL_HMAC_KEY='wsec_") && !told.contains("wsec_"),
        "{told}"
    );
    let (changes, agent) = scene.with_state(|kept| (kept.changes.len(), kept.agents[0].clone()));
    let config = &agent["conversation_config"]["agent"];
    assert_eq!(config["first_message"], "{{greeting}}");
    assert_eq!(config["prompt"]["tool_ids"].as_array().unwrap().len(), 2);
    let placeholders = &config["dynamic_variables"]["dynamic_variable_placeholders"];
    let count = placeholders.as_object().unwrap().len();
    assert_eq!(
        (count, &placeholders["greeting"]),
        (8, &json!("Bike shop, hello!")),
        "variables, and what was before"
    );
    assert!(scene.with_state(|kept| kept.webhooks[0]["retry_enabled"] == true));
    assert!(
        scene
            .connect(&["--yes"])
            .await
            .unwrap()
            .ends_with("nothing to change.")
    );
    assert_eq!(scene.with_state(|kept| kept.changes.len()), changes);
}

#[tokio::test]
async fn whatever_step_fails_a_second_run_completes() {
    for broken in 1..=5 {
        let scene = Scene::new().await;
        scene.with_state(|kept| kept.broken = Some(broken));
        assert!(
            scene.connect(&["--yes"]).await.is_err(),
            "change {broken} is refused"
        );
        scene.with_state(|kept| kept.broken = None);
        scene.connect(&["--yes"]).await.unwrap();
        assert!(
            scene
                .connect(&[])
                .await
                .unwrap()
                .ends_with("nothing to change."),
            "after {broken}"
        );
        let counts =
            scene.with_state(|kept| (kept.secrets.len(), kept.webhooks.len(), kept.tools.len()));
        assert_eq!(counts, (1, 1, 1), "after {broken}");
    }
}

#[tokio::test]
async fn another_services_webhook_is_left_alone() {
    let scene = Scene::new().await;
    let webhook =
        "/platform_settings/workspace_overrides/conversation_initiation_client_data_webhook";
    scene.with_state(|kept| {
        let url = json!({"url": "https://crm.example.com/start", "request_headers": {}});
        merge(
            &mut kept.agents[0],
            &json!({"platform_settings": {"workspace_overrides": {
            "conversation_initiation_client_data_webhook": url}}}),
        );
    });
    assert!(matches!(
        scene.connect(&["--yes"]).await,
        Err(Failure::WouldReplace(_))
    ));
    assert!(
        scene.with_state(|kept| kept.changes.is_empty() && kept.agents[0].pointer(webhook).is_some())
    );
}

/// A stack on AWS whose secret is kept as it is put.
async fn stack(secret: Arc<Mutex<Value>>) -> String {
    const STACK: &str = "<R><Outputs><member><OutputKey>HealthUrl</OutputKey>\
        <OutputValue>https://calls.example.com/health</OutputValue></member><member><OutputKey>SecretsArn</OutputKey>\
        <OutputValue>arn:secret</OutputValue></member></Outputs></R>";
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
async fn on_aws_the_webhooks_secret_joins_the_others_in_secrets_manager() {
    let secret = Arc::new(Mutex::new(
        json!({"CALLER_ID_PEPPER": "pepper", "WEBHOOK_API_KEY": "key",
        "ELEVENLABS_POST_CALL_HMAC_KEY": ""}),
    ));
    let (scene, aws) = (Scene::new().await, stack(secret.clone()).await);
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
    let told = scene.run(words.to_vec(), &variables).await.unwrap();
    let kept = secret.lock().unwrap().clone();
    assert_eq!(
        (&kept["CALLER_ID_PEPPER"], &kept["WEBHOOK_API_KEY"]),
        (&json!("pepper"), &json!("key"))
    );
    assert!(
        kept["ELEVENLABS_POST_CALL_HMAC_KEY"]
            .as_str()
            .unwrap()
            .starts_with("wsec_"),
        "{told}"
    );
    assert!(scene.with_state(
        |kept| kept.webhooks[0]["webhook_url"] == "https://calls.example.com/webhook/post-call"
    ));
    assert!(
        scene
            .run(words.to_vec(), &variables)
            .await
            .unwrap()
            .ends_with("nothing to change.")
    );
}

#[tokio::test]
async fn a_deployment_without_https_is_not_connected() {
    let scene = Scene::new().await;
    let told = scene
        .run(vec!["elaaoms", "connect", "--agent", "agent_1"], &[])
        .await;
    assert!(matches!(told, Err(Failure::NotHttps(_))));
}

#[tokio::test]
async fn a_disconnected_agent_is_as_it_was_and_others_keep_what_is_shared() {
    let scene = Scene::new().await;
    scene
        .connect(&["--greeting", "both", "--yes"])
        .await
        .unwrap();
    let changes = scene.with_state(|kept| kept.changes.len());
    scene.about_agent("disconnect", &[]).await.unwrap();
    assert_eq!(
        scene.with_state(|kept| kept.changes.len()),
        changes,
        "without --yes nothing is changed"
    );
    scene.about_agent("disconnect", &["--yes"]).await.unwrap();
    let agent = scene.with_state(|kept| kept.agents[0].clone());
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
        scene
            .about_agent("disconnect", &[])
            .await
            .unwrap()
            .ends_with("nothing to change.")
    );
    assert_eq!(
        scene.with_state(|kept| (kept.secrets.len(), kept.webhooks.len(), kept.tools.len())),
        (1, 1, 1)
    );
    scene.connect(&["--yes"]).await.unwrap();
    assert!(
        scene
            .connect(&[])
            .await
            .unwrap()
            .ends_with("nothing to change."),
        "and can be connected again"
    );
}

#[tokio::test]
async fn the_last_agent_takes_what_is_shared_along() {
    let scene = Scene::new().await;
    scene.connect(&["--yes"]).await.unwrap();
    scene
        .about_agent("disconnect", &["--shared", "--yes"])
        .await
        .unwrap();
    assert_eq!(
        scene.with_state(|kept| (kept.secrets.len(), kept.webhooks.len(), kept.tools.len())),
        (0, 0, 0)
    );
    assert!(
        scene
            .about_agent("disconnect", &["--shared"])
            .await
            .unwrap()
            .ends_with("nothing to change.")
    );
}

/// A workspace with three agents in use, on two pages, and one that is archived.
async fn with_four_agents() -> Scene {
    let scene = Scene::new().await;
    scene.with_state(|kept| {
        kept.agents.extend([
            agent("agent_2", "Garage"),
            agent("agent_3", "Bakery"),
            agent("agent_4", "Old"),
        ]);
        kept.agents[3]["platform_settings"]["archived"] = json!(true);
    });
    scene
}

#[tokio::test]
async fn all_agents_of_a_workspace_are_connected_and_a_second_run_changes_nothing() {
    let scene = with_four_agents().await;
    let plan = scene.connect(&["--workspace"]).await.unwrap();
    for name in [
        "Bike shop (agent_1)",
        "Garage (agent_2)",
        "Bakery (agent_3)",
    ] {
        assert!(
            plan.contains(&format!("change the agent {name}:")),
            "{plan}"
        );
    }
    assert!(
        !plan.contains("agent_4") && plan.matches("make the tool").count() == 1,
        "{plan}"
    );
    assert!(scene.with_state(|kept| kept.changes.is_empty()));
    scene.connect(&["--workspace", "--yes"]).await.unwrap();
    let (first_messages, counts, changes) = scene.with_state(|kept| {
        let first = |agent: &Value| {
            agent["conversation_config"]["agent"]["first_message"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let counts = (kept.secrets.len(), kept.webhooks.len(), kept.tools.len());
        (
            kept.agents.iter().map(first).collect::<Vec<_>>(),
            counts,
            kept.changes.len(),
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
    assert_eq!(counts, (1, 1, 1), "what agents share is made once");
    let told = scene.connect(&["--workspace", "--yes"]).await.unwrap();
    assert_eq!(told, "all 3 agents are connected: nothing to change.");
    assert_eq!(scene.with_state(|kept| kept.changes.len()), changes);
    scene
        .about_agent("disconnect", &["--workspace", "--shared", "--yes"])
        .await
        .unwrap();
    let (agents, counts) = scene.with_state(|kept| {
        (
            kept.agents.clone(),
            (kept.secrets.len(), kept.webhooks.len(), kept.tools.len()),
        )
    });
    assert_eq!(
        agents[2]["conversation_config"]["agent"]["first_message"],
        "Bakery, hello!"
    );
    assert_eq!(counts, (0, 0, 0));
}

#[tokio::test]
async fn whatever_change_of_a_workspace_fails_a_second_run_completes() {
    for broken in 4..=7 {
        let scene = with_four_agents().await;
        scene.with_state(|kept| kept.broken = Some(broken));
        assert!(
            scene.connect(&["--workspace", "--yes"]).await.is_err(),
            "change {broken} is refused"
        );
        scene.with_state(|kept| kept.broken = None);
        scene.connect(&["--workspace", "--yes"]).await.unwrap();
        assert!(
            scene
                .connect(&["--workspace"])
                .await
                .unwrap()
                .ends_with("nothing to change."),
            "after {broken}"
        );
    }
}

#[tokio::test]
async fn a_workspace_where_one_agent_has_another_services_webhook_is_left_alone_as_a_whole() {
    let scene = with_four_agents().await;
    let webhook = json!({"url": "https://crm.example.com/start", "request_headers": {}});
    let overrides =
        json!({"workspace_overrides": {"conversation_initiation_client_data_webhook": webhook}});
    scene.with_state(|kept| {
        merge(
            &mut kept.agents[2],
            &json!({"platform_settings": overrides}),
        )
    });
    let Err(Failure::WouldReplace(taken)) = scene.connect(&["--workspace", "--yes"]).await else {
        panic!("it goes on")
    };
    assert!(
        taken.contains("crm.example.com") && taken.contains("Bakery"),
        "{taken}"
    );
    assert!(scene.with_state(|kept| kept.changes.is_empty()));
}
