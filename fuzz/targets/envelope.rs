//! Fuzzes the parser of post-call webhooks: any body gives an event whose ids and types are safe in
//! a key.
#![no_main]

use common::archive::{Key, PayloadKind};
use common::elevenlabs::event::{Event, read_audio};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let event = Event::read(body);
    let _ = read_audio(body);
    let Some(conversation) = event.conversation_id() else {
        return;
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    assert!(conversation.as_str().bytes().all(allowed));
    if let Event::Other { kind, .. } = &event {
        let key = Key::payload(conversation, &PayloadKind::Other(kind)).to_string();
        assert!(key.starts_with("payloads/") && !key.contains(".."), "{key}");
        assert_eq!(key.matches('/').count(), 2, "{key}");
    }
});
