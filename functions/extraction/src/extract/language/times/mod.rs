//! Replaces relative times by dates, because "tomorrow at five" means nothing a month later.
//! Unclear times stay as they are: a habit ("every Friday"), a range of weekdays, a weekday whose
//! clause does not show that it is to come.

mod clause;
mod grammar;
mod lexicon;
mod tense;

use std::ops::Range;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

use grammar::Grammar;
use lexicon::Lexicon;

/// A half of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DayHalf {
    Am,
    Pm,
}

/// Which weekday of a given name is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// The first after today.
    Coming,
    /// The one of the next week in some languages, the first after today in others.
    Next,
    /// The one of a later or earlier week.
    InWeek(i64),
    /// The first after today.
    This,
    /// The last one before today.
    Last,
}

/// The time that a sentence is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tense {
    Past,
    Future,
}

/// Latest hour that means the afternoon if the half of the day is not given. Shops and offices are
/// open then.
const LATEST_AFTERNOON_HOUR: i64 = 7;

/// Replaces the relative times of a text by dates. `at` is the local time of the call.
pub(crate) fn resolve(text: &str, language: &str, at: DateTime) -> String {
    let words = lexicon::for_language(language).zip(grammar::for_language(language));
    let Some((lexicon, grammar)) = words else {
        return text.to_owned();
    };
    let mut reader = Reader {
        text,
        tokens: tokens(text),
        lexicon,
        grammar,
        today: at.date(),
        free_from: 0,
    };
    let mut resolved = String::with_capacity(text.len() + 20);
    let mut copied = 0;
    let mut index = 0;
    while index < reader.tokens.len() {
        let Some(found) = reader.expression(index) else {
            index += 1;
            continue;
        };
        resolved.push_str(&text[copied..reader.tokens[found.from].start]);
        resolved.push_str(&found.text);
        copied = reader.tokens[found.to - 1].end;
        index = found.to;
        reader.free_from = found.to;
    }
    resolved.push_str(&text[copied..]);
    resolved
}

struct Reader<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    lexicon: &'static Lexicon,
    grammar: &'static Grammar,
    today: Date,
    /// Tokens before this one belong to an earlier expression.
    free_from: usize,
}

struct Token {
    start: usize,
    end: usize,
    lower: String,
}

/// Tokens `from..to`, and the text that replaces them.
struct Replacement {
    from: usize,
    to: usize,
    text: String,
}

struct Time {
    hour: i64,
    minute: i64,
    to: usize,
}

/// Splits a text into words and numbers. A number keeps the colon of a time and its `h`.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut chars = text.char_indices().peekable();
    let mut start = None;
    while let Some((at, c)) = chars.next() {
        let next_is_digit = chars.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        let before_is_digit = text[..at].ends_with(|c: char| c.is_ascii_digit());
        let joins_digits =
            matches!(c, ':' | '.') && before_is_digit && next_is_digit && start.is_some();
        if c.is_alphanumeric() || joins_digits {
            start.get_or_insert(at);
        } else if let Some(start) = start.take() {
            tokens.push(Token {
                start,
                end: at,
                lower: text[start..at].to_lowercase(),
            });
        }
    }
    if let Some(start) = start {
        tokens.push(Token {
            start,
            end: text.len(),
            lower: text[start..].to_lowercase(),
        });
    }
    tokens
}

