//! What an operator set is there again after disconnect, and until then strangers meet what they
//! met before.

use serde::Deserialize;

use super::*;
use crate::connect::agent::{CLIENT_DATA, ENABLED, FIRST_MESSAGE, OVERRIDE, PRESETS, WEBHOOKS};
use crate::connect::before::TOOLS;
use crate::elevenlabs::{ElevenLabsError, PLACEHOLDERS, shows};

const SETTINGS: [&str; 6] = [
    FIRST_MESSAGE,
    PRESETS,
    TOOLS,
    CLIENT_DATA,
    ENABLED,
    OVERRIDE,
];

#[derive(Deserialize)]
struct Case {
    name: String,
    agent: Value,
    #[serde(default)]
    options: Vec<String>,
    strangers_hear: String,
    #[serde(default = "greeting")]
    first_message: String,
    #[serde(default)]
    greeted_in: Vec<String>,
    #[serde(default)]
    stand_ins_after: Value,
    other_tool: Option<String>,
}

fn greeting() -> String {
    "{{greeting}}".to_owned()
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!(
        "../../../../tests/cases/operator-settings.json"
    ))
    .unwrap()
}

impl Case {
    async fn scene(&self) -> Scene {
        let scene = Scene::new().await;
        scene.with_state(|kept| {
            merge(&mut kept.agents[0], &self.agent);
            kept.tools.extend(self.other_tool.iter().map(|id| {
                json!({"id": id, "tool_config": {"type": "webhook", "name": "search_memory",
                    "api_schema": {"url": "https://other.example.com/search"}}})
            }));
        });
        scene
    }

    async fn connect(&self, scene: &Scene, more: &[&str]) -> String {
        let options: Vec<&str> = self
            .options
            .iter()
            .map(String::as_str)
            .chain(more.iter().copied())
            .collect();
        scene
            .connect(&options)
            .await
            .unwrap_or_else(|failure| panic!("{}: {failure}", self.name))
    }

    fn check_connected(&self, before: &Value, agent: &Value) {
        let name = &self.name;
        let tools = agent.pointer(TOOLS).unwrap().as_array().unwrap();
        assert!(
            self.other_tool
                .iter()
                .all(|other| !tools.contains(&json!(other))),
            "{name}: {tools:?}"
        );
        self.check_webhooks(before, agent);
        assert_eq!(
            agent.pointer(FIRST_MESSAGE).unwrap(),
            &self.first_message,
            "{name}"
        );
        let stand_ins = agent.pointer(PLACEHOLDERS).unwrap();
        assert_eq!(stand_ins["greeting"], self.strangers_hear, "{name}");
        let nothing = json!({});
        let presets = agent
            .pointer(PRESETS)
            .unwrap_or(&nothing)
            .as_object()
            .unwrap();
        let greets = |preset: &Value| {
            preset.pointer("/overrides/agent/first_message") == Some(&json!("{{greeting}}"))
        };
        let greeted: Vec<&String> = presets
            .iter()
            .filter(|(_, preset)| greets(preset))
            .map(|(language, _)| language)
            .collect();
        assert_eq!(
            greeted,
            self.greeted_in.iter().collect::<Vec<_>>(),
            "{name}"
        );
    }

    /// The operator's events and whether transcripts are left out are as they were.
    fn check_webhooks(&self, before: &Value, agent: &Value) {
        let at = |agent: &Value, field: &str| {
            agent.pointer(WEBHOOKS).unwrap_or(&Value::Null)[field].clone()
        };
        let (events, wanted) = (at(agent, "events"), at(before, "events"));
        let has = |event: &Value| events.as_array().unwrap().contains(event);
        assert!(
            wanted.as_array().into_iter().flatten().all(has),
            "{}: {events}",
            self.name
        );
        let leaves_out = [before, agent].map(|agent| at(agent, "exclude_transcript"));
        assert_eq!(leaves_out[0], leaves_out[1], "{}", self.name);
    }

