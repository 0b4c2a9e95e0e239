//! Recognizes private facts, which are stored only if the operator allows it: health, faith,
//! politics, sexuality, origin, crime and debt.
//!
//! A word with no other meaning, such as "asthma", is enough by itself. Any other word counts only
//! in a structure: "is disabled" about a person, "had a stroke", "broke my hip". A street, a name,
//! a job or a newsletter is therefore not mistaken for a private fact.

mod kinds;
mod lexicon;
mod sentences;

pub(crate) use kinds::{PrivatePolicy, private_kinds};
pub(crate) use sentences::remove_clauses_in_sentences;

use text::numbers::number_of_word;
use text::{Token, matches_word, sentences};

use crate::extract::language::clauses::clauses;
use crate::extract::language::tokens::tokens;
use lexicon::{Class, PHRASES, classes};

/// Most words between a verb and the noun that it makes private.
const MAX_VERB_DISTANCE: usize = 4;

/// Returns whether a text states something private about somebody.
pub(crate) fn is_private(text: &str) -> bool {
    let tokens = tokens(text);
    let words: Vec<Word<'_>> = tokens
        .iter()
        .map(|token| Word {
            classes: classes(&token.lower),
            token,
        })
        .collect();
    let starts: Vec<usize> = (0..words.len())
        .filter(|at| *at == 0 || words[*at].token.begins_clause)
        .collect();
    starts.iter().enumerate().any(|(index, start)| {
        let end = starts.get(index + 1).copied().unwrap_or(words.len());
        Clause(&words[*start..end]).is_private()
    })
}

/// Removes the sentences for which `is_out` holds; if some of their clauses are acceptable, keeps
/// those.
pub(crate) fn remove_clauses(text: &str, is_out: impl Fn(&str) -> bool) -> String {
    sentences(text)
        .iter()
        .filter_map(|sentence| rest_of(sentence, &is_out))
        .collect::<Vec<_>>()
        .join(" ")
}

fn rest_of(sentence: &str, is_out: &impl Fn(&str) -> bool) -> Option<String> {
    if !is_out(sentence) {
        return Some(sentence.to_owned());
    }
    let public: Vec<&str> = clauses(sentence)
        .into_iter()
        .filter(is_whole_clause)
        .filter(|clause| !is_out(clause))
        .collect();
    (!public.is_empty()).then(|| format!("{}.", public.join(", ")))
}

/// Returns whether a clause has at least three words. Fewer are only a part of one.
fn is_whole_clause(clause: &&str) -> bool {
    clause.split_whitespace().count() >= 3
}

struct Word<'a> {
    classes: u32,
    token: &'a Token<'a>,
}

impl Word<'_> {
    fn is(&self, class: Class) -> bool {
        self.classes & class.bit() != 0
    }

    fn text(&self) -> &str {
        &self.token.lower
    }
}

