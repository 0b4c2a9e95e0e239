//! Keys of the archive. They are built from validated ids only, so no key can point outside the
//! archive.

use std::fmt;
use std::ops::Range;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::call::{CallerHash, ConversationId, Deadlines};

/// A key in the archive, such as `payloads/conv_1/conv_1_transcription.json`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(String);

/// First segments of all keys.
const PREFIXES: [&str; 5] = ["payloads/", "callers/", "extractions/", "erased/", "audit/"];
/// Longest key in bytes.
const MAX_LENGTH: usize = 512;

/// The kind of a payload. It determines the end of the file name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayloadKind<'a> {
    /// `…_transcription.json`
    Transcription,
    /// `…_audio.mp3`: the decoded recording
    Audio,
    /// `…_audio.json`: the body as received, because its recording could not be decoded
    RawAudio,
    /// `…_failure.json`
    InitiationFailure,
    /// `…_{type}.json`
    Other(&'a str),
}

impl Key {
    /// `payloads/{conversation}/{conversation}_{kind}`
    #[must_use]
    pub fn payload(conversation: &ConversationId, kind: &PayloadKind<'_>) -> Self {
        let ending = match kind {
            PayloadKind::Transcription => "transcription.json",
            PayloadKind::Audio => "audio.mp3",
            PayloadKind::RawAudio => "audio.json",
            PayloadKind::InitiationFailure => "failure.json",
            PayloadKind::Other(kind) => {
                return Self(format!(
                    "payloads/{conversation}/{conversation}_{kind}.json"
                ));
            }
        };
        Self(format!("payloads/{conversation}/{conversation}_{ending}"))
    }

    /// `payloads/unrecognised/{SHA-256 of the body}.json`: a body without a recognisable
    /// conversation. A redelivered body gets the same key.
    #[must_use]
    pub fn unrecognised(body: &[u8]) -> Self {
        Self(format!(
            "payloads/unrecognised/{}.json",
            hex::encode(Sha256::digest(body))
        ))
    }

    /// `callers/{hash of the caller}/{conversation}`: index of the calls of one caller.
    #[must_use]
    pub fn caller_index(caller: &CallerHash, conversation: &ConversationId) -> Self {
        Self(format!("callers/{}/{conversation}", caller.as_str()))
    }

    /// `extractions/{conversation}.json`: the extraction record. It is written once, before any
    /// memory is stored.
    #[must_use]
    pub fn extraction(conversation: &ConversationId) -> Self {
        Self(format!("extractions/{conversation}.json"))
    }

    /// `extractions/{conversation}.redo-{version}.json`: the record of a repeated extraction.
    #[must_use]
    pub fn redone_extraction(conversation: &ConversationId, version: u64) -> Self {
        Self(format!("extractions/{conversation}.redo-{version}.json"))
    }

    /// `extractions/{conversation}.part-{first}-{end}.json`, or with `.redo-{version}` before
    /// `.part`: the model output for these turns of a call that was split into several prompts.
    #[must_use]
    pub fn extraction_part(
        conversation: &ConversationId,
        redo: Option<u64>,
        turns: &Range<usize>,
    ) -> Self {
        let redo = redo
            .map(|version| format!(".redo-{version}"))
            .unwrap_or_default();
        Self(format!(
            "extractions/{conversation}{redo}.part-{}-{}.json",
            turns.start, turns.end
        ))
    }

    /// `extractions/{conversation}.part-check.json`, or with `.redo-{version}` before `.part`: the
    /// model's verdict on whether the call supports its memories.
    #[must_use]
    pub fn extraction_check(conversation: &ConversationId, redo: Option<u64>) -> Self {
        let redo = redo
            .map(|version| format!(".redo-{version}"))
            .unwrap_or_default();
        Self(format!("extractions/{conversation}{redo}.part-check.json"))
    }

    /// `extractions/{conversation}.done`: every memory of the record is stored. The object holds
    /// the version of a repeated extraction and is empty for the first one.
    #[must_use]
    pub fn done(conversation: &ConversationId) -> Self {
        Self(format!("extractions/{conversation}.done"))
    }