    fn check_restored(&self, before: &Value, after: &Value) {
        for pointer in SETTINGS {
            let at = |agent: &Value| agent.pointer(pointer).cloned().unwrap_or_default();
            let (before, after) = (at(before), at(after));
            // A flag that is not set is off, and a preset without words of its own has none.
            let is_off = before.is_null() && after == json!(false);
            assert!(
                is_off || shows(&before, &after) && shows(&after, &before),
                "{}: {pointer} {after}",
                self.name
            );
        }
        let nothing = json!({"post_call_webhook_id": null});
        let webhooks = before.pointer(WEBHOOKS).unwrap_or(&nothing);
        assert!(
            shows(after.pointer(WEBHOOKS).unwrap(), webhooks),
            "{}: {after}",
            self.name
        );
        let stand_ins = after.pointer(PLACEHOLDERS).unwrap();
        assert!(
            self.stand_ins_after.is_null() || shows(stand_ins, &self.stand_ins_after),
            "{}",
            self.name
        );
    }
}

#[tokio::test]
async fn what_the_operator_set_is_back_after_disconnect() {
    let cases = cases();
    assert!(cases.len() > 10);
    for (case, replaces_objects) in cases.iter().flat_map(|case| [(case, false), (case, true)]) {
        let scene = case.scene().await;
        scene.with_state(|kept| kept.replaces_objects = replaces_objects);
        let before = scene.with_state(|kept| kept.agents[0].clone());
        case.connect(&scene, &["--yes"]).await;
        case.check_connected(&before, &scene.with_state(|kept| kept.agents[0].clone()));
        let again = case.connect(&scene, &["--yes"]).await;
        assert!(
            again.ends_with("nothing to change."),
            "{}: {again}",
            case.name
        );
        scene.about_agent("disconnect", &["--yes"]).await.unwrap();
        case.check_restored(&before, &scene.with_state(|kept| kept.agents[0].clone()));
        let again = scene.about_agent("disconnect", &["--yes"]).await.unwrap();
        assert!(
            again.ends_with("nothing to change."),
            "{}: {again}",
            case.name
        );
    }
}

/// A branch with this share of an agent's calls.
fn branch(id: &str, agent: &Value, share: f64) -> Value {
    json!({"id": id, "name": format!("{id} name"), "agent_id": agent["agent_id"], "description": "", "created_at": 0,
        "last_committed_at": 0, "is_archived": false, "current_live_percentage": share, "settings": agent})
}

#[tokio::test]
async fn the_same_holds_on_a_branch_that_takes_calls() {
    for case in cases().into_iter().filter(|case| case.other_tool.is_none()) {
        let scene = Scene::new().await;
        let mut on_branch = scene.with_state(|kept| kept.agents[0].clone());
        merge(&mut on_branch, &case.agent);
        scene.with_state(|kept| kept.branches.push(branch("agtbrch_1", &on_branch, 30.0)));
        let plan = case.connect(&scene, &[]).await;
        assert!(
            plan.contains("branch agtbrch_1 name"),
            "{}: {plan}",
            case.name
        );
        case.connect(&scene, &["--yes"]).await;
        case.check_connected(
            &on_branch,
            &scene.with_state(|kept| kept.branches[0]["settings"].clone()),
        );
        assert!(
            case.connect(&scene, &[])
                .await
                .ends_with("nothing to change."),
            "{}",
            case.name
        );
        scene.about_agent("disconnect", &["--yes"]).await.unwrap();
        case.check_restored(
            &on_branch,
            &scene.with_state(|kept| kept.branches[0]["settings"].clone()),
        );
    }
}

#[tokio::test]
async fn a_branch_without_calls_and_the_main_branch_itself_are_not_changed_twice() {
    let scene = Scene::new().await;
    scene.with_state(|kept| {
        kept.agents[0]["branch_id"] = json!("main");
        let agent = kept.agents[0].clone();
        kept.branches
            .extend([branch("main", &agent, 100.0), branch("draft", &agent, 0.0)]);
    });
    scene.connect(&["--yes"]).await.unwrap();
    let changed = scene.with_state(|kept| {
        kept.changes
            .iter()
            .filter(|change| change.contains("agents/"))
            .count()
    });
    assert_eq!(changed, 1);
}

