//! The tense that a clause gives to a weekday. A verb on either side of it decides; a past verb
//! outweighs the noun of an arrangement.

use super::{Reader, Tense};

/// What one word says of the time of its clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Past,
    Future,
    Arranged,
}

impl Reader<'_> {
    /// Returns whether the clause up to `index` is of the past.
    pub(super) fn is_past_before(&self, index: usize) -> bool {
        let (start, end) = self.sentence(index);
        self.sign_before(index, start, end) == Some(Sign::Past)
    }

    /// Returns the tense that the clause of tokens `from..to` gives them, if it shows one.
    pub(super) fn tense_around(&self, from: usize, to: usize) -> Option<Tense> {
        let (start, end) = self.sentence(from);
        let before = self.sign_before(from, start, end);
        let after = self.sign_after(to, start, end, before.is_none());
        let led_by = |words: &str| from > start && self.is_one_of(from - 1, words);
        let said = [before, after];
        if after == Some(Sign::Past) {
            Some(Tense::Past)
        } else if led_by(self.grammar.toward) {
            Some(Tense::Future)
        } else if before == Some(Sign::Past) {
            Some(Tense::Past)
        } else if said.iter().any(Option::is_some) || led_by(self.grammar.until) {
            Some(Tense::Future)
        } else {
            None
        }
    }

    fn sign_before(&self, from: usize, start: usize, end: usize) -> Option<Sign> {
        let mut arranged = None;
        let mut has_content = false;
        for place in (start..from).rev() {
            if self.is_one_of(place, self.grammar.subordinators)
                || (has_content && self.gap(place).contains(','))
            {
                break;
            }
            has_content |= !self.is_one_of(place, self.grammar.function);
            match self.sign(place, start, end) {
                Some(Sign::Arranged) => arranged = Some(Sign::Arranged),
                Some(sign) => return Some(sign),
                None if self.is_copula(place) && !has_content => arranged = Some(Sign::Arranged),
                None => {}
            }
        }
        arranged
    }

    fn sign_after(&self, to: usize, start: usize, end: usize, crosses: bool) -> Option<Sign> {
        let mut arranged = None;
        for place in to..end {
            let is_behind_comma = self.gap(place - 1).contains(',');
            if self.is_one_of(place, self.grammar.subordinators) || (is_behind_comma && !crosses) {
                break;
            }
            match self.sign(place, start, end) {
                Some(Sign::Arranged) => arranged = Some(Sign::Arranged),
                Some(sign) => return Some(sign),
                None if place == to && self.is_copula(place) => arranged = Some(Sign::Arranged),
                None => {}
            }
        }
        arranged
    }

    /// Returns whether an English "is" stands here: "the party is on Friday", "Friday is fine".
    fn is_copula(&self, place: usize) -> bool {
        self.lexicon.language == "en" && self.is_one_of(place, "is are am")
    }

    fn sign(&self, place: usize, start: usize, end: usize) -> Option<Sign> {
        let grammar = self.grammar;
        let before = |words: &str| place > start && self.is_one_of(place - 1, words);
        let english = self.lexicon.language == "en";
        let is_noun = english && before("the a an her his my our their your this that");
        if self.is_one_of(place, grammar.future) && !is_noun {
            let is_past = english
                && (before("has have had ve already never")
                    || (self.is_one_of(place, "could would") && self.is(place + 1, "not")));
            return Some(if is_past { Sign::Past } else { Sign::Future });
        }
        if self.is_one_of(place, grammar.arranged) {
            return Some(Sign::Arranged);
        }
        let follows_infinitive = english && before("be get gets to");
        let is_finite = self.is_one_of(place, grammar.past)
            || (!self.is_one_of(place, grammar.function) && self.has_past_ending(place));
        if is_finite && !follows_infinitive {
            return Some(Sign::Past);
        }
        let makes_perfect = self.is_one_of(place, grammar.perfect)
            && (start..end).any(|other| other != place && self.is_participle(other, place));
        makes_perfect.then_some(Sign::Past)
    }

    /// Returns whether a word has an ending of the past. Too many words are better than too few,
    /// because a weekday of the past stays as it is.
    fn has_past_ending(&self, place: usize) -> bool {
        let word = self.tokens[place].lower.as_str();
        let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
        let is_capitalised = self.is_capitalised(place);
        word.chars().count() > 3
            && match self.lexicon.language {
                "en" => ends(&["ed"]) && !ends(&["eed"]),
                "es" => ends(&["ó", "aron", "ieron", "eron", "aba", "aban"]),
                "pt" => ends(&["ou", "eu", "iu", "aram", "eram", "iram", "ava", "avam"]),
                "pl" => ends(&["ł", "ła", "ło", "li", "ły", "łem", "łam", "liśmy", "łyśmy"]),
                "de" => {
                    let is_adjective = ends(&["nächste", "nächsten", "letzte", "letzten", "beste"]);
                    let is_day = ends(&["heute", "besten", "erste", "ersten"]);
                    !is_capitalised && !is_adjective && !is_day && ends(&["te", "ten", "tet"])
                }
                "nl" => {
                    let is_adjective = ends(&["ende", "erste", "laatste", "elfde", "beste"]);
                    !is_capitalised && !is_adjective && ends(&["de", "te"])
                }
                "fr" => ends(&["ait", "aient"]) && !ends(&["rait", "raient", "fait"]),
                "it" => ends(&["ava", "eva", "iva", "avano", "evano", "ivano"]),
                _ => false,
            }
    }

    /// Returns whether a word is a participle that the auxiliary at `auxiliary` may belong to. In
    /// German and Dutch, the two may stand far apart.
    fn is_participle(&self, place: usize, auxiliary: usize) -> bool {
        let word = self.tokens[place].lower.as_str();
        let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
        let follows = (auxiliary + 1..auxiliary + 5).contains(&place);
        let begins = ["ver", "be", "er", "ent", "ont", "zer", "her"]
            .iter()
            .any(|prefix| word.starts_with(prefix));
        let is_germanic = (word.contains("ge") || begins || word.ends_with("iert"))
            && !self.is_capitalised(place);
        word.chars().count() > 2
            && !self.is_one_of(place, self.grammar.function)
            && match self.lexicon.language {
                "de" | "nl" => is_germanic && word.len() > 4 && ends(&["t", "en", "d"]),
                "fr" => {
                    follows
                        && ends(&[
                            "é", "ée", "és", "ées", "u", "ue", "us", "ues", "i", "ie", "is", "it",
                            "ert", "te", "ise", "rte",
                        ])
                }
                "it" => {
                    follows
                        && word.len() > 4
                        && ["t", "s"].iter().any(|stem| {
                            word.strip_suffix(['o', 'a', 'i', 'e'])
                                .is_some_and(|rest| rest.ends_with(stem))
                        })
                }
                "es" | "pt" => {
                    follows && word.len() > 4 && ends(&["do", "to", "cho", "da", "dos", "das"])
                }
                _ => false,
            }
    }
}