impl Reader<'_> {
    fn expression(&self, index: usize) -> Option<Replacement> {
        self.next_week_or_month(index)
            .or_else(|| self.counted_units(index))
            .or_else(|| self.relative_day(index))
            .or_else(|| self.weekday(index))
    }

    /// Matches "next week", "next month". Its days are added.
    fn next_week_or_month(&self, index: usize) -> Option<Replacement> {
        let week = self
            .first_phrase(index, self.lexicon.next_week)
            .and_then(|(to, weeks)| {
                let (monday, sunday) = self.week(weeks)?;
                Some((to, format!("{monday} – {sunday}")))
            });
        let (to, days) = week.or_else(|| {
            let (to, months) = self.first_phrase(index, self.lexicon.next_month)?;
            Some((to, month(self.today.checked_add(months.months()).ok()?)))
        })?;
        // "next week Monday" is a day.
        let is_dated = self.is_dated(to) || self.weekday_of_week(to).is_some();
        (!is_dated).then(|| Replacement {
            from: index,
            to,
            text: format!("{} ({days})", self.source_text(index, to)),
        })
    }

    /// Matches "in three days", "two weeks ago".
    fn counted_units(&self, index: usize) -> Option<Replacement> {
        let ahead = self
            .number_and_unit(index, self.lexicon.ahead)
            .filter(|(number, unit, to)| {
                !self.is_past_before(index) && !self.continues_phrase(*number, *unit, *to)
            });
        let (number, unit, to) = ahead.or_else(|| {
            let (number, unit, to) = self.number_and_unit(index, self.lexicon.ago)?;
            Some((-number, unit, to))
        })?;
        // "huit jours", "acht Tage" and "quinze jours" mean weeks.
        if unit == 0
            && matches!(number.abs(), 8 | 15)
            && matches!(self.lexicon.language, "de" | "fr")
        {
            return None;
        }
        // "in a week on Monday" is not the day in a week.
        if unit > 0 && self.is_beside_weekday(index, to) {
            return None;
        }
        let date = match unit {
            0 => self.today.checked_add(number.days()).ok()?.to_string(),
            1 => self.today.checked_add(number.weeks()).ok()?.to_string(),
            _ => month(self.today.checked_add(number.months()).ok()?),
        };
        Some(Replacement {
            from: index,
            to,
            text: self.with_preposition(index, to, &date),
        })
    }

    /// Matches a number and a unit between one of these pairs of phrases. Returns the number, the
    /// index of the unit and where the expression ends.
    fn number_and_unit(
        &self,
        index: usize,
        around: &[(&str, &str)],
    ) -> Option<(i64, usize, usize)> {
        around.iter().find_map(|(before, after)| {
            let (number, at) = self.number(self.phrase(index, before)?)?;
            let unit = self
                .lexicon
                .units
                .iter()
                .position(|unit| unit.iter().any(|word| self.is(at, word)))?;
            Some((number, unit, self.phrase(at + 1, after)?))
        })
    }

    /// Matches "tomorrow", with a time of day before or after it.
    fn relative_day(&self, index: usize) -> Option<Replacement> {
        let (phrase, offset, part) = self
            .lexicon
            .days
            .iter()
            .find(|(phrase, ..)| self.phrase(index, phrase).is_some())?;
        let to = self.phrase(index, phrase)?;
        if self.is_part_of_day(index, to) || self.is_dated(to) {
            return None;
        }
        let date = self.today.checked_add(offset.days()).ok()?;
        let (from, to, time) = self.with_time(index, to, part.map(|(part, _)| part));
        let written = match (time, part) {
            (Some(time), _) => format!("{date} {time}"),
            (None, Some((_, part))) => format!("{date} {part}"),
            (None, None) => date.to_string(),
        };
        Some(Replacement {
            from,
            to,
            text: self.with_preposition(from, to, &written),
        })
    }

    /// Matches "next Thursday". The weekday stays and its date is added.
    fn weekday(&self, index: usize) -> Option<Replacement> {
        let (named_at, before) = self
            .said_before_weekday(index)
            .map_or((index, None), |(to, when)| (to, Some(when)));
        let (day, named_to) = self.weekday_name(named_at)?;
        let (to, after) = self
            .first_phrase(named_to, self.lexicon.after)
            .or_else(|| self.week_behind(named_to).filter(|_| before.is_none()))
            .map_or((named_to, None), |(to, when)| (to, Some(when)));
        let when = before.or(after);
        let is_habit = index > 0
            && (when.is_none() || self.lexicon.language == "en")
            && self
                .lexicon
                .not_after
                .iter()
                .any(|word| self.is(index - 1, word));
        let is_left = before.is_none() && self.follows_left_phrase(index);
        if is_habit
            || is_left
            || self.is_in_range(named_at, named_to)
            || self.is_dated(to)
            || self.is_beside_date(index, to)
            || (when.is_none() && self.is_name_or_modifier(index, named_at, to))
        {
            return None;
        }
        let (from, end, time) = self.with_time(index, to, None);
        let date = match when {
            Some(When::This) if self.tense_around(index, end) == Some(Tense::Past) => None,
            Some(when) => self.date_of(day, when),
            None => self.unsaid_date(day, from..end, index, time.is_some()),
        }?;
        let time = time.map(|time| format!(" {time}")).unwrap_or_default();
        let written = format!("{} {date}{time}", self.source_text(named_at, named_to));
        Some(Replacement {
            from,
            to: end,
            text: self.with_preposition(from, end, &written),
        })
    }

    /// Returns the date of a weekday that comes without "next" or "last", if its clause shows that
    /// it is to come.
    fn unsaid_date(
        &self,
        day: i64,
        tokens: Range<usize>,
        index: usize,
        has_time: bool,
    ) -> Option<Date> {
        let looks_back =
            index > 0 && tokens.start == index && self.is_one_of(index - 1, self.grammar.back);
        let tense = self.tense_around(index, tokens.end);
        // On a Friday, nobody says "on Friday" for the same day; with a time of day alone it may
        // be the previous one.
        let is_today = day == i64::from(self.today.weekday().to_monday_one_offset());
        let is_coming = match tense {
            Some(Tense::Future) => true,
            Some(Tense::Past) => false,
            None => has_time && !is_today,
        };
        let date = self.date_of(day, When::Coming)?;
        let is_clear = is_coming && !looks_back;
        (is_clear && !self.sentence_contradicts(tokens.start, tokens.end, date)).then_some(date)
    }

    /// Matches "next" or "next week" before a weekday. Returns where the phrase ends and which day
    /// is meant.
    fn said_before_weekday(&self, index: usize) -> Option<(usize, When)> {
        self.first_phrase(index, self.lexicon.next_week)
            .and_then(|(to, weeks)| Some((self.weekday_of_week(to)?, When::InWeek(weeks))))
            .or_else(|| {
                let found = self.first_phrase(index, self.lexicon.before)?;
                (!self.is_verb_coming(index)).then_some(found)
            })
    }

    /// Returns whether the weekday at `index` follows a phrase such as "next". The two did not make
    /// a clear date together, so the weekday alone does not either.
    fn follows_left_phrase(&self, index: usize) -> bool {
        self.phrase_begins_in(index.saturating_sub(3).max(self.free_from), index)
    }

    /// Returns whether "coming" is a verb here: "is coming Thursday".
    fn is_verb_coming(&self, index: usize) -> bool {
        index > 0
            && self.is(index, "coming")
            && self.is_one_of(
                index - 1,
                "is are am be been was were s re m not also only just",
            )
    }

    fn follows_phrase(&self, index: usize) -> bool {
        self.phrase_begins_in(index.saturating_sub(3), index)
    }

    fn phrase_begins_in(&self, start: usize, index: usize) -> bool {
        (start..index)
            .filter(|from| !self.is_verb_coming(*from))
            .any(|from| {
                let phrases = self.lexicon.before.iter();
                phrases
                    .filter(|(phrase, _)| !phrase.is_empty())
                    .any(|(phrase, _)| self.phrase(from, phrase) == Some(index))
            })
    }

    fn date_of(&self, day: i64, when: When) -> Option<Date> {
        let today = i64::from(self.today.weekday().to_monday_one_offset());
        let ahead = (day - today).rem_euclid(7);
        let coming = self
            .today
            .checked_add(if ahead == 0 { 7 } else { ahead }.days())
            .ok()?;
        let in_week = |weeks: i64| self.monday().checked_add((7 * weeks + day - 1).days()).ok();
        match when {
            When::Coming => Some(coming),
            When::This => (ahead != 0).then_some(coming),
            When::InWeek(weeks) => in_week(weeks),
            // If the two readings differ, leave it.
            When::Next => in_week(1).filter(|next_week| *next_week == coming),
            When::Last => {
                let back = (today - day).rem_euclid(7);
                self.today
                    .checked_sub(if back == 0 { 7 } else { back }.days())
                    .ok()
            }
        }
    }

    /// Returns the Monday and Sunday of a later or earlier week.
    fn week(&self, weeks: i64) -> Option<(Date, Date)> {
        let monday = self.monday().checked_add(weeks.weeks()).ok()?;
        Some((monday, monday.checked_add(6.days()).ok()?))
    }

    fn monday(&self) -> Date {
        let back = i64::from(self.today.weekday().to_monday_zero_offset());
        self.today.checked_sub(back.days()).unwrap_or(self.today)
    }

    fn weekday_name(&self, index: usize) -> Option<(i64, usize)> {
        let names = self.lexicon.weekdays.iter().zip(1..);
        let (day, to) = names
            .flat_map(|(names, day)| names.iter().map(move |name| (day, *name)))
            .find_map(|(day, name)| Some((day, self.phrase(index, name)?)))?;
        // "segunda" and "quarta" are also an ordinal and a fraction, so a word that introduces a
        // day is required.
        let is_short = self.lexicon.language == "pt" && day < 6 && to == index + 1;
        let is_led = index > 0
            && ["na", "próxima", "nesta", "esta", "para", "até"]
                .iter()
                .any(|word| self.is(index - 1, word));
        (!is_short || is_led).then_some((day, to))
    }

    /// Returns whether a period without a number describes a noun: "in a month with 30 days".
    fn continues_phrase(&self, number: i64, unit: usize, to: usize) -> bool {
        let is_article = number == 1 && !self.is(to - 2, "1");
        is_article && unit < 3 && self.is_one_of(to, self.grammar.continues)
    }

    /// Returns whether a weekday is part of a range: "Monday to Friday".
    fn is_in_range(&self, from: usize, to: usize) -> bool {
        let joins = |at: usize| {
            self.lexicon
                .range
                .iter()
                .find_map(|word| self.phrase(at, word))
        };
        let leads_on = joins(to).is_some_and(|next| self.weekday_name(next).is_some());
        let comes_from = (1..=3).any(|back| {
            let Some(at) = from.checked_sub(back) else {
                return false;
            };
            let before = at
                .checked_sub(1)
                .is_some_and(|before| self.weekday_name(before).is_some_and(|(_, to)| to == at));
            before && joins(at) == Some(from)
        });
        let has_dash = self.tokens.get(to).is_some_and(|next| {
            self.text[self.tokens[to - 1].end..next.start].contains(['–', '-'])
        }) && self.weekday_name(to).is_some();
        let is_after_dash = from.checked_sub(1).is_some_and(|before| {
            self.text[self.tokens[before].end..self.tokens[from].start].contains(['–', '-'])
                && self.weekday_name(before).is_some()
        });
        leads_on || comes_from || has_dash || is_after_dash
    }

    /// Returns whether the word for tomorrow means the morning: "Guten Morgen", "por la mañana".
    fn is_part_of_day(&self, index: usize, to: usize) -> bool {
        let word = &self.tokens[index].lower;
        if !matches!(
            (self.lexicon.language, word.as_str()),
            ("de" | "nl", "morgen") | ("es", "mañana")
        ) || to > index + 1
        {
            return false;
        }
        let article = [
            "am", "im", "in", "de", "la", "una", "esta", "cada", "media", "s",
        ];
        let is_led = index > 0
            && (article
                .iter()
                .chain(self.lexicon.not_after)
                .any(|before| self.is(index - 1, before)));
        let token = &self.tokens[index];
        let begins = index == 0
            || self.text[self.tokens[index - 1].end..token.start]
                .contains(['.', '!', '?', '“', '"', ':']);
        let is_noun =
            self.lexicon.language == "de" && !begins && self.text[token.start..].starts_with('M');
        let is_greeting = begins
            && self.text[token.end..]
                .trim_start()
                .starts_with([',', '!', '.']);
        is_led || is_noun || is_greeting
    }

    /// Returns whether a date already follows.
    fn is_dated(&self, to: usize) -> bool {
        let Some(next) = self.tokens.get(to) else {
            return false;
        };
        let between = &self.text[self.tokens[to - 1].end..next.start];
        let number: String = next
            .lower
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        let is_year = number.len() == 4 && between.trim_matches([' ', ',', '(']).is_empty();
        let next_to_it = between.trim_matches([' ', ',']).is_empty();
        let is_day = next_to_it
            && !number.is_empty()
            && number.len() <= 2
            && !next.lower.contains(':')
            && !["am", "pm", "a", "p", "uhr", "h", "uur", "o"]
                .iter()
                .any(|word| self.is(to + 1, word))
            && !self
                .lexicon
                .at
                .iter()
                .any(|at| self.phrase(to, at).is_some());
        let is_month = next_to_it
            && MONTH_PREFIXES
                .split(' ')
                .any(|month| next.lower.starts_with(month) && next.lower.len() > 3);
        let the_day = self.is(to, "the")
            && self
                .tokens
                .get(to + 1)
                .is_some_and(|day| day.lower.starts_with(|c: char| c.is_ascii_digit()));
        is_year || is_day || is_month || the_day
    }

    /// Extends a day by the time of day after or before it.
    fn with_time(
        &self,
        from: usize,
        to: usize,
        part: Option<DayHalf>,
    ) -> (usize, usize, Option<String>) {
        let (behind, said) = self
            .day_half(to)
            .map_or((to, part), |(to, part)| (to, Some(part)));
        if let Some(time) = self.time(behind, said) {
            return (from, time.to, Some(time.to_text()));
        }
        let linked = from
            .checked_sub(1)
            .filter(|link| self.lexicon.links.iter().any(|word| self.is(*link, word)));
        for end in [Some(from), linked].into_iter().flatten() {
            let follows_punctuation =
                end > 0 && end < self.tokens.len() && self.follows_punctuation(end);
            for start in end.saturating_sub(7).max(self.free_from)..end {
                if let Some(time) = self
                    .time(start, said)
                    .filter(|time| time.to == end && !follows_punctuation)
                {
                    return (start, behind, Some(time.to_text()));
                }
            }
        }
        (from, to, None)
    }

    fn time(&self, index: usize, part: Option<DayHalf>) -> Option<Time> {
        if let Some(time) = self.noon(index) {
            return Some(time);
        }
        let at = self.end_of_any(index, self.lexicon.at)?;
        if let Some(time) = self.noon(at) {
            return Some(time);
        }
        let (half, at) = self
            .end_of_any(at, self.lexicon.half_to)
            .map_or((0, at), |to| (-30, to));
        let (before, at) = self
            .first_phrase(at, self.lexicon.minutes_before)
            .map_or((0, at), |(to, minutes)| (minutes, to));
        let Hour {
            hour,
            minute,
            is_exact,
            to,
        } = self.hour(at)?;
        let to = self.end_of_any(to, self.lexicon.clock).unwrap_or(to);
        let (after, to) = self
            .first_phrase(to, self.lexicon.minutes_after)
            .map_or((0, to), |(to, minutes)| (minutes, to));
        let (to, part) = self
            .day_half(to)
            .map_or((to, part), |(to, part)| (to, Some(part)));
        let minutes = hour_of_day(hour, is_exact, part) * 60 + minute + half + before + after;
        (0..24 * 60).contains(&minutes).then_some(Time {
            hour: minutes / 60,
            minute: minutes % 60,
            to,
        })
    }

    fn noon(&self, index: usize) -> Option<Time> {
        let to = self.end_of_any(index, self.lexicon.noon)?;
        Some(Time {
            hour: 12,
            minute: 0,
            to,
        })
    }

    /// Returns where the first of these phrases that begins at `index` ends.
    fn end_of_any(&self, index: usize, phrases: &[&str]) -> Option<usize> {
        phrases.iter().find_map(|phrase| self.phrase(index, phrase))
    }

    /// Parses an hour in digits or words: "5", "17:30", "17h30", "five", "5pm".
    fn hour(&self, index: usize) -> Option<Hour> {
        let token = self.tokens.get(index)?;
        if let Some(hour) = position(&token.lower, self.lexicon.hours) {
            return Some(Hour {
                hour,
                minute: 0,
                is_exact: hour > 12,
                to: index + 1,
            });
        }
        let digits = |text: &str| text.parse::<i64>().ok().filter(|_| text.len() <= 2);
        let (number, half) = match token.lower.strip_suffix("pm") {
            Some(number) => (number, Some(DayHalf::Pm)),
            None => token
                .lower
                .strip_suffix("am")
                .map_or((token.lower.as_str(), None), |number| {
                    (number, Some(DayHalf::Am))
                }),
        };
        let (hour, minute) = number
            .split_once([':', '.', 'h', 'u'])
            .unwrap_or((number, "00"));
        let hour_said = digits(hour).filter(|hour| *hour < 24)?;
        let minute = if minute.is_empty() {
            0
        } else {
            digits(minute).filter(|minute| *minute < 60)?
        };
        let exact = hour.len() == 2 && (hour.starts_with('0') || hour_said > 12);
        let hour = match half {
            Some(DayHalf::Pm) if hour_said < 12 => hour_said + 12,
            Some(DayHalf::Am) if hour_said == 12 => 0,
            _ => hour_said,
        };
        Some(Hour {
            hour,
            minute,
            is_exact: exact || half.is_some(),
            to: index + 1,
        })
    }

    /// Returns whether punctuation precedes this token.
    fn follows_punctuation(&self, index: usize) -> bool {
        let Some(before) = index.checked_sub(1) else {
            return false;
        };
        self.text[self.tokens[before].end..self.tokens[index].start]
            .contains(['.', ',', '!', '?', ';'])
    }

    fn day_half(&self, index: usize) -> Option<(usize, DayHalf)> {
        if index >= self.tokens.len() || self.follows_punctuation(index) {
            return None;
        }
        self.first_phrase(index, self.lexicon.parts)
    }

    fn number(&self, index: usize) -> Option<(i64, usize)> {
        let token = self.tokens.get(index)?;
        let figures = || {
            token
                .lower
                .parse()
                .ok()
                .filter(|number| (1..=60).contains(number))
        };
        position(&token.lower, self.lexicon.numbers)
            .or_else(figures)
            .map(|number| (number, index + 1))
    }

    /// Returns where a phrase that begins at `index` ends. An empty phrase ends where it begins.
    fn phrase(&self, index: usize, phrase: &str) -> Option<usize> {
        let mut to = index;
        for word in phrase.split([' ', '-']).filter(|word| !word.is_empty()) {
            if self.tokens.get(to)?.lower != word {
                return None;
            }
            to += 1;
        }
        Some(to)
    }

    fn first_phrase<T: Copy>(&self, index: usize, phrases: &[(&str, T)]) -> Option<(usize, T)> {
        phrases
            .iter()
            .find_map(|(phrase, value)| Some((self.phrase(index, phrase)?, *value)))
    }

    fn is(&self, index: usize, word: &str) -> bool {
        self.tokens
            .get(index)
            .is_some_and(|token| token.lower == word)
    }

    fn source_text(&self, from: usize, to: usize) -> &str {
        &self.text[self.tokens[from].start..self.tokens[to - 1].end]
    }

    /// Adds the preposition that the sentence needs before the date.
    fn with_preposition(&self, from: usize, to: usize, date: &str) -> String {
        let on = self.lexicon.on;
        let is_joined = from > 0 && is_in(&self.tokens[from - 1].lower, self.lexicon.joins);
        let is_genitive = self.text[self.tokens[to - 1].end..].starts_with(['\'', '’']);
        if on.is_empty() || is_joined || is_genitive {
            return date.to_owned();
        }
        let is_capitalised = self.text[self.tokens[from].start..].starts_with(char::is_uppercase);
        let begins = from == 0
            || self.text[self.tokens[from - 1].end..self.tokens[from].start]
                .contains(['.', '!', '?', '“']);
        match is_capitalised && begins {
            true => format!("{}{} {date}", on[..1].to_uppercase(), &on[1..]),
            false => format!("{on} {date}"),
        }
    }
}