#[tokio::test]
async fn what_the_operator_changes_after_connect_is_what_comes_back() {
    let scene = Scene::new().await;
    scene.connect(&["--yes"]).await.unwrap();
    scene.with_state(|kept| {
        *kept.agents[0].pointer_mut(FIRST_MESSAGE).unwrap() = json!("Bike shop, {{city}}!")
    });
    scene.connect(&["--yes"]).await.unwrap();
    scene.about_agent("disconnect", &["--yes"]).await.unwrap();
    assert_eq!(
        scene.with_state(|kept| kept.agents[0].pointer(FIRST_MESSAGE).unwrap().clone()),
        "Bike shop, {{city}}!"
    );
}

#[tokio::test]
async fn an_agent_that_an_earlier_version_connected_gets_its_first_message_back() {
    let scene = Scene::new().await;
    scene.connect(&["--yes"]).await.unwrap();
    scene.with_state(|kept| {
        let stand_ins = kept.agents[0]
            .pointer_mut(PLACEHOLDERS)
            .unwrap()
            .as_object_mut()
            .unwrap();
        assert!(stand_ins.remove("elaaoms_before").is_some());
    });
    assert!(
        scene
            .connect(&[])
            .await
            .unwrap()
            .ends_with("nothing to change.")
    );
    scene.about_agent("disconnect", &["--yes"]).await.unwrap();
    let agent = scene.with_state(|kept| kept.agents[0].clone());
    assert_eq!(agent.pointer(FIRST_MESSAGE).unwrap(), "Bike shop, hello!");
    assert!(agent.pointer(CLIENT_DATA).unwrap().is_null());
    assert_eq!(agent.pointer(ENABLED).unwrap(), false);
}

#[tokio::test]
async fn what_the_operator_changed_since_connect_stays_at_disconnect() {
    let scene = Scene::new().await;
    let preset = format!("{PRESETS}/es/overrides/agent/first_message");
    let presets = json!({"es": {"overrides": {"agent": {"first_message": "¡Hola!"}}}});
    scene.with_state(|kept| {
        merge(
            &mut kept.agents[0],
            &json!({"conversation_config": {"language_presets": presets}}),
        )
    });
    scene.connect(&["--yes"]).await.unwrap();
    let elsewhere = json!({"url": "https://crm.example.com/start", "request_headers": {}});
    scene.with_state(|kept| {
        let agent = &mut kept.agents[0];
        *agent.pointer_mut(FIRST_MESSAGE).unwrap() = json!("Bike shop, good day!");
        *agent.pointer_mut(&preset).unwrap() = json!("¡Buenos días!");
        *agent.pointer_mut(CLIENT_DATA).unwrap() = elsewhere.clone();
    });
    scene.about_agent("disconnect", &["--yes"]).await.unwrap();
    let agent = scene.with_state(|kept| kept.agents[0].clone());
    assert_eq!(
        agent.pointer(FIRST_MESSAGE).unwrap(),
        "Bike shop, good day!"
    );
    assert_eq!(agent.pointer(&preset).unwrap(), "¡Buenos días!");
    assert_eq!(agent.pointer(CLIENT_DATA).unwrap(), &elsewhere);
    assert_eq!(
        agent.pointer(ENABLED).unwrap(),
        true,
        "the other service is still asked"
    );
}

#[tokio::test]
async fn a_tool_that_was_deleted_meanwhile_does_not_come_back() {
    let scene = Scene::new().await;
    scene.with_state(|kept| {
        kept.agents[0]
            .pointer_mut(TOOLS)
            .unwrap()
            .as_array_mut()
            .unwrap()
            .push(json!("theirs"));
        kept.tools.push(
            json!({"id": "theirs", "tool_config": {"type": "webhook", "name": "search_memory",
            "api_schema": {"url": "https://other.example.com/search"}}}),
        );
    });
    scene.connect(&["--yes"]).await.unwrap();
    scene.with_state(|kept| kept.tools.retain(|tool| tool["id"] != "theirs"));
    scene.about_agent("disconnect", &["--yes"]).await.unwrap();
    assert_eq!(
        scene.with_state(|kept| kept.agents[0].pointer(TOOLS).unwrap().clone()),
        json!(["calendar"])
    );
}

