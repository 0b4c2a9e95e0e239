//! Recognizes evaluation criteria about the agent's conduct instead of the caller's request: "The
//! agent did not verify the caller's identity."

use text::words;

/// Returns whether a rationale is about the agent's conduct: the agent is its subject, and its verb
/// describes conduct.
pub(crate) fn is_about_the_agent(rationale: &str) -> bool {
    let words: Vec<String> = words(rationale).take(MAX_RATIONALE_WORDS).collect();
    let Some(agent) = words
        .iter()
        .take(MAX_WORDS_TO_SUBJECT)
        .position(|word| is_in(word, AGENT_WORDS))
    else {
        return false;
    };
    words[agent + 1..]
        .iter()
        .take(MAX_WORDS_TO_VERB)
        .any(|word| is_in(word, CONDUCT_VERBS))
}

/// Most words of a rationale that are examined.
const MAX_RATIONALE_WORDS: usize = 12;
/// The subject must be among this many first words.
const MAX_WORDS_TO_SUBJECT: usize = 4;
/// The verb must be among this many words after the subject.
const MAX_WORDS_TO_VERB: usize = 6;

fn is_in(word: &str, list: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

const AGENT_WORDS: &str = "agent assistant ai bot representative rep agente asistente assistente kundenberater berater bot ki conseiller conseillère \
    operatore operatrice atendente medewerker konsultant asystent";

const CONDUCT_VERBS: &str = "verify verified verifying greet greeted introduce introduced confirm confirmed ask asked asking follow followed following \
    use used offer offered mention mentioned read disclose disclosed thank thanked comply complied apologise apologised apologize \
    apologized repeat repeated summarise summarised summarize summarized collect collected obtain obtained authenticate authenticated \
    identify identified state stated adhere adhered remain stay stayed empathise empathised empathize empathized acknowledge \
    acknowledged request requested record recorded interrupt interrupted speak spoke \
    verificó saludó preguntó confirmó ofreció mencionó agradeció identificó siguió verificar saludar preguntar \
    überprüfte überprüft verifizierte verifiziert begrüßte begrüßt fragte gefragt bestätigte bestätigt erwähnte erwähnt bot angeboten \
    vérifié salué demandé confirmé proposé mentionné remercié identifié suivi vérifier \
    verificato salutato chiesto confermato offerto menzionato ringraziato identificato seguito verificare \
    verificou cumprimentou perguntou confirmou ofereceu mencionou agradeceu identificou seguiu verificar \
    geverifieerd begroet gevraagd bevestigd aangeboden genoemd bedankt gevolgd verifieerde vroeg \
    zweryfikował przywitał zapytał potwierdził zaproponował wspomniał podziękował zweryfikowano";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criteria_about_the_agent_differ_from_what_the_caller_is_waiting_for() {
        for rationale in [
            "The agent did not verify the caller's identity.",
            "Agent failed to greet the caller by name.",
            "The AI assistant never offered a callback.",
            "Der Agent hat die Identität nicht überprüft.",
            "El agente no verificó la identidad.",
        ] {
            assert!(is_about_the_agent(rationale), "{rationale}");
        }
        for rationale in [
            "No refund.",
            "The refund was not issued.",
            "The agent could not refund the order.",
            "The caller asked for a refund and did not get it.",
            "Die Lieferung kam nicht an.",
            "",
        ] {
            assert!(!is_about_the_agent(rationale), "{rationale}");
        }
    }
}
