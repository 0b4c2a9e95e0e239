use wiremock::matchers::{
    body_bytes, header, header_exists, method, path, query_param, query_param_contains,
};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::archive::PayloadKind;
use crate::aws::testing::{config_at, config_for};
use crate::call::ConversationId;

const PATH: &str = "/calls/payloads/conv_1/conv_1_transcription.json";

fn key() -> Key {
    Key::payload(
        &ConversationId::parse("conv_1").unwrap(),
        &PayloadKind::Transcription,
    )
}

async fn archive_over(server: &MockServer) -> S3Archive {
    S3Archive::new(&config_for(server), "calls")
}

/// Returns an archive whose S3 answers every request with `response`.
async fn archive_answering(response: ResponseTemplate) -> (MockServer, S3Archive) {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any())
        .respond_with(response)
        .mount(&server)
        .await;
    let archive = archive_over(&server).await;
    (server, archive)
}

fn error(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_string(format!(
        "<Error><Code>{code}</Code><Message>-</Message></Error>"
    ))
}

#[tokio::test]
async fn a_body_is_stored_byte_for_byte_and_the_request_signed() {
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
    archive_over(&server)
        .await
        .put(&key(), Bytes::from_static(body))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_existing_object_is_not_overwritten() {
    let server = MockServer::start().await;
    Mock::given(method("PUT"))
        .and(header("if-none-match", "*"))
        .respond_with(error(412, "PreconditionFailed"))
        .mount(&server)
        .await;
    assert_eq!(
        archive_over(&server)
            .await
            .put_if_absent(&key(), Bytes::new())
            .await,
        Ok(PutOutcome::AlreadyExists)
    );
}

#[tokio::test]
async fn a_conflict_is_retried_and_does_not_count_as_an_existing_object() {
    for (conflicts, expected) in [(2, Ok(PutOutcome::Stored)), (u64::MAX, Err(()))] {
        let server = MockServer::start().await;
        let conflict = || error(409, "ConditionalRequestConflict");
        Mock::given(method("PUT"))
            .respond_with(conflict())
            .up_to_n_times(conflicts)
            .mount(&server)
            .await;
        Mock::given(method("PUT"))
            .and(header("if-none-match", "*"))
            .and(body_bytes(b"body"))
            .respond_with(ResponseTemplate::new(200))
            .mount(&server)
            .await;
        let put = archive_over(&server)
            .await
            .put_if_absent(&key(), Bytes::from_static(b"body"))
            .await;
        assert_eq!(
            put.map_err(|error| assert!(matches!(error, ArchiveError::Unavailable(_)))),
            expected
        );
    }
}

#[test]
fn the_longest_retention_class_that_ends_in_time_is_chosen() {
    for (days, expected) in [
        (-1, None),
        (0, None),
        (3, None),
        (4, Some(1)),
        (5, Some(1)),
        (6, Some(3)),
        (33, Some(30)),
        (9000, Some(730)),
    ] {
        assert_eq!(
            retention_class(SignedDuration::from_hours(24 * days)),
            expected,
            "{days}"
        );
    }
    assert_eq!(
        retention_class(SignedDuration::from_hours(24 * 4 - 1)),
        None
    );
}

#[tokio::test]
async fn a_deadline_becomes_a_lifecycle_tag() {
    let at = |days: i64| Timestamp::from_second(days * 24 * 60 * 60).unwrap();
    for (days, tag, expected) in [
        (40, "30", DeletionSchedule::InTime),
        (2, "1", DeletionSchedule::TooLate),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("PUT"))
            .and(path(PATH))
            .and(query_param("tagging", ""))
            .and(wiremock::matchers::body_string_contains(format!(
                "<Key>keep-days</Key><Value>{tag}</Value>"
            )))
            .respond_with(ResponseTemplate::new(200))
            .expect(1)
            .mount(&server)
            .await;
        assert_eq!(
            archive_over(&server)
                .await
                .delete_by(&key(), at(days), at(0))
                .await,
            Ok(expected)
        );
    }
    let (_server, archive) = archive_answering(error(404, "NoSuchKey")).await;
    assert_eq!(
        archive.delete_by(&key(), at(40), at(0)).await,
        Ok(DeletionSchedule::InTime),
        "already deleted"
    );
    let (_server, archive) = archive_answering(error(403, "AccessDenied")).await;
    assert!(matches!(
        archive.delete_by(&key(), at(40), at(0)).await,
        Err(ArchiveError::Refused(_))
    ));
}

#[tokio::test]
async fn an_object_is_read_byte_for_byte() {
    let (_server, archive) =
        archive_answering(ResponseTemplate::new(200).set_body_bytes(b"\xff\x00".to_vec())).await;
    assert_eq!(
        archive.get(&key()).await.unwrap().unwrap(),
        &b"\xff\x00"[..]
    );
    assert_eq!(archive.contains(&key()).await, Ok(true));
}