#[tokio::test]
async fn a_deployment_that_moved_to_another_address_does_not_count_as_another_service() {
    let scene = Scene::new().await;
    let before = scene.with_state(|kept| kept.agents[0].clone());
    scene.connect(&["--yes"]).await.unwrap();
    let file = scene.folder.path().join(".env");
    let words = |command| {
        let target = [
            "--agent",
            "agent_1",
            "--url",
            "https://moved.example.com",
            "--yes",
        ];
        [
            &["elaaoms", command][..],
            &target,
            &["--env-file", file.to_str().unwrap()],
        ]
        .concat()
    };
    scene.run(words("connect"), &[]).await.unwrap();
    let url = scene.with_state(|kept| kept.agents[0].pointer(CLIENT_DATA).unwrap()["url"].clone());
    assert_eq!(url, "https://moved.example.com/webhook/client-data");
    scene.run(words("disconnect"), &[]).await.unwrap();
    let after = scene.with_state(|kept| kept.agents[0].clone());
    assert_eq!(after.pointer(FIRST_MESSAGE), before.pointer(FIRST_MESSAGE));
    assert!(
        after.pointer(CLIENT_DATA).unwrap().is_null(),
        "the first address was not the operator's: {after}"
    );
    assert!(
        after.pointer(WEBHOOKS).unwrap()["post_call_webhook_id"].is_null(),
        "{after}"
    );
}

#[tokio::test]
async fn an_agent_of_an_earlier_version_that_this_one_changes_gets_its_first_message_back() {
    let scene = Scene::new().await;
    scene.connect(&["--yes"]).await.unwrap();
    scene.with_state(|kept| {
        let stand_ins = kept.agents[0]
            .pointer_mut(PLACEHOLDERS)
            .unwrap()
            .as_object_mut()
            .unwrap();
        assert!(stand_ins.remove("elaaoms_before").is_some());
    });
    scene
        .connect(&["--greeting", "both", "--yes"])
        .await
        .unwrap();
    scene.about_agent("disconnect", &["--yes"]).await.unwrap();
    assert_eq!(
        scene.with_state(|kept| kept.agents[0].pointer(FIRST_MESSAGE).unwrap().clone()),
        "Bike shop, hello!"
    );
}

#[tokio::test]
async fn the_operators_own_words_for_the_tool_stay_and_retries_are_switched_on_again() {
    let scene = Scene::new().await;
    scene.connect(&["--yes"]).await.unwrap();
    scene.with_state(|kept| {
        let tool = &mut kept.tools[0]["tool_config"];
        tool["description"] = json!("Knows the customers of the shop.");
        tool["response_timeout_secs"] = json!(12);
    });
    assert!(
        scene
            .connect(&["--yes"])
            .await
            .unwrap()
            .ends_with("nothing to change.")
    );
    scene.with_state(|kept| kept.webhooks[0]["retry_enabled"] = json!(false));
    let told = scene.connect(&["--yes"]).await.unwrap();
    assert!(told.contains("switch the post-call webhook on"), "{told}");
    assert_eq!(
        scene.with_state(|kept| kept.webhooks[0]["retry_enabled"].clone()),
        true
    );
}

#[tokio::test]
async fn a_change_that_the_api_does_not_take_is_no_success() {
    let scene = Scene::new().await;
    scene.with_state(|kept| kept.ignores_changes = true);
    let not_taken = |result: Result<String, Failure>| {
        matches!(
            result,
            Err(Failure::ElevenLabs(ElevenLabsError::NotTaken { .. }))
        )
    };
    assert!(not_taken(scene.connect(&["--yes"]).await));
    scene.with_state(|kept| kept.ignores_changes = false);
    scene.connect(&["--yes"]).await.unwrap();
    scene.with_state(|kept| kept.ignores_changes = true);
    assert!(not_taken(scene.about_agent("disconnect", &["--yes"]).await));
}