struct Hour {
    hour: i64,
    minute: i64,
    /// Whether the half of the day is known.
    is_exact: bool,
    to: usize,
}

impl Time {
    fn to_text(&self) -> String {
        format!("{:02}:{:02}", self.hour, self.minute)
    }
}

/// Returns the hour on the 24-hour clock. Without a half of the day, an early hour means the
/// afternoon.
fn hour_of_day(hour: i64, is_exact: bool, half: Option<DayHalf>) -> i64 {
    match half {
        Some(DayHalf::Pm) if (1..12).contains(&hour) => hour + 12,
        Some(DayHalf::Am) if hour == 12 => 0,
        None if !is_exact && (1..=LATEST_AFTERNOON_HOUR).contains(&hour) => hour + 12,
        _ => hour,
    }
}

/// Returns the position of a word in a list, counted from 1. `|` separates words for the same
/// number.
fn position(word: &str, list: &[&str]) -> Option<i64> {
    let place = list
        .iter()
        .position(|words| words.split('|').any(|known| known == word))?;
    i64::try_from(place + 1).ok()
}

fn month(date: Date) -> String {
    format!("{:04}-{:02}", date.year(), date.month())
}

fn is_in(word: &str, list: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

/// Beginnings of month names, in the eight languages.
const MONTH_PREFIXES: &str = "janu feb march april june july augu septem octo novem decem enero abril mayo junio julio agosto octubre noviem diciem \
januar märz juni juli oktober dezember janv févr mars avril juin juil août genn febb marzo aprile maggio giugno luglio settem ottobre dicem \
janeiro fever março maio junho julho setembro outubro dezembro maart stycz lutego marca kwiet czerw lipca sierp wrześ paźdz listop grud";

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        language: String,
        call: DateTime,
        said: String,
        resolved: String,
    }

    #[test]
    fn clear_relative_times_become_dates_once_and_unclear_ones_stay() {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/cases/relative-times.json"
        );
        let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        for Case {
            language,
            call,
            said,
            resolved,
        } in cases
        {
            let written = resolve(&said, &language, call);
            assert_eq!(written, resolved, "{said}");
            assert_eq!(
                resolve(&written, &language, call),
                written,
                "dates are left alone"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,120}", language in "en|es|de|fr|it|pt|nl|pl") {
            let _ = resolve(&text, &language, "2026-11-27T10:00:00".parse().unwrap());
        }
    }
}
