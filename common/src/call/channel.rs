//! The channel over which a person reached the agent.

use serde::{Deserialize, Serialize};

/// How a conversation was held. Stored with each memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A telephone call, whatever carried it.
    Phone,
    /// WhatsApp, by message or by call.
    Whatsapp,
    /// Text messages.
    Sms,
    /// A browser or an app: ElevenLabs' widget or one of its SDKs.
    Web,
    /// Another integration, such as Telegram, Slack or Zendesk.
    Other,
}

impl Channel {
    /// All channels.
    pub const ALL: [Self; 5] = [
        Self::Phone,
        Self::Whatsapp,
        Self::Sms,
        Self::Web,
        Self::Other,
    ];

    /// The snake-case name used on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Whatsapp => "whatsapp",
            Self::Sms => "sms",
            Self::Web => "web",
            Self::Other => "other",
        }
    }

    /// The channel of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.as_str() == name)
    }
}
