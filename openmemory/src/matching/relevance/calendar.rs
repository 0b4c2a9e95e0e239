//! Dates in a text, in the forms that people and this product write: `2026-12-14`, `14.12.`,
//! "December 14th", "14 de diciembre", "im Dezember". Pure.

mod months;

use std::ops::Range;

use text::Word;

pub(super) use months::{follows_preposition, month, sure_month};

/// A day or a month, in a certain year or in any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CalendarDate {
    day: Option<i8>,
    month: i8,
    year: Option<i16>,
}

/// A date and the words that name it, by their indices.
pub(super) struct Mention {
    pub(super) date: CalendarDate,
    pub(super) words: Range<usize>,
}

impl CalendarDate {
    pub(super) fn month(self) -> i8 {
        self.month
    }

    pub(super) fn year(self) -> Option<i16> {
        self.year
    }

    /// Whether both can mean the same day, or one the month in which the other is.
    pub(super) fn agrees_with(self, other: Self) -> bool {
        self.month == other.month
            && self.day.zip(other.day).is_none_or(|(one, two)| one == two)
            && self
                .year
                .zip(other.year)
                .is_none_or(|(one, two)| one == two)
    }

    /// A key by which stored memories with this month are found. No word has this form.
    pub(crate) fn key(self) -> String {
        format!("#{}", self.month)
    }
}

/// Returns the keys of all months that a text mentions.
pub(crate) fn date_keys(words: &[Word]) -> impl Iterator<Item = String> {
    mentions(words)
        .into_iter()
        .map(|mention| mention.date.key())
}

/// Returns the dates that a text mentions. `3/4` may be two different days; both are returned.
pub(super) fn mentions(words: &[Word]) -> Vec<Mention> {
    let mut mentions = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if word.has_digit() {
            let dates = numeric_dates(&word.text);
            mentions.extend(dates.map(|date| Mention {
                date,
                words: at..at + 1,
            }));
        } else if let Some(month) = month(&word.whole) {
            mentions.extend(named_date(words, at, month));
        }
    }
    mentions
}

/// Reads the day and the year around the name of a month. A name that is also another word counts
/// only beside a day or after a preposition.
fn named_date(words: &[Word], at: usize, month: i8) -> Option<Mention> {
    let before = at.checked_sub(1).map(|before| {
        let is_link = LINKS.contains(&words[before].whole.as_str());
        if is_link {
            before.saturating_sub(1)
        } else {
            before
        }
    });
    let first = before.filter(|before| day(&words[*before]).is_some());
    let last = first.map_or_else(
        || Some(at + 1).filter(|after| words.get(*after).and_then(day).is_some()),
        |_| None,
    );
    let day = first.or(last).and_then(|place| day(&words[place]));
    if day.is_none() && sure_month(words, at).is_none() {
        return None;
    }
    let end = last.unwrap_or(at) + 1;
    let year_at = [end, end + 1]
        .into_iter()
        .find(|place| words.get(*place).and_then(year).is_some())
        .filter(|place| *place == end || LINKS.contains(&words[end].whole.as_str()));
    Some(Mention {
        date: CalendarDate {
            day,
            month,
            year: year_at.and_then(|place| year(&words[place])),
        },
        words: first.unwrap_or(at)..year_at.map_or(end, |place| place + 1),
    })
}

/// Words between a day and its month, or between the month and its year.
const LINKS: [&str; 5] = ["de", "del", "of", "di", "d"];

/// Parses the number of a day: `14`, `14th`, `1er`.
fn day(word: &Word) -> Option<i8> {
    let digits = word.text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let ending = &word.text[digits.len()..];
    let is_day = ending.chars().count() <= 3 && ending.chars().all(char::is_alphabetic);
    digits
        .parse()
        .ok()
        .filter(|day| is_day && is_day_number(*day))
}

fn year(word: &Word) -> Option<i16> {
    word.whole.parse().ok().filter(|year| is_year(*year))
}

fn is_day_number(day: i8) -> bool {
    (1..=31).contains(&day)
}

fn is_year(year: i16) -> bool {
    (2000..2100).contains(&year)
}

