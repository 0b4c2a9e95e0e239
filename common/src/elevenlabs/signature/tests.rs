use proptest::prelude::*;

use super::*;

const BODY: &[u8] = br#"{"type":"post_call_transcription"}"#;
const NOW: i64 = 1_762_966_300;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn secret() -> SecretString {
    "wsec_0123456789abcdef".into()
}

fn check(header: &str) -> Result<(), SignatureError> {
    verify(header, BODY, &[secret()], at(NOW))
}

/// Returns only the `v0=…` part, for headers assembled by hand.
fn v0(time: &str, body: &[u8]) -> String {
    format!(
        "v0={}",
        hex::encode(mac(time, body, &secret()).finalize().into_bytes())
    )
}

#[test]
fn a_signature_made_with_openssl_is_accepted() {
    // Made with `printf '%s' '1762966300.{"type":"post_call_transcription"}' | openssl dgst -sha256
    // -hmac wsec_…`.
    let header = "t=1762966300,v0=e70e33e8b5163a89dda2c26a8c7e79c21eb88b8b0efba244695e2c67e9835160";
    assert_eq!(check(header), Ok(()));
    assert_eq!(sign(BODY, &secret(), at(NOW)), header);
}

#[test]
fn parts_come_in_any_order_with_spaces_and_unknown_parts_between() {
    let signature = v0("1762966300", BODY);
    assert_eq!(check(&format!("{signature},t=1762966300")), Ok(()));
    assert_eq!(
        check(&format!(" t=1762966300 , {signature} ,v1=abc,x")),
        Ok(())
    );
}

#[test]
fn any_of_several_signatures_may_match() {
    let wrong = format!("v0={}", "0".repeat(64));
    let right = v0("1762966300", BODY);
    assert_eq!(check(&format!("t=1762966300,{right},{wrong}")), Ok(()));
    assert_eq!(check(&format!("t=1762966300,{wrong},{right}")), Ok(()));
    assert_eq!(check(&format!("t=1762966300,v0=short,{right}")), Ok(()));
    assert_eq!(
        check(&format!("t=1762966300,{wrong}")),
        Err(SignatureError::Mismatch)
    );
}

#[test]
fn an_old_secret_and_its_successor_are_both_accepted() {
    let secrets = ["new".into(), secret()];
    for secret in &secrets {
        assert_eq!(
            verify(&sign(BODY, secret, at(NOW)), BODY, &secrets, at(NOW)),
            Ok(())
        );
    }
}

#[test]
fn without_a_secret_every_signature_is_rejected() {
    assert_eq!(
        verify(&sign(BODY, &"".into(), at(NOW)), BODY, &[], at(NOW)),
        Err(SignatureError::NoSecret)
    );
}

#[test]
fn clock_differences_are_tolerated_up_to_a_limit_in_both_directions() {
    let cases = [
        (NOW - 30 * 60, Ok(())),
        (NOW - 30 * 60 - 1, Err(SignatureError::Stale)),
        (NOW + 5 * 60, Ok(())),
        (NOW + 5 * 60 + 1, Err(SignatureError::FromTheFuture)),
    ];
    for (signed_at, expected) in cases {
        assert_eq!(
            check(&sign(BODY, &secret(), at(signed_at))),
            expected,
            "{signed_at}"
        );
    }
}

#[test]
fn a_malformed_header_is_rejected() {
    let signature = v0("1762966300", BODY);
    let upper = signature[3..].to_uppercase();
    let headers = [
        String::new(),
        "t=1762966300".into(),
        signature.clone(),
        format!("t=abc,{signature}"),
        format!("t=,{signature}"),
        format!("t=+1762966300,{signature}"),
        format!("t=99999999999999999999,{signature}"),
        format!("t=9223372036854775807,{signature}"),
        format!("t=1762966300,t=1762966301,{signature}"),
        format!("t=1762966300,v0={upper}"),
        "t=1762966300,v0=".into(),
        "t=1762966300,v0=é".into(),
    ];
    for header in headers {
        assert_eq!(check(&header), Err(SignatureError::Malformed), "{header}");
    }
}

proptest! {
    #[test]
    fn every_signed_body_verifies(body: Vec<u8>, key in ".{1,40}") {
        let key = SecretString::from(key);
        let header = sign(&body, &key, at(NOW));
        prop_assert_eq!(verify(&header, &body, &[key], at(NOW)), Ok(()));
    }

    #[test]
    fn any_changed_byte_of_the_body_is_rejected(mut body in proptest::collection::vec(any::<u8>(), 1..200), at_byte: prop::sample::Index, flip in 1..=255u8) {
        let header = sign(&body, &secret(), at(NOW));
        let index = at_byte.index(body.len());
        body[index] ^= flip;
        prop_assert!(verify(&header, &body, &[secret()], at(NOW)).is_err());
    }

    #[test]
    fn any_changed_byte_of_the_header_is_rejected(at_byte: prop::sample::Index, byte in 0x21..0x7fu8) {
        let mut bytes = sign(BODY, &secret(), at(NOW)).into_bytes();
        let index = at_byte.index(bytes.len());
        prop_assume!(bytes[index] != byte);
        bytes[index] = byte;
        let header = String::from_utf8(bytes).unwrap();
        prop_assert!(check(&header).is_err(), "{header}");
    }

    #[test]
    fn no_header_panics(header in "\\PC{0,120}") {
        prop_assert!(check(&header).is_err());
    }
}
