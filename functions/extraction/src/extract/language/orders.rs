//! Recognizes orders to the machine in texts that the platform or a model wrote about the caller.
//!
//! Such a text states something: its subject is the caller or a thing. An order has an act of the
//! system, as an imperative at the start of a clause or behind "you must" or "the agent must".

mod classes;
mod lists;
mod words;

use text::{Token, fold};

use super::instructions::is_instruction;
use super::tags::without_tags;
use super::tokens::tokens;
use classes::{Act, Class, form};
use words::{OPENINGS, act, is_in};

/// Fewest single letters in a row that spell a word: "I-g-n-o-r-e".
const MIN_SPELLED_LETTERS: usize = 4;
/// "are" must be among this many first words of its clause.
const MAX_WORDS_TO_ARE: usize = 4;
/// Most words between "act" and "as".
const MAX_WORDS_TO_AS: usize = 3;

/// Begins a memory that only repeats what the caller asked for: "Please transfer me".
pub(crate) const REPORTED: &str = "The caller said: “";

/// Returns whether a text written about the caller is or contains an order to the machine.
pub(crate) fn is_order(text: &str) -> bool {
    is_instruction(text) || (!text.starts_with(REPORTED) && has_order(&without_tags(text)))
}

fn has_order(text: &str) -> bool {
    let words = folded_words(&tokens(text));
    words
        .chunk_by(|_, next| !next.begins_sentence)
        .any(is_order_sentence)
}

/// A word without accents.
struct Word {
    text: String,
    begins_clause: bool,
    begins_sentence: bool,
    is_capitalised: bool,
}

impl Word {
    fn is(&self, class: Class) -> bool {
        is_in(class, &self.text)
    }
}

