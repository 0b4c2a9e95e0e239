//! Plans how a batch of memories changes a caller's rows. Pure: it maps rows to steps.

use jiff::Timestamp;

use super::comparison::Statement;
use super::row::Row;
use crate::call::AgentId;
use crate::memory::{Change, MemoryId, NewMemory};

/// What to do with one memory of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing: an earlier delivery stored it or reinforced a row with it.
    AlreadyStored {
        /// The stored or reinforced row.
        id: MemoryId,
        /// Whether the row was created from this memory, not only reinforced.
        stored: bool,
    },
    /// Store it as a new row.
    Store,
    /// Reinforce this row, which says the same.
    Reinforce(MemoryId),
    /// Nothing: the memory with this index in the same batch says the same.
    RepeatsInBatch(usize),
}

/// Returns one step for each memory, in order.
///
/// A memory can only duplicate one of the same `agent`, because a reader may ask for the memories
/// of one agent alone.
pub(super) fn plan(
    rows: &[Row],
    agent: &AgentId,
    memories: &[NewMemory],
    threshold: f64,
    now: Timestamp,
) -> Vec<Step> {
    let (own, others): (Vec<&Row>, Vec<&Row>) = rows
        .iter()
        .filter(|row| row.is_memory() && !row.is_superseded() && !row.is_expired(now))
        .partition(|row| row.text("agent_id") == Some(agent.as_str()));
    let mut planner = Planner {
        rows,
        own: own
            .into_iter()
            .map(|row| (row.id.clone(), Statement::new(&row.content)))
            .collect(),
        others: others.into_iter().map(|row| row.id.clone()).collect(),
        new: Vec::new(),
        threshold,
    };
    memories
        .iter()
        .enumerate()
        .map(|(index, memory)| planner.step(index, memory))
        .collect()
}

struct Planner<'a> {
    rows: &'a [Row],
    /// Active memories of the same agent that this batch has not superseded so far.
    own: Vec<(MemoryId, Statement)>,
    /// The same for other agents.
    others: Vec<MemoryId>,
    /// Memories of this batch that will be stored as new rows, with their index.
    new: Vec<(usize, Statement)>,
    threshold: f64,
}

impl Planner<'_> {
    fn step(&mut self, index: usize, memory: &NewMemory) -> Step {
        if let Some(step) = self.already_stored(&memory.idempotency_key) {
            return step;
        }
        let statement = Statement::new(&memory.content);
        match &memory.change {
            Change::Repeats(id) if self.own.iter().any(|(active, _)| active == id) => {
                Step::Reinforce(id.clone())
            }
            Change::Supersedes(id) if self.supersede(id) => self.store(index, statement),
            Change::New | Change::Repeats(_) | Change::Supersedes(_) => {
                self.store_unless_duplicate(index, statement)
            }
        }
    }

    fn already_stored(&self, key: &str) -> Option<Step> {
        self.rows
            .iter()
            .filter(|row| !row.is_pending())
            .find_map(|row| {
                let position = row.keys().iter().position(|own| own == key)?;
                Some(Step::AlreadyStored {
                    id: row.id.clone(),
                    stored: position == 0,
                })
            })
    }

    /// Removes an active memory. Returns whether there was one with this id.
    fn supersede(&mut self, id: &MemoryId) -> bool {
        let before = self.own.len() + self.others.len();
        self.own.retain(|(active, _)| active != id);
        self.others.retain(|active| active != id);
        self.own.len() + self.others.len() < before
    }

    fn store_unless_duplicate(&mut self, index: usize, statement: Statement) -> Step {
        let is_duplicate = |similarity: f64| similarity > self.threshold || similarity >= 1.0;
        let similarities = self
            .own
            .iter()
            .map(|(id, old)| (id, old.similarity(&statement)));
        let closest = similarities.max_by(|one, other| one.1.total_cmp(&other.1));
        if let Some((id, _)) = closest.filter(|(_, similarity)| is_duplicate(*similarity)) {
            return Step::Reinforce(id.clone());
        }
        let duplicate = self
            .new
            .iter()
            .find(|(_, earlier)| is_duplicate(earlier.similarity(&statement)));
        match duplicate {
            Some((earlier, _)) => Step::RepeatsInBatch(*earlier),
            None => self.store(index, statement),
        }
    }

    fn store(&mut self, index: usize, statement: Statement) -> Step {
        self.new.push((index, statement));
        Step::Store
    }
}
