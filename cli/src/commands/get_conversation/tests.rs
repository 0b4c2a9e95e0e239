use clap::Parser;
use common::archive::folder::FolderArchive;
use common::archive::{Archive, Key};
use common::call::ConversationId;
use common::elevenlabs::signature;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::commands::{Command, Task};
use crate::elevenlabs::fake::Workspace;
use crate::input::InputError;

/// A workspace with one finished call and one in progress, and a deployment that accepts webhooks.
struct Scene {
    _workspace: Workspace,
    api: String,
    deployment: MockServer,
}

impl Scene {
    async fn new() -> Self {
        let (workspace, api) = Workspace::start().await;
        let call = |id: &str, status: &str| {
            json!({"conversation_id": id, "agent_id": "agent_1", "status": status, "transcript": [],
                "metadata": {"start_time_unix_secs": 1_793_500_000, "call_duration_secs": 60}})
        };
        workspace.with_state(|kept| {
            kept.conversations = vec![call("conv_1", "done"), call("conv_2", "in-progress")]
        });
        let deployment = MockServer::start().await;
        let accepted = ResponseTemplate::new(200).set_body_json(json!({"status": "success"}));
        Mock::given(method("POST"))
            .and(path("/webhook/post-call"))
            .respond_with(accepted)
            .mount(&deployment)
            .await;
        Self {
            _workspace: workspace,
            api,
            deployment,
        }
    }

    async fn get(&self, options: &[&str]) -> Result<CommandOutput, Failure> {
        let url = self.deployment.uri();
        let words = [&["elaaoms", "get-conversation", "--url", &url], options].concat();
        let Task::GetConversation(arguments) = Command::try_parse_from(words).unwrap().task else {
            panic!("not the get-conversation command")
        };
        let variables = [
            ("ELEVENLABS_API_KEY", "xi-test"),
            ("ELEVENLABS_API_URL", &self.api),
            ("ELEVENLABS_POST_CALL_HMAC_KEY", "wsec_new,wsec_old"),
        ];
        run(
            &arguments,
            &Context::fixed(&variables, || jiff::Timestamp::UNIX_EPOCH),
        )
        .await
    }

    async fn delivered(&self) -> Vec<wiremock::Request> {
        self.deployment.received_requests().await.unwrap()
    }
}

#[tokio::test]
async fn a_conversation_is_printed_in_the_form_of_its_webhook_and_not_delivered() {
    let scene = Scene::new().await;
    let output = scene.get(&["conv_1"]).await.unwrap();
    let printed: Value = serde_json::from_str(&output.text).unwrap();
    assert_eq!(printed, output.data);
    assert_eq!(
        (&printed["type"], &printed["event_timestamp"]),
        (&json!("post_call_transcription"), &json!(1_793_500_060))
    );
    assert_eq!(printed["data"]["conversation_id"], "conv_1");
    assert!(scene.delivered().await.is_empty());
}

#[tokio::test]
async fn extract_posts_the_webhook_signed_with_the_first_secret() {
    let scene = Scene::new().await;
    let printed = scene.get(&["conv_1"]).await.unwrap().data;
    let output = scene.get(&["conv_1", "--extract"]).await.unwrap();
    assert_eq!(
        output.data,
        json!({"conversation_id": "conv_1", "delivered": true})
    );
    let [request] = &scene.delivered().await[..] else {
        panic!("one delivery")
    };
    assert_eq!(
        serde_json::from_slice::<Value>(&request.body).unwrap(),
        printed
    );
    let expected = signature::sign(
        &request.body,
        &"wsec_new".into(),
        jiff::Timestamp::UNIX_EPOCH,
    );
    assert_eq!(request.headers[signature::HEADER], expected);
}

#[tokio::test]
async fn a_call_that_was_erased_in_the_deployment_is_not_delivered() {
    let scene = Scene::new().await;
    let folder = tempfile::tempdir().unwrap();
    let archive = FolderArchive::open(folder.path(), None).unwrap();
    archive
        .put(
            &Key::erased(&ConversationId::parse("conv_1").unwrap()),
            "".into(),
        )
        .await
        .unwrap();
    let options = [
        "conv_1",
        "--extract",
        "--data-dir",
        folder.path().to_str().unwrap(),
    ];
    let output = scene.get(&options).await.unwrap();
    assert_eq!(
        output.data,
        json!({"conversation_id": "conv_1", "delivered": false, "erased": true})
    );
    assert!(scene.delivered().await.is_empty());
}

#[tokio::test]
async fn a_call_in_progress_or_unknown_and_an_invalid_id_are_rejected() {
    let scene = Scene::new().await;
    let unfinished = scene.get(&["conv_2", "--extract"]).await.unwrap_err();
    assert!(unfinished.downcast_ref::<CallNotFinished>().is_some());
    let unknown = scene.get(&["conv_9"]).await.unwrap_err();
    assert!(
        unknown
            .to_string()
            .contains("does not know the conversation conv_9"),
        "{unknown}"
    );
    let invalid = scene.get(&["../secrets"]).await.unwrap_err();
    assert!(matches!(
        invalid.downcast_ref(),
        Some(InputError::ConversationId(_))
    ));
    assert!(scene.delivered().await.is_empty());
}
