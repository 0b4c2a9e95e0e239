//! The names under which things are kept. Keys are made of checked ids only, so none can leave its
//! place.

use std::fmt;
use std::ops::Range;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::call::{CallerHash, ConversationId, Deadlines};

/// A name in the archive, such as `payloads/conv_1/conv_1_transcription.json`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(String);

/// What a payload is, as its file name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayloadKind<'a> {
    /// `…_transcription.json`
    Transcription,
    /// `…_audio.mp3`, decoded
    Audio,
    /// `…_audio.json`, as it came because it does not decode
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

    /// `payloads/unrecognised/{SHA-256 of the body}.json`: the same body has the same name, however
    /// often it comes.
    #[must_use]
    pub fn unrecognised(body: &[u8]) -> Self {
        Self(format!(
            "payloads/unrecognised/{}.json",
            hex::encode(Sha256::digest(body))
        ))
    }

    /// `callers/{hash of the caller}/{conversation}`: by which all of a caller's calls are found.
    #[must_use]
    pub fn caller_index(caller: &CallerHash, conversation: &ConversationId) -> Self {
        Self(format!("callers/{}/{conversation}", caller.as_str()))
    }

    /// `extractions/{conversation}.json`: what was made of a conversation, written once, before
    /// anything is remembered.
    #[must_use]
    pub fn extraction(conversation: &ConversationId) -> Self {
        Self(format!("extractions/{conversation}.json"))
    }

    /// `extractions/{conversation}.redo-{version}.json`: what was made of it when it was extracted
    /// again.
    #[must_use]
    pub fn redone_extraction(conversation: &ConversationId, version: u64) -> Self {
        Self(format!("extractions/{conversation}.redo-{version}.json"))
    }

    /// `extractions/{conversation}.part-{first}-{end}.json`, or with `.redo-{version}` before
    /// `.part`: a model's answer for these turns of a split call.
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

    /// `extractions/{conversation}.part-check.json`, or with `.redo-{version}` before `.part`: a
    /// model's answer to whether the call supports the memories of it.
    #[must_use]
    pub fn extraction_check(conversation: &ConversationId, redo: Option<u64>) -> Self {
        let redo = redo
            .map(|version| format!(".redo-{version}"))
            .unwrap_or_default();
        Self(format!("extractions/{conversation}{redo}.part-check.json"))
    }

    /// `extractions/{conversation}.done`: everything the record says is remembered. It holds the
    /// version of the extraction, when that is not the first.
    #[must_use]
    pub fn done(conversation: &ConversationId) -> Self {
        Self(format!("extractions/{conversation}.done"))
    }

    /// `extractions/{conversation}.failures-{message}`: how often the extraction that this message
    /// of a queue asks for failed by itself. Of the message's name letters, digits and `-` count.
    #[must_use]
    pub fn failures(conversation: &ConversationId, message: &str) -> Self {
        let message: String = message
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect();
        Self(format!("extractions/{conversation}.failures-{message}"))
    }

    /// `extractions/{conversation}.attempts`, or with `.redo-{version}` before it: how often this
    /// extraction was tried with the model.
    #[must_use]
    pub fn attempts(conversation: &ConversationId, redo: Option<u64>) -> Self {
        let redo = redo
            .map(|version| format!(".redo-{version}"))
            .unwrap_or_default();
        Self(format!("extractions/{conversation}{redo}.attempts"))
    }

    /// `extractions/budget/{hash of the caller}`: how often a model was asked today about this
    /// caller's calls.
    #[must_use]
    pub fn model_budget(caller: &CallerHash) -> Self {
        Self(format!("extractions/budget/{}", caller.as_str()))
    }

    /// `erased/{conversation}`, a tombstone: the operator wants no trace of the conversation;
    /// nothing of it is kept any more. Tombstones have a prefix of their own because they outlive
    /// the calls.
    #[must_use]
    pub fn erased(conversation: &ConversationId) -> Self {
        Self(format!("erased/{conversation}"))
    }

    /// `extractions/{conversation}.erased`: where earlier versions wrote the tombstone.
    #[must_use]
    pub fn erased_by_earlier_versions(conversation: &ConversationId) -> Self {
        Self(format!("extractions/{conversation}.erased"))
    }

    /// `erased/caller-{hash of the caller}`: this caller was forgotten. It holds a
    /// [`CallerTombstone`] as JSON.
    ///
    /// [`CallerTombstone`]: super::CallerTombstone
    #[must_use]
    pub fn forgotten(caller: &CallerHash) -> Self {
        Self(format!("erased/caller-{}", caller.as_str()))
    }

    /// The tombstone by which it is known that what this key names was erased: that of its
    /// conversation, or for a body that could not be recognised one with the name of its bytes.
    /// `None` for a tombstone itself, and for the audit trail.
    #[must_use]
    pub fn tombstone(&self) -> Option<Self> {
        if self.is_erasure() {
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

    /// `extractions/{conversation}.deadline`: until when ElevenLabs allows the conversation to be
    /// kept, where that is sooner than our own retention. It holds [`Deadlines`] as JSON.
    #[must_use]
    pub fn deadline(conversation: &ConversationId) -> Self {
        Self(format!("extractions/{conversation}.deadline"))
    }

    /// With what the names of everything that was received of a conversation begin.
    #[must_use]
    pub fn payloads_of(conversation: &ConversationId) -> String {
        format!("payloads/{conversation}/")
    }

    /// With what the names of everything that was made of a conversation begin.
    #[must_use]
    pub fn extractions_of(conversation: &ConversationId) -> String {
        format!("extractions/{conversation}.")
    }

    /// `audit/{time}_{id}.json`: a line of the operators' audit trail. `id` is of letters and
    /// digits.
    #[must_use]
    pub fn audit(at: Timestamp, id: &str) -> Self {
        Self(format!(
            "audit/{}_{id}.json",
            at.strftime("%Y-%m-%dT%H-%M-%SZ")
        ))
    }

    /// Whether it names the transcription of a conversation.
    #[must_use]
    pub fn is_transcription(&self) -> bool {
        self.0.starts_with("payloads/") && self.0.ends_with("_transcription.json")
    }

    /// Whether it is a tombstone, in the place of this version or of earlier ones.
    #[must_use]
    pub fn is_erasure(&self) -> bool {
        self.0.starts_with("erased/")
            || self.0.starts_with("extractions/") && self.0.ends_with(".erased")
    }

    /// Whether it counts how often an extraction failed or was tried.
    #[must_use]
    pub fn is_failures(&self) -> bool {
        let is_count = self.0.contains(".failures-") || self.0.ends_with(".attempts");
        self.0.starts_with("extractions/") && is_count
    }

    /// Whether it says until when a conversation may be kept.
    #[must_use]
    pub fn is_deadline(&self) -> bool {
        self.0.starts_with("extractions/") && self.0.ends_with(".deadline")
    }

    /// Until when what it names may be kept. What holds nothing of a conversation but its id has no
    /// deadline: marks, counts, the callers' index, the deadline itself.
    #[must_use]
    pub fn until(&self, deadlines: &Deadlines) -> Option<Timestamp> {
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

    /// The conversation that it is about; `None` for what could not be recognised, and for the
    /// audit trail.
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

    /// The key as a path with `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that no archive would use as a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a key of this archive")]
pub struct InvalidKey;

impl TryFrom<String> for Key {
    type Error = InvalidKey;

    fn try_from(key: String) -> Result<Self, InvalidKey> {
        let known = ["payloads/", "callers/", "extractions/", "erased/", "audit/"]
            .iter()
            .any(|prefix| key.starts_with(prefix));
        let plain = |segment: &str| {
            !segment.is_empty()
                && !segment.starts_with('.')
                && segment
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        };
        if known && key.len() <= 512 && key.split('/').all(plain) {
            Ok(Self(key))
        } else {
            Err(InvalidKey)
        }
    }
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
    fn payloads_are_found_where_the_python_service_kept_them() {
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
    fn a_key_names_the_conversation_that_it_is_about() {
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
        assert_eq!(keys.iter().filter(|key| key.is_erasure()).count(), 2);
        let tombstones: Vec<_> = keys.iter().filter_map(Key::tombstone).collect();
        assert_eq!(
            tombstones,
            vec![Key::erased(&conversation); 4],
            "of all but the tombstones"
        );
        for other in [
            Key::unrecognised(b"x"),
            Key::audit(Timestamp::UNIX_EPOCH, "1"),
        ] {
            assert_eq!(other.conversation(), None, "{other}");
        }
        let tombstone = Key::unrecognised(b"x").tombstone().unwrap();
        assert!(
            tombstone.is_erasure()
                && tombstone
                    .as_str()
                    .starts_with("erased/unrecognised-2d711642"),
            "{tombstone}"
        );
        assert_eq!(Key::audit(Timestamp::UNIX_EPOCH, "1").tombstone(), None);
        assert!(Key::forgotten(&hash).is_erasure());
    }

    #[test]
    fn a_deadline_is_that_of_the_content_and_never_of_a_mark() {
        let conversation = ConversationId::parse("conv_1").unwrap();
        let hash = CallerId::from_phone("+12025550142")
            .unwrap()
            .hash(&"pepper".into());
        let at = |second| Some(Timestamp::from_second(second).unwrap());
        let deadlines = Deadlines {
            call: at(1),
            audio: at(2),
        };
        let received = |kind| Key::payload(&conversation, &kind);
        for (key, until) in [
            (received(PayloadKind::Transcription), at(1)),
            (received(PayloadKind::InitiationFailure), at(1)),
            (received(PayloadKind::Other("unredacted_transcript")), at(1)),
            (received(PayloadKind::Audio), at(2)),
            (received(PayloadKind::RawAudio), at(2)),
            (received(PayloadKind::Other("unredacted_audio")), at(2)),
            (Key::extraction(&conversation), at(1)),
            (Key::redone_extraction(&conversation, 7), at(1)),
            (Key::extraction_part(&conversation, None, &(0..9)), at(1)),
            (Key::done(&conversation), None),
            (Key::erased(&conversation), None),
            (Key::deadline(&conversation), None),
            (Key::failures(&conversation, "m1"), None),
            (Key::caller_index(&hash, &conversation), None),
        ] {
            assert_eq!(key.until(&deadlines), until, "{key}");
        }
    }

    #[test]
    fn a_key_that_could_leave_its_place_is_refused() {
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