    /// `extractions/{conversation}.failures-{message}`: how often the extraction requested by this
    /// queue message failed. Characters of the message id other than letters, digits and `-` are
    /// dropped.
    #[must_use]
    pub fn failures(conversation: &ConversationId, message: &str) -> Self {
        let message = plain(message);
        Self(format!("extractions/{conversation}.failures-{message}"))
    }

    /// `extractions/events.failures-{message}`: how often the delivery of events requested by this
    /// queue message failed.
    #[must_use]
    pub fn event_failures(message: &str) -> Self {
        Self(format!("extractions/events.failures-{}", plain(message)))
    }

    /// `extractions/{conversation}.attempts`, or with `.redo-{version}` before it: how often this
    /// extraction called the model.
    #[must_use]
    pub fn attempts(conversation: &ConversationId, redo: Option<u64>) -> Self {
        let redo = redo
            .map(|version| format!(".redo-{version}"))
            .unwrap_or_default();
        Self(format!("extractions/{conversation}{redo}.attempts"))
    }

    /// `extractions/budget/{hash of the caller}`: how many model requests this caller's calls used
    /// today.
    #[must_use]
    pub fn model_budget(caller: &CallerHash) -> Self {
        Self(format!("extractions/budget/{}", caller.as_str()))
    }

    /// `erased/{conversation}`: the tombstone of a call that must leave no trace. Nothing of the
    /// call is stored any more. Tombstones have a prefix of their own because they outlive the
    /// calls.
    #[must_use]
    pub fn erased(conversation: &ConversationId) -> Self {
        Self(format!("erased/{conversation}"))
    }

    /// `extractions/{conversation}.erased`: where earlier versions wrote the tombstone.
    #[must_use]
    pub fn erased_by_earlier_versions(conversation: &ConversationId) -> Self {
        Self(format!("extractions/{conversation}.erased"))
    }

    /// `erased/caller-{hash of the caller}`: the tombstone of a forgotten caller. It holds a
    /// [`CallerTombstone`] as JSON.
    ///
    /// [`CallerTombstone`]: super::CallerTombstone
    #[must_use]
    pub fn forgotten(caller: &CallerHash) -> Self {
        Self(format!("erased/caller-{}", caller.as_str()))
    }

    /// `erased/memory-{SHA-256 of the id}`: the tombstone of a single erased memory.
    #[must_use]
    pub fn erased_memory(memory: &str) -> Self {
        Self(format!(
            "erased/memory-{}",
            hex::encode(Sha256::digest(memory))
        ))
    }

    /// Returns the key of the tombstone that marks this object as erased: that of its conversation,
    /// or for an unrecognised body one named after its hash. `None` for tombstones and for the
    /// audit log.
    #[must_use]
    pub fn tombstone(&self) -> Option<Self> {
        if self.is_tombstone() {
            return None;
        }
        let unrecognised = self
            .0
            .strip_prefix("payloads/unrecognised/")
            .and_then(|name| name.strip_suffix(".json"));
        match unrecognised {
            Some(name) => Self::try_from(format!("erased/unrecognised-{name}")).ok(),
            None => self.conversation().as_ref().map(Self::erased),
        }
    }

    /// `extractions/{conversation}.deadline`: until when ElevenLabs allows us to keep the
    /// conversation. Exists only if that is sooner than our own retention. Holds [`Deadlines`] as
    /// JSON.
    #[must_use]
    pub fn deadline(conversation: &ConversationId) -> Self {
        Self(format!("extractions/{conversation}.deadline"))
    }

    /// Prefix of a conversation's payload keys.
    #[must_use]
    pub fn payloads_of(conversation: &ConversationId) -> String {
        format!("payloads/{conversation}/")
    }

    /// Prefix of a conversation's extraction keys.
    #[must_use]
    pub fn extractions_of(conversation: &ConversationId) -> String {
        format!("extractions/{conversation}.")
    }

