//! The caller and the agent that a form names.

use common::call::AgentId;

use super::callers::caller_named;
use crate::Console;
use crate::access::Submitted;
use crate::data::Person;
use crate::error::PageError;

/// A caller and an agent.
pub(super) struct Subject {
    pub(super) person: Person,
    pub(super) agent: AgentId,
}

impl Subject {
    /// Reads the fields `caller` (a number, `user:ID` or a pseudonym) and `agent`.
    pub(super) async fn read(console: &Console, form: &Submitted) -> Result<Self, PageError> {
        let agent = AgentId::parse(form.get("agent"))
            .map_err(|_| PageError::invalid("Give the id of an agent, such as agent_7101."))?;
        let text = form.get("caller");
        let person = match caller_named(text) {
            Some(caller) => console.person_of(&caller),
            None => console.person(text).await?,
        };
        Ok(Self { person, agent })
    }
}
