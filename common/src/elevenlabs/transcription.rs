//! The useful fields of a `post_call_transcription`'s `data`. All but the ids may be missing or
//! null.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use text::without_controls;

use super::collection::CollectedItem;
use super::conversation::NotAConversation;
use super::identity::{Contact, Identity, InitiationData, SystemVariables};
use super::turn::RawTurn;
use super::{call_time, lenient};
use crate::call::{AgentId, CallerId, Channel, ConversationId, Deadlines, Transcript};

/// Most agents that one call can belong to.
pub const MAX_AGENTS: usize = 8;

/// A finished conversation as ElevenLabs reports it.
#[derive(Deserialize)]
pub struct Transcription {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The agent that took the call.
    pub agent_id: AgentId,
    #[serde(default, deserialize_with = "lenient::list")]
    transcript: Vec<RawTurn>,
    /// ElevenLabs' own analysis.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub analysis: Analysis,
    #[serde(default, deserialize_with = "lenient::two_views")]
    metadata: (Metadata, Contact),
    #[serde(default, deserialize_with = "lenient::or_default")]
    conversation_initiation_client_data: InitiationData,
    /// The place of the variables in the deployment guide's test payload.
    #[serde(default, deserialize_with = "lenient::or_default")]
    dynamic_variables: SystemVariables,
    #[serde(default, deserialize_with = "lenient::text")]
    user_id: Option<String>,
    /// The agents that took part in a transferred call.
    #[serde(default, deserialize_with = "lenient::list")]
    visited_agents: Vec<VisitedAgent>,
    /// Until when the conversation may be kept.
    #[serde(skip)]
    pub deadlines: Deadlines,
    /// When the webhook was created, in seconds since the epoch.
    #[serde(skip)]
    reported_at: Option<f64>,
}

impl Transcription {
    /// Returns the spoken turns. Keypad input is masked unless `store_keypad_input`.
    #[must_use]
    pub fn transcript(&self, store_keypad_input: bool) -> Transcript {
        Transcript::new(
            self.spoken()
                .filter_map(|turn| turn.spoken(store_keypad_input)),
        )
    }