/// Parses `2026-12-14`, `14.12.2026`, `14/12`, `12/14/26` and the like, with every order of day and
/// month that is possible.
fn numeric_dates(text: &str) -> impl Iterator<Item = CalendarDate> {
    let separator = text.bytes().find(|byte| matches!(byte, b'.' | b'/' | b'-'));
    let parts: Vec<&str> = match separator {
        Some(separator) => text.split(char::from(separator)).collect(),
        None => Vec::new(),
    };
    let dates = match parts[..] {
        [year, month, day] if year.len() == 4 => [date(day, month, Some(year)), None],
        [first, second, year] => with_year(first, second, year, separator),
        [first, second] => [
            date(first, second, None),
            swapped(first, second, None, separator),
        ],
        _ => [None, None],
    };
    dates.into_iter().flatten()
}

fn with_year(
    first: &str,
    second: &str,
    year: &str,
    separator: Option<u8>,
) -> [Option<CalendarDate>; 2] {
    let year = match year.len() {
        2 => format!("20{year}"),
        _ => year.to_owned(),
    };
    [
        date(first, second, Some(&year)),
        swapped(first, second, Some(&year), separator),
    ]
}

/// The month comes first only with slashes.
fn swapped(
    month: &str,
    day: &str,
    year: Option<&str>,
    separator: Option<u8>,
) -> Option<CalendarDate> {
    date(day, month, year).filter(|_| separator == Some(b'/') && day != month)
}

fn date(day: &str, month: &str, year: Option<&str>) -> Option<CalendarDate> {
    let short = |text: &str| text.parse::<i8>().ok().filter(|_| text.len() <= 2);
    let year = match year {
        Some(year) => Some(year.parse().ok().filter(|year| is_year(*year))?),
        None => None,
    };
    Some(CalendarDate {
        day: Some(short(day).filter(|day| is_day_number(*day))?),
        month: short(month).filter(|month| (1..=12).contains(month))?,
        year,
    })
}

#[cfg(test)]
mod tests {
    use text::search_words;

    use super::*;

    fn dates(text: &str) -> Vec<CalendarDate> {
        let mentions = mentions(&search_words(text));
        mentions.iter().map(|mention| mention.date).collect()
    }

    fn december(day: Option<i8>, year: Option<i16>) -> CalendarDate {
        CalendarDate {
            day,
            month: 12,
            year,
        }
    }

    #[test]
    fn a_day_is_read_in_every_form() {
        for text in [
            "Termin am 14.12. um neun",
            "on 14/12",
            "el 14-12",
            "December 14",
            "the 14th of December",
            "14. Dezember",
            "le 14 décembre",
            "el 14 de diciembre",
            "14 dicembre",
            "14 de dezembro",
            "14 grudnia",
        ] {
            assert_eq!(dates(text), [december(Some(14), None)], "{text}");
        }
        for text in ["2026-12-14", "14.12.2026", "14/12/26", "December 14, 2026"] {
            assert_eq!(dates(text), [december(Some(14), Some(2026))], "{text}");
        }
    }

    #[test]
    fn a_month_needs_no_day_and_slashes_may_mean_two_days() {
        assert_eq!(dates("Termin im Dezember"), [december(None, None)]);
        let [one, two] = dates("on 3/4")[..] else {
            panic!("not two days")
        };
        assert_eq!((one.day, one.month), (Some(3), 4));
        assert_eq!((two.day, two.month), (Some(4), 3));
    }

    #[test]
    fn other_numbers_and_words_are_no_dates() {
        for text in [
            "order GF-4410",
            "at 10:30",
            "call 202-555",
            "19.99",
            "version 1.2.3.4",
            "may I call",
            "the march to the station",
            "2026",
        ] {
            assert!(dates(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn dates_agree_as_far_as_both_are_known() {
        let (month, day) = (december(None, None), december(Some(14), Some(2026)));
        assert!(month.agrees_with(day) && day.agrees_with(december(Some(14), None)));
        assert!(!day.agrees_with(december(Some(15), None)));
        assert!(!day.agrees_with(december(Some(14), Some(2027))));
    }
}
