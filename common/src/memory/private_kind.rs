//! The kinds of private facts, and which of them an operator lets be stored.

use crate::call::AgentId;

/// A kind of private fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrivateKind {
    /// Illness, disability, pregnancy, treatment.
    Health,
    /// Religion or its absence.
    Faith,
    /// Parties, votes, unions.
    Politics,
    /// Sexual orientation and identity.
    Sexuality,
    /// Ethnic origin, asylum.
    Origin,
    /// Convictions and arrests.
    Crime,
    /// Debts and insolvency.
    Debt,
    /// What a model calls private and none of these.
    Other,
}

impl PrivateKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Health,
        Self::Faith,
        Self::Politics,
        Self::Sexuality,
        Self::Origin,
        Self::Crime,
        Self::Debt,
        Self::Other,
    ];

    /// The name in settings, records and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Faith => "faith",
            Self::Politics => "politics",
            Self::Sexuality => "sexuality",
            Self::Origin => "origin",
            Self::Crime => "crime",
            Self::Debt => "debt",
            Self::Other => "other",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Which private facts are stored, by agent and kind. None by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreSensitive(Vec<Rule>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    /// One agent, or each.
    agent: Option<String>,
    /// One kind, or each.
    kind: Option<PrivateKind>,
}

/// A list of kinds that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "true, false, or kinds with commas, each perhaps with an agent: health,agent_x:faith,agent_y:all"
)]
pub struct InvalidKinds;

impl StoreSensitive {
    /// Reads `true`, `false`, or entries such as `health`, `agent_x:faith` and `agent_x:all`.
    ///
    /// # Errors
    /// [`InvalidKinds`]
    pub fn parse(text: &str) -> Result<Self, InvalidKinds> {
        match text.trim().to_ascii_lowercase().as_str() {
            "" | "false" | "0" | "no" | "off" => return Ok(Self::default()),
            "true" | "1" | "yes" | "on" => {
                return Ok(Self(vec![Rule {
                    agent: None,
                    kind: None,
                }]));
            }
            _ => {}
        }
        let entries = text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty());
        entries.map(rule).collect::<Result<_, _>>().map(Self)
    }

    /// Whether facts of this kind are stored for this agent.
    #[must_use]
    pub fn allows(&self, agent: &AgentId, kind: PrivateKind) -> bool {
        self.0.iter().any(|rule| {
            rule.agent
                .as_deref()
                .is_none_or(|name| name == agent.as_str())
                && rule.kind.is_none_or(|own| own == kind)
        })
    }
}

fn rule(entry: &str) -> Result<Rule, InvalidKinds> {
    let (agent, kind) = match entry.rsplit_once(':') {
        Some((agent, kind)) if !agent.trim().is_empty() => (Some(agent.trim().to_owned()), kind),
        Some(_) => return Err(InvalidKinds),
        None => (None, entry),
    };
    let kind = match kind.trim().to_ascii_lowercase().as_str() {
        "all" => None,
        name => Some(PrivateKind::parse(name).ok_or(InvalidKinds)?),
    };
    Ok(Rule { agent, kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_allowed_for_all_agents_or_for_one() {
        let agent = |id| AgentId::parse(id).unwrap();
        for (text, allowed) in [
            ("", [false, false, false]),
            ("false", [false, false, false]),
            ("true", [true, true, true]),
            ("health", [true, false, true]),
            ("Health, faith", [true, true, true]),
            ("agent_x:health", [true, false, false]),
            ("agent_x:all", [true, true, false]),
            ("agent_y:health,faith", [false, true, true]),
        ] {
            let rules = StoreSensitive::parse(text).unwrap();
            let found = [
                rules.allows(&agent("agent_x"), PrivateKind::Health),
                rules.allows(&agent("agent_x"), PrivateKind::Faith),
                rules.allows(&agent("agent_y"), PrivateKind::Health),
            ];
            assert_eq!(found, allowed, "{text}");
        }
    }

    #[test]
    fn a_kind_that_does_not_exist_is_refused() {
        for text in ["helth", "agent_x:", ":health", "health;faith", "agent_x"] {
            assert_eq!(StoreSensitive::parse(text), Err(InvalidKinds), "{text}");
        }
    }
}