    /// Returns the keypad input of each turn.
    pub fn keypad_input(&self) -> impl Iterator<Item = String> + '_ {
        self.spoken()
            .filter(|turn| turn.is_keypad_input())
            .filter_map(|turn| Some(turn.spoken(true)?.text))
    }

    /// Returns when a turn of the transcript was spoken: at its own timestamp, or at its offset
    /// from the start of the call.
    #[must_use]
    pub fn said_at(&self, turn: usize, now: Timestamp) -> Option<Timestamp> {
        self.spoken().nth(turn)?.said_at(self.started_at(now))
    }

    /// Returns the turns that are part of the transcript.
    fn spoken(&self) -> impl Iterator<Item = &RawTurn> {
        self.transcript
            .iter()
            .filter(|turn| turn.spoken(true).is_some())
    }

    /// Returns whether the webhook left out the transcript (`exclude_transcript`). A transcript
    /// that ElevenLabs deleted is not missing.
    #[must_use]
    pub fn lacks_transcript(&self) -> bool {
        self.transcript.is_empty() && !self.metadata.0.deletion_settings.is_deleted()
    }

    /// Returns this conversation with the turns of `fetched`, unless that is another conversation.
    #[must_use]
    pub fn with_transcript_of(mut self, fetched: Self) -> Self {
        if fetched.conversation_id == self.conversation_id {
            self.transcript = fetched.transcript;
        }
        self
    }

    /// Returns why this is not a conversation with a caller, or `None` if it is one. Without any
    /// turns it may still be one: see [`Self::lacks_transcript`].
    #[must_use]
    pub fn not_a_conversation(&self) -> Option<NotAConversation> {
        let by_metadata = self.metadata.1.not_a_conversation();
        if by_metadata.is_some() || self.transcript.is_empty() {
            return by_metadata;
        }
        if self.transcript.iter().any(RawTurn::detects_voicemail) {
            return Some(NotAConversation::NotAnswered);
        }
        let has_words = self.transcript.iter().any(RawTurn::has_words_of_the_caller);
        (!has_words).then_some(NotAConversation::NoCallerTurn)
    }

    /// Returns the agents that the call belongs to, at most [`MAX_AGENTS`]: first the agent of the
    /// call, then the agents to which it was transferred.
    #[must_use]
    pub fn agents(&self) -> Vec<AgentId> {
        let mut agents = vec![self.agent_id.clone()];
        // A list without the agent of the call does not describe this call.
        if !self
            .visited_agents
            .iter()
            .any(|visited| visited.agent_id == self.agent_id)
        {
            return agents;
        }
        for VisitedAgent { agent_id } in &self.visited_agents {
            if agents.len() < MAX_AGENTS && !agents.contains(agent_id) {
                agents.push(agent_id.clone());
            }
        }
        agents
    }

    /// Returns the IANA name of the call's time zone, if ElevenLabs sends one.
    #[must_use]
    pub fn time_zone(&self) -> Option<&str> {
        let variables = [
            &self.conversation_initiation_client_data.dynamic_variables,
            &self.dynamic_variables,
        ];
        let from_variables = variables
            .into_iter()
            .find_map(|variables| variables.timezone.as_deref());
        self.metadata
            .0
            .timezone
            .as_deref()
            .or(from_variables)
            .map(str::trim)
            .filter(|zone| !zone.is_empty())
    }

    /// Returns our own telephone number on this call, as sent.
    #[must_use]
    pub fn agent_number(&self) -> Option<&str> {
        self.metadata.1.agent_number()
    }

    /// Returns the caller, or `None` for an anonymous caller. The first field that identifies
    /// somebody counts: the channel's own field, then the system variables, then the web user's id
    /// if the operator trusts it.
    #[must_use]
    pub fn caller(&self, trust_user_id: bool) -> Option<CallerId> {
        self.identity().caller(trust_user_id)
    }

    /// Returns the channel of the conversation, if a field tells.
    #[must_use]
    pub fn channel(&self) -> Option<Channel> {
        self.identity().channel()
    }

    fn identity(&self) -> Identity<'_> {
        Identity {
            contact: &self.metadata.1,
            variables: [
                &self.conversation_initiation_client_data.dynamic_variables,
                &self.dynamic_variables,
            ],
            user_id: self.user_id.as_deref(),
        }
    }

    /// Returns when the call began. If that is missing or implausible, returns when its webhook was
    /// created, or else `now`.
    #[must_use]
    pub fn started_at(&self, now: Timestamp) -> Timestamp {
        call_time::began_at(self.metadata.0.start_time_unix_secs, self.reported_at, now)
    }

    /// Sets the time of the webhook, in seconds since the epoch.
    #[must_use]
    pub(super) fn with_reported_at(mut self, second: Option<f64>) -> Self {
        self.reported_at = second;
        self
    }

    /// Returns the main language of the call, such as `en`.
    #[must_use]
    pub fn language(&self) -> Option<&str> {
        self.metadata
            .0
            .main_language
            .as_deref()
            .filter(|language| !language.is_empty())
    }
}

/// The fields of a transcription that post-call needs: the caller and the number of turns, without
/// the words.
#[derive(Default, Deserialize)]
pub(super) struct CallOverview {
    #[serde(default, deserialize_with = "lenient::option")]
    agent_id: Option<AgentId>,
    /// Number of turns as sent.
    #[serde(rename = "transcript", default, deserialize_with = "lenient::count")]
    pub(super) transcript_items: usize,
    #[serde(default, deserialize_with = "lenient::or_default")]
    metadata: Contact,
    #[serde(default, deserialize_with = "lenient::or_default")]
    conversation_initiation_client_data: InitiationData,
    #[serde(default, deserialize_with = "lenient::or_default")]
    dynamic_variables: SystemVariables,
    #[serde(default, deserialize_with = "lenient::text")]
    user_id: Option<String>,
}

impl CallOverview {
    /// Like [`Transcription::not_a_conversation`], but by the metadata only.
    pub(super) fn not_a_conversation(&self) -> Option<NotAConversation> {
        self.metadata.not_a_conversation()
    }

