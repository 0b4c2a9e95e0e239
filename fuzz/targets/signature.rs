//! Fuzzes signature verification: any header is rejected unless it contains a valid signature.
#![no_main]

use common::elevenlabs::signature::{sign, verify};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use secrecy::SecretString;

fuzz_target!(|input: (&str, &[u8])| {
    let (header, body) = input;
    let now = Timestamp::from_second(1_767_261_600).unwrap();
    let secrets = [
        SecretString::from("wsec_fuzz"),
        SecretString::from("another"),
    ];
    assert!(
        verify(header, body, &secrets, now).is_err(),
        "a header without a valid signature must be rejected"
    );
    // A valid signature is accepted with anything else in the header, unless that contains another
    // time.
    let signed = sign(body, &secrets[1], now);
    assert!(verify(&signed, body, &secrets, now).is_ok());
    let names_a_time = header.split(',').any(|part| part.trim().starts_with("t="));
    if !names_a_time {
        assert!(verify(&format!("{header},{signed}"), body, &secrets, now).is_ok());
    }
});
