//! Tests that the operator's settings are restored by disconnect, and that unknown callers hear the
//! same as before in the meantime.

use serde::Deserialize;

use super::*;
use crate::commands::connect::fields::{
    CLIENT_DATA, ENABLED, FIRST_MESSAGE, OVERRIDE, PRESETS, WEBHOOKS,
};
use crate::commands::connect::saved::TOOLS;
use crate::elevenlabs::{ElevenLabsError, PLACEHOLDERS, includes};

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
    #[serde(rename = "strangers_hear")]
    unknown_callers_hear: String,
    #[serde(default = "greeting")]
    first_message: String,
    #[serde(default)]
    greeted_in: Vec<String>,
    #[serde(default, rename = "stand_ins_after")]
    placeholders_after: Value,
    other_tool: Option<String>,
}

fn greeting() -> String {
    "{{greeting}}".to_owned()
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!(
        "../../../../../tests/cases/operator-settings.json"
    ))
    .unwrap()
}

impl Case {
    async fn fixture(&self) -> Fixture {
        let fixture = Fixture::new().await;
        fixture.with_state(|state| {
            merge(&mut state.agents[0], &self.agent);
            state.tools.extend(self.other_tool.iter().map(|id| {
                json!({"id": id, "tool_config": {"type": "webhook", "name": "search_memory",
                    "api_schema": {"url": "https://other.example.com/search"}}})
            }));
        });
        fixture
    }