    /// Like [`Transcription::caller`], but `None` without a readable agent.
    pub(super) fn caller(&self, trust_user_id: bool) -> Option<CallerId> {
        self.agent_id.as_ref()?;
        let identity = Identity {
            contact: &self.metadata,
            variables: [
                &self.conversation_initiation_client_data.dynamic_variables,
                &self.dynamic_variables,
            ],
            user_id: self.user_id.as_deref(),
        };
        identity.caller(trust_user_id)
    }
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default, deserialize_with = "lenient::option")]
    main_language: Option<String>,
    #[serde(default, deserialize_with = "lenient::option")]
    start_time_unix_secs: Option<f64>,
    #[serde(default, deserialize_with = "lenient::option")]
    timezone: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    deletion_settings: DeletedTranscript,
}

/// The setting that tells whether ElevenLabs deleted the transcript.
#[derive(Default, Deserialize)]
struct DeletedTranscript {
    #[serde(default, deserialize_with = "lenient::option")]
    deleted_transcript_at_time_unix_secs: Option<i64>,
}

impl DeletedTranscript {
    fn is_deleted(&self) -> bool {
        self.deleted_transcript_at_time_unix_secs.is_some()
    }
}

#[derive(Deserialize)]
struct VisitedAgent {
    agent_id: AgentId,
}

/// `data.analysis`: the results of ElevenLabs' own models.
#[derive(Default, Deserialize)]
pub struct Analysis {
    /// A few sentences, usually in English whatever the language of the call.
    #[serde(default, deserialize_with = "lenient::option")]
    transcript_summary: Option<String>,
    /// The values of the agent's data collection items: a map by id, or a list.
    #[serde(default, deserialize_with = "lenient::or_default")]
    data_collection_results: Value,
    /// The results of the agent's evaluation criteria, by id.
    #[serde(default, deserialize_with = "lenient::or_default")]
    evaluation_criteria_results: serde_json::Map<String, Value>,
}

impl Analysis {
    /// Returns the summary without control characters, or an empty string.
    #[must_use]
    pub fn summary(&self) -> String {
        without_controls(self.transcript_summary.as_deref().unwrap_or_default()).into_owned()
    }

    /// Returns the values of the operator's own items as text, each with the item's name or id.
    pub fn collected(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let operator_items = items(&self.data_collection_results)
            .into_iter()
            .filter(|(key, result)| own_item(key, result).is_none());
        operator_items.filter_map(|(key, result)| {
            let value = value_of(result)?;
            let name = without_controls(label(result).unwrap_or(key)).into_owned();
            Some((name, value))
        })
    }

    /// Returns the values of the items that `connect` adds, in the order of [`CollectedItem::ALL`].
    /// A list gives one line per entry.
    pub fn collected_items(&self) -> impl Iterator<Item = (CollectedItem, String)> + '_ {
        let results = items(&self.data_collection_results);
        CollectedItem::ALL.into_iter().filter_map(move |item| {
            let (_, result) = results
                .iter()
                .find(|(key, result)| own_item(key, result) == Some(item))?;
            let value = match result.get("value")? {
                Value::Array(entries) => entries
                    .iter()
                    .filter_map(text_of)
                    .filter(|entry| !entry.is_empty())
                    .collect::<Vec<_>>()
                    .join("\n"),
                _ => value_of(result)?,
            };
            (!value.is_empty()).then_some((item, value))
        })
    }

    /// Returns the criteria that the call failed, with ElevenLabs' reasons.
    pub fn failed_criteria(&self) -> impl Iterator<Item = (String, String)> + '_ {
        self.evaluation_criteria_results
            .iter()
            .filter_map(|(id, verdict)| {
                let failed = verdict.get("result").and_then(Value::as_str) == Some("failure");
                let reason = verdict
                    .get("rationale")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                failed.then(|| {
                    (
                        without_controls(id).into_owned(),
                        without_controls(reason).trim().to_owned(),
                    )
                })
            })
    }
}

/// Returns the items of a map or list of collected values, each with its key or else its label.
fn items(results: &Value) -> Vec<(&str, &Value)> {
    match results {
        Value::Object(map) => map.iter().map(|(key, item)| (key.as_str(), item)).collect(),
        Value::Array(list) => list
            .iter()
            .filter_map(|item| Some((label(item)?, item)))
            .collect(),
        _ => Vec::new(),
    }
}

/// Returns the names of an item besides its key.
fn names(item: &Value) -> impl Iterator<Item = &str> {
    let texts = ["name", "data_collection_id"]
        .into_iter()
        .filter_map(|field| item.get(field)?.as_str());
    texts.filter(|text| !text.trim().is_empty())
}