struct Clause<'a>(&'a [Word<'a>]);

impl Clause<'_> {
    fn is_private(&self) -> bool {
        let clause = self.0;
        // Most clauses have no word of the lists.
        let all = clause.iter().fold(0, |all, word| all | word.classes);
        if all & Class::PRIVATE == 0 {
            return false;
        }
        (0..clause.len()).any(|at| {
            let word = &clause[at];
            (word.is(Class::Condition) && !self.is_of_institution(at))
                || (word.is(Class::State) && self.is_state(at))
                || (word.is(Class::Episode) && self.is_episode(at))
                || (word.is(Class::Body) && self.is_hurt(at))
                || (word.is(Class::Party) && self.is_vote(at))
                || (word.is(Class::Prison) && self.is_imprisoned(at))
                || (word.is(Class::Phrase) && self.is_phrase(at))
        })
    }

    fn any_before(&self, at: usize, distance: usize, class: Class) -> bool {
        self.0[at.saturating_sub(distance)..at]
            .iter()
            .any(|word| word.is(class))
    }

    fn any_near(&self, at: usize, distance: usize, class: Class) -> bool {
        let until = (at + distance + 1).min(self.0.len());
        self.0[at.saturating_sub(distance)..until]
            .iter()
            .any(|word| word.is(class))
    }

    /// Returns whether a noun follows that the word only qualifies, or a name: "Catholic school",
    /// "Christian Bauer".
    fn is_attribute(&self, at: usize) -> bool {
        let Some(next) = self.0.get(at + 1) else {
            return false;
        };
        let ends = [
            Class::Grammar,
            Class::Be,
            Class::Have,
            Class::Break,
            Class::Hurt,
        ];
        // "the surgery's number", "the leg of the table"
        !ends.iter().any(|class| next.is(*class)) || matches!(next.text(), "of" | "s")
    }

    /// Returns whether the word qualifies an institution such as a clinic or charity, on either
    /// side.
    fn is_of_institution(&self, at: usize) -> bool {
        self.0
            .get(at + 1)
            .is_some_and(|word| word.is(Class::Institution))
            || self.any_before(at, 3, Class::Institution)
    }

    /// Matches "is disabled" about a person: the subject is a person or missing.
    fn is_state(&self, at: usize) -> bool {
        let be = (at.saturating_sub(3)..at)
            .rev()
            .find(|place| self.0[*place].is(Class::Be));
        let Some(be) = be else { return false };
        let only_adverbs = self.0[be + 1..at]
            .iter()
            .all(|word| word.is(Class::Grammar));
        only_adverbs && self.is_person_before(be) && !self.is_attribute(at)
    }

    fn is_person_before(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else {
            return true;
        };
        let subject = &self.0[before];
        let follows_article = before
            .checked_sub(1)
            .is_some_and(|place| self.0[place].is(Class::Article));
        let is_name = subject
            .token
            .text
            .chars()
            .next()
            .is_some_and(char::is_uppercase)
            && !follows_article
            && before > 0;
        let is_first_name =
            before == 0 && !subject.is(Class::Article) && !subject.is(Class::Grammar);
        subject.is(Class::Person)
            || is_name
            || (is_first_name
                && subject
                    .token
                    .text
                    .chars()
                    .next()
                    .is_some_and(char::is_uppercase))
    }

    /// Matches "had a stroke", "Krebs haben".
    fn is_episode(&self, at: usize) -> bool {
        self.any_near(at, MAX_VERB_DISTANCE, Class::Have)
            && !self.is_attribute(at)
            && !self.is_of_institution(at)
    }

    /// Matches "broke my hip", "my knee is bad", "me duele la espalda", and not "the table leg is
    /// broken".
    fn is_hurt(&self, at: usize) -> bool {
        let is_pain = self.0.get(at + 1).is_some_and(|next| next.is(Class::Hurt));
        let begins = at == 0
            || is_pain
            || [Class::Article, Class::Hurt, Class::Break, Class::Grammar]
                .iter()
                .any(|class| self.0[at - 1].is(*class));
        begins
            && !self.is_attribute(at)
            && (self.any_near(at, MAX_VERB_DISTANCE, Class::Break)
                || self.any_near(at, 3, Class::Hurt))
    }

    /// Matches "voted Labour", "habe die Grünen gewählt", "member of the party".
    fn is_vote(&self, at: usize) -> bool {
        self.any_near(at, MAX_VERB_DISTANCE, Class::Vote)
    }

    /// Matches "was in prison" and not "works in the prison".
    fn is_imprisoned(&self, at: usize) -> bool {
        let is_inside = self.any_before(at, 2, Class::Inside);
        let is_somebody = self.any_near(at, 6, Class::Be)
            || self.any_near(at, 6, Class::Have)
            || self.any_near(at, 6, Class::Stay);
        is_inside
            && is_somebody
            && !self.is_attribute(at)
            && !self.0.iter().any(|word| word.is(Class::Work))
    }

    fn is_phrase(&self, at: usize) -> bool {
        PHRASES.iter().any(|phrase| self.holds(phrase, at)) && !self.is_of_institution(at)
    }

    /// Returns whether a phrase begins at a word. A part that ends in `*` matches any ending, `#` a
    /// number, `_` any word.
    fn holds(&self, phrase: &str, at: usize) -> bool {
        let mut place = at;
        for part in phrase.split(' ') {
            let Some(word) = self.0.get(place) else {
                return false;
            };
            let spoken_word = word.text();
            let is_match = match part {
                "_" => true,
                "#" => number_of_word(spoken_word).is_some(),
                part => part.split('|').any(|part| matches_word(spoken_word, part)),
            };
            if !is_match {
                return false;
            }
            place += 1;
        }
        let last = place - 1;
        if !self.0[last].is(Class::Grammar) && self.is_attribute(last) {
            return false;
        }
        // Except "allergic to nothing".
        !self.0.get(place).is_some_and(|word| {
            matches!(
                word.text(),
                "nothing" | "nada" | "nichts" | "rien" | "niente"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_and_faith_are_private_but_a_hospital_job_is_not() {
        for private in [
            "Pilar is allergic to penicillin.",
            "Observes religious holidays.",
            "Is disabled.",
            "Dana is Catholic.",
            "My sister is gay, by the way",
            "Was in prison for two years.",
            "She has a disability",
        ] {
            assert!(is_private(private), "{private}");
        }
        for public in [
            "Works nights at the hospital.",
            "The alarm is disabled.",
            "Der Wecker ist blind.",
            "He is Christian Bauer.",
            "Works in the prison.",
            "I'm allergic to nothing.",
            "Had a stroke of luck.",
            "Voted best shop in town.",
        ] {
            assert!(!is_private(public), "{public}");
        }
    }

    #[test]
    fn only_private_clauses_are_removed_from_a_text() {
        let text = "Pilar moved her appointment to Monday at 9:30 and stated that she is allergic to penicillin. She will call again.";
        assert_eq!(
            remove_clauses(text, is_private),
            "Pilar moved her appointment to Monday at 9:30. She will call again."
        );
        assert_eq!(remove_clauses("She is pregnant.", is_private), "");
    }
}
