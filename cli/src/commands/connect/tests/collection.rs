//! Tests of data collection items: ours are added once, and the operator's are neither overwritten
//! nor removed.

use common::elevenlabs::collection::CollectedItem;
use serde::Deserialize;

use super::*;
use crate::commands::connect::collection::COLLECTION;

/// A case of `tests/cases/collection-items.json`.
#[derive(Deserialize)]
struct Case {
    name: String,
    /// Items of the agent before connect; `null` if it has no list.
    before: Value,
    #[serde(default)]
    options: Vec<String>,
    /// Changes to the items between connect and disconnect.
    #[serde(default)]
    changes: Value,
    /// Titles that the plan shows.
    adds: Vec<String>,
    /// Ids that remain after disconnect.
    left: Vec<String>,
    /// Id that the plan reports as the operator's.
    reported: Option<String>,
}

fn ids(fixture: &Fixture) -> Vec<String> {
    let items = fixture
        .with_state(|state| state.agents[0].pointer(COLLECTION).cloned())
        .unwrap_or_default();
    items
        .as_object()
        .map(|items| items.keys().cloned().collect())
        .unwrap_or_default()
}

/// Adds the fields that nobody set, with their defaults, as the API shows them.
fn with_defaults(fixture: &Fixture) {
    fixture.with_state(|state| {
        let Some(items) = state.agents[0]
            .pointer_mut(COLLECTION)
            .and_then(Value::as_object_mut)
        else {
            return;
        };
        for item in items.values_mut() {
            for (field, value) in [
                ("enum", Value::Null),
                ("is_system_provided", json!(false)),
                ("llm", Value::Null),
            ] {
                item.as_object_mut().unwrap().entry(field).or_insert(value);
            }
            for field in [
                "dynamic_variable",
                "constant_value",
                "allowed_values_dynamic_variable",
            ] {
                item.as_object_mut()
                    .unwrap()
                    .entry(field)
                    .or_insert(json!(""));
            }
        }
    });
}

#[tokio::test]
async fn our_items_are_added_once_and_the_operators_items_are_unchanged() {
    let cases: Vec<Case> = serde_json::from_str(include_str!(
        "../../../../../tests/cases/collection-items.json"
    ))
    .unwrap();
    assert!(cases.len() >= 8);
    for case in cases {
        let name = &case.name;
        let fixture = Fixture::new().await;
        if !case.before.is_null() {
            let items = json!({"platform_settings": {"data_collection": case.before}});
            fixture.with_state(|state| merge(&mut state.agents[0], &items));
        }
        let options: Vec<&str> = case.options.iter().map(String::as_str).collect();
        let plan = fixture.connect(&options).await.unwrap();
        let line = plan
            .lines()
            .find(|line| line.contains("data collection: "))
            .unwrap_or_default();
        assert_eq!(
            line.contains("data collection: "),
            !case.adds.is_empty(),
            "{name}: {plan}"
        );
        assert!(
            case.adds.iter().all(|title| line.contains(title.as_str())),
            "{name}: {plan}"
        );
        assert!(
            case.reported
                .iter()
                .all(|id| plan.contains(id.as_str()) && plan.contains("note: ")),
            "{name}: {plan}"
        );
        let again = [&options[..], &["--yes"]].concat();
        fixture.connect(&again).await.unwrap();
        for (id, item) in case.before.as_object().into_iter().flatten() {
            let current = fixture
                .with_state(|state| state.agents[0].pointer(COLLECTION).unwrap()[id].clone());
            assert!(
                crate::elevenlabs::includes(&current, item),
                "{name}: {id} {current}"
            );
        }
        with_defaults(&fixture);
        let output = fixture.connect(&again).await.unwrap();
        assert!(output.ends_with("nothing to change."), "{name}: {output}");
        let changes = json!({"platform_settings": {"data_collection": case.changes}});
        if !case.changes.is_null() {
            fixture.with_state(|state| merge(&mut state.agents[0], &changes));
        }
        fixture
            .run_for_agent("disconnect", &["--yes"])
            .await
            .unwrap();
        assert_eq!(ids(&fixture), case.left, "{name}");
        assert!(
            fixture
                .run_for_agent("disconnect", &["--yes"])
                .await
                .unwrap()
                .ends_with("nothing to change."),
            "{name}"
        );
    }
}

#[tokio::test]
async fn an_agent_connected_by_an_earlier_version_gets_the_items() {
    let fixture = Fixture::new().await;
    fixture.connect(&["--no-collect", "--yes"]).await.unwrap();
    assert!(ids(&fixture).is_empty());
    let plan = fixture.connect(&["--yes"]).await.unwrap();
    assert!(
        plan.contains("data collection: name, form of address, preferences"),
        "{plan}"
    );
    assert_eq!(ids(&fixture).len(), CollectedItem::ALL.len());
    assert!(
        fixture
            .connect(&["--no-collect"])
            .await
            .unwrap()
            .ends_with("nothing to change."),
        "existing items stay"
    );
    assert_eq!(ids(&fixture).len(), CollectedItem::ALL.len());
}

#[tokio::test]
async fn an_agent_without_the_items_counts_as_connected() {
    let fixture = Fixture::new().await;
    fixture.connect(&["--no-collect", "--yes"]).await.unwrap();
    let file = fixture.folder.path().join(".env");
    let target = Target {
        url: Some("https://calls.example.com".parse().unwrap()),
        env_file: file.clone(),
        name: "elaaoms".to_owned(),
    };
    let words = [
        "elaaoms",
        "connect",
        "--agent",
        "agent_1",
        "--env-file",
        file.to_str().unwrap(),
    ];
    let context = Context::fixed(
        &[
            ("ELEVENLABS_API_KEY", "xi-test"),
            ("ELEVENLABS_API_URL", fixture.api.as_str()),
        ],
        || jiff::Timestamp::UNIX_EPOCH,
    );
    let Task::Connect(arguments) = Command::try_parse_from(words).unwrap().task else {
        panic!("not connect")
    };
    let deployment = Deployment::find(&arguments.deployment, &context)
        .await
        .unwrap();
    let changes = pending_changes("agent_1", &target, deployment)
        .await
        .unwrap();
    assert_eq!(
        changes.steps,
        Vec::<String>::new(),
        "doctor does not require the items"
    );
}

#[tokio::test]
async fn connect_fails_if_the_api_does_not_store_the_items() {
    let fixture = Fixture::new().await;
    fixture.connect(&["--no-collect", "--yes"]).await.unwrap();
    fixture.with_state(|state| state.ignores_changes = true);
    assert!(fixture.connect(&["--yes"]).await.is_err());
}
