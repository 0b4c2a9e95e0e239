//! Decides whether a webhook reports a conversation with a caller. Post-call and extraction share
//! this rule.

/// Why a finished conversation is not one with a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAConversation {
    /// The call was not answered: voicemail, busy, no answer or failed.
    NotAnswered,
    /// A test or a subagent: no caller took part.
    NoCaller,
    /// The caller said nothing.
    NoCallerTurn,
}

impl NotAConversation {
    /// A fixed name for logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAnswered => "not_answered",
            Self::NoCaller => "no_caller",
            Self::NoCallerTurn => "no_caller_turn",
        }
    }
}

/// The only `call_result` with which a caller was heard.
const ANSWERED: &str = "answered";
/// Sources that start conversations without a caller.
const WITHOUT_CALLER: [&str; 2] = ["subagent_tool", "template_preview"];

/// Applies the rule to the metadata: the `call_result` of each channel, and
/// `conversation_initiation_source`.
pub(super) fn not_a_conversation(
    results: [Option<&str>; 2],
    source: Option<&str>,
) -> Option<NotAConversation> {
    if source.is_some_and(|source| WITHOUT_CALLER.iter().any(|name| matches_name(source, name))) {
        return Some(NotAConversation::NoCaller);
    }
    results
        .into_iter()
        .flatten()
        .any(|result| !result.trim().is_empty() && !matches_name(result, ANSWERED))
        .then_some(NotAConversation::NotAnswered)
}

fn matches_name(value: &str, name: &str) -> bool {
    value.trim().eq_ignore_ascii_case(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answered_call_is_a_conversation() {
        for result in [
            "voicemail",
            "busy",
            "no_answer",
            "failed",
            "Voicemail",
            "something_new",
        ] {
            let twilio = not_a_conversation([Some(result), None], Some("twilio"));
            assert_eq!(twilio, Some(NotAConversation::NotAnswered), "{result}");
            let whatsapp = not_a_conversation([None, Some(result)], Some("whatsapp"));
            assert_eq!(whatsapp, Some(NotAConversation::NotAnswered), "{result}");
        }
        for result in [None, Some("answered"), Some("ANSWERED"), Some("")] {
            assert_eq!(
                not_a_conversation([result, None], Some("twilio")),
                None,
                "{result:?}"
            );
        }
    }

    #[test]
    fn subagents_and_previews_have_no_caller() {
        for source in ["subagent_tool", "template_preview"] {
            assert_eq!(
                not_a_conversation([None, None], Some(source)),
                Some(NotAConversation::NoCaller)
            );
        }
        for source in [
            None,
            Some("widget"),
            Some("unknown"),
            Some("a_source_of_next_year"),
        ] {
            assert_eq!(not_a_conversation([None, None], source), None, "{source:?}");
        }
    }
}