    /// `audit/{time}_{id}.json`: an entry of the operators' audit log. `id` consists of letters and
    /// digits.
    #[must_use]
    pub fn audit(at: Timestamp, id: &str) -> Self {
        Self(format!(
            "audit/{}_{id}.json",
            at.strftime("%Y-%m-%dT%H-%M-%SZ")
        ))
    }

    /// Returns whether this is the transcription of a conversation.
    #[must_use]
    pub fn is_transcription(&self) -> bool {
        self.0.starts_with("payloads/") && self.0.ends_with("_transcription.json")
    }

    /// Returns whether this is a tombstone, written by this version or an earlier one.
    #[must_use]
    pub fn is_tombstone(&self) -> bool {
        self.0.starts_with("erased/")
            || self.0.starts_with("extractions/") && self.0.ends_with(".erased")
    }

    /// Returns whether this marks an extraction as done. See [`Self::done`].
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.0.starts_with("extractions/") && self.0.ends_with(".done")
    }

    /// Returns whether this counts a caller's model requests of one day.
    #[must_use]
    pub fn is_model_budget(&self) -> bool {
        self.0.starts_with("extractions/budget/")
    }

    /// Returns whether this counts the failures or attempts of an extraction.
    #[must_use]
    pub fn is_counter(&self) -> bool {
        let is_count = self.0.contains(".failures-") || self.0.ends_with(".attempts");
        self.0.starts_with("extractions/") && is_count
    }

    /// Returns whether this holds the deadlines of a conversation.
    #[must_use]
    pub fn is_deadline(&self) -> bool {
        self.0.starts_with("extractions/") && self.0.ends_with(".deadline")
    }

    /// Returns when the object must be deleted. Objects that hold only the conversation's id have
    /// no deadline: tombstones, counters, the caller index and the deadline itself.
    #[must_use]
    pub fn expires_at(&self, deadlines: &Deadlines) -> Option<Timestamp> {
        match self.0.split_once('/')? {
            ("payloads", name)
                if ["_audio.mp3", "_audio.json"]
                    .iter()
                    .any(|end| name.ends_with(end)) =>
            {
                deadlines.audio
            }
            ("payloads", _) => deadlines.call,
            ("extractions", name) if name.ends_with(".json") => deadlines.call,
            _ => None,
        }
    }

    /// Returns the conversation of this object. `None` for unrecognised bodies and the audit log.
    #[must_use]
    pub fn conversation(&self) -> Option<ConversationId> {
        let mut parts = self.0.split('/');
        let id = match (parts.next()?, parts.next()?, parts.next()) {
            ("payloads", "unrecognised", _) => return None,
            ("payloads", id, Some(_)) => id,
            ("callers", _, Some(id)) => id,
            ("erased", id, None) => id,
            ("extractions", name, None) => name.split('.').next()?,
            _ => return None,
        };
        ConversationId::parse(id).ok()
    }

    /// Returns the key as a path separated by `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not a valid archive key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a key of this archive")]
pub struct InvalidKey;

impl TryFrom<String> for Key {
    type Error = InvalidKey;

    fn try_from(key: String) -> Result<Self, InvalidKey> {
        let has_known_prefix = PREFIXES.iter().any(|prefix| key.starts_with(prefix));
        if has_known_prefix && key.len() <= MAX_LENGTH && key.split('/').all(is_valid_segment) {
            Ok(Self(key))
        } else {
            Err(InvalidKey)
        }
    }
}

/// Drops the characters of a message id that a key must not hold.
fn plain(message: &str) -> String {
    message
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect()
}

