use wiremock::matchers::{body_bytes, header, header_exists, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::archive::PayloadKind;
use crate::aws::testing::{config_at, config_for};
use crate::call::ConversationId;

const PATH: &str = "/calls/payloads/conv_1/conv_1_transcription.json";

fn key() -> Key {
    Key::payload(&ConversationId::parse("conv_1").unwrap(), &PayloadKind::Transcription)
}

async fn archive_over(server: &MockServer) -> S3Archive {
    S3Archive::new(&config_for(server), "calls")
}

/// An archive over an S3 that answers every request with this.
async fn archive_that_hears(answer: ResponseTemplate) -> (MockServer, S3Archive) {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any()).respond_with(answer).mount(&server).await;
    let archive = archive_over(&server).await;
    (server, archive)
}

fn error(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_string(format!("<Error><Code>{code}</Code><Message>-</Message></Error>"))
}

#[tokio::test]
async fn a_body_is_put_byte_for_byte_and_signed() {
    let server = MockServer::start().await;
    let body = b"\xff\x00 not even text \r\n";
    Mock::given(method("PUT"))
        .and(path(PATH))
        .and(header_exists("authorization"))
        .and(body_bytes(body))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&server)
        .await;
    archive_over(&server).await.put(&key(), Bytes::from_static(body)).await.unwrap();
}

#[tokio::test]
async fn what_is_there_already_is_left_as_it_is() {
    let server = MockServer::start().await;
    Mock::given(method("PUT"))
        .and(header("if-none-match", "*"))
        .respond_with(error(412, "PreconditionFailed"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("PUT")).respond_with(error(409, "ConditionalRequestConflict")).mount(&server).await;
    let archive = archive_over(&server).await;
    for _ in 0..2 {
        assert_eq!(archive.put_if_absent(&key(), Bytes::new()).await, Ok(Put::AlreadyThere));
    }
}

#[tokio::test]
async fn an_object_is_got_back_byte_for_byte() {
    let (_server, archive) = archive_that_hears(ResponseTemplate::new(200).set_body_bytes(b"\xff\x00".to_vec())).await;
    assert_eq!(archive.get(&key()).await.unwrap().unwrap(), &b"\xff\x00"[..]);
    assert_eq!(archive.contains(&key()).await, Ok(true));
}

#[tokio::test]
async fn a_missing_object_is_absence_and_a_missing_bucket_is_not() {
    let (_server, archive) = archive_that_hears(error(404, "NoSuchKey")).await;
    assert_eq!(archive.get(&key()).await, Ok(None));
    assert_eq!(archive.contains(&key()).await, Ok(false));
    let (_server, archive) = archive_that_hears(error(404, "NoSuchBucket")).await;
    assert!(matches!(archive.get(&key()).await, Err(ArchiveError::Refused(_))));
}

#[tokio::test]
async fn a_missing_permission_is_told_from_an_outage() {
    let (_server, archive) = archive_that_hears(error(403, "AccessDenied")).await;
    let refused = archive.put(&key(), Bytes::new()).await;
    assert_eq!(refused, Err(ArchiveError::Refused("S3: 403 AccessDenied".to_owned())));
    let (_server, archive) = archive_that_hears(error(503, "SlowDown")).await;
    assert!(matches!(archive.put(&key(), Bytes::new()).await, Err(ArchiveError::Unavailable(_))));
    let archive = S3Archive::new(&config_at("http://127.0.0.1:9"), "calls");
    assert!(matches!(archive.get(&key()).await, Err(ArchiveError::Unavailable(_))), "nobody listens");
}
