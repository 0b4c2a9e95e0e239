//! The filter of a search.

use jiff::Timestamp;

use super::Memory;

/// Conditions that a memory must all meet. Unset conditions accept every memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Filter {
    /// From 1 to 10.
    pub(crate) min_importance: Option<u8>,
    /// Accepted categories, compared exactly.
    pub(crate) categories: Vec<String>,
    /// Start of the accepted period, inclusive.
    pub(crate) start: Option<Timestamp>,
    /// End of the accepted period, inclusive.
    pub(crate) end: Option<Timestamp>,
}

impl Filter {
    /// Whether a memory meets every condition.
    pub(crate) fn accepts(&self, memory: &Memory) -> bool {
        self.accepts_importance(memory.importance)
            && self.accepts_category(memory.category())
            && self.accepts_time(memory.happened_at)
    }

    /// Whether a memory of this importance meets the importance condition.
    pub(crate) fn accepts_importance(&self, importance: u8) -> bool {
        self.min_importance.is_none_or(|least| importance >= least)
    }

    /// Whether a memory of this time meets the time conditions.
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
