//! Data collection items: ours are added once, and the operator's are neither overwritten nor
//! removed.

use common::elevenlabs::collection::CollectedItem;
use serde::Deserialize;

use super::*;
use crate::connect::collection::COLLECTION;

/// A case of `tests/cases/collection-items.json`.
#[derive(Deserialize)]
struct Case {
    name: String,
    /// The items of the agent before; `null` where it has no list.
    before: Value,
    #[serde(default)]
    options: Vec<String>,
    /// What happens to the items between connect and disconnect.
    #[serde(default)]
    changes: Value,
    /// Titles that the plan shows.
    adds: Vec<String>,
    /// The ids that are left after disconnect.
    left: Vec<String>,
    /// An id that the plan reports as the operator's.
    reported: Option<String>,
}

fn ids(scene: &Scene) -> Vec<String> {
    let items = scene
        .with_state(|kept| kept.agents[0].pointer(COLLECTION).cloned())
        .unwrap_or_default();
    items
        .as_object()
        .map(|items| items.keys().cloned().collect())
        .unwrap_or_default()
}

/// As the API shows an item: every field that nobody set, with its default.
fn with_defaults(scene: &Scene) {
    scene.with_state(|kept| {
        let Some(items) = kept.agents[0]
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
async fn our_items_are_added_once_and_the_operators_stay_as_they_are() {
    let cases: Vec<Case> = serde_json::from_str(include_str!(
        "../../../../tests/cases/collection-items.json"
    ))
    .unwrap();
    assert!(cases.len() >= 8);
    for case in cases {
        let (name, scene) = (&case.name, Scene::new().await);
        if !case.before.is_null() {
            let items = json!({"platform_settings": {"data_collection": case.before}});
            scene.with_state(|kept| merge(&mut kept.agents[0], &items));
        }
        let options: Vec<&str> = case.options.iter().map(String::as_str).collect();
        let plan = scene.connect(&options).await.unwrap();
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
                .all(|id| plan.contains(id.as_str()) && plan.contains("look: ")),
            "{name}: {plan}"
        );
        let again = [&options[..], &["--yes"]].concat();
        scene.connect(&again).await.unwrap();
        for (id, item) in case.before.as_object().into_iter().flatten() {
            let now =
                scene.with_state(|kept| kept.agents[0].pointer(COLLECTION).unwrap()[id].clone());
            assert!(crate::elevenlabs::shows(&now, item), "{name}: {id} {now}");
        }
        with_defaults(&scene);
        let told = scene.connect(&again).await.unwrap();
        assert!(told.ends_with("nothing to change."), "{name}: {told}");
        let changes = json!({"platform_settings": {"data_collection": case.changes}});
        if !case.changes.is_null() {
            scene.with_state(|kept| merge(&mut kept.agents[0], &changes));
        }
        scene.about_agent("disconnect", &["--yes"]).await.unwrap();
        assert_eq!(ids(&scene), case.left, "{name}");
        assert!(
            scene
                .about_agent("disconnect", &["--yes"])
                .await
                .unwrap()
                .ends_with("nothing to change."),
            "{name}"
        );
    }
}

#[tokio::test]
async fn an_agent_that_an_earlier_version_connected_gets_the_items_as_well() {
    let scene = Scene::new().await;
    scene.connect(&["--no-collect", "--yes"]).await.unwrap();
    assert!(ids(&scene).is_empty());
    let plan = scene.connect(&["--yes"]).await.unwrap();
    assert!(
        plan.contains("data collection: name, form of address, preferences"),
        "{plan}"
    );
    assert_eq!(ids(&scene).len(), CollectedItem::ALL.len());
    assert!(
        scene
            .connect(&["--no-collect"])
            .await
            .unwrap()
            .ends_with("nothing to change."),
        "those that are there stay"
    );
    assert_eq!(ids(&scene).len(), CollectedItem::ALL.len());
}

#[tokio::test]
async fn an_agent_without_the_items_is_connected_all_the_same() {
    let scene = Scene::new().await;
    scene.connect(&["--no-collect", "--yes"]).await.unwrap();
    let file = scene.folder.path().join(".env");
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
            ("ELEVENLABS_API_URL", scene.api.as_str()),
        ],
        || jiff::Timestamp::UNIX_EPOCH,
    );
    let Task::Connect(arguments) = Command::try_parse_from(words).unwrap().task else {
        panic!("not connect")
    };
    let deployment = Deployment::find(&arguments.deployment, &context)
        .await
        .unwrap();
    let missing = missing("agent_1", &target, deployment).await.unwrap();
    assert_eq!(
        missing.steps,
        Vec::<String>::new(),
        "doctor asks for no items"
    );
}

#[tokio::test]
async fn items_of_an_api_that_keeps_none_are_no_success() {
    let scene = Scene::new().await;
    scene.connect(&["--no-collect", "--yes"]).await.unwrap();
    scene.with_state(|kept| kept.ignores_changes = true);
    assert!(scene.connect(&["--yes"]).await.is_err());
}
