//! Whether a claim affirms what the caller denied, or the other way round.

use super::super::heard::folded;
use super::super::tokens::{Token, tokens};
use super::{Evidence, is_in};

/// Share of a claim's words, in thirds, that must stand in the quote before the two are compared: an inference has other words.
const THIRDS: usize = 2;

/// Whether a claim is made of the quote's words and one of the two denies what the other affirms.
pub(super) fn is_reversed(content: &str, quote: &str) -> bool {
    let (claim, said) = (tokens(content), tokens(quote));
    let (claimed, said_words) = (weighed(&claim), weighed(&said));
    let shared: Vec<bool> = claimed
        .iter()
        .filter_map(|(stem, denied)| {
            let same: Vec<bool> =
                said_words.iter().filter(|(other, _)| other == stem).map(|(_, denied)| *denied).collect();
            (!same.is_empty()).then(|| same.iter().all(|said| said != denied))
        })
        .collect();
    let is_restated = !shared.is_empty() && 3 * shared.len() >= THIRDS * claimed.len();
    if !is_restated || !shared.iter().all(|reversed| *reversed) {
        return false;
    }
    let has = |tokens: &[Token<'_>], list: &str| tokens.iter().any(|token| is_in(list, &token.lower));
    let is_softened = has(&claim, SOFT) || has(&said, SOFT);
    let is_flipped = has(&said, BEFORE) && has(&claim, AFTER);
    !is_softened && !is_flipped
}

/// Whether the quote says nothing but no, and the claim affirms what was asked.
pub(super) fn is_refused(content: &str, evidence: &Evidence<'_>) -> bool {
    let quote = tokens(evidence.quote);
    let says_no = !quote.is_empty() && quote.iter().all(|token| is_in(NO, &token.lower) || is_in(EMPTY, &token.lower));
    says_no
        && quote.iter().any(|token| is_in(NO, &token.lower))
        && is_reversed(content, &format!("nicht {}", evidence.question))
}

/// The words of meaning of a text, each with whether it is denied.
fn weighed(tokens: &[Token<'_>]) -> Vec<(String, bool)> {
    let mut weighed = Vec::new();
    let clauses = tokens.chunk_by(|_, next| !next.begins_clause && !is_in(BUT, &next.lower));
    for clause in clauses {
        let whole = clause.iter().any(|token| is_in(AROUND, &token.lower) || token.lower.starts_with("kein"));
        let from = clause.iter().position(|token| is_in(AHEAD, &token.lower) || is_contracted(clause, token));
        // "Don't say that you never got it" denies nothing.
        let never = clause
            .iter()
            .position(|token| token.lower == "never")
            .filter(|never| from.is_some_and(|from| from < *never));
        for (at, token) in clause.iter().enumerate() {
            let is_word = token.lower.chars().count() > 2
                && !is_in(EMPTY, &token.lower)
                && !is_in(AROUND, &token.lower)
                && !is_in(AHEAD, &token.lower);
            if is_word && !token.lower.starts_with("kein") {
                weighed.push((
                    stem(&token.lower),
                    whole || from.is_some_and(|from| at > from && never.is_none_or(|never| at < never)),
                ));
            }
        }
    }
    weighed
}

/// The "t" of "don't".
fn is_contracted(clause: &[Token<'_>], token: &Token<'_>) -> bool {
    token.lower == "t" && clause.windows(2).any(|pair| pair[0].lower.ends_with('n') && pair[1].range == token.range)
}

fn stem(word: &str) -> String {
    let word = folded(word);
    let bare = if word.len() > 3 { word.trim_end_matches('s') } else { &word };
    bare.chars().take(4).collect()
}

const NO: &str = "no nope nein nee non não nie not nicht pas niet anymore";
/// What denies what follows it in its clause.
const AHEAD: &str = "not no never none nothing nobody neither nor cannot without n nunca jamás nada tampoco non niente nessun nessuna nessuno \
    não nem sem sin ni ne senza bez";
/// What denies its whole clause: the verb may stand before it.
const AROUND: &str = "nicht nie niemals nichts niemand ohne pas jamais rien aucun aucune sans niet geen nooit niets zonder nigdy nic żaden";
/// Words after which another statement begins.
const BUT: &str = "but pero aber sondern mais ma mas maar ale because porque weil and";
/// Words that deny in another way, so that two statements may agree although only one has a "not".
const SOFT: &str = "stop stopped cancel cancelled avoid avoids refuse refuses decline declined unable only except instead rather missing lost lacks \
    lack hate hates dislikes away unavailable until unless despite solo sólo nur only seulement solo só slechts tylko abbestellt kündigen cancelar \
    annuler annullare annuleren anulować dejar evita vermeidet weg fuera";
const BEFORE: &str = "before until till bis vor antes hasta avant prima fino até voor tot przed do";
const AFTER: &str = "after from since afternoon afternoons later ab nach nachmittags desde tarde después après dès dopo dalle pomeriggio depois \
    partir na vanaf middag po od";
/// Words that mean nothing for this: of wishing, of being, of time, articles.
const EMPTY: &str = "the a an and or is are was were be been has have had does did do will would can could should wants want wanted likes like \
    needs need prefers prefer please any more anymore always often never usually caller customer her his their its him she they for with that \
    this der die das den dem ein eine einen ist sind war hat haben möchte möchten will wünscht braucht brauche bitte immer mehr anrufer anruferin \
    kunde kundin quiero quiere quisiera necesita necesito prefiere siempre por favor más que una uno los las del cliente veux veut voudrais \
    voudrait préfère toujours plus les des une voglio vuole vorrei preferisce sempre più per del della quero quer queria prefere mais para \
    wil wilt wens wenst graag altijd meer een het voor chcę chce chciałbym proszę zawsze już";
