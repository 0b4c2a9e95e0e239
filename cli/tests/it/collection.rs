//! From `connect` to memories without a model: extraction reads the data collection items that
//! `connect` sets up at ElevenLabs.

use elaaoms_tests::Deployment;
use elaaoms_tests::payload::{self, NURSERY, TOMAS};
use serde_json::{Map, Value, json};

use crate::harness::elaaoms_with;
use crate::workspace::Workspace;

const ITEMS: &str = "/platform_settings/data_collection";

/// The values that ElevenLabs' model would collect. Each is keyed by words of the item's
/// instruction, which is all that the model knows of the item.
const VALUES: [(&str, &str); 6] = [
    ("full name", "Tomás Serrano"),
    ("addressed", "None"),
    (
        "prefers",
        "quiere siempre papel mate; prefiere recoger por la tarde",
    ),
    ("Lasting facts", "tiene un estudio de fotografía"),
    ("not settled", "falta la factura del pedido 4410"),
    ("appointment", "pedido 4410"),
];

fn results(items: &Map<String, Value>) -> Value {
    let result = |(id, item): (&String, &Value)| {
        let instruction = item["description"].as_str().unwrap();
        let (_, value) = VALUES
            .iter()
            .find(|(word, _)| instruction.contains(word))
            .unwrap_or_else(|| panic!("{id}"));
        (
            id.clone(),
            json!({"data_collection_id": id, "value": value, "json_schema": item, "rationale": "heard"}),
        )
    };
    items.iter().map(result).collect::<Map<_, _>>().into()
}

fn call(results: Value) -> String {
    let mut call = payload::json("first-call");
    call["data"]["metadata"]["main_language"] = json!("es");
    call["data"]["transcript"] = json!([
        {"role": "agent", "message": "Buenas tardes, ¿con quién hablo?"},
        {"role": "user", "message": "Soy Tomás Serrano, tengo un estudio de fotografía. Quiero siempre papel mate y prefiero recoger por la tarde."},
        {"role": "agent", "message": "Perfecto."},
        {"role": "user", "message": "Todavía me falta la factura del pedido 4410."},
    ]);
    call["data"]["analysis"] = json!({"transcript_summary": "The caller likes matte paper.", "data_collection_results": results});
    call.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn collected_values_become_memories_without_a_model() {
    let deployment = Deployment::start().await;
    let (workspace, api) = Workspace::start().await;
    let variables = [
        ("ELEVENLABS_API_KEY", "xi-test"),
        ("ELEVENLABS_API_URL", api.as_str()),
    ];
    let run = async |command: &str| {
        let words = [
            command,
            "--agent",
            "agent_1",
            "--url",
            "https://calls.example.com",
            "--yes",
        ];
        let ran = elaaoms_with(&deployment, &words, &variables).await;
        ran.expect_code(0);
    };
    run("connect").await;
    let items = workspace.with_state(|kept| {
        kept.agents[0]
            .pointer(ITEMS)
            .unwrap()
            .as_object()
            .unwrap()
            .clone()
    });
    assert_eq!(items.len(), VALUES.len());

    deployment.remember(call(results(&items))).await;
    let mut contents = deployment.contents(NURSERY, TOMAS).await;
    contents.sort();
    assert_eq!(
        contents,
        [
            "Cita o pedido: pedido 4410",
            "Nombre: Tomás Serrano",
            "Petición pendiente: falta la factura del pedido 4410",
            "Preferencia: prefiere recoger por la tarde",
            "Preferencia: quiere siempre papel mate",
            "Sobre la persona que llama: tiene un estudio de fotografía",
        ]
    );
    let categories: Vec<String> = deployment
        .memories(NURSERY, TOMAS)
        .await
        .iter()
        .filter(|memory| {
            memory["content"]
                .as_str()
                .unwrap()
                .starts_with("Preferencia")
        })
        .map(|memory| memory["metadata"]["category"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(categories, ["preference", "preference"]);
    let reply = deployment.elevenlabs.ring(NURSERY, TOMAS).await;
    assert_eq!(reply.variable("caller_name"), "Tomás");
    assert!(
        reply
            .variable("greeting")
            .starts_with("¡Hola de nuevo, Tomás!"),
        "{}",
        reply.text
    );
    assert!(
        reply
            .variable("open_issues")
            .contains("factura del pedido 4410"),
        "{}",
        reply.text
    );

    run("disconnect").await;
    let left = workspace.with_state(|kept| {
        kept.agents[0]
            .pointer(ITEMS)
            .unwrap()
            .as_object()
            .unwrap()
            .len()
    });
    assert_eq!(left, 0);
}
