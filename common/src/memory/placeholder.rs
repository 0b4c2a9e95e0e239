//! Recognizes placeholders, which stand where a value is missing.
//!
//! The models that fill in ElevenLabs' data collection write "None", "Not provided" or a whole
//! sentence if they find nothing. Redaction leaves tokens such as `[NAME]`.

use text::{lower_case, plain_words};

/// Returns whether a value only says that there is no value.
///
/// It does if it has no words, or if all its words belong to the vocabulary of missing values and
/// at least one of them is a negation or means "missing".
#[must_use]
pub fn is_placeholder(value: &str) -> bool {
    let value = lower_case(&without_redactions(value));
    let words: Vec<&str> = plain_words(&value).collect();
    if words.is_empty() || is_abbreviation(&words) {
        return true;
    }
    // A bare "no" is a value: it answers a question that the operator asked.
    let is_negated = || words.len() > 1 && words.iter().any(|word| is_any_of(word, NEGATIONS));
    words.iter().all(|word| is_in_vocabulary(word))
        && (is_negated() || words.iter().any(|word| is_any_of(word, MISSING)))
}

/// Returns whether a value only says that there are none of the things that `nouns` name, such as
/// "No open requests.". A bare "no" counts as a placeholder too, because it answers no question.
#[must_use]
pub fn is_placeholder_for(value: &str, nouns: &str) -> bool {
    let lower = lower_case(&without_redactions(value));
    let words: Vec<&str> = plain_words(&lower).collect();
    let says_none = |word: &&str| is_any_of(word, NEGATIONS) || is_any_of(word, MISSING);
    is_placeholder(value)
        || (words
            .iter()
            .all(|word| is_in_vocabulary(word) || is_any_of(word, nouns))
            && words.iter().any(says_none))
}

/// Returns whether a text only names what is missing, such as "his phone number is".
#[must_use]
pub fn is_without_value(text: &str) -> bool {
    plain_words(&lower_case(text)).all(is_in_vocabulary)
}

/// Returns whether a text is not a person's name but a placeholder or a role such as "the caller".
#[must_use]
pub fn names_no_person(name: &str) -> bool {
    let lower = lower_case(name);
    let words: Vec<&str> = plain_words(&lower).collect();
    let is_role = words.iter().any(|word| is_any_of(word, ROLES))
        && words
            .iter()
            .all(|word| is_any_of(word, ROLES) || is_any_of(word, NEUTRAL));
    is_role || is_placeholder(name)
}

/// Replaces every redaction token, such as `[NAME]` or `<PHONE_NUMBER>`, with `…`.
#[must_use]
pub fn without_redactions(text: &str) -> String {
    let mut rest = text;
    let mut output = String::with_capacity(text.len());
    while let Some(start) = rest.find(['[', '<']) {
        let (before, token) = rest.split_at(start);
        output.push_str(before);
        let length = redaction_length(token);
        output.push_str(if length > 0 { "…" } else { &token[..1] });
        rest = &token[length.max(1)..];
    }
    output.push_str(rest);
    output
}

/// Returns whether a text contains a redaction token.
#[must_use]
pub fn is_redacted(text: &str) -> bool {
    without_redactions(text) != text
}

/// Returns the length in bytes of the redaction token at the start of a text, or 0 if there is
/// none.
///
/// A token consists of upper-case letters, digits, spaces and `_`, `-` or `#` in brackets, with at
/// least two letters.
fn redaction_length(text: &str) -> usize {
    let close = if text.starts_with('[') { ']' } else { '>' };
    let Some(end) = text.find(close) else {
        return 0;
    };
    let inside = &text[1..end];
    let is_token = inside.chars().all(|c| {
        c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | ' ' | '#')
    });
    let letters = inside.chars().filter(char::is_ascii_uppercase).count();
    if is_token && letters >= 2 { end + 1 } else { 0 }
}

/// Returns whether the words are the single letters of an abbreviation, as in "n/a" or "t.b.d.".
fn is_abbreviation(words: &[&str]) -> bool {
    let letters = words.concat();
    words.iter().all(|word| word.len() == 1)
        && matches!(
            letters.as_str(),
            "na" | "tbd" | "nv" | "ka" | "nvt" | "nd" | "sd" | "sr" | "bd"
        )
}

/// Returns whether a word belongs to the vocabulary of missing values.
fn is_in_vocabulary(word: &str) -> bool {
    is_any_of(word, MISSING) || is_any_of(word, NEGATIONS) || is_any_of(word, NEUTRAL)
}

