//! Who was on the other end of a conversation, and over which channel: the fields of each
//! integration that name the person.

use serde::Deserialize;

use super::conversation::{self, NotAConversation};
use super::lenient;
use crate::call::{CallerId, Channel};

/// The parts of `data.metadata` that name the person.
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
    /// Why this was no conversation with a caller, as far as the metadata tells.
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

    /// Our own telephone number, as sent.
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

/// `data.conversation_initiation_client_data`, as far as it names the person.
#[derive(Default, Deserialize)]
pub(super) struct InitiationData {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) dynamic_variables: SystemVariables,
}

/// Everything in a transcription that names the person.
pub(super) struct Identity<'a> {
    pub(super) contact: &'a Contact,
    /// Those of the initiation, then those at the top of `data`, where the deployment guide's test
    /// payload has them.
    pub(super) variables: [&'a SystemVariables; 2],
    pub(super) user_id: Option<&'a str>,
}

impl Identity<'_> {
    /// The person, or `None` when there is nobody to remember. The first field that names somebody
    /// counts: the channel's own, the system variables of a call, and the web user's id where the
    /// operator trusts it.
    pub(super) fn caller(&self, trust_user_id: bool) -> Option<CallerId> {
        self.by_channel()
            .or_else(|| self.by_variables())
            .or_else(|| {
                self.user_id
                    .filter(|_| trust_user_id)
                    .and_then(CallerId::from_user_id)
            })
    }

    /// The channel, or `None` where nothing tells it.
    pub(super) fn channel(&self) -> Option<Channel> {
        let source = self.contact.conversation_initiation_source.as_deref();
        let by_source = source.and_then(channel_of);
        let has_caller = || {
            self.believed()
                .any(|variables| variables.caller_id.is_some())
        };
        by_source
            .or_else(|| self.contact.whatsapp.as_ref().map(|_| Channel::Whatsapp))
            .or_else(|| self.contact.sms.as_ref().map(|_| Channel::Sms))
            .or_else(|| self.contact.phone_call.as_ref().map(|_| Channel::Phone))
            .or_else(|| has_caller().then_some(Channel::Phone))
    }

    fn by_channel(&self) -> Option<CallerId> {
        let Contact {
            phone_call,
            whatsapp,
            sms,
            ..
        } = self.contact;
        let phone = || {
            let call = phone_call.as_ref()?;
            CallerId::from_call(
                call.external_number.as_deref()?,
                call.agent_number.as_deref(),
            )
        };
        let text = || {
            let sms = sms.as_ref()?;
            CallerId::from_call(
                sms.sms_user_phone_number.as_deref()?,
                sms.agent_phone_number.as_deref(),
            )
        };
        phone()
            .or_else(|| whatsapp.as_ref().and_then(Whatsapp::person))
            .or_else(text)
    }

    fn by_variables(&self) -> Option<CallerId> {
        self.believed()
            .find_map(|variables| self.person_in(variables))
    }

    /// The system variables of a call that was made by telephone or on a messaging channel, as the
    /// metadata tells: it has the channel's own field, or a source that is such a channel. A page
    /// could send variables with a web session, but no metadata. Those at the top of `data` are the
    /// form of the deployment guide, which no session of ElevenLabs has: they count without
    /// metadata too, unless a source or a `user_id` shows a session.
    fn believed(&self) -> impl Iterator<Item = &SystemVariables> {
        let Contact {
            phone_call,
            whatsapp,
            sms,
            conversation_initiation_source: source,
        } = self.contact;
        let by_source = source.as_deref().and_then(channel_of);
        let is_call = matches!(
            by_source,
            Some(Channel::Phone | Channel::Whatsapp | Channel::Sms)
        );
        let has_field = phone_call.is_some() || whatsapp.is_some() || sms.is_some();
        let is_session = matches!(by_source, Some(Channel::Web | Channel::Other));
        let is_proven = !is_session && (is_call || has_field);
        let is_guides = source.is_none() && self.user_id.is_none_or(|id| id.trim().is_empty());
        let [initiation, top] = self.variables;
        let counted = [(initiation, is_proven), (top, is_proven || is_guides)];
        counted
            .into_iter()
            .filter(|(_, counts)| *counts)
            .map(|(variables, _)| variables)
    }

    /// On an outbound call `system__caller_id` is our own number and the called number is the
    /// person's.
    fn person_in(&self, variables: &SystemVariables) -> Option<CallerId> {
        let SystemVariables {
            caller_id,
            called_number,
            ..
        } = variables;
        let (person, other) = if self.is_outbound() {
            (called_number, caller_id)
        } else {
            (caller_id, called_number)
        };
        let ours = self
            .contact
            .phone_call
            .as_ref()
            .and_then(|call| call.agent_number.as_deref());
        CallerId::from_call(person.as_deref()?, ours.or(other.as_deref()))
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

impl Whatsapp {
    /// WhatsApp names people by telephone number, or by an id of its own where they hide it.
    fn person(&self) -> Option<CallerId> {
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

/// The channel behind ElevenLabs' `conversation_initiation_source`.
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