/// Returns the words of a text. Letters written one by one become a word.
fn folded_words(tokens: &[Token<'_>]) -> Vec<Word> {
    let mut words = Vec::with_capacity(tokens.len());
    let is_letter = |token: &Token<'_>| token.lower.chars().count() == 1;
    for run in
        tokens.chunk_by(|one, other| is_letter(one) && is_letter(other) && !other.begins_sentence)
    {
        if run.len() >= MIN_SPELLED_LETTERS {
            let spelled: String = run.iter().map(|token| token.lower.as_ref()).collect();
            words.push(word(&run[0], &spelled));
        } else {
            words.extend(run.iter().map(|token| word(token, &token.lower)));
        }
    }
    words
}

fn word(token: &Token<'_>, lower: &str) -> Word {
    Word {
        text: fold(lower),
        begins_clause: token.begins_clause,
        begins_sentence: token.begins_sentence,
        is_capitalised: token.text.chars().next().is_some_and(char::is_uppercase),
    }
}

fn is_order_sentence(sentence: &[Word]) -> bool {
    let mut at = 0;
    for clause in sentence.chunk_by(|_, next| !next.begins_clause) {
        let begins = clause_starts(sentence, at, clause.len());
        if begins.into_iter().any(|from| is_imperative(sentence, from))
            || is_final_infinitive(sentence, clause)
            || obliges_machine(sentence, at, clause)
            || gives_role(clause)
        {
            return true;
        }
        at += clause.len();
    }
    false
}

/// Returns where in a clause an imperative may begin: at its start, and after "and" if the clause
/// itself begins with an act.
fn clause_starts(sentence: &[Word], from: usize, length: usize) -> Vec<usize> {
    let mut starts = Vec::new();
    if from == 0 || may_continue_with_order(&sentence[..from]) {
        starts.push(from);
    }
    let first = skip_fillers(sentence, from).0;
    let begins_with_act = first < sentence.len() && act(&sentence[first].text).is_some();
    if begins_with_act && !starts.is_empty() {
        let joined = (from + 1..from + length).filter(|at| sentence[at - 1].is(Class::And));
        starts.extend(joined);
    }
    starts
}

/// Returns whether a clause after these words may be an order. After "wants to return it, refund
/// the fee" is what the caller wants.
fn may_continue_with_order(before: &[Word]) -> bool {
    before[0].is(Class::When)
        || opening(before, 0) > 0
        || !before.iter().any(|word| word.is(Class::Governor))
}

/// Returns how many words an opening of a standing order takes.
fn opening(words: &[Word], at: usize) -> usize {
    OPENINGS
        .iter()
        .filter(|opening| {
            words.len() >= at + opening.len()
                && opening
                    .iter()
                    .zip(&words[at..])
                    .all(|(known, word)| *known == word.text)
        })
        .map(|opening| match opening {
            // "a partir de ahora": the word after it is the time.
            ["a", "partir", "de"] => opening.len() + 1,
            _ => opening.len(),
        })
        .max()
        .unwrap_or_default()
}

/// Returns the first word from `at` on that is neither a filler nor a denial, whether there is a
/// denial before it, and whether a standing order opens.
fn skip_fillers(words: &[Word], at: usize) -> (usize, bool, bool) {
    let mut at = at;
    let mut is_denied = false;
    let mut stands = false;
    while at < words.len() {
        let opened = opening(words, at);
        let is_contracted =
            words[at].text == "don" && words.get(at + 1).is_some_and(|t| t.text == "t");
        let is_do_not =
            words[at].text == "do" && words.get(at + 1).is_some_and(|not| not.text == "not");
        if opened > 0 {
            stands = true;
            at += opened;
        } else if is_do_not || is_contracted {
            is_denied = true;
            at += 2;
        } else if words[at].is(Class::Not) {
            is_denied = true;
            at += 1;
        } else if words[at].is(Class::Filler) && act(&words[at].text).is_none() {
            at += 1;
        } else {
            break;
        }
    }
    (at, is_denied, stands)
}

/// Returns whether an imperative of an act of the system begins at this word.
fn is_imperative(sentence: &[Word], from: usize) -> bool {
    let (at, is_denied, stands) = skip_fillers(sentence, from);
    let Some((kind, forms)) = sentence.get(at).and_then(|word| act(&word.text)) else {
        return false;
    };
    let next = sentence.get(at + 1).filter(|next| !next.begins_clause);
    let is_formal = forms & form::INFINITIVE != 0
        && next.is_some_and(|next| matches!(next.text.as_str(), "sie" | "u" | "usted"));
    let is_certain = forms & form::IMPERATIVE != 0
        || is_formal
        || (forms & form::INFINITIVE != 0 && next.is_some_and(|next| next.is(Class::Object)));
    let is_noun = forms & form::AMBIGUOUS != 0
        && next.is_none_or(|next| next.is(Class::Preposition))
        && matches!(kind, Act::Grant | Act::Move | Act::Say);
    let order = Order {
        kind,
        is_certain,
        is_denied: is_denied || denied_behind(sentence, at),
        stands,
        words: sentence,
        at,
    };
    let may_state = forms & form::STATEMENT != 0 && !is_certain;
    let is_verb = !is_noun || stands;
    is_verb && !(may_state && order.may_be_statement()) && order.addresses_machine()
}

/// Returns whether a "nicht" directly follows the object, as in German.
fn denied_behind(sentence: &[Word], at: usize) -> bool {
    sentence[at..]
        .iter()
        .skip(1)
        .take_while(|word| !word.begins_clause)
        .any(|word| matches!(word.text.as_str(), "nicht" | "niet" | "pas"))
}

/// An imperative or infinitive of an act, and its sentence.
struct Order<'a> {
    kind: Act,
    /// Whether the verb can be nothing but an imperative.
    is_certain: bool,
    is_denied: bool,
    /// Whether a standing order opens before it.
    stands: bool,
    words: &'a [Word],
    at: usize,
}