#[tokio::test]
async fn a_missing_object_is_none_and_a_missing_bucket_is_an_error() {
    let (_server, archive) = archive_answering(error(404, "NoSuchKey")).await;
    assert_eq!(archive.get(&key()).await, Ok(None));
    assert_eq!(archive.contains(&key()).await, Ok(false));
    let (_server, archive) = archive_answering(error(404, "NoSuchBucket")).await;
    assert!(matches!(
        archive.get(&key()).await,
        Err(ArchiveError::Refused(_))
    ));
}

#[tokio::test]
async fn a_missing_permission_is_not_an_outage() {
    let (_server, archive) = archive_answering(error(403, "AccessDenied")).await;
    let refused = archive.put(&key(), Bytes::new()).await;
    assert_eq!(
        refused,
        Err(ArchiveError::Refused("S3: 403 AccessDenied".to_owned()))
    );
    let (_server, archive) = archive_answering(error(503, "SlowDown")).await;
    assert!(matches!(
        archive.put(&key(), Bytes::new()).await,
        Err(ArchiveError::Unavailable(_))
    ));
    let archive = S3Archive::new(&config_at("http://127.0.0.1:9"), "calls");
    assert!(
        matches!(archive.get(&key()).await, Err(ArchiveError::Unavailable(_))),
        "no server is listening"
    );
}

const VERSIONS: &str = "<ListVersionsResult><IsTruncated>false</IsTruncated>
    <Version><Key>payloads/conv_1/conv_1_transcription.json</Key><VersionId>v1</VersionId></Version>
    <Version><Key>payloads/conv_1/conv_1_transcription.json.old</Key><VersionId>v9</VersionId></Version>
    <DeleteMarker><Key>payloads/conv_1/conv_1_transcription.json</Key><VersionId>v2</VersionId></DeleteMarker>
    </ListVersionsResult>";

async fn bucket_with_versions(deleting: ResponseTemplate) -> (MockServer, S3Archive) {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(query_param_contains("versions", ""))
        .respond_with(ResponseTemplate::new(200).set_body_string(VERSIONS))
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(query_param_contains("delete", ""))
        .respond_with(deleting)
        .mount(&server)
        .await;
    let archive = archive_over(&server).await;
    (server, archive)
}

#[tokio::test]
async fn all_versions_and_delete_markers_of_one_key_are_deleted() {
    let (server, archive) =
        bucket_with_versions(ResponseTemplate::new(200).set_body_string("<DeleteResult/>")).await;
    archive.delete(&key()).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let body = String::from_utf8(requests.last().unwrap().body.clone()).unwrap();
    assert!(
        body.contains("<VersionId>v1</VersionId>") && body.contains("<VersionId>v2</VersionId>"),
        "{body}"
    );
    assert!(!body.contains("v9"), "{body}");
    assert_eq!(requests.len(), 2);
}

#[tokio::test]
async fn an_object_that_s3_did_not_delete_is_an_error() {
    for (code, refused) in [("AccessDenied", true), ("InternalError", false)] {
        let response =
            format!("<DeleteResult><Error><Key>k</Key><Code>{code}</Code></Error></DeleteResult>");
        let (_server, archive) =
            bucket_with_versions(ResponseTemplate::new(200).set_body_string(response)).await;
        let error = archive.delete(&key()).await.unwrap_err();
        assert_eq!(
            matches!(error, ArchiveError::Refused(_)),
            refused,
            "{error}"
        );
    }
}

#[tokio::test]
async fn keys_are_listed_once_across_pages_including_deleted_ones() {
    let server = MockServer::start().await;
    let first = "<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>callers/x/conv_2</NextKeyMarker>
        <NextVersionIdMarker>v1</NextVersionIdMarker>
        <Version><Key>callers/x/conv_2</Key><VersionId>v1</VersionId></Version></ListVersionsResult>";
    let second = "<ListVersionsResult><IsTruncated>false</IsTruncated>
        <Version><Key>callers/x/conv_2</Key><VersionId>v0</VersionId></Version>
        <DeleteMarker><Key>callers/x/conv_1</Key><VersionId>v3</VersionId></DeleteMarker></ListVersionsResult>";
    Mock::given(query_param("key-marker", "callers/x/conv_2"))
        .and(query_param("version-id-marker", "v1"))
        .respond_with(ResponseTemplate::new(200).set_body_string(second))
        .mount(&server)
        .await;
    Mock::given(query_param("prefix", "callers/x/"))
        .respond_with(ResponseTemplate::new(200).set_body_string(first))
        .with_priority(6)
        .mount(&server)
        .await;
    let keys = archive_over(&server)
        .await
        .list("callers/x/")
        .await
        .unwrap();
    assert_eq!(
        keys.iter().map(Key::as_str).collect::<Vec<_>>(),
        ["callers/x/conv_1", "callers/x/conv_2"]
    );
}
