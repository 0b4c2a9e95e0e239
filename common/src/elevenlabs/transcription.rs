//! `data` of a `post_call_transcription`: the fields worth using. All but the ids may be missing or null.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::lenient;
use crate::call::{AgentId, CallerId, ConversationId, Role, Transcript, Turn};

/// A conversation as ElevenLabs describes it when it is over.
#[derive(Deserialize)]
pub struct Transcription {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The agent that took the call.
    pub agent_id: AgentId,
    #[serde(default, deserialize_with = "lenient::list")]
    transcript: Vec<RawTurn>,
    /// What ElevenLabs worked out.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub analysis: Analysis,
    #[serde(default, deserialize_with = "lenient::or_default")]
    metadata: Metadata,
    #[serde(default, deserialize_with = "lenient::or_default")]
    conversation_initiation_client_data: InitiationData,
    /// Where the deployment guide's test payload has them.
    #[serde(default, deserialize_with = "lenient::or_default")]
    dynamic_variables: SystemVariables,
    #[serde(default, deserialize_with = "lenient::option")]
    user_id: Option<String>,
    /// When the webhook says that it happened, in seconds.
    #[serde(skip)]
    reported_at: Option<i64>,
}

impl Transcription {
    /// The spoken turns.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        Transcript::new(self.transcript.iter().filter_map(RawTurn::spoken))
    }

    /// The caller, or `None` when there is none to remember: the first that names somebody of the outside end of the
    /// telephone call, the system variables, and the web user where the operator trusts it.
    #[must_use]
    pub fn caller(&self, trust_user_id: bool) -> Option<CallerId> {
        let variables = [&self.conversation_initiation_client_data.dynamic_variables, &self.dynamic_variables];
        caller(&self.metadata.phone_call, variables, self.user_id.as_deref().filter(|_| trust_user_id))
    }

    /// When the call began; where that is not said, when its webhook was made.
    #[must_use]
    pub fn started_at(&self) -> Option<Timestamp> {
        self.metadata.start_time_unix_secs.or(self.reported_at).and_then(|second| Timestamp::from_second(second).ok())
    }

    /// The same with the time of its webhook.
    #[must_use]
    pub(super) fn reported_at(mut self, second: Option<i64>) -> Self {
        self.reported_at = second;
        self
    }

    /// The main language of the call, such as `en`.
    #[must_use]
    pub fn language(&self) -> Option<&str> {
        self.metadata.main_language.as_deref().filter(|language| !language.is_empty())
    }
}

/// What a call's webhook needs to know: whose call it was and how long, without reading what was said.
#[derive(Default, Deserialize)]
pub(super) struct Party {
    #[serde(default, deserialize_with = "lenient::option")]
    agent_id: Option<AgentId>,
    /// Turns as sent.
    #[serde(rename = "transcript", default, deserialize_with = "lenient::count")]
    pub(super) transcript_items: usize,
    #[serde(default, deserialize_with = "lenient::or_default")]
    metadata: Metadata,
    #[serde(default, deserialize_with = "lenient::or_default")]
    conversation_initiation_client_data: InitiationData,
    #[serde(default, deserialize_with = "lenient::or_default")]
    dynamic_variables: SystemVariables,
    #[serde(default, deserialize_with = "lenient::option")]
    user_id: Option<String>,
}

impl Party {
    /// As [`Transcription::caller`]; a call without a readable agent is about nobody.
    pub(super) fn caller(&self, trust_user_id: bool) -> Option<CallerId> {
        self.agent_id.as_ref()?;
        let variables = [&self.conversation_initiation_client_data.dynamic_variables, &self.dynamic_variables];
        caller(&self.metadata.phone_call, variables, self.user_id.as_deref().filter(|_| trust_user_id))
    }
}

fn caller(phone: &PhoneCall, variables: [&SystemVariables; 2], trusted_user: Option<&str>) -> Option<CallerId> {
    let ours = somebody(&phone.agent_number);
    let outside = |number: &Option<String>| somebody(number).filter(|caller| Some(caller) != ours.as_ref());
    // On an outbound call `system__caller_id` is our own number and the called number is the person's.
    let outbound = phone.direction.as_deref() == Some("outbound");
    let named =
        |variables: &SystemVariables| outside(if outbound { &variables.called_number } else { &variables.caller_id });
    outside(&phone.external_number)
        .or_else(|| variables.into_iter().find_map(named))
        .or_else(|| trusted_user.and_then(CallerId::from_user_id))
}