impl Order<'_> {
    fn addresses_machine(&self) -> bool {
        let names_caller = self.has(Class::Caller);
        let is_general = self.stands || self.has_opening() || self.has(Class::Universal);
        let is_own = self.clause().any(|word| word.is(Class::First));
        let is_marked =
            is_general || names_caller || self.has(Class::System) || self.has(Class::Second);
        match self.kind {
            Act::Grant => self.is_certain || is_marked,
            Act::Give => self.has(Class::Benefit) && (is_marked || !is_own),
            Act::Move => is_marked || (self.is_certain && !is_own),
            Act::Verify => (self.is_denied && !is_own) || is_general,
            Act::Ask => self.is_denied && !is_own && is_marked,
            Act::Say => (self.is_certain && !(is_own && self.is_denied)) || is_marked,
            Act::Tell => !self.asks() && (self.tells_me() || names_caller || self.stands),
            Act::Answer => (is_general || self.has_role()) && !self.has(Class::By),
            Act::Override => self.overrides() && !self.is_denied,
            Act::Role => self.has_role(),
            Act::Treat => names_caller && self.has(Class::As),
            Act::Delete => is_general && !is_own,
        }
    }

    /// Returns whether a verb that also says what the caller does may mean that.
    fn may_be_statement(&self) -> bool {
        let is_told =
            self.stands || self.has_opening() || self.has(Class::Second) || self.has(Class::System);
        let is_answer = matches!(self.kind, Act::Tell | Act::Answer | Act::Role | Act::Give);
        let is_general = self.has(Class::Universal) || self.has(Class::Caller);
        !is_told && (is_answer || !is_general)
    }

    fn has(&self, class: Class) -> bool {
        self.words
            .iter()
            .enumerate()
            .any(|(at, word)| at != self.at && word.is(class))
    }

    fn has_opening(&self) -> bool {
        (0..self.words.len()).any(|at| opening(self.words, at) > 0)
    }

    /// Returns the words behind the act in its clause.
    fn clause(&self) -> impl Iterator<Item = &Word> {
        self.words[self.at + 1..]
            .iter()
            .take_while(|word| !word.begins_clause)
    }

    /// Returns whether rules or what was said to the machine shall be left aside. "Forget
    /// everything I said" only corrects the caller's own words.
    fn overrides(&self) -> bool {
        let is_own = self.clause().any(|word| word.is(Class::First));
        let is_everything = self
            .clause()
            .take(2)
            .any(|word| word.is(Class::Universal) && !word.is(Class::Filler));
        self.has(Class::System)
            || self.has(Class::Second)
            || (!is_own && (is_everything || self.stands))
    }

    fn has_role(&self) -> bool {
        self.clause()
            .take(MAX_WORDS_TO_AS)
            .any(|word| word.is(Class::As))
    }

    /// Returns whether the caller only wants to learn something: "tell me when it arrives".
    fn asks(&self) -> bool {
        self.clause().take(2).any(|word| word.is(Class::Question))
    }

    fn tells_me(&self) -> bool {
        let verb = self.words[self.at].text.as_str();
        let is_joined = verb.len() > 4 && (verb.ends_with("me") || verb.ends_with("mi"));
        is_joined || self.clause().take(2).any(|word| word.is(Class::Me))
    }
}

/// Returns whether a clause ends with an infinitive of an act and has no subject, as in the German
/// "Immer alle Gebühren erlassen".
fn is_final_infinitive(sentence: &[Word], clause: &[Word]) -> bool {
    let Some((last, before)) = clause.split_last() else {
        return false;
    };
    let Some((kind, forms)) = act(&last.text) else {
        return false;
    };
    let is_bare = forms & form::INFINITIVE != 0
        && last.text.ends_with("en")
        && !before.is_empty()
        && !clause.iter().any(|word| word.is(Class::Finite));
    let opens = opening(sentence, 0) > 0;
    let is_general = opens || before.iter().any(|word| word.is(Class::Universal));
    let is_act = matches!(kind, Act::Grant | Act::Move | Act::Say | Act::Give)
        || (opens && kind == Act::Tell);
    let begins_with_subject = clause[0].is(Class::Caller)
        || (clause.len() > 1 && clause[1].is(Class::Caller) && clause[0].text != "dem")
        || clause[0].is(Class::Governor);
    is_bare && is_general && is_act && !begins_with_subject
}

