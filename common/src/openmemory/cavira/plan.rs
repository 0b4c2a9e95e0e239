//! What a batch of memories changes in a caller's rows. Pure: the rows come in, the steps go out.

use jiff::Timestamp;

use super::row::Row;
use super::text::Claim;
use crate::call::AgentId;
use crate::memory::{Change, MemoryId, NewMemory};

/// What becomes of one memory of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// An earlier delivery stored it, or made it reinforce that row.
    Known {
        /// The row.
        id: MemoryId,
        /// Whether the row says it for the first time.
        stored: bool,
    },
    /// It becomes a row of its own.
    Store,
    /// That row says the same.
    Reinforce(MemoryId),
    /// The memory at that place of the same batch says the same.
    Repeats(usize),
}

/// One step for each memory that `agent` was told, in order. Only what the same agent was told is
/// repeated: a reader may ask for the memories of one agent alone.
pub(super) fn plan(
    rows: &[Row],
    agent: &AgentId,
    memories: &[NewMemory],
    threshold: f64,
    now: Timestamp,
) -> Vec<Step> {
    let living = |row: &&Row| row.is_memory() && !row.is_superseded() && !row.is_expired(now);
    let (own, others): (Vec<&Row>, Vec<&Row>) = rows
        .iter()
        .filter(living)
        .partition(|row| row.text("agent_id") == Some(agent.as_str()));
    let mut planning = Planning {
        rows,
        claims: own
            .into_iter()
            .map(|row| (row.id.clone(), Claim::new(&row.content)))
            .collect(),
        others: others.into_iter().map(|row| row.id.clone()).collect(),
        new: Vec::new(),
        threshold,
    };
    memories
        .iter()
        .enumerate()
        .map(|(place, memory)| planning.step(place, memory))
        .collect()
}

struct Planning<'a> {
    rows: &'a [Row],
    /// Living memories of the same agent that nothing of this batch takes the place of.
    claims: Vec<(MemoryId, Claim)>,
    /// Those of other agents.
    others: Vec<MemoryId>,
    /// Memories of this batch that become rows.
    new: Vec<(usize, Claim)>,
    threshold: f64,
}

impl Planning<'_> {
    fn step(&mut self, place: usize, memory: &NewMemory) -> Step {
        if let Some(known) = self.known(&memory.idempotency_key) {
            return known;
        }
        let claim = Claim::new(&memory.content);
        match &memory.change {
            Change::Repeats(id) if self.claims.iter().any(|(living, _)| living == id) => {
                Step::Reinforce(id.clone())
            }
            Change::Supersedes(id) if self.take(id) => self.store(place, claim),
            Change::New | Change::Repeats(_) | Change::Supersedes(_) => {
                self.store_unless_repeated(place, claim)
            }
        }
    }

    fn known(&self, key: &str) -> Option<Step> {
        self.rows
            .iter()
            .filter(|row| !row.is_pending())
            .find_map(|row| {
                let at = row.keys().iter().position(|own| own == key)?;
                Some(Step::Known {
                    id: row.id.clone(),
                    stored: at == 0,
                })
            })
    }

    fn take(&mut self, id: &MemoryId) -> bool {
        let before = self.claims.len() + self.others.len();
        self.claims.retain(|(living, _)| living != id);
        self.others.retain(|living| living != id);
        self.claims.len() + self.others.len() < before
    }

    fn store_unless_repeated(&mut self, place: usize, claim: Claim) -> Step {
        let is_repeated = |likeness: f64| likeness > self.threshold || likeness >= 1.0;
        let likenesses = self
            .claims
            .iter()
            .map(|(id, old)| (id, old.likeness(&claim)));
        let closest = likenesses.max_by(|one, other| one.1.total_cmp(&other.1));
        if let Some((id, _)) = closest.filter(|(_, likeness)| is_repeated(*likeness)) {
            return Step::Reinforce(id.clone());
        }
        let same = self
            .new
            .iter()
            .find(|(_, earlier)| is_repeated(earlier.likeness(&claim)));
        match same {
            Some((earlier, _)) => Step::Repeats(*earlier),
            None => self.store(place, claim),
        }
    }

    fn store(&mut self, place: usize, claim: Claim) -> Step {
        self.new.push((place, claim));
        Step::Store
    }
}
