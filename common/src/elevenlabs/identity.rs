//! Determines the caller and channel of a conversation from the fields of each integration.

use serde::Deserialize;

use super::conversation::{self, NotAConversation};
use super::lenient;
use crate::call::{CallerId, Channel};

/// The fields of `data.metadata` that identify the caller.
#[derive(Default, Deserialize)]
pub(super) struct Contact {
    #[serde(default, deserialize_with = "lenient::option")]
    phone_call: Option<PhoneCall>,
    #[serde(default, deserialize_with = "lenient::option")]
    whatsapp: Option<Whatsapp>,
    #[serde(default, deserialize_with = "lenient::option")]
    sms: Option<Sms>,
    #[serde(default, deserialize_with = "lenient::option")]
    conversation_initiation_source: Option<String>,
}

#[derive(Default, Deserialize)]
struct PhoneCall {
    #[serde(default, deserialize_with = "lenient::option")]
    direction: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    external_number: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    agent_number: Option<String>,
    #[serde(default, deserialize_with = "lenient::option")]
    call_result: Option<String>,
}

#[derive(Default, Deserialize)]
struct Whatsapp {
    #[serde(default, deserialize_with = "lenient::option")]
    direction: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    whatsapp_user_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    recipient: Recipient,
    #[serde(default, deserialize_with = "lenient::option")]
    call_result: Option<String>,
}

#[derive(Default, Deserialize)]
struct Recipient {
    #[serde(default, deserialize_with = "lenient::text")]
    phone: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    bsuid: Option<String>,
}

#[derive(Default, Deserialize)]
struct Sms {
    #[serde(default, deserialize_with = "lenient::option")]
    direction: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    sms_user_phone_number: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    agent_phone_number: Option<String>,
}

impl Contact {
    /// Returns why this was not a conversation with a caller, as far as the metadata tell.
    pub(super) fn not_a_conversation(&self) -> Option<NotAConversation> {
        let phone = self
            .phone_call
            .as_ref()
            .and_then(|call| call.call_result.as_deref());
        let whatsapp = self
            .whatsapp
            .as_ref()
            .and_then(|call| call.call_result.as_deref());
        conversation::not_a_conversation(
            [phone, whatsapp],
            self.conversation_initiation_source.as_deref(),
        )
    }

    /// Returns our own telephone number as sent.
    pub(super) fn agent_number(&self) -> Option<&str> {
        let phone = self
            .phone_call
            .as_ref()
            .and_then(|call| call.agent_number.as_deref());
        phone.or_else(|| {
            self.sms
                .as_ref()
                .and_then(|sms| sms.agent_phone_number.as_deref())
        })
    }
}

/// System variables of the conversation.
#[derive(Default, Deserialize)]
pub(super) struct SystemVariables {
    #[serde(
        rename = "system__caller_id",
        default,
        deserialize_with = "lenient::text"
    )]
    caller_id: Option<String>,
    #[serde(
        rename = "system__called_number",
        default,
        deserialize_with = "lenient::text"
    )]
    called_number: Option<String>,
    #[serde(
        rename = "system__timezone",
        default,
        deserialize_with = "lenient::option"
    )]
    pub(super) timezone: Option<String>,
}

/// The fields of `data.conversation_initiation_client_data` that identify the caller.
#[derive(Default, Deserialize)]
pub(super) struct InitiationData {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) dynamic_variables: SystemVariables,
}

/// All fields of a transcription that identify the caller.
pub(super) struct Identity<'a> {
    pub(super) contact: &'a Contact,
    /// The system variables of the initiation, then those at the top of `data`, where the
    /// deployment guide's test payload has them.
    pub(super) variables: [&'a SystemVariables; 2],
    pub(super) user_id: Option<&'a str>,
}