fn is_any_of(word: &str, list: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

/// Words that mean "no value" by themselves.
const MISSING: &str = "none null nil undefined nan na tbd unknown unspecified unidentified unnamed unstated unavailable \
    undisclosed anonymous missing empty blank redacted withheld noname placeholder \
    ninguno ninguna nulo nula desconocido desconocida anónimo anónima indefinido indefinida vacío vacía \
    keine keiner keines keins unbekannt unbekannte unbekannter anonym fehlt leer undefiniert \
    aucun aucune inconnu inconnue anonyme indéfini indéfinie vide néant \
    nessuno nessuna sconosciuto sconosciuta ignoto ignota anonimo anonima vuoto indefinito \
    nenhum nenhuma desconhecido desconhecida anônimo anônima anónimo vazio \
    geen onbekend onbekende anoniem leeg ongedefinieerd nvt \
    brak nieznany nieznana nieznane anonimowy anonimowa nieokreślony nieokreślone puste żaden żadne żadna nd";

/// Negations.
const NEGATIONS: &str = "no not never cannot without neither \
    sin nunca tampoco nicht kein nie ohne pas sans jamais non senza mai não nao sem niet zonder nooit nie bez";

/// Words that say what is missing, who did not provide it and where. None of them is a value.
const NEUTRAL: &str = "n l d c s j a an the any this that their his her its your my of for by to in on at from as yet has have had was is \
    are were been be did do does could it they there and or value values answer answers response information info data \
    detail details name names first last full given family surname caller callers customer customers user users client agent \
    call conversation transcript email mail address phone telephone number date time company reason account order id \
    provided provide given give gave mentioned mention stated state specified specify said say available applicable \
    known identified identify determined determine disclosed disclose shared share supplied supply collected collect \
    recorded captured capture found listed set answered answer obtained discussed asked indicated indicate clear \
    applies confirmed during explicitly \
    el la los las un una lo de del por para en ha han fue se su sus al le dado dada dio dijo dice proporcionado \
    proporcionada proporcionó facilitado facilitada mencionado mencionada mencionó indicado indicada indicó especificado \
    especificada consta aplica disponible conocido valor respuesta dato datos nombre nombres apellido apellidos cliente \
    usuario llamante llamada conversación correo electrónico teléfono número dirección fecha información \
    der die das den dem des ein eine einen wurde wurden ist sind war hat haben vom von im in der zu zur zum angegeben \
    angabe angaben genannt erwähnt bekannt verfügbar vorhanden mitgeteilt gegeben gesagt zutreffend ermittelt anwendbar \
    name namen vorname nachname wert antwort anrufer anruferin anrufers kunde kundin kunden gespräch anruf anrufs e mail \
    adresse telefonnummer nummer datum telefon information informationen \
    le les des du au aux une dans par pour est a été ont n ce cette il elle son sa donné donnée fourni fournie fournis \
    mentionné mentionnée indiqué indiquée précisé précisée communiqué communiquée renseigné renseignée disponible \
    applicable spécifié spécifiée connu connue nom prénom valeur réponse appelant appelante client cliente appel \
    conversation adresse téléphone numéro courriel information informations \
    il lo gli i uno della dello del dei dal dalla nel nella è stato stata ha fornito fornita indicato indicata menzionato \
    menzionata specificato specificata comunicato comunicata detto dato disponibile applicabile noto nota nome cognome \
    valore risposta chiamante cliente chiamata conversazione indirizzo telefono numero informazione informazioni \
    o os as um uma do da dos das no na pelo pela foi está é informado informada fornecido fornecida mencionado mencionada \
    indicado especificado especificada disse disponível aplicável conhecido nome sobrenome apelido valor resposta cliente \
    usuário utilizador chamada conversa endereço telefone número informação dado dados \
    de het een is werd door van in heeft opgegeven genoemd vermeld bekend beschikbaar gegeven verstrekt toepassing \
    gezegd naam voornaam achternaam waarde antwoord beller klant gesprek telefoon telefoonnummer nummer adres gegevens \
    informatie \
    w na przez jest był była było został została zostało podał podała podano podane podany podana wspomniano wspomniał \
    wymieniono określono dostępne dostępny dotyczy znane imię imienia nazwisko nazwiska wartość wartości odpowiedź \
    odpowiedzi danych dane klient klienta klientka rozmówca rozmówcy rozmowy rozmowa telefon telefonu numer numeru adres \
    adresu informacji informacja";

/// The roles that people have in a call. They are not names.
const ROLES: &str = "caller customer user client guest visitor person speaker agent assistant operator human someone \
    somebody test tester member patient subscriber participant sir madam maam mister miss \
    cliente usuario usuaria llamante persona invitado invitada paciente \
    anrufer anruferin kunde kundin nutzer nutzerin benutzer gast person patient patientin teilnehmer teilnehmerin \
    appelant appelante client cliente utilisateur utilisatrice invité invitée personne \
    chiamante utente ospite persona usuário utilizador visitante convidado pessoa \
    beller klant gebruiker gast persoon rozmówca rozmówczyni klient klientka użytkownik użytkowniczka gość osoba \
    he she they him them";

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        value: String,
        is_placeholder: bool,
    }

    #[test]
    fn a_value_that_only_says_that_nothing_is_known_is_a_placeholder() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../../tests/cases/placeholders.json")).unwrap();
        for Case {
            value,
            is_placeholder: expected,
        } in cases
        {
            assert_eq!(is_placeholder(&value), expected, "{value}");
        }
    }

    #[test]
    fn a_placeholder_with_decomposed_letters_is_recognised() {
        assert!(is_placeholder("Vaci\u{301}o"));
    }

    #[test]
    fn a_role_or_placeholder_is_not_a_name() {
        for name in [
            "The caller",
            "User",
            "Customer",
            "Anonymous",
            "der Anrufer",
            "Klant",
            "[NAME]",
            "Unknown caller",
        ] {
            assert!(names_no_person(name), "{name}");
        }
        for name in ["Dana", "Ana Client", "Guest Dana", "An", "Le"] {
            assert!(!names_no_person(name), "{name}");
        }
    }

    #[test]
    fn redaction_tokens_are_replaced_within_a_text() {
        let text = "[NAME] lives at [ADDRESS_1], 5 < 7 [card number] [A] <b>";
        assert_eq!(
            without_redactions(text),
            "… lives at …, 5 < 7 [card number] [A] <b>"
        );
        assert!(!is_redacted("[keypad input]"));
        assert!(is_without_value("His phone number is …."));
    }
}