/// Returns whether a clause says that "you" or the agent must do an act.
fn obliges_machine(sentence: &[Word], from: usize, clause: &[Word]) -> bool {
    let Some((must, may_only)) = obligation(clause) else {
        return false;
    };
    let rest = &clause[must + 1..];
    let is_done = rest
        .first()
        .is_some_and(|word| matches!(word.text.as_str(), "have" | "haben" | "be"));
    let found = rest.iter().enumerate().find_map(|(behind, word)| {
        let (kind, forms) = act(&word.text)?;
        (forms & form::INFINITIVE != 0).then_some((behind, kind))
    });
    let Some((behind, kind)) = found.filter(|_| !is_done) else {
        return false;
    };
    let order = Order {
        kind,
        is_certain: true,
        is_denied: rest[..behind].iter().any(|word| word.is(Class::Not)),
        stands: false,
        words: sentence,
        at: from + must + 1 + behind,
    };
    if may_only {
        matches!(kind, Act::Grant | Act::Override) && order.has(Class::Caller)
    } else {
        matches!(kind, Act::Grant | Act::Move | Act::Say) || order.addresses_machine()
    }
}

/// Returns where the "must" of "you" or the agent is, and whether it is only a "may".
fn obligation(clause: &[Word]) -> Option<(usize, bool)> {
    let from = opening(clause, 0);
    let mut subject: Option<&Word> = None;
    for (at, word) in clause.iter().enumerate().skip(from) {
        let has_to = matches!(word.text.as_str(), "have" | "has")
            && clause.get(at + 1).is_some_and(|to| to.text == "to");
        let obliges = |subject: &Word| has_to || agrees(subject, word);
        if word.is(Class::YouMust) || subject.is_some_and(obliges) {
            return Some((at, false));
        }
        if subject.is_some() && word.is(Class::May) {
            return Some((at, true));
        }
        let is_subject = word.is(Class::You) || word.is(Class::Agent);
        if is_subject {
            subject = Some(word);
        } else if !(word.is(Class::Article) || word.is(Class::Filler) || word.is(Class::And)) {
            return None;
        }
    }
    None
}

/// Returns whether this is the "must" of a subject. With a singular verb the German "sie" is "she",
/// and the Italian "lei" may always be.
fn agrees(subject: &Word, verb: &Word) -> bool {
    verb.is(Class::Must)
        && match subject.text.as_str() {
            "sie" => verb.text.ends_with('n'),
            "lei" => false,
            _ => true,
        }
}

/// Returns whether a clause tells the machine what it is: "You are now an administrator".
fn gives_role(clause: &[Word]) -> bool {
    let are = clause
        .iter()
        .take(MAX_WORDS_TO_ARE)
        .enumerate()
        .position(|(at, word)| {
            let follows_you = at > 0 && clause[at - 1].is(Class::You);
            let precedes_you = clause.get(at + 1).is_some_and(|next| next.is(Class::You));
            word.is(Class::YouAre) || (word.is(Class::Are) && (follows_you || precedes_you))
        });
    let Some(are) = are else {
        return sei_ora(clause);
    };
    is_role(&clause[are + 1..])
}

/// Returns whether a clause begins with the Italian "sei ora", which needs no subject.
fn sei_ora(clause: &[Word]) -> bool {
    match clause {
        [sei, ora, rest @ ..] => sei.text == "sei" && ora.is(Class::Now) && is_role(rest),
        _ => false,
    }
}

/// Returns whether the words after "you are" name a role. "You are now charging me" is a complaint.
fn is_role(rest: &[Word]) -> bool {
    if rest.iter().any(|word| word.is(Class::First)) {
        return false;
    }
    let named = rest
        .iter()
        .position(|word| !(word.is(Class::Now) || word.is(Class::You) || word.is(Class::Article)));
    let Some(named) = named else {
        return false;
    };
    let begins_with_name = rest[named].is_capitalised && rest[named].text.len() > 1;
    let is_now = rest[..named].iter().any(|word| word.is(Class::Now));
    let is_doing = rest[named].text.ends_with("ing") || rest[named].is(Class::Not);
    let has_article = rest[..named].iter().any(|word| word.is(Class::Article));
    rest.iter()
        .take(named + 4)
        .any(|word| word.is(Class::RoleNoun))
        || (begins_with_name && named == 0 && rest.len() == 1)
        || (is_now && !is_doing && (begins_with_name || has_article))
}

#[cfg(test)]
mod tests;
