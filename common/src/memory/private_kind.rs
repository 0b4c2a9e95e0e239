//! The kinds of private facts, and the setting that allows storing them (`STORE_SENSITIVE`).

use crate::call::AgentId;

/// A kind of private fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrivateKind {
    /// Illness, disability, pregnancy or medical treatment.
    Health,
    /// Religion, or the absence of one.
    Faith,
    /// Political parties, votes and trade unions.
    Politics,
    /// Sexual orientation and gender identity.
    Sexuality,
    /// Ethnic origin and asylum.
    Origin,
    /// Convictions and arrests.
    Crime,
    /// Debts and insolvency.
    Debt,
    /// A fact that the model calls private but that fits no other kind.
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

    /// Returns the name used in settings, extraction records and metrics.
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

/// The private facts that may be stored, by agent and kind. None by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreSensitive(Vec<Rule>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    /// The agent that the rule applies to. `None` means all agents.
    agent: Option<String>,
    /// The kind that the rule allows. `None` means all kinds.
    kind: Option<PrivateKind>,
}

/// The value of `STORE_SENSITIVE` is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "true, false, or a comma-separated list of kinds, each optionally after an agent: \
     health,agent_x:faith,agent_y:all"
)]
pub struct InvalidStoreSensitive;

impl StoreSensitive {
    /// Parses `true`, `false`, or a comma-separated list of entries such as `health`,
    /// `agent_x:faith` and `agent_x:all`.
    ///
    /// # Errors
    /// [`InvalidStoreSensitive`] if an entry names an unknown kind or an empty agent.
    pub fn parse(text: &str) -> Result<Self, InvalidStoreSensitive> {
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
        entries.map(parse_rule).collect::<Result<_, _>>().map(Self)
    }

    /// Returns whether facts of this kind may be stored for this agent.
    #[must_use]
    pub fn allows(&self, agent: &AgentId, kind: PrivateKind) -> bool {
        self.0.iter().any(|rule| {
            rule.agent
                .as_deref()
                .is_none_or(|name| name == agent.as_str())
                && rule.kind.is_none_or(|allowed| allowed == kind)
        })
    }
}

fn parse_rule(entry: &str) -> Result<Rule, InvalidStoreSensitive> {
    let (agent, kind) = match entry.rsplit_once(':') {
        Some((agent, kind)) if !agent.trim().is_empty() => (Some(agent.trim().to_owned()), kind),
        Some(_) => return Err(InvalidStoreSensitive),
        None => (None, entry),
    };
    let kind = match kind.trim().to_ascii_lowercase().as_str() {
        "all" => None,
        name => Some(PrivateKind::parse(name).ok_or(InvalidStoreSensitive)?),
    };
    Ok(Rule { agent, kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_allowed_for_all_agents_or_for_one() {
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
    fn an_invalid_list_of_kinds_is_rejected() {
        for text in ["helth", "agent_x:", ":health", "health;faith", "agent_x"] {
            assert_eq!(
                StoreSensitive::parse(text),
                Err(InvalidStoreSensitive),
                "{text}"
            );
        }
    }
}