fn somebody(number: &Option<String>) -> Option<CallerId> {
    number.as_deref().and_then(CallerId::from_phone)
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default, deserialize_with = "lenient::or_default")]
    phone_call: PhoneCall,
    #[serde(default, deserialize_with = "lenient::option")]
    main_language: Option<String>,
    #[serde(default, deserialize_with = "lenient::option")]
    start_time_unix_secs: Option<i64>,
}

#[derive(Default, Deserialize)]
struct PhoneCall {
    #[serde(default, deserialize_with = "lenient::option")]
    direction: Option<String>,
    #[serde(default, deserialize_with = "lenient::option")]
    external_number: Option<String>,
    #[serde(default, deserialize_with = "lenient::option")]
    agent_number: Option<String>,
}

#[derive(Default, Deserialize)]
struct InitiationData {
    #[serde(default, deserialize_with = "lenient::or_default")]
    dynamic_variables: SystemVariables,
}

#[derive(Default, Deserialize)]
struct SystemVariables {
    #[serde(rename = "system__caller_id", default, deserialize_with = "lenient::option")]
    caller_id: Option<String>,
    #[serde(rename = "system__called_number", default, deserialize_with = "lenient::option")]
    called_number: Option<String>,
}

#[derive(Deserialize)]
struct RawTurn {
    #[serde(default, deserialize_with = "lenient::option")]
    role: Option<String>,
    #[serde(default, deserialize_with = "lenient::option")]
    message: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    multivoice_message: MultivoiceMessage,
    #[serde(default, deserialize_with = "lenient::or_default")]
    ignored_as_backchannel: bool,
}

#[derive(Default, Deserialize)]
struct MultivoiceMessage {
    #[serde(default, deserialize_with = "lenient::list")]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(default, deserialize_with = "lenient::option")]
    text: Option<String>,
}

impl RawTurn {
    fn spoken(&self) -> Option<Turn> {
        let role = match self.role.as_deref()? {
            "user" => Role::Caller,
            "agent" => Role::Agent,
            _ => return None,
        };
        let text = self
            .message
            .clone()
            .filter(|message| !message.trim().is_empty())
            .unwrap_or_else(|| self.multivoice_message.text());
        (!self.ignored_as_backchannel && !text.trim().is_empty()).then_some(Turn { role, text })
    }
}

impl MultivoiceMessage {
    fn text(&self) -> String {
        self.parts.iter().filter_map(|part| part.text.as_deref()).collect::<Vec<_>>().join(" ")
    }
}

/// `data.analysis`: what ElevenLabs' own models made of the call.
#[derive(Default, Deserialize)]
pub struct Analysis {
    /// A few sentences, in English whatever the call's language.
    #[serde(default, deserialize_with = "lenient::option")]
    pub transcript_summary: Option<String>,
    /// Values that the operator asked ElevenLabs to collect, by their id.
    #[serde(default, deserialize_with = "lenient::or_default")]
    data_collection_results: serde_json::Map<String, Value>,
    /// Criteria that the operator asked ElevenLabs to judge, by their id.
    #[serde(default, deserialize_with = "lenient::or_default")]
    evaluation_criteria_results: serde_json::Map<String, Value>,
}

impl Analysis {
    /// The collected values that are there, as text, with the id each was collected under.
    pub fn collected(&self) -> impl Iterator<Item = (&str, String)> {
        self.data_collection_results.iter().filter_map(|(id, result)| {
            let value = match result.get("value")? {
                Value::String(text) => text.trim().to_owned(),
                Value::Number(number) => number.to_string(),
                Value::Bool(true) => "yes".to_owned(),
                Value::Bool(false) => "no".to_owned(),
                Value::Null | Value::Array(_) | Value::Object(_) => return None,
            };
            (!value.is_empty()).then_some((id.as_str(), value))
        })
    }