fn label(item: &Value) -> Option<&str> {
    names(item).next()
}

/// Returns the `connect` item whose id is the key or one of the names.
fn own_item(key: &str, item: &Value) -> Option<CollectedItem> {
    std::iter::once(key)
        .chain(names(item))
        .find_map(CollectedItem::from_identifier)
}

fn value_of(result: &Value) -> Option<String> {
    text_of(result.get("value")?).filter(|value| !value.is_empty())
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(without_controls(text).trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(true) => Some("yes".to_owned()),
        Value::Bool(false) => Some("no".to_owned()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::call::Role;

    fn read(data: &Value) -> Transcription {
        serde_json::from_str(&data.to_string()).unwrap()
    }

    fn caller_of(data: Value, trust_user_id: bool) -> Option<String> {
        let mut whole = json!({"conversation_id": "conv_1", "agent_id": "agent_1"});
        whole
            .as_object_mut()
            .unwrap()
            .extend(data.as_object().unwrap().clone());
        read(&whole)
            .caller(trust_user_id)
            .map(|caller| caller.as_str().to_owned())
    }

    #[test]
    fn the_external_number_of_a_telephone_call_is_the_caller() {
        let inbound = json!({"metadata": {"phone_call": {"direction": "inbound", "external_number": "+12025550142", "agent_number": "+12025550199"}},
            "conversation_initiation_client_data": {"dynamic_variables": {"system__caller_id": "+12025550177"}}});
        assert_eq!(caller_of(inbound, false).as_deref(), Some("+12025550142"));
    }

    #[test]
    fn on_an_outbound_call_our_own_number_is_never_the_caller() {
        let with_number = json!({"metadata": {"phone_call": {"direction": "outbound", "external_number": "+12025550142", "agent_number": "+12025550199"}},
            "conversation_initiation_client_data": {"dynamic_variables": {"system__caller_id": "+12025550199"}}});
        let without = json!({"metadata": {"phone_call": {"direction": "outbound", "agent_number": "+12025550199"}},
            "conversation_initiation_client_data": {"dynamic_variables": {"system__caller_id": "+12025550199", "system__called_number": "+12025550142"}}});
        let anonymous = json!({"metadata": {"phone_call": {"direction": "outbound", "agent_number": "+12025550199"}},
            "conversation_initiation_client_data": {"dynamic_variables": {"system__caller_id": "+12025550199"}}});
        assert_eq!(
            caller_of(with_number, false).as_deref(),
            Some("+12025550142")
        );
        assert_eq!(caller_of(without, false).as_deref(), Some("+12025550142"));
        assert_eq!(caller_of(anonymous, false), None);
    }

    #[test]
    fn the_system_variable_identifies_the_caller_in_both_places() {
        let inside = json!({"metadata": {"phone_call": {"direction": "inbound"}},
            "conversation_initiation_client_data": {"dynamic_variables": {"system__caller_id": "+12025550142"}}});
        let at_the_top = json!({"dynamic_variables": {"system__caller_id": "+15551234567"}});
        assert_eq!(caller_of(inside, false).as_deref(), Some("+12025550142"));
        assert_eq!(
            caller_of(at_the_top, false).as_deref(),
            Some("+15551234567")
        );
    }

    #[test]
    fn a_number_in_the_variables_of_a_web_session_identifies_nobody() {
        #[derive(serde::Deserialize)]
        struct Case {
            name: String,
            data: Value,
            caller: Option<String>,
            trusted: Option<String>,
        }
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../../tests/cases/web-sessions.json")).unwrap();
        for Case {
            name,
            data,
            caller,
            trusted,
        } in cases
        {
            assert_eq!(caller_of(data.clone(), false), caller, "{name}");
            assert_eq!(
                caller_of(data, true),
                trusted,
                "{name}, with trusted user ids"
            );
        }
    }

    #[test]
    fn a_web_user_is_a_caller_only_if_the_operator_trusts_user_ids() {
        assert_eq!(caller_of(json!({"user_id": "customer-4417"}), false), None);
        assert_eq!(
            caller_of(json!({"user_id": "customer-4417"}), true).as_deref(),
            Some("user:customer-4417")
        );
    }

    #[test]
    fn a_caller_who_withholds_the_number_is_anonymous() {
        let data = json!({"metadata": {"phone_call": {"direction": "inbound", "external_number": "anonymous"}}});
        assert_eq!(caller_of(data, true), None);
    }

    #[test]
    fn tool_results_backchannels_and_empty_turns_are_not_spoken() {
        let call = read(
            &json!({"conversation_id": "conv_1", "agent_id": "agent_1", "transcript": [
                {"role": "agent", "message": "Hello", "tool_calls": null},
                {"role": "agent", "message": null, "tool_results": [{"tool_name": "search_memory", "result_value": "Order HO-7712"}]},
                {"role": "user", "message": "mhm", "ignored_as_backchannel": true},
                {"role": "user", "message": null, "multivoice_message": {"parts": [{"text": "Two"}, {"text": "voices"}]}},
                {"role": "tool", "message": "not a speaker"},
                "not a turn",
                {"role": "user", "message": "  "},
            ]}),
        );
        let spoken: Vec<_> = call
            .transcript(false)
            .turns()
            .iter()
            .map(|turn| (turn.role, turn.text.clone()))
            .collect();
        assert_eq!(
            spoken,
            [
                (Role::Agent, "Hello".to_owned()),
                (Role::Caller, "Two voices".to_owned())
            ]
        );
    }

    #[test]
    fn fields_of_unexpected_types_do_not_affect_the_rest() {
        let call = read(
            &json!({"conversation_id": "conv_1", "agent_id": "agent_1", "transcript": null, "analysis": [],
            "metadata": {"start_time_unix_secs": "soon", "main_language": 7, "phone_call": {"external_number": "+12025550142", "direction": null}}}),
        );
        assert!(call.transcript(false).turns().is_empty());
        let now = Timestamp::from_second(1_795_000_000).unwrap();
        assert_eq!(call.started_at(now), now);
        assert_eq!(call.language(), None);
        assert!(call.caller(false).is_some());
    }

    #[test]
    fn items_that_connect_adds_are_recognised_by_any_of_their_names() {
        let results = json!({
            "elaaoms_name": {"value": "Dana"},
            "aitem_1": {"data_collection_id": "elaaoms_preferences", "value": ["mornings", " texts "]},
            "aitem_2": {"name": "elaaoms_facts", "value": "  "},
            "name": {"value": "Dana Whitfield"},
        });
        let call = read(
            &json!({"conversation_id": "conv_1", "agent_id": "a", "analysis": {"data_collection_results": results}}),
        );
        let added: Vec<_> = call.analysis.collected_items().collect();
        let expected = [
            (CollectedItem::Name, "Dana".to_owned()),
            (CollectedItem::Preferences, "mornings\ntexts".to_owned()),
        ];
        assert_eq!(added, expected);
        let operators: Vec<_> = call.analysis.collected().collect();
        assert_eq!(
            operators,
            [("name".to_owned(), "Dana Whitfield".to_owned())]
        );
    }

    #[test]
    fn only_collected_values_and_failed_criteria_are_read_from_the_analysis() {
        let call = read(
            &json!({"conversation_id": "conv_1", "agent_id": "agent_1", "analysis": {
            "data_collection_results": {"name": {"value": "Dana"}, "age": {"value": 41}, "empty": {"value": ""}, "none": {"value": null}, "odd": 3},
            "evaluation_criteria_results": {"solved": {"result": "failure", "rationale": "No refund."}, "polite": {"result": "success"}}}}),
        );
        let collected: Vec<_> = call.analysis.collected().collect();
        assert_eq!(
            collected,
            [("age", "41"), ("name", "Dana")].map(|(id, value)| (id.to_owned(), value.to_owned()))
        );
        let transcription = read(
            &json!({"conversation_id": "conv_1", "agent_id": "agent_1", "analysis": {"data_collection_results":
            [{"data_collection_id": "d1", "name": "pet", "value": "dog"}, {"data_collection_id": "age", "value": 41}, {"value": 7}, 3]}}),
        );
        let listed: Vec<_> = transcription
            .analysis
            .collected()
            .map(|(label, value)| format!("{label}={value}"))
            .collect();
        assert_eq!(listed, ["pet=dog", "age=41"]);
        let failed: Vec<_> = call.analysis.failed_criteria().collect();
        assert_eq!(failed, [("solved".to_owned(), "No refund.".to_owned())]);
    }
}
