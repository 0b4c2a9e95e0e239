//! A list of callers, page by page.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{CallerId, Profile, is_visible};

/// The key of a profile with the name that the caller gave.
const NAME: &str = "caller_name";
/// The key of a profile with the time of the caller's last call.
const LAST_CALL: &str = "last_call_at";
/// The key of a profile with the channels of the caller's calls.
const CHANNELS: &str = "channels";

/// Which callers to list. `Debug` hides the text.
#[derive(Clone)]
pub(crate) struct CallerQuery {
    /// The `next` of the page before; `None` for the first page.
    pub(crate) after: Option<String>,
    /// The beginning of a caller id, or a part of a name. An empty text matches every caller.
    pub(crate) text: String,
    /// Maximum number of callers on the page.
    pub(crate) limit: usize,
}

/// What is stored about one caller. `Debug` hides id and names.
#[derive(Clone, PartialEq)]
pub(crate) struct CallerSummary {
    pub(crate) caller_id: CallerId,
    /// Number of active memories.
    pub(crate) memories: u64,
    /// When the newest memory was created, or the last call if that is later.
    pub(crate) last_seen: Option<Timestamp>,
    /// The names in the caller's profiles, each once.
    pub(crate) names: Vec<String>,
    /// The channels in the caller's profiles, each once.
    pub(crate) channels: Vec<String>,
}

/// One page of callers. `Debug` hides where the next page continues, because that may be an id.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct CallerPage {
    pub(crate) callers: Vec<CallerSummary>,
    /// Where the next page continues; `None` on the last page.
    pub(crate) next: Option<String>,
}

impl CallerQuery {
    /// Whether a name contains the text, in upper or lower case.
    pub(crate) fn matches_name(&self, name: &str) -> bool {
        name.to_lowercase().contains(&self.text.to_lowercase())
    }

    /// Whether the text may be a part of a name. A part of a number is not.
    pub(crate) fn may_be_name(&self) -> bool {
        self.text.chars().any(char::is_alphabetic)
    }

    /// Whether the caller's id begins with the text, or one of the names matches.
    #[cfg(any(test, feature = "dynamodb"))]
    pub(crate) fn matches(&self, caller: &CallerSummary) -> bool {
        caller.caller_id.as_str().starts_with(&self.text)
            || self.may_be_name() && caller.names.iter().any(|name| self.matches_name(name))
    }
}

impl CallerSummary {
    /// A caller without memories and profiles.
    pub(crate) fn new(caller_id: CallerId) -> Self {
        Self {
            caller_id,
            memories: 0,
            last_seen: None,
            names: Vec::new(),
            channels: Vec::new(),
        }
    }

    /// Adds active memories, the newest of which was created at `newest`.
    pub(crate) fn add_memories(&mut self, count: u64, newest: Timestamp) {
        self.memories += count;
        self.last_seen = self.last_seen.max(Some(newest));
    }

    /// Adds what a profile says. One that names no last call was seen when it was written.
    pub(crate) fn add_profile(&mut self, profile: &Profile) {
        let text = profile.data.get(LAST_CALL).and_then(Value::as_str);
        let last_call: Option<Timestamp> = text.and_then(|text| text.parse().ok());
        let seen_at = last_call.unwrap_or(profile.updated_at);
        self.last_seen = self.last_seen.max(Some(seen_at));
        if let Some(name) = profile.data.get(NAME).and_then(Value::as_str)
            && is_visible(name)
            && !self.names.iter().any(|known| known == name)
        {
            self.names.push(name.to_owned());
        }
        let channels = profile.data.get(CHANNELS).and_then(Value::as_array);
        for channel in channels.into_iter().flatten().filter_map(Value::as_str) {
            if !self.channels.iter().any(|known| known == channel) {
                self.channels.push(channel.to_owned());
            }
        }
    }
}

/// Reads the name in the JSON text of a profile, without the rest of it.
pub(crate) fn name_in(profile: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(default)]
        caller_name: Option<Value>,
    }
    let named: Named = serde_json::from_str(profile).ok()?;
    named.caller_name?.as_str().map(str::to_owned)
}

impl fmt::Debug for CallerQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallerQuery")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CallerPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallerPage")
            .field("callers", &self.callers)
            .field("has_next", &self.next.is_some())
            .finish()
    }
}

impl fmt::Debug for CallerSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallerSummary")
            .field("memories", &self.memories)
            .field("last_seen", &self.last_seen)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::AgentId;
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn caller() -> CallerId {
        CallerId::parse("+12025550101").unwrap()
    }

    fn profile(data: Value) -> Profile {
        Profile {
            agent_id: AgentId::parse("support").unwrap(),
            caller_id: caller(),
            data: data.as_object().unwrap().clone(),
            created_at: at(1),
            updated_at: at(20),
            expires_at: at(1_000),
        }
    }

    #[test]
    fn a_caller_was_last_seen_at_the_newest_memory_or_the_last_call() {
        let mut summary = CallerSummary::new(caller());
        assert_eq!(summary.last_seen, None);
        summary.add_memories(2, at(10));
        summary.add_profile(&profile(json!({ "last_call_at": at(15) })));
        assert_eq!((summary.memories, summary.last_seen), (2, Some(at(15))));
        summary.add_profile(&profile(json!({ "last_call_at": "never" })));
        assert_eq!(summary.last_seen, Some(at(20)));
    }

    #[test]
    fn each_name_is_listed_once() {
        let mut summary = CallerSummary::new(caller());
        for name in [
            json!("Dana"),
            json!("Zoë"),
            json!("Dana"),
            json!(" "),
            json!(7),
        ] {
            summary.add_profile(&profile(json!({ "caller_name": name })));
        }
        assert_eq!(summary.names, ["Dana", "Zoë"]);
    }

    #[test]
    fn a_text_matches_the_beginning_of_an_id_or_a_part_of_a_name() {
        let query = |text: &str| CallerQuery {
            after: None,
            text: text.to_owned(),
            limit: 1,
        };
        let mut summary = CallerSummary::new(caller());
        summary.add_profile(&profile(json!({ "caller_name": "Zoë Ångström" })));
        for text in ["", "+1202", "zoë", "ÅNG"] {
            assert!(query(text).matches(&summary), "{text}");
        }
        for text in ["2025550101", "Dana"] {
            assert!(!query(text).matches(&summary), "{text}");
        }
    }

    #[test]
    fn a_name_is_read_from_any_profile() {
        assert_eq!(
            name_in(r#"{"a":[1],"caller_name":"Dana"}"#),
            Some("Dana".to_owned())
        );
        for text in [
            r#"{"caller_name":7}"#,
            r#"{"caller_name":null}"#,
            "{}",
            "no JSON",
        ] {
            assert_eq!(name_in(text), None);
        }
    }
}
