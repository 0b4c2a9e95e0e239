use common::elevenlabs::signature;
use secrecy::SecretString;

use super::*;
use crate::deployment::DeploymentError;

const SECRET: &str = "secret-of-the-examples";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn event_of(function: Function, payload: Option<&str>, base64: bool) -> Value {
    let payload = payload.map(|path| root().join(path));
    let deployment = DeploymentArguments::machine(Path::new("./data"));
    let arguments = Arguments {
        function,
        payload,
        base64,
        deployment,
    };
    event(&arguments, Timestamp::UNIX_EPOCH, |_| Ok(SECRET.into())).unwrap()
}

/// Replaces ids, times and signatures, which differ on every run, with null.
fn without_volatile_fields(mut event: Value) -> Value {
    for pointer in [
        "/headers/elevenlabs-signature",
        "/requestContext/requestId",
        "/requestContext/time",
        "/requestContext/timeEpoch",
        "/Records/0/messageId",
        "/Records/0/attributes/ApproximateFirstReceiveTimestamp",
        "/Records/0/attributes/SentTimestamp",
    ] {
        if let Some(value) = event.pointer_mut(pointer) {
            *value = Value::Null;
        }
    }
    event
}

#[test]
fn a_post_call_event_is_signed_over_its_body() {
    let event = event_of(
        Function::PostCall,
        Some("tests/payloads/first-call.json"),
        true,
    );
    let body = STANDARD.decode(event["body"].as_str().unwrap()).unwrap();
    assert_eq!(
        body,
        read(&root().join("tests/payloads/first-call.json")).unwrap()
    );
    let header = event["headers"][signature::HEADER].as_str().unwrap();
    let secrets = [SecretString::from(SECRET)];
    assert_eq!(
        signature::verify(header, &body, &secrets, Timestamp::UNIX_EPOCH),
        Ok(())
    );
}

#[test]
fn the_example_events_match_the_output_of_the_command() {
    for (name, function, payload) in [
        (
            "post-call",
            Function::PostCall,
            Some("tests/payloads/no-analysis.json"),
        ),
        (
            "client-data",
            Function::ClientData,
            Some("events/payloads/client-data.json"),
        ),
        (
            "search-memory",
            Function::SearchMemory,
            Some("events/payloads/search-memory.json"),
        ),
        (
            "do-not-remember",
            Function::DoNotRemember,
            Some("events/payloads/do-not-remember.json"),
        ),
        ("health", Function::Health, None),
        (
            "extraction",
            Function::Extraction,
            Some("tests/payloads/no-analysis.json"),
        ),
    ] {
        let example = read(&root().join(format!("events/{name}.json"))).unwrap();
        let example = serde_json::from_slice(&example).unwrap();
        assert_eq!(
            without_volatile_fields(event_of(function, payload, false)),
            without_volatile_fields(example),
            "events/{name}.json"
        );
    }
}

#[test]
fn an_event_needs_the_secret_of_its_webhook() {
    let payload = Some(root().join("tests/payloads/no-analysis.json"));
    let deployment = DeploymentArguments::machine(Path::new("./data"));
    let arguments = Arguments {
        function: Function::PostCall,
        payload,
        base64: false,
        deployment,
    };
    let failure = event(&arguments, Timestamp::UNIX_EPOCH, |name| {
        Err(DeploymentError::MissingSecret(name).into())
    })
    .unwrap_err();
    assert!(
        failure
            .to_string()
            .starts_with("ELEVENLABS_POST_CALL_HMAC_KEY is not set")
    );
}
