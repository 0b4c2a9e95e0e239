//! Recognises questions about a month or a year: "what did she order in June".

use jiff::civil::Date;
use text::Word;

use super::calendar::{CalendarDate, follows_preposition, sure_month};

/// A month, a year, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    month: Option<i8>,
    year: Option<i16>,
}

impl Period {
    /// Finds the period that a question names.
    pub(super) fn from_words(words: &[Word]) -> Option<Self> {
        let month = (0..words.len()).find_map(|at| sure_month(words, at));
        let year = words.iter().enumerate().find_map(|(at, word)| {
            year(&word.whole).filter(|_| month.is_some() || follows_preposition(words, at))
        });
        (month.is_some() || year.is_some()).then_some(Self { month, year })
    }

    /// The month of a date.
    pub(super) fn of(date: CalendarDate) -> Self {
        Self {
            month: Some(date.month()),
            year: date.year(),
        }
    }

    /// Whether a day lies in the period.
    pub(crate) fn contains(self, day: Date) -> bool {
        self.month.is_none_or(|month| month == day.month())
            && self.year.is_none_or(|year| year == day.year())
    }
}

fn year(word: &str) -> Option<i16> {
    word.parse().ok().filter(|year| (2000..2100).contains(year))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use text::search_words;

    use super::*;

    fn asked(question: &str) -> Option<Period> {
        Period::from_words(&search_words(question))
    }

    #[test]
    fn a_month_is_recognised_in_eight_languages() {
        for question in [
            "what did she order in June",
            "¿Qué pidió en junio?",
            "Was bestellte sie im Juni?",
            "qu'a-t-elle commandé en juin",
            "cosa ha ordinato a giugno",
            "o que pediu em junho",
            "wat bestelde ze in juni",
            "co zamówiła w czerwcu",
        ] {
            let period = asked(question).unwrap_or_else(|| panic!("{question}"));
            assert!(
                period.contains(date(2026, 6, 30)) && !period.contains(date(2026, 7, 1)),
                "{question}"
            );
        }
    }

    #[test]
    fn a_year_needs_a_month_or_a_preposition() {
        assert!(asked("calls in 2025").unwrap().contains(date(2025, 3, 1)));
        assert!(
            !asked("orders of June 2025")
                .unwrap()
                .contains(date(2026, 6, 1))
        );
        assert_eq!(asked("order 2025"), None);
    }

    #[test]
    fn an_ambiguous_month_needs_a_preposition() {
        assert_eq!(asked("what may I call him"), None);
        assert_eq!(asked("the march to the station"), None);
        assert!(asked("her orders in May").is_some());
    }
}
