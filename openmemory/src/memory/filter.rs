//! Which memories a search looks at.

use jiff::Timestamp;

use super::Memory;

/// Conditions that all have to hold; an empty one is no condition.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Filter {
    /// 1 to 10.
    pub(crate) min_importance: Option<u8>,
    /// One of these, compared exactly.
    pub(crate) categories: Vec<String>,
    /// First moment, included.
    pub(crate) start: Option<Timestamp>,
    /// Last moment, included.
    pub(crate) end: Option<Timestamp>,
}

impl Filter {
    /// Whether a memory fulfils every condition.
    pub(crate) fn accepts(&self, memory: &Memory) -> bool {
        self.accepts_importance(memory.importance)
            && self.accepts_category(memory.category())
            && self.accepts_time(memory.happened_at)
    }

    /// Whether a memory of that importance may fulfil every condition.
    pub(crate) fn accepts_importance(&self, importance: u8) -> bool {
        self.min_importance.is_none_or(|least| importance >= least)
    }

    /// Whether a memory of that time may.
    pub(crate) fn accepts_time(&self, happened_at: Timestamp) -> bool {
        self.start.is_none_or(|start| happened_at >= start)
            && self.end.is_none_or(|end| happened_at <= end)
    }

    fn accepts_category(&self, category: Option<&str>) -> bool {
        self.categories.is_empty()
            || category
                .is_some_and(|category| self.categories.iter().any(|wanted| wanted == category))
    }
}
