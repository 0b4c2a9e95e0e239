//! The data collection items that `elaaoms connect` adds to an agent. Extraction without a model
//! reads them.
//!
//! ElevenLabs' own model fills them in after each call (`platform_settings.data_collection` of the
//! agent, `analysis.data_collection_results` of the webhook).

/// What one item collects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CollectedItem {
    /// The caller's name.
    Name,
    /// The name or form by which the caller asked to be addressed.
    FormOfAddress,
    /// What the caller prefers or wants done in a certain way.
    Preferences,
    /// Lasting facts about the caller.
    Facts,
    /// What the caller asked for and the call did not settle.
    OpenRequests,
    /// The appointment, order or booking that the call is about.
    Order,
}

impl CollectedItem {
    /// All items in display order.
    pub const ALL: [Self; 6] = [
        Self::Name,
        Self::FormOfAddress,
        Self::Preferences,
        Self::Facts,
        Self::OpenRequests,
        Self::Order,
    ];

    /// Returns the item's id in the agent's settings. The prefix sets it apart from the operator's
    /// own items.
    #[must_use]
    pub fn identifier(self) -> &'static str {
        match self {
            Self::Name => "elaaoms_name",
            Self::FormOfAddress => "elaaoms_form_of_address",
            Self::Preferences => "elaaoms_preferences",
            Self::Facts => "elaaoms_facts",
            Self::OpenRequests => "elaaoms_open_requests",
            Self::Order => "elaaoms_order",
        }
    }

    /// Returns the item with this id.
    #[must_use]
    pub fn from_identifier(identifier: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|item| item.identifier().eq_ignore_ascii_case(identifier.trim()))
    }

    /// Returns a short title for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::FormOfAddress => "form of address",
            Self::Preferences => "preferences",
            Self::Facts => "facts",
            Self::OpenRequests => "open requests",
            Self::Order => "appointment or order",
        }
    }

    /// Returns the instruction to ElevenLabs' model. All values are strings, because ElevenLabs
    /// supports no lists.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Name => {
                "The caller's full name as the caller gave or confirmed it, without a title. Not the name of the agent or \
                 of anybody else. Leave it empty when the caller gave no name."
            }
            Self::FormOfAddress => {
                "How the caller asked to be addressed, only if they did: the exact name, or title and family name, such as \
                 Kate or Mrs Weber; or the form, such as du. Leave it empty otherwise."
            }
            Self::Preferences => {
                "What the caller prefers or wants done in a certain way on later calls too, for example a time of day or a \
                 channel. Only what the caller said or confirmed. One short statement each, separated by semicolons, in the \
                 language of the call. Leave out health, religion, politics, sexuality, debts, codes and passwords. Leave it \
                 empty when there is none."
            }
            Self::Facts => {
                "Lasting facts about the caller that help on later calls, for example what they own, where they live or who \
                 calls for whom. Only what the caller said or confirmed. One short statement each, separated by semicolons, in \
                 the language of the call. Leave out health, religion, politics, sexuality, debts, codes and passwords. Leave \
                 it empty when there is none."
            }
            Self::OpenRequests => {
                "What the caller asked for and what was not settled when the call ended. One short statement each, separated \
                 by semicolons, in the language of the call. Leave it empty when nothing is open."
            }
            Self::Order => {
                "The appointment, order or booking that the call is about, with its number, date and time as they were said. \
                 One short statement each, separated by semicolons, in the language of the call. Leave it empty when there \
                 is none."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_found_only_by_its_id() {
        for item in CollectedItem::ALL {
            assert_eq!(
                CollectedItem::from_identifier(item.identifier()),
                Some(item)
            );
            assert!(!item.description().is_empty() && !item.title().is_empty());
        }
        assert_eq!(
            CollectedItem::from_identifier(" Elaaoms_Name "),
            Some(CollectedItem::Name)
        );
        assert_eq!(
            CollectedItem::from_identifier("name"),
            None,
            "an operator's own item"
        );
    }
}
