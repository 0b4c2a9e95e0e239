//! Recognises questions about a month or a year: "what did she order in June".

use jiff::civil::Date;
use text::Word;

/// A month, a year, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    month: Option<i8>,
    year: Option<i16>,
}

impl Period {
    /// Finds the period that a question names.
    pub(super) fn from_words(words: &[Word]) -> Option<Self> {
        let month = words.iter().enumerate().find_map(|(at, word)| {
            let is_sure =
                !AMBIGUOUS.contains(&word.whole.as_str()) || follows_preposition(words, at);
            month(&word.whole).filter(|_| is_sure)
        });
        let year = words.iter().enumerate().find_map(|(at, word)| {
            year(&word.whole).filter(|_| month.is_some() || follows_preposition(words, at))
        });
        (month.is_some() || year.is_some()).then_some(Self { month, year })
    }

    /// Whether a day lies in the period.
    pub(crate) fn contains(self, day: Date) -> bool {
        self.month.is_none_or(|month| month == day.month())
            && self.year.is_none_or(|year| year == day.year())
    }
}

fn follows_preposition(words: &[Word], at: usize) -> bool {
    at.checked_sub(1)
        .is_some_and(|before| PREPOSITIONS.contains(&words[before].whole.as_str()))
}

fn month(word: &str) -> Option<i8> {
    let at = MONTHS.iter().position(|names| names.contains(&word))?;
    i8::try_from(at + 1).ok()
}

fn year(word: &str) -> Option<i16> {
    word.parse().ok().filter(|year| (2000..2100).contains(year))
}

/// Months that are also other words. They count only after one of the [`PREPOSITIONS`].
const AMBIGUOUS: &[&str] = &["may", "march", "mars", "sept", "mai", "marca", "maja"];

/// Words before a month or a year, in the languages of [`MONTHS`].
#[rustfmt::skip]
const PREPOSITIONS: &[&str] = &[
    "in", "last", "of", "since", "this", "until", "from", "during", "by", "early", "late", "mid",
    "en", "de", "del", "desde", "im", "seit", "vom", "letzten", "diesen", "depuis", "a", "nel", "di", "em", "sinds", "w", "od",
];

/// January to December as folded words in English, Spanish, German, French, Italian, Portuguese,
/// Dutch and Polish. Polish has the nominative, the locative (as after "in") and the genitive.
#[rustfmt::skip]
const MONTHS: [&[&str]; 12] = [
    &["january", "enero", "januar", "janner", "janvier", "gennaio", "janeiro", "januari", "styczen", "styczniu", "stycznia"],
    &["february", "febrero", "februar", "fevrier", "febbraio", "fevereiro", "februari", "luty", "lutym", "lutego"],
    &["march", "marzo", "marz", "mars", "marco", "maart", "marzec", "marcu", "marca"],
    &["april", "abril", "avril", "aprile", "kwiecien", "kwietniu", "kwietnia"],
    &["may", "mayo", "mai", "maggio", "maio", "mei", "maj", "maju", "maja"],
    &["june", "junio", "juni", "juin", "giugno", "junho", "czerwiec", "czerwcu", "czerwca"],
    &["july", "julio", "juli", "juillet", "luglio", "julho", "lipiec", "lipcu", "lipca"],
    &["august", "agosto", "aout", "augustus", "sierpien", "sierpniu", "sierpnia"],
    &["september", "septiembre", "setiembre", "septembre", "settembre", "setembro", "wrzesien", "wrzesniu", "wrzesnia"],
    &["october", "octubre", "oktober", "octobre", "ottobre", "outubro", "pazdziernik", "pazdzierniku", "pazdziernika"],
    &["november", "noviembre", "novembre", "novembro", "listopad", "listopadzie", "listopada"],
    &["december", "diciembre", "dezember", "decembre", "dicembre", "dezembro", "grudzien", "grudniu", "grudnia"],
];

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