impl Identity<'_> {
    /// Returns the caller, or `None` for an anonymous caller. The first field that identifies
    /// somebody counts: the channel's own field, then the system variables of a call, then the web
    /// user's id if the operator trusts it.
    pub(super) fn caller(&self, trust_user_id: bool) -> Option<CallerId> {
        self.by_channel()
            .or_else(|| self.by_variables())
            .or_else(|| {
                self.user_id
                    .filter(|_| trust_user_id)
                    .and_then(CallerId::from_user_id)
            })
    }

    /// Returns the channel, or `None` if no field tells.
    pub(super) fn channel(&self) -> Option<Channel> {
        let source = self.contact.conversation_initiation_source.as_deref();
        let by_variables = || {
            self.trusted_variables()
                .any(|variables| variables.caller_id.is_some())
                .then_some(Channel::Phone)
        };
        source
            .and_then(channel_of)
            .or_else(|| self.contact.whatsapp.as_ref().map(|_| Channel::Whatsapp))
            .or_else(|| self.contact.sms.as_ref().map(|_| Channel::Sms))
            .or_else(|| self.contact.phone_call.as_ref().map(|_| Channel::Phone))
            .or_else(by_variables)
    }

    fn by_channel(&self) -> Option<CallerId> {
        let Contact {
            phone_call,
            whatsapp,
            sms,
            ..
        } = self.contact;
        phone_call
            .as_ref()
            .and_then(PhoneCall::caller)
            .or_else(|| whatsapp.as_ref().and_then(Whatsapp::caller))
            .or_else(|| sms.as_ref().and_then(Sms::caller))
    }

    fn by_variables(&self) -> Option<CallerId> {
        self.trusted_variables()
            .find_map(|variables| self.caller_in(variables))
    }

    /// Returns the system variables that can be trusted to identify the caller.
    ///
    /// The metadata must show a telephone call or a messaging channel: by the channel's own field
    /// or by the source. A web page can send variables with its session, but no metadata. Variables
    /// at the top of `data` are the format of the deployment guide, which no ElevenLabs session
    /// has. They count without metadata too, unless a source or a `user_id` shows a web session.
    fn trusted_variables(&self) -> impl Iterator<Item = &SystemVariables> {
        let Contact {
            phone_call,
            whatsapp,
            sms,
            conversation_initiation_source: source,
        } = self.contact;
        let by_source = source.as_deref().and_then(channel_of);
        let has_call_source = matches!(
            by_source,
            Some(Channel::Phone | Channel::Whatsapp | Channel::Sms)
        );
        let has_field = phone_call.is_some() || whatsapp.is_some() || sms.is_some();
        let is_session = matches!(by_source, Some(Channel::Web | Channel::Other));
        let is_call = !is_session && (has_call_source || has_field);
        let is_guide_payload =
            source.is_none() && self.user_id.is_none_or(|id| id.trim().is_empty());
        let [initiation, top] = self.variables;
        let candidates = [(initiation, is_call), (top, is_call || is_guide_payload)];
        candidates
            .into_iter()
            .filter(|(_, is_trusted)| *is_trusted)
            .map(|(variables, _)| variables)
    }

    /// Returns the caller in these variables. On an outbound call `system__caller_id` is our own
    /// number and the called number is the caller's.
    fn caller_in(&self, variables: &SystemVariables) -> Option<CallerId> {
        let SystemVariables {
            caller_id,
            called_number,
            ..
        } = variables;
        let (caller, other) = if self.is_outbound() {
            (called_number, caller_id)
        } else {
            (caller_id, called_number)
        };
        let own_number = self
            .contact
            .phone_call
            .as_ref()
            .and_then(|call| call.agent_number.as_deref());
        CallerId::from_call(caller.as_deref()?, own_number.or(other.as_deref()))
    }

    fn is_outbound(&self) -> bool {
        let Contact {
            phone_call,
            whatsapp,
            sms,
            ..
        } = self.contact;
        let directions = [
            phone_call
                .as_ref()
                .and_then(|call| call.direction.as_deref()),
            whatsapp.as_ref().and_then(|call| call.direction.as_deref()),
            sms.as_ref().and_then(|texts| texts.direction.as_deref()),
        ];
        directions.into_iter().flatten().next() == Some("outbound")
    }
}

impl PhoneCall {
    fn caller(&self) -> Option<CallerId> {
        CallerId::from_call(
            self.external_number.as_deref()?,
            self.agent_number.as_deref(),
        )
    }
}

impl Sms {
    fn caller(&self) -> Option<CallerId> {
        CallerId::from_call(
            self.sms_user_phone_number.as_deref()?,
            self.agent_phone_number.as_deref(),
        )
    }
}

impl Whatsapp {
    /// Returns the WhatsApp user: by telephone number, or by WhatsApp's own id if the user hides
    /// the number.
    fn caller(&self) -> Option<CallerId> {
        let Recipient { phone, bsuid } = &self.recipient;
        let numbers = [phone, &self.whatsapp_user_id];
        let ids = [bsuid, &self.whatsapp_user_id];
        let by_number = numbers
            .into_iter()
            .flatten()
            .find_map(|number| CallerId::from_international(number));
        by_number.or_else(|| {
            ids.into_iter()
                .flatten()
                .find_map(|id| CallerId::from_whatsapp_id(id))
        })
    }
}

/// Maps ElevenLabs' `conversation_initiation_source` to a channel.
fn channel_of(source: &str) -> Option<Channel> {
    match source {
        "whatsapp" => Some(Channel::Whatsapp),
        "twilio_sms" => Some(Channel::Sms),
        "twilio"
        | "sip_trunk"
        | "exotel"
        | "genesys"
        | "genesys_bot_connector"
        | "avaya"
        | "audiocodes" => Some(Channel::Phone),
        "widget" => Some(Channel::Web),
        source if source.ends_with("_sdk") => Some(Channel::Web),
        source if source.ends_with("_integration") => Some(Channel::Other),
        _ => None,
    }
}
