//! What the words around a weekday say of it: a week, a date, or that the weekday is a name or
//! describes a noun. At most [`WINDOW`] words on each side are read.

use super::{MONTH_PREFIXES, Reader, When, is_in};

/// Longest distance, in words, of a word that says something about a weekday.
const WINDOW: usize = 40;

/// Most function words between a week or date and its weekday.
const LINKS: usize = 4;

impl Reader<'_> {
    /// Returns the tokens of the sentence around `index`, `start..end`.
    pub(super) fn sentence(&self, index: usize) -> (usize, usize) {
        let lowest = index.saturating_sub(WINDOW);
        let highest = (index + WINDOW).min(self.tokens.len());
        let start = (lowest..index)
            .rev()
            .find(|place| self.ends_sentence(*place))
            .map_or(lowest, |place| place + 1);
        let end = (index..highest)
            .find(|place| self.ends_sentence(*place))
            .map_or(highest, |place| place + 1);
        (start, end)
    }

    /// Returns the week that a phrase gives to the weekday before it, and where the phrase ends:
    /// "Friday of next week".
    pub(super) fn week_behind(&self, to: usize) -> Option<(usize, When)> {
        let mut at = to;
        loop {
            if at >= self.tokens.len() || at - to >= LINKS || !self.gap(at - 1).trim().is_empty() {
                return None;
            }
            if let Some((end, weeks)) = self.first_phrase(at, self.lexicon.next_week) {
                return Some((end, When::InWeek(weeks)));
            }
            if !self.is_one_of(at, self.grammar.of_week) {
                return None;
            }
            at += 1;
        }
    }

    /// Returns the weekday that the phrase of a week before `to` belongs to: "next week on
    /// Friday".
    pub(super) fn weekday_of_week(&self, to: usize) -> Option<usize> {
        let at = (to..self.tokens.len().min(to + LINKS))
            .find(|at| !self.is_one_of(*at, self.grammar.of_week))?;
        let is_joined = (to..=at).all(|place| self.gap(place - 1).trim().is_empty());
        (is_joined && self.weekday_name(at).is_some()).then_some(at)
    }

    /// Returns whether only function words separate tokens `from..to` from a weekday.
    pub(super) fn is_beside_weekday(&self, from: usize, to: usize) -> bool {
        let (start, end) = self.sentence(from);
        let link = |place: usize| self.is_one_of(place, self.grammar.function);
        let ahead = (to..end.min(to + LINKS)).find(|place| !link(*place));
        let back = (start.max(from.saturating_sub(LINKS))..from)
            .rev()
            .find(|place| !link(*place));
        ahead.is_some_and(|place| self.weekday_name(place).is_some())
            || back.is_some_and(|place| {
                (place.saturating_sub(1)..=place).any(|at| {
                    self.weekday_name(at)
                        .is_some_and(|(_, named_to)| named_to == place + 1)
                        && !self.follows_phrase(at)
                })
            })
    }

    /// Returns whether the sentence names another time that decides which day tokens `from..to`
    /// mean: a date, a month, a week. A week that is understood may hold the date.
    pub(super) fn sentence_contradicts(
        &self,
        from: usize,
        to: usize,
        date: jiff::civil::Date,
    ) -> bool {
        let (start, end) = self.sentence(from);
        let names_day = |place: &usize| self.weekday_name(*place).is_some();
        let reach = (start..from).rfind(names_day).unwrap_or(start)
            ..(to..end).find(names_day).unwrap_or(end);
        let mut place = start;
        while place < end {
            if (from..to).contains(&place) {
                place = to;
                continue;
            }
            if let Some((after, weeks)) = self.first_phrase(place, self.lexicon.next_week) {
                let holds = self
                    .week(weeks)
                    .is_some_and(|(monday, sunday)| (monday..=sunday).contains(&date));
                if !holds {
                    return true;
                }
                place = after;
                continue;
            }
            let is_unclear = self.is_one_of(place, self.grammar.weeks) || self.is_month(place);
            if is_unclear && reach.contains(&place) {
                return true;
            }
            place += 1;
        }
        false
    }

    /// Returns whether a date, or a phrase that is not understood, stands beside tokens `from..to`.
    pub(super) fn is_beside_date(&self, from: usize, to: usize) -> bool {
        let (start, end) = self.sentence(from);
        let grammar = self.grammar;
        let link = |place: usize| {
            self.is_one_of(place, grammar.function)
                || self.is_one_of(place, grammar.of_week)
                || self.is_one_of(place, "the a an dem den der einem ein día dia")
        };
        let is_time = |place: usize| {
            place > start
                && self.lexicon.at.iter().any(|at| {
                    at.split(' ')
                        .next_back()
                        .is_some_and(|word| self.is(place - 1, word))
                })
        };
        let is_date =
            |place: usize| (self.is_day_number(place) && !is_time(place)) || self.is_month(place);
        let ahead = (to..end.min(to + LINKS)).find(|place| !link(*place));
        let back = (start.max(from.saturating_sub(LINKS))..from)
            .rev()
            .find(|place| !link(*place));
        ahead.is_some_and(|place| is_date(place) && !self.is_clock(place))
            || back.is_some_and(is_date)
            || [
                "after next",
                "but one",
                "next",
                "en huit",
                "en quinze",
                "a otto",
                "em oito",
            ]
            .iter()
            .any(|phrase| self.phrase(to, phrase).is_some())
            || (to < end && self.is_one_of(to, grammar.weeks))
    }

    /// Returns whether a number is followed by a word of the clock: "9 Uhr".
    fn is_clock(&self, place: usize) -> bool {
        self.end_of_any(place + 1, self.lexicon.clock).is_some()
            || self.day_half(place + 1).is_some()
    }

    fn is_day_number(&self, place: usize) -> bool {
        let word = self.tokens[place].lower.as_str();
        let digits = word.trim_start_matches(|c: char| c.is_ascii_digit());
        let number = word.len() - digits.len();
        matches!(number, 1 | 2 | 4)
            && (matches!(digits, "" | "st" | "nd" | "rd" | "th" | "er" | "e" | "º")
                || digits.starts_with('.'))
    }

    fn is_month(&self, place: usize) -> bool {
        let word = self.tokens[place].lower.as_str();
        let has_day = place
            .checked_sub(1)
            .into_iter()
            .chain([place + 1])
            .any(|near| {
                self.tokens
                    .get(near)
                    .is_some_and(|token| token.lower.starts_with(|c: char| c.is_ascii_digit()))
            });
        let mut months = MONTH_PREFIXES.split_ascii_whitespace();
        match word.chars().count() {
            0..=2 => false,
            3 | 4 if has_day => {
                matches!(word, "may" | "mai" | "mei" | "maja" | "maj" | "mag")
                    || months.any(|month| month.starts_with(word) || word.starts_with(month))
            }
            3 => false,
            length => {
                months.any(|month| word.starts_with(month) && length <= month.chars().count() + 5)
            }
        }
    }

    /// Returns whether a weekday is a name or describes a noun: "Herr Montag", "the Friday team".
    pub(super) fn is_name_or_modifier(&self, from: usize, named_at: usize, to: usize) -> bool {
        let grammar = self.grammar;
        let (start, _) = self.sentence(from);
        let language = self.lexicon.language;
        let is_hyphenated = self.text[self.tokens[to - 1].end..]
            .strip_prefix('-')
            .is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
        let is_name =
            !matches!(language, "en" | "de") && from > start && self.is_capitalised(named_at);
        let is_genitive = (to..self.tokens.len().min(to + 1)).any(|place| {
            self.is_one_of(place, grammar.genitive) && self.gap(place - 1).trim().is_empty()
        });
        let is_possessive = self.text[self.tokens[to - 1].end..].starts_with(['\'', '’']);
        if is_hyphenated || is_name || is_genitive || is_possessive {
            return true;
        }
        if from == start {
            return language == "en" && self.is_before_noun(to);
        }
        let led_by = |words: &str| self.is_one_of(from - 1, words);
        if led_by(grammar.names) || led_by(grammar.ordinals) {
            return true;
        }
        // "Her name is Sunday", "today is Friday".
        let copulas = match language {
            "en" => "is are am be",
            "de" => "ist sind sein",
            _ => "",
        };
        if led_by(copulas) {
            return true;
        }
        let leads = led_by(grammar.function) || led_by(grammar.future) || led_by(grammar.arranged);
        let may_stand_alone = matches!(language, "fr" | "it")
            || !self.gap(from - 1).trim().is_empty()
            || leads
            || led_by(grammar.past)
            || self.time_before(from);
        !may_stand_alone || (language == "en" && !led_by("on") && self.is_before_noun(to))
    }

    /// Returns whether a word that is no function word follows an English weekday directly.
    fn is_before_noun(&self, to: usize) -> bool {
        to < self.tokens.len()
            && self.gap(to - 1).trim().is_empty()
            && !self.is_one_of(to, self.grammar.function)
            && !self.is_one_of(to, self.grammar.subordinators)
            && !self.is_one_of(to, self.grammar.future)
            && !self.is_one_of(to, "the a an this his its our their your my there")
            && self.time(to, None).is_none()
            && self.day_half(to).is_none()
    }

    fn time_before(&self, end: usize) -> bool {
        (end.saturating_sub(5).max(self.free_from)..end)
            .any(|start| self.time(start, None).is_some_and(|time| time.to == end))
    }

    fn ends_sentence(&self, place: usize) -> bool {
        let gap = self.gap(place);
        let word = &self.tokens[place].lower;
        let may_be_abbreviated =
            word.chars().count() <= 2 || word.ends_with(|c: char| c.is_ascii_digit());
        gap.contains(['!', '?', ';', ':', '\n', '…'])
            || (gap.contains('.') && !(may_be_abbreviated && gap.trim() == "."))
    }

    /// Returns the text between a token and the next one.
    pub(super) fn gap(&self, place: usize) -> &str {
        let end = self
            .tokens
            .get(place + 1)
            .map_or(self.text.len(), |next| next.start);
        &self.text[self.tokens[place].end..end]
    }

    pub(super) fn is_capitalised(&self, place: usize) -> bool {
        self.text[self.tokens[place].start..].starts_with(char::is_uppercase)
    }

    pub(super) fn is_one_of(&self, place: usize, words: &str) -> bool {
        self.tokens
            .get(place)
            .is_some_and(|token| is_in(&token.lower, words))
    }
}
