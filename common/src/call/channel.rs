//! The channel that a caller used to reach the agent.

use serde::{Deserialize, Serialize};

/// The channel of a conversation. It is stored with each memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A telephone call over any carrier.
    Phone,
    /// A WhatsApp message or call.
    Whatsapp,
    /// Text messages (SMS).
    Sms,
    /// A browser or an app that uses ElevenLabs' widget or one of its SDKs.
    Web,
    /// Another integration, such as Telegram, Slack or Zendesk. Also stands for a channel that a
    /// later version knows.
    #[serde(other)]
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

    /// Returns the name used in JSON, in snake case.
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

    /// Returns the channel with this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.as_str() == name)
    }
}