    /// The criteria that the call failed, with ElevenLabs' reason.
    pub fn failed_criteria(&self) -> impl Iterator<Item = (&str, &str)> {
        self.evaluation_criteria_results.iter().filter_map(|(id, verdict)| {
            let failed = verdict.get("result").and_then(Value::as_str) == Some("failure");
            let reason = verdict.get("rationale").and_then(Value::as_str).map(str::trim).unwrap_or_default();
            failed.then_some((id.as_str(), reason))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(data: &Value) -> Transcription {
        serde_json::from_str(&data.to_string()).unwrap()
    }

    fn caller_of(data: Value, trust_user_id: bool) -> Option<String> {
        let mut whole = json!({"conversation_id": "conv_1", "agent_id": "agent_1"});
        whole.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
        read(&whole).caller(trust_user_id).map(|caller| caller.as_str().to_owned())
    }

    #[test]
    fn the_outside_end_of_the_telephone_call_is_the_caller() {
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
        let nobody = json!({"metadata": {"phone_call": {"direction": "outbound", "agent_number": "+12025550199"}},
            "conversation_initiation_client_data": {"dynamic_variables": {"system__caller_id": "+12025550199"}}});
        assert_eq!(caller_of(with_number, false).as_deref(), Some("+12025550142"));
        assert_eq!(caller_of(without, false).as_deref(), Some("+12025550142"));
        assert_eq!(caller_of(nobody, false), None);
    }

    #[test]
    fn the_system_variable_names_the_caller_in_both_places() {
        let inside = json!({"conversation_initiation_client_data": {"dynamic_variables": {"system__caller_id": "+12025550142"}}});
        let at_the_top = json!({"dynamic_variables": {"system__caller_id": "+15551234567"}});
        assert_eq!(caller_of(inside, false).as_deref(), Some("+12025550142"));
        assert_eq!(caller_of(at_the_top, false).as_deref(), Some("+15551234567"));
    }

    #[test]
    fn a_web_user_is_a_caller_only_where_the_operator_says_so() {
        assert_eq!(caller_of(json!({"user_id": "customer-4417"}), false), None);
        assert_eq!(caller_of(json!({"user_id": "customer-4417"}), true).as_deref(), Some("user:customer-4417"));
    }

    #[test]
    fn a_withheld_number_is_no_caller() {
        let data = json!({"metadata": {"phone_call": {"direction": "inbound", "external_number": "anonymous"}}});
        assert_eq!(caller_of(data, true), None);
    }

    #[test]
    fn tool_results_backchannels_and_empty_turns_are_not_spoken() {
        let call = read(&json!({"conversation_id": "conv_1", "agent_id": "agent_1", "transcript": [
            {"role": "agent", "message": "Hello", "tool_calls": null},
            {"role": "agent", "message": null, "tool_results": [{"tool_name": "search_memory", "result_value": "Order HO-7712"}]},
            {"role": "user", "message": "mhm", "ignored_as_backchannel": true},
            {"role": "user", "message": null, "multivoice_message": {"parts": [{"text": "Two"}, {"text": "voices"}]}},
            {"role": "tool", "message": "not a speaker"},
            "not a turn",
            {"role": "user", "message": "  "},
        ]}));
        let spoken: Vec<_> = call.transcript().turns().iter().map(|turn| (turn.role, turn.text.clone())).collect();
        assert_eq!(spoken, [(Role::Agent, "Hello".to_owned()), (Role::Caller, "Two voices".to_owned())]);
    }

    #[test]
    fn fields_of_unexpected_types_do_not_cost_the_rest() {
        let call = read(
            &json!({"conversation_id": "conv_1", "agent_id": "agent_1", "transcript": null, "analysis": [],
            "metadata": {"start_time_unix_secs": "soon", "main_language": 7, "phone_call": {"external_number": "+12025550142", "direction": null}}}),
        );
        assert!(call.transcript().turns().is_empty());
        assert_eq!(call.started_at(), None);
        assert_eq!(call.language(), None);
        assert!(call.caller(false).is_some());
    }

    #[test]
    fn only_collected_values_and_failed_criteria_are_read_from_the_analysis() {
        let call = read(&json!({"conversation_id": "conv_1", "agent_id": "agent_1", "analysis": {
            "data_collection_results": {"name": {"value": "Dana"}, "age": {"value": 41}, "empty": {"value": ""}, "none": {"value": null}, "odd": 3},
            "evaluation_criteria_results": {"solved": {"result": "failure", "rationale": "No refund."}, "polite": {"result": "success"}}}}));
        let collected: Vec<_> = call.analysis.collected().collect();
        assert_eq!(collected, [("age", "41".to_owned()), ("name", "Dana".to_owned())]);
        assert_eq!(call.analysis.failed_criteria().collect::<Vec<_>>(), [("solved", "No refund.")]);
    }
}