fn is_valid_segment(segment: &str) -> bool {
    !segment.is_empty()
        && !segment.starts_with('.')
        && segment
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::CallerId;

    #[test]
    fn payloads_are_stored_where_the_python_service_stored_them() {
        let conversation = ConversationId::parse("conv_1").unwrap();
        let name = |kind| Key::payload(&conversation, &kind).to_string();
        assert_eq!(
            name(PayloadKind::Transcription),
            "payloads/conv_1/conv_1_transcription.json"
        );
        assert_eq!(name(PayloadKind::Audio), "payloads/conv_1/conv_1_audio.mp3");
        assert_eq!(
            name(PayloadKind::InitiationFailure),
            "payloads/conv_1/conv_1_failure.json"
        );
        assert_eq!(
            name(PayloadKind::Other("unredacted_transcript")),
            "payloads/conv_1/conv_1_unredacted_transcript.json"
        );
    }

    #[test]
    fn a_key_names_its_conversation() {
        let conversation = ConversationId::parse("conv_1").unwrap();
        let hash = CallerId::from_phone("+12025550142")
            .unwrap()
            .hash(&"pepper".into());
        let keys = [
            Key::payload(&conversation, &PayloadKind::Audio),
            Key::caller_index(&hash, &conversation),
            Key::extraction(&conversation),
            Key::extraction_part(&conversation, Some(7), &(0..9)),
            Key::erased(&conversation),
            Key::erased_by_earlier_versions(&conversation),
        ];
        assert!(
            keys.iter()
                .all(|key| key.conversation().as_ref() == Some(&conversation))
        );
        assert_eq!(keys.iter().filter(|key| key.is_tombstone()).count(), 2);
        let tombstones: Vec<_> = keys.iter().filter_map(Key::tombstone).collect();
        assert_eq!(
            tombstones,
            vec![Key::erased(&conversation); 4],
            "every key but the tombstones has a tombstone"
        );
        for other in [
            Key::unrecognised(b"x"),
            Key::audit(Timestamp::UNIX_EPOCH, "1"),
        ] {
            assert_eq!(other.conversation(), None, "{other}");
        }
        let tombstone = Key::unrecognised(b"x").tombstone().unwrap();
        assert!(
            tombstone.is_tombstone()
                && tombstone
                    .as_str()
                    .starts_with("erased/unrecognised-2d711642"),
            "{tombstone}"
        );
        assert_eq!(Key::audit(Timestamp::UNIX_EPOCH, "1").tombstone(), None);
        assert!(Key::forgotten(&hash).is_tombstone());
    }

    fn at(second: i64) -> Option<Timestamp> {
        Some(Timestamp::from_second(second).unwrap())
    }

    #[test]
    fn only_content_has_a_deadline() {
        let conversation = ConversationId::parse("conv_1").unwrap();
        let hash = CallerId::from_phone("+12025550142")
            .unwrap()
            .hash(&"pepper".into());
        let deadlines = Deadlines {
            call: at(1),
            audio: at(2),
        };
        let payload = |kind| Key::payload(&conversation, &kind);
        for (key, until) in [
            (payload(PayloadKind::Transcription), at(1)),
            (payload(PayloadKind::InitiationFailure), at(1)),
            (payload(PayloadKind::Other("unredacted_transcript")), at(1)),
            (payload(PayloadKind::Audio), at(2)),
            (payload(PayloadKind::RawAudio), at(2)),
            (payload(PayloadKind::Other("unredacted_audio")), at(2)),
            (Key::extraction(&conversation), at(1)),
            (Key::redone_extraction(&conversation, 7), at(1)),
            (Key::extraction_part(&conversation, None, &(0..9)), at(1)),
            (Key::done(&conversation), None),
            (Key::erased(&conversation), None),
            (Key::deadline(&conversation), None),
            (Key::failures(&conversation, "m1"), None),
            (Key::caller_index(&hash, &conversation), None),
        ] {
            assert_eq!(key.expires_at(&deadlines), until, "{key}");
        }
    }

    #[test]
    fn a_key_that_could_leave_the_archive_is_rejected() {
        for key in [
            "",
            "payloads/../x",
            "/etc/passwd",
            "payloads//x",
            "payloads/.x",
            "other/x",
            "payloads/a b",
            "payloads/ä",
        ] {
            assert!(Key::try_from(key.to_owned()).is_err(), "{key}");
        }
        assert!(Key::try_from("payloads/conv_1/conv_1_transcription.json".to_owned()).is_ok());
    }
}