#[tokio::test]
async fn an_agent_is_connected_and_disconnected_where_the_api_does_not_know_branches() {
    let scene = Scene::new().await;
    scene.with_state(|kept| kept.knows_branches = false);
    scene.connect(&["--yes"]).await.unwrap();
    assert!(
        scene
            .connect(&[])
            .await
            .unwrap()
            .ends_with("nothing to change.")
    );
    scene.about_agent("disconnect", &["--yes"]).await.unwrap();
    assert_eq!(
        scene.with_state(|kept| kept.agents[0].pointer(FIRST_MESSAGE).unwrap().clone()),
        "Bike shop, hello!"
    );
}

#[tokio::test]
async fn a_post_call_webhook_that_the_list_does_not_show_is_not_replaced_without_a_word() {
    let cases = include_str!("../../../../tests/cases/unlisted-webhooks.json");
    for case in serde_json::from_str::<Vec<Value>>(cases).unwrap() {
        let id = case["webhook"].as_str().unwrap();
        let scene = Scene::new().await;
        let webhooks = json!({"platform_settings": {"workspace_overrides": {"webhooks": {"post_call_webhook_id": id}}}});
        scene.with_state(|kept| merge(&mut kept.agents[0], &webhooks));
        let Err(Failure::WouldReplace(taken)) = scene.connect(&["--yes"]).await else {
            panic!("{id} is replaced")
        };
        assert!(taken.contains(id), "{taken}");
        assert!(scene.with_state(|kept| kept.changes.is_empty()));
        scene.connect(&["--yes", "--replace"]).await.unwrap();
        assert!(
            scene
                .connect(&[])
                .await
                .unwrap()
                .ends_with("nothing to change.")
        );
    }
}

#[tokio::test]
async fn a_field_that_the_api_adds_is_no_difference() {
    let scene = Scene::new().await;
    scene.connect(&["--yes"]).await.unwrap();
    scene.with_state(|kept| {
        let agent = &mut kept.agents[0];
        agent.pointer_mut(CLIENT_DATA).unwrap()["auth_connection"] = Value::Null;
        agent.pointer_mut(WEBHOOKS).unwrap()["send_audio"] = Value::Null;
        agent.pointer_mut(PLACEHOLDERS).unwrap()["shop"] = json!("north");
        kept.tools[0]["tool_config"]["assignments"] = json!([]);
        kept.tools[0]["tool_config"]["api_schema"]["auth_connection"] = Value::Null;
    });
    assert!(
        scene
            .connect(&["--yes"])
            .await
            .unwrap()
            .ends_with("nothing to change.")
    );
}

#[tokio::test]
async fn transcripts_that_are_left_out_are_reported() {
    let scene = Scene::new().await;
    scene.connect(&["--yes"]).await.unwrap();
    scene.with_state(|kept| {
        kept.agents[0].pointer_mut(WEBHOOKS).unwrap()["exclude_transcript"] = json!(true)
    });
    let told = scene.connect(&[]).await.unwrap();
    assert!(
        told.contains("exclude_transcript") && told.ends_with("nothing to change."),
        "{told}"
    );
}

#[tokio::test]
async fn the_tool_knows_the_user_of_a_web_session_where_the_deployment_trusts_it() {
    let scene = Scene::new().await;
    let user_id = |scene: &Scene| {
        let bound =
            "/tool_config/api_schema/request_body_schema/properties/user_id/dynamic_variable";
        scene.with_state(|kept| kept.tools[0].pointer(bound).cloned())
    };
    scene.connect(&["--yes"]).await.unwrap();
    assert_eq!(user_id(&scene), None);
    let file = scene.folder.path().join(".env");
    let words = [
        "elaaoms",
        "connect",
        "--agent",
        "agent_1",
        "--url",
        "https://calls.example.com",
        "--yes",
    ];
    let words = [&words[..], &["--env-file", file.to_str().unwrap()]].concat();
    scene
        .run(words, &[("TRUST_USER_ID", "true")])
        .await
        .unwrap();
    assert_eq!(user_id(&scene), Some(json!("user_id")));
    let stand_in =
        scene.with_state(|kept| kept.agents[0].pointer(PLACEHOLDERS).unwrap()["user_id"].clone());
    assert_eq!(
        stand_in, "",
        "a telephone call has none, and is not refused because of it"
    );
}