    async fn connect(&self, fixture: &Fixture, more: &[&str]) -> String {
        let options: Vec<&str> = self
            .options
            .iter()
            .map(String::as_str)
            .chain(more.iter().copied())
            .collect();
        fixture
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
        let placeholders = agent.pointer(PLACEHOLDERS).unwrap();
        assert_eq!(
            placeholders["greeting"], self.unknown_callers_hear,
            "{name}"
        );
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

    /// Checks that the operator's events and transcript setting are unchanged.
    fn check_webhooks(&self, before: &Value, agent: &Value) {
        let at = |agent: &Value, field: &str| {
            agent.pointer(WEBHOOKS).unwrap_or(&Value::Null)[field].clone()
        };
        let events = at(agent, "events");
        for event in at(before, "events").as_array().into_iter().flatten() {
            assert!(
                events.as_array().unwrap().contains(event),
                "{}: {events}",
                self.name
            );
        }
        assert_eq!(
            at(before, "exclude_transcript"),
            at(agent, "exclude_transcript"),
            "{}",
            self.name
        );
    }

    fn check_restored(&self, before: &Value, after: &Value) {
        for pointer in SETTINGS {
            let before = before.pointer(pointer).cloned().unwrap_or_default();
            let after = after.pointer(pointer).cloned().unwrap_or_default();
            // An unset flag is off, and a preset without its own first message has none.
            let is_off = before.is_null() && after == json!(false);
            assert!(
                is_off || includes(&before, &after) && includes(&after, &before),
                "{}: {pointer} {after}",
                self.name
            );
        }
        let nothing = json!({"post_call_webhook_id": null});
        let webhooks = before.pointer(WEBHOOKS).unwrap_or(&nothing);
        assert!(
            includes(after.pointer(WEBHOOKS).unwrap(), webhooks),
            "{}: {after}",
            self.name
        );
        let placeholders = after.pointer(PLACEHOLDERS).unwrap();
        assert!(
            self.placeholders_after.is_null() || includes(placeholders, &self.placeholders_after),
            "{}",
            self.name
        );
    }
}

#[tokio::test]
async fn disconnect_restores_the_operators_settings() {
    let cases = cases();
    assert!(cases.len() > 10);
    for (case, replaces_objects) in cases.iter().flat_map(|case| [(case, false), (case, true)]) {
        let fixture = case.fixture().await;
        fixture.with_state(|state| state.replaces_objects = replaces_objects);
        let before = fixture.with_state(|state| state.agents[0].clone());
        case.connect(&fixture, &["--yes"]).await;
        case.check_connected(
            &before,
            &fixture.with_state(|state| state.agents[0].clone()),
        );
        let again = case.connect(&fixture, &["--yes"]).await;
        assert!(
            again.ends_with("nothing to change."),
            "{}: {again}",
            case.name
        );
        fixture
            .run_for_agent("disconnect", &["--yes"])
            .await
            .unwrap();
        case.check_restored(
            &before,
            &fixture.with_state(|state| state.agents[0].clone()),
        );
        let again = fixture
            .run_for_agent("disconnect", &["--yes"])
            .await
            .unwrap();
        assert!(
            again.ends_with("nothing to change."),
            "{}: {again}",
            case.name
        );
    }
}

/// Returns a branch with this share of an agent's calls.
fn branch(id: &str, agent: &Value, share: f64) -> Value {
    json!({"id": id, "name": format!("{id} name"), "agent_id": agent["agent_id"], "description": "", "created_at": 0,
        "last_committed_at": 0, "is_archived": false, "current_live_percentage": share, "settings": agent})
}

#[tokio::test]
async fn disconnect_restores_the_settings_of_a_branch_that_takes_calls() {
    for case in cases().into_iter().filter(|case| case.other_tool.is_none()) {
        let fixture = Fixture::new().await;
        let mut on_branch = fixture.with_state(|state| state.agents[0].clone());
        merge(&mut on_branch, &case.agent);
        fixture.with_state(|state| state.branches.push(branch("agtbrch_1", &on_branch, 30.0)));
        let plan = case.connect(&fixture, &[]).await;
        assert!(
            plan.contains("branch agtbrch_1 name"),
            "{}: {plan}",
            case.name
        );
        case.connect(&fixture, &["--yes"]).await;
        case.check_connected(
            &on_branch,
            &fixture.with_state(|state| state.branches[0]["settings"].clone()),
        );
        assert!(
            case.connect(&fixture, &[])
                .await
                .ends_with("nothing to change."),
            "{}",
            case.name
        );
        fixture
            .run_for_agent("disconnect", &["--yes"])
            .await
            .unwrap();
        case.check_restored(
            &on_branch,
            &fixture.with_state(|state| state.branches[0]["settings"].clone()),
        );
    }
}

#[tokio::test]
async fn a_branch_without_calls_is_not_changed_and_the_main_branch_only_once() {
    let fixture = Fixture::new().await;
    fixture.with_state(|state| {
        state.agents[0]["branch_id"] = json!("main");
        let agent = state.agents[0].clone();
        state
            .branches
            .extend([branch("main", &agent, 100.0), branch("draft", &agent, 0.0)]);
    });
    fixture.connect(&["--yes"]).await.unwrap();
    let changed = fixture.with_state(|state| {
        state
            .changes
            .iter()
            .filter(|change| change.contains("agents/"))
            .count()
    });
    assert_eq!(changed, 1);
}

#[tokio::test]
async fn disconnect_restores_what_the_operator_set_between_two_connects() {
    let fixture = Fixture::new().await;
    fixture.connect(&["--yes"]).await.unwrap();
    fixture.with_state(|state| {
        *state.agents[0].pointer_mut(FIRST_MESSAGE).unwrap() = json!("Bike shop, {{city}}!")
    });
    fixture.connect(&["--yes"]).await.unwrap();
    fixture
        .run_for_agent("disconnect", &["--yes"])
        .await
        .unwrap();
    assert_eq!(
        fixture.with_state(|state| state.agents[0].pointer(FIRST_MESSAGE).unwrap().clone()),
        "Bike shop, {{city}}!"
    );
}

#[tokio::test]
async fn disconnect_restores_the_first_message_that_an_earlier_version_replaced() {
    let fixture = Fixture::new().await;
    fixture.connect(&["--yes"]).await.unwrap();
    fixture.with_state(|state| {
        let placeholders = state.agents[0]
            .pointer_mut(PLACEHOLDERS)
            .unwrap()
            .as_object_mut()
            .unwrap();
        assert!(placeholders.remove("elaaoms_before").is_some());
    });
    assert!(
        fixture
            .connect(&[])
            .await
            .unwrap()
            .ends_with("nothing to change.")
    );
    fixture
        .run_for_agent("disconnect", &["--yes"])
        .await
        .unwrap();
    let agent = fixture.with_state(|state| state.agents[0].clone());
    assert_eq!(agent.pointer(FIRST_MESSAGE).unwrap(), "Bike shop, hello!");
    assert!(agent.pointer(CLIENT_DATA).unwrap().is_null());
    assert_eq!(agent.pointer(ENABLED).unwrap(), false);
}

#[tokio::test]
async fn disconnect_keeps_what_the_operator_changed_since_connect() {
    let fixture = Fixture::new().await;
    let preset = format!("{PRESETS}/es/overrides/agent/first_message");
    let presets = json!({"es": {"overrides": {"agent": {"first_message": "¡Hola!"}}}});
    fixture.with_state(|state| {
        merge(
            &mut state.agents[0],
            &json!({"conversation_config": {"language_presets": presets}}),
        )
    });
    fixture.connect(&["--yes"]).await.unwrap();
    let elsewhere = json!({"url": "https://crm.example.com/start", "request_headers": {}});
    fixture.with_state(|state| {
        let agent = &mut state.agents[0];
        *agent.pointer_mut(FIRST_MESSAGE).unwrap() = json!("Bike shop, good day!");
        *agent.pointer_mut(&preset).unwrap() = json!("¡Buenos días!");
        *agent.pointer_mut(CLIENT_DATA).unwrap() = elsewhere.clone();
    });
    fixture
        .run_for_agent("disconnect", &["--yes"])
        .await
        .unwrap();
    let agent = fixture.with_state(|state| state.agents[0].clone());
    assert_eq!(
        agent.pointer(FIRST_MESSAGE).unwrap(),
        "Bike shop, good day!"
    );
    assert_eq!(agent.pointer(&preset).unwrap(), "¡Buenos días!");
    assert_eq!(agent.pointer(CLIENT_DATA).unwrap(), &elsewhere);
    assert_eq!(
        agent.pointer(ENABLED).unwrap(),
        true,
        "the other service is still used"
    );
}

#[tokio::test]
async fn a_tool_that_was_deleted_in_the_meantime_is_not_restored() {
    let fixture = Fixture::new().await;
    fixture.with_state(|state| {
        state.agents[0]
            .pointer_mut(TOOLS)
            .unwrap()
            .as_array_mut()
            .unwrap()
            .push(json!("theirs"));
        state.tools.push(
            json!({"id": "theirs", "tool_config": {"type": "webhook", "name": "search_memory",
            "api_schema": {"url": "https://other.example.com/search"}}}),
        );
    });
    fixture.connect(&["--yes"]).await.unwrap();
    fixture.with_state(|state| state.tools.retain(|tool| tool["id"] != "theirs"));
    fixture
        .run_for_agent("disconnect", &["--yes"])
        .await
        .unwrap();
    assert_eq!(
        fixture.with_state(|state| state.agents[0].pointer(TOOLS).unwrap().clone()),
        json!(["calendar"])
    );
}

#[tokio::test]
async fn a_deployment_at_a_new_url_does_not_count_as_another_service() {
    let fixture = Fixture::new().await;
    let before = fixture.with_state(|state| state.agents[0].clone());
    fixture.connect(&["--yes"]).await.unwrap();
    let file = fixture.folder.path().join(".env");
    let command_line = |command| {
        vec![
            "elaaoms",
            command,
            "--agent",
            "agent_1",
            "--url",
            "https://moved.example.com",
            "--yes",
            "--env-file",
            file.to_str().unwrap(),
        ]
    };
    fixture.run(command_line("connect"), &[]).await.unwrap();
    let url =
        fixture.with_state(|state| state.agents[0].pointer(CLIENT_DATA).unwrap()["url"].clone());
    assert_eq!(url, "https://moved.example.com/webhook/client-data");
    fixture.run(command_line("disconnect"), &[]).await.unwrap();
    let after = fixture.with_state(|state| state.agents[0].clone());
    assert_eq!(after.pointer(FIRST_MESSAGE), before.pointer(FIRST_MESSAGE));
    assert!(
        after.pointer(CLIENT_DATA).unwrap().is_null(),
        "the first URL was ours, not the operator's: {after}"
    );
    assert!(
        after.pointer(WEBHOOKS).unwrap()["post_call_webhook_id"].is_null(),
        "{after}"
    );
}

#[tokio::test]
async fn disconnect_restores_the_first_message_after_an_upgrade_and_reconnect() {
    let fixture = Fixture::new().await;
    fixture.connect(&["--yes"]).await.unwrap();
    fixture.with_state(|state| {
        let placeholders = state.agents[0]
            .pointer_mut(PLACEHOLDERS)
            .unwrap()
            .as_object_mut()
            .unwrap();
        assert!(placeholders.remove("elaaoms_before").is_some());
    });
    fixture
        .connect(&["--greeting", "both", "--yes"])
        .await
        .unwrap();
    fixture
        .run_for_agent("disconnect", &["--yes"])
        .await
        .unwrap();
    assert_eq!(
        fixture.with_state(|state| state.agents[0].pointer(FIRST_MESSAGE).unwrap().clone()),
        "Bike shop, hello!"
    );
}

#[tokio::test]
async fn the_operators_tool_description_stays_and_retries_are_enabled_again() {
    let fixture = Fixture::new().await;
    fixture.connect(&["--yes"]).await.unwrap();
    fixture.with_state(|state| {
        let tool = &mut state.tools[0]["tool_config"];
        tool["description"] = json!("Knows the customers of the shop.");
        tool["response_timeout_secs"] = json!(12);
    });
    assert!(
        fixture
            .connect(&["--yes"])
            .await
            .unwrap()
            .ends_with("nothing to change.")
    );
    fixture.with_state(|state| state.webhooks[0]["retry_enabled"] = json!(false));
    let output = fixture.connect(&["--yes"]).await.unwrap();
    assert!(output.contains("enable the post-call webhook"), "{output}");
    assert_eq!(
        fixture.with_state(|state| state.webhooks[0]["retry_enabled"].clone()),
        true
    );
}

#[tokio::test]
async fn a_change_that_the_api_does_not_apply_is_an_error() {
    let fixture = Fixture::new().await;
    fixture.with_state(|state| state.ignores_changes = true);
    let is_not_applied = |result: Result<String, Failure>| {
        matches!(
            result.unwrap_err().downcast_ref(),
            Some(ElevenLabsError::NotApplied { .. })
        )
    };
    assert!(is_not_applied(fixture.connect(&["--yes"]).await));
    fixture.with_state(|state| state.ignores_changes = false);
    fixture.connect(&["--yes"]).await.unwrap();
    fixture.with_state(|state| state.ignores_changes = true);
    assert!(is_not_applied(
        fixture.run_for_agent("disconnect", &["--yes"]).await
    ));
}

#[tokio::test]
async fn an_agent_is_connected_and_disconnected_with_an_api_without_branches() {
    let fixture = Fixture::new().await;
    fixture.with_state(|state| state.knows_branches = false);
    fixture.connect(&["--yes"]).await.unwrap();
    assert!(
        fixture
            .connect(&[])
            .await
            .unwrap()
            .ends_with("nothing to change.")
    );
    fixture
        .run_for_agent("disconnect", &["--yes"])
        .await
        .unwrap();
    assert_eq!(
        fixture.with_state(|state| state.agents[0].pointer(FIRST_MESSAGE).unwrap().clone()),
        "Bike shop, hello!"
    );
}

#[tokio::test]
async fn an_unlisted_post_call_webhook_is_not_replaced_without_the_option() {
    let cases = include_str!("../../../../../tests/cases/unlisted-webhooks.json");
    for case in serde_json::from_str::<Vec<Value>>(cases).unwrap() {
        let id = case["webhook"].as_str().unwrap();
        let fixture = Fixture::new().await;
        let webhooks = json!({"platform_settings": {"workspace_overrides": {"webhooks": {"post_call_webhook_id": id}}}});
        fixture.with_state(|state| merge(&mut state.agents[0], &webhooks));
        let failure = fixture.connect(&["--yes"]).await.unwrap_err();
        let Some(ConnectError::WouldReplace(conflicts)) = failure.downcast_ref() else {
            panic!("{id} is replaced")
        };
        assert!(conflicts.contains(id), "{conflicts}");
        assert!(fixture.with_state(|state| state.changes.is_empty()));
        fixture.connect(&["--yes", "--replace"]).await.unwrap();
        assert!(
            fixture
                .connect(&[])
                .await
                .unwrap()
                .ends_with("nothing to change.")
        );
    }
}

#[tokio::test]
async fn fields_that_the_api_adds_are_not_differences() {
    let fixture = Fixture::new().await;
    fixture.connect(&["--yes"]).await.unwrap();
    fixture.with_state(|state| {
        let agent = &mut state.agents[0];
        agent.pointer_mut(CLIENT_DATA).unwrap()["auth_connection"] = Value::Null;
        agent.pointer_mut(WEBHOOKS).unwrap()["send_audio"] = Value::Null;
        agent.pointer_mut(PLACEHOLDERS).unwrap()["shop"] = json!("north");
        state.tools[0]["tool_config"]["assignments"] = json!([]);
        state.tools[0]["tool_config"]["api_schema"]["auth_connection"] = Value::Null;
    });
    assert!(
        fixture
            .connect(&["--yes"])
            .await
            .unwrap()
            .ends_with("nothing to change.")
    );
}

#[tokio::test]
async fn excluded_transcripts_are_reported() {
    let fixture = Fixture::new().await;
    fixture.connect(&["--yes"]).await.unwrap();
    fixture.with_state(|state| {
        state.agents[0].pointer_mut(WEBHOOKS).unwrap()["exclude_transcript"] = json!(true)
    });
    let output = fixture.connect(&[]).await.unwrap();
    assert!(
        output.contains("exclude_transcript") && output.ends_with("nothing to change."),
        "{output}"
    );
}

#[tokio::test]
async fn the_tool_gets_the_web_session_user_if_the_deployment_trusts_it() {
    let fixture = Fixture::new().await;
    let user_id = |fixture: &Fixture| {
        let bound =
            "/tool_config/api_schema/request_body_schema/properties/user_id/dynamic_variable";
        fixture.with_state(|state| state.tools[0].pointer(bound).cloned())
    };
    fixture.connect(&["--yes"]).await.unwrap();
    assert_eq!(user_id(&fixture), None);
    let file = fixture.folder.path().join(".env");
    let command_line = [
        "elaaoms",
        "connect",
        "--agent",
        "agent_1",
        "--url",
        "https://calls.example.com",
        "--yes",
        "--env-file",
        file.to_str().unwrap(),
    ];
    fixture
        .run(command_line.to_vec(), &[("TRUST_USER_ID", "true")])
        .await
        .unwrap();
    assert_eq!(user_id(&fixture), Some(json!("user_id")));
    let placeholder = fixture
        .with_state(|state| state.agents[0].pointer(PLACEHOLDERS).unwrap()["user_id"].clone());
    assert_eq!(
        placeholder, "",
        "phone calls without a user id are still accepted"
    );
}
