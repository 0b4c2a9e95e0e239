//! Labels of numbers: words that say whether a number is a card number, a code, an account number,
//! an id, or harmless.

use text::{Token, is_listed, is_one_clause, matches_word};

/// The kinds of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecretKind {
    Card,
    Expiry,
    Code,
    Account,
    Id,
    Password,
}

/// A label and the kind of secret it names. `secret` is `None` for a harmless number.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Label {
    /// Token range.
    pub(crate) tokens: std::ops::Range<usize>,
    pub(crate) secret: Option<SecretKind>,
}

/// Returns the labels among the tokens of a text, in order. In "passport number" and "the passport
/// has the number", the number belongs to the label before it.
pub(crate) fn labels(tokens: &[Token<'_>]) -> Vec<Label> {
    let mut labels: Vec<Label> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match label(tokens, at) {
            Some(label) => {
                at = label.tokens.end.max(at + 1);
                match labels.last_mut() {
                    Some(before) if is_number_of(tokens, before, &label) => {
                        before.tokens.end = label.tokens.end;
                    }
                    _ => labels.push(label),
                }
            }
            None => at += 1,
        }
    }
    labels
}

/// Returns whether a label is only "number" and belongs to a secret before it: the next word, or an
/// id in the same clause.
fn is_number_of(tokens: &[Token<'_>], secret: &Label, number: &Label) -> bool {
    let between = secret.tokens.end..number.tokens.start;
    let is_near = between.is_empty()
        || (secret.secret == Some(SecretKind::Id)
            && is_one_clause(tokens, secret.tokens.start, number.tokens.start));
    let word = tokens[number.tokens.start].lower.as_ref();
    let is_bare = word == "nummer" || !word.ends_with("nummer");
    secret.secret.is_some() && is_near && is_bare && is_number_word(word)
}

fn label(tokens: &[Token<'_>], at: usize) -> Option<Label> {
    let word = tokens[at].lower.as_ref();
    // In lower case, "nie" is a German and Polish word and "dni" a Polish one.
    if matches!(tokens[at].text, "DNI" | "NIE") {
        return Some(Label {
            tokens: at..at + 1,
            secret: Some(SecretKind::Id),
        });
    }
    if let Some((secret, length)) = phrase(tokens, at) {
        let last = at + length - 1;
        let is_other = match secret {
            SecretKind::Card => is_non_payment_card(tokens, at, last),
            SecretKind::Id => is_followed_by_noun(tokens, last),
            _ => false,
        };
        return Some(Label {
            tokens: at..at + length,
            secret: (!is_other).then_some(secret),
        });
    }
    if let Some(secret) = compound(word) {
        let is_other = secret == SecretKind::Id && is_followed_by_noun(tokens, at);
        return Some(Label {
            tokens: at..at + 1,
            secret: (!is_other).then_some(secret),
        });
    }
    if is_code(&tokens[at]) && !is_followed_by_noun(tokens, at) {
        let secret = (!is_public_code(tokens, at)).then_some(SecretKind::Code);
        return Some(Label {
            tokens: at..at + 1,
            secret,
        });
    }
    if is_card(word) && !is_followed_by_noun(tokens, at) && names_a_number(tokens, at) {
        let secret = (!is_non_payment_card(tokens, at, at)).then_some(SecretKind::Card);
        return Some(Label {
            tokens: at..at + 1,
            secret,
        });
    }
    let is_number = is_number_word(word) || begins_with(word, HARMLESS_NUMBERS);
    is_number.then_some(Label {
        tokens: at..at + 1,
        secret: None,
    })
}

/// Returns the words around an index, including the word at it.
fn around<'a>(
    tokens: &'a [Token<'_>],
    at: usize,
    distance: usize,
) -> impl Iterator<Item = &'a str> {
    let from = at.saturating_sub(distance);
    tokens[from..]
        .iter()
        .take(at - from + distance + 1)
        .map(|token| token.lower.as_ref())
}

/// Matches a label of several words. Returns its length in tokens.
fn phrase(tokens: &[Token<'_>], at: usize) -> Option<(SecretKind, usize)> {
    let first = tokens[at].lower.as_ref();
    let begins = |phrase: &str| phrase.as_bytes()[0] == first.as_bytes()[0];
    PHRASES
        .iter()
        .filter(|(phrase, _)| begins(phrase))
        .find_map(|(phrase, secret)| {
            let mut words = phrase.split(' ');
            if !words.next().is_some_and(|word| matches_word(first, word)) {
                return None;
            }
            let length = phrase.split(' ').count();
            let rest = tokens.get(at + 1..at + length)?;
            words
                .zip(rest)
                .all(|(word, token)| matches_word(&token.lower, word))
                .then_some((*secret, length))
        })
}

/// Returns whether a word matches a list. Entries of [`MIN_STEM_BYTES`] bytes or more match every
/// word that begins with them.
fn begins_with(word: &str, list: &[&str]) -> bool {
    let begins = |stem: &str| stem.as_bytes()[0] == word.as_bytes()[0];
    list.iter().any(|stem| {
        begins(stem)
            && if stem.len() < MIN_STEM_BYTES {
                word == *stem
            } else {
                word.starts_with(stem)
            }
    })
}

/// Entries with fewer bytes match only the whole word.
const MIN_STEM_BYTES: usize = 5;

/// Matches a single word that names a secret.
fn compound(word: &str) -> Option<SecretKind> {
    let begins = |stem: &str| stem.as_bytes()[0] == word.as_bytes()[0];
    COMPOUNDS
        .iter()
        .find(|(stem, _)| begins(stem) && matches_word(word, stem))
        .map(|(_, secret)| *secret)
}

fn is_code(token: &Token<'_>) -> bool {
    let word = token.lower.as_ref();
    if word == "tan" {
        return token.text == "TAN";
    }
    let is_one = matches!(
        word,
        "pin"
            | "pins"
            | "otp"
            | "cvv"
            | "cvv2"
            | "cvc"
            | "cvc2"
            | "passcode"
            | "código"
            | "codigo"
            | "clave"
            | "codice"
            | "kod"
            | "kodu"
            | "mtan"
            | "pincode"
    );
    is_one || word.ends_with("code") || word.ends_with("codes")
}

/// Returns whether a code is not secret, according to the word itself or a word beside it.
fn is_public_code(tokens: &[Token<'_>], at: usize) -> bool {
    begins_with(&tokens[at].lower, PUBLIC_CODES)
        || around(tokens, at, 2).any(|word| begins_with(word, PUBLIC_CODES))
}

/// Returns whether a card cannot be used to pay, or its word is only part of another noun.
fn is_non_payment_card(tokens: &[Token<'_>], first: usize, last: usize) -> bool {
    let is_non_payment =
        |at: usize| around(tokens, at, 2).any(|word| begins_with(word, NON_PAYMENT_CARDS));
    is_non_payment(first) || is_non_payment(last) || is_followed_by_noun(tokens, last)
}

fn is_card(word: &str) -> bool {
    matches!(
        word,
        "card"
            | "tarjeta"
            | "karte"
            | "carte"
            | "carta"
            | "cartão"
            | "kaart"
            | "karty"
            | "kartę"
            | "karta"
            | "creditcard"
    )
}

/// Returns whether the sentence asks for the digits of a card, or is only the name of the card.
fn names_a_number(tokens: &[Token<'_>], at: usize) -> bool {
    let from = tokens[..=at]
        .iter()
        .rposition(|token| token.begins_sentence)
        .unwrap_or(0);
    let sentence = || {
        tokens[from..]
            .iter()
            .enumerate()
            .take_while(|(place, token)| *place == 0 || !token.begins_sentence)
    };
    sentence().count() <= 3 || sentence().any(|(_, token)| is_number_word(&token.lower))
}

fn is_number_word(word: &str) -> bool {
    matches!(
        word,
        "number"
            | "numbers"
            | "digits"
            | "nummer"
            | "nummern"
            | "ziffern"
            | "número"
            | "numero"
            | "números"
            | "dígitos"
            | "numéro"
            | "chiffres"
            | "cifre"
            | "cijfers"
            | "numer"
            | "numeru"
            | "cyfry"
    ) || word.ends_with("nummer")
}

/// Returns whether another noun follows that the word only qualifies: a card reader, a PIN board.
fn is_followed_by_noun(tokens: &[Token<'_>], at: usize) -> bool {
    let Some(next) = tokens.get(at + 1).filter(|next| !next.begins_clause) else {
        return false;
    };
    is_listed(&next.lower, FOLLOWING_NOUNS)
}

/// Nouns that turn "card", "pin" or "passport" into another thing.
const FOLLOWING_NOUNS: &str = "\
    reader readers board boards holder holders game games shop services table box machine \
    terminal design maker printer designer stripe badge badges wheel drop cushion editor review \
    name names photo photos picture pictures office application agency control";

/// Words of cards that cannot be used to pay.
const NON_PAYMENT_CARDS: &[&str] = &[
    "kundenkarte",
    "fidel",
    "fidél",
    "loyal",
    "member",
    "library",
    "business",
    "sim",
    "boarding",
    "bonus",
    "customer",
    "kunden",
    "embarque",
    "fid",
    "socio",
    "embarco",
    "klant",
    "lojaln",
    "punten",
    "greeting",
    "memory",
    "postal",
    "visita",
    "visite",
    "graphics",
    "sd",
];

/// Words that mark a code as not secret.
const PUBLIC_CODES: &[&str] = &[
    "postal",
    "postcode",
    "zipcode",
    "areacode",
    "barcode",
    "qrcode",
    "dialling",
    "dialing",
    "zip",
    "post",
    "area",
    "country",
    "discount",
    "promo",
    "product",
    "coupon",
    "error",
    "dial",
    "voucher",
    "colour",
    "color",
    "booking",
    "reserv",
    "refer",
    "track",
    "order",
    "item",
    "bar",
    "qr",
    "dress",
    "rabat",
    "gutschein",
    "buchung",
    "korting",
    "descuento",
    "sconto",
    "prenotazione",
    "desconto",
    "réduc",
    "remise",
    "réserv",
    "door",
    "gate",
    "entry",
    "entrance",
    "building",
    "tür",
    "haus",
    "portal",
    "puerta",
    "porte",
    "porton",
    "porta",
    "drzwi",
    "deur",
    "produkt",
    "produit",
    "prodotto",
    "produto",
    "fehler",
    "poczt",
    "cap",
    "swift",
    "bic",
    "source",
    "campaign",
    "fault",
    "model",
];

/// Words for harmless numbers that need no word such as "number" before them: "my order is 77120".
const HARMLESS_NUMBERS: &[&str] = &[
    "flugnummer",
    "lotu",
    "order",
    "booking",
    "reservation",
    "flight",
    "phone",
    "telephone",
    "mobile",
    "room",
    "ticket",
    "invoice",
    "bestell",
    "buchung",
    "flug",
    "telefon",
    "handy",
    "zimmer",
    "rechnung",
    "pedido",
    "reserva",
    "vuelo",
    "teléfono",
    "móvil",
    "habitación",
    "factura",
    "commande",
    "réservation",
    "vol",
    "téléphone",
    "chambre",
    "facture",
    "ordine",
    "prenotazione",
    "volo",
    "camera",
    "fattura",
    "encomenda",
    "voo",
    "telefone",
    "telemóvel",
    "quarto",
    "fatura",
    "bestelling",
    "boeking",
    "vlucht",
    "kamer",
    "factuur",
    "zamówieni",
    "rezerwacj",
    "lot",
    "pokój",
    "pokoju",
    "faktur",
    "parcel",
    "shipment",
    "paket",
    "paquete",
    "colis",
    "pacco",
    "pakiet",
    "paczk",
    "reference",
    "street",
    "road",
    "appointment",
    "termin",
    "cita",
    "rendez",
    "appuntamento",
];

const PHRASES: &[(&str, SecretKind)] = &[
    ("card number*", SecretKind::Card),
    ("number on your card", SecretKind::Card),
    ("number on the card", SecretKind::Card),
    ("credit card*", SecretKind::Card),
    ("debit card*", SecretKind::Card),
    ("número de la tarjeta", SecretKind::Card),
    ("número de tarjeta", SecretKind::Card),
    ("número de su tarjeta", SecretKind::Card),
    ("tarjeta de crédito", SecretKind::Card),
    ("tarjeta de débito", SecretKind::Card),
    ("numéro de carte", SecretKind::Card),
    ("numéro de votre carte", SecretKind::Card),
    ("carte bancaire", SecretKind::Card),
    ("carte bleue", SecretKind::Card),
    ("carte de crédit", SecretKind::Card),
    ("numero della carta", SecretKind::Card),
    ("numero di carta", SecretKind::Card),
    ("numero della sua carta", SecretKind::Card),
    ("carta di credito", SecretKind::Card),
    ("carta di debito", SecretKind::Card),
    ("número do cartão", SecretKind::Card),
    ("número do seu cartão", SecretKind::Card),
    ("cartão de crédito", SecretKind::Card),
    ("cartão de débito", SecretKind::Card),
    ("numer karty", SecretKind::Card),
    ("karty kredytowej", SecretKind::Card),
    ("karty płatniczej", SecretKind::Card),
    ("expiry", SecretKind::Expiry),
    ("expiration date", SecretKind::Expiry),
    ("card expire*", SecretKind::Expiry),
    ("valid until", SecretKind::Expiry),
    ("valid thru", SecretKind::Expiry),
    ("fecha de caducidad", SecretKind::Expiry),
    ("fecha de vencimiento", SecretKind::Expiry),
    ("date d expiration", SecretKind::Expiry),
    ("date de validité", SecretKind::Expiry),
    ("data di scadenza", SecretKind::Expiry),
    ("scadenza della carta", SecretKind::Expiry),
    ("data de validade", SecretKind::Expiry),
    ("gültig bis", SecretKind::Expiry),
    ("geldig tot", SecretKind::Expiry),
    ("data ważności", SecretKind::Expiry),
    ("digits on the back", SecretKind::Code),
    ("numbers on the back", SecretKind::Code),
    ("security digits", SecretKind::Code),
    ("security number", SecretKind::Code),
    ("cifras de atrás", SecretKind::Code),
    ("cijfers op de achterkant", SecretKind::Code),
    ("cyfry z tyłu", SecretKind::Code),
    ("account number*", SecretKind::Account),
    ("sort code*", SecretKind::Account),
    ("routing number*", SecretKind::Account),
    ("bank details", SecretKind::Account),
    ("número de cuenta", SecretKind::Account),
    ("número de su cuenta", SecretKind::Account),
    ("cuenta bancaria", SecretKind::Account),
    ("numéro de compte", SecretKind::Account),
    ("numéro de votre compte", SecretKind::Account),
    ("compte bancaire", SecretKind::Account),
    ("numero di conto", SecretKind::Account),
    ("numero del conto", SecretKind::Account),
    ("conto corrente", SecretKind::Account),
    ("número da conta", SecretKind::Account),
    ("número de conta", SecretKind::Account),
    ("número da sua conta", SecretKind::Account),
    ("conta bancária", SecretKind::Account),
    ("numer konta", SecretKind::Account),
    ("numer rachunku", SecretKind::Account),
    ("konta bankowego", SecretKind::Account),
    ("social security", SecretKind::Id),
    ("your social", SecretKind::Id),
    ("my social is", SecretKind::Id),
    ("my social number", SecretKind::Id),
    ("national insurance", SecretKind::Id),
    ("national id*", SecretKind::Id),
    ("tax id*", SecretKind::Id),
    ("nhs number", SecretKind::Id),
    ("ni number", SecretKind::Id),
    ("social insurance number", SecretKind::Id),
    ("medicare number", SecretKind::Id),
    ("identity card", SecretKind::Id),
    ("id card", SecretKind::Id),
    ("driver s licen*", SecretKind::Id),
    ("drivers licen*", SecretKind::Id),
    ("driver licen*", SecretKind::Id),
    ("driving licen*", SecretKind::Id),
    ("steuer id", SecretKind::Id),
    ("seguridad social", SecretKind::Id),
    ("documento de identidad", SecretKind::Id),
    ("sécurité sociale", SecretKind::Id),
    ("carte d identité", SecretKind::Id),
    ("pièce d identité", SecretKind::Id),
    ("codice fiscale", SecretKind::Id),
    ("carta d identità", SecretKind::Id),
    ("carta di identità", SecretKind::Id),
    ("patente di guida", SecretKind::Id),
    ("permiso de conducir", SecretKind::Id),
    ("permis de conduire", SecretKind::Id),
    ("prawo jazdy", SecretKind::Id),
    ("prawa jazdy", SecretKind::Id),
    ("carta de condução", SecretKind::Id),
    ("segurança social", SecretKind::Id),
    ("número de contribuinte", SecretKind::Id),
    ("cartão de cidadão", SecretKind::Id),
    ("dowód osobisty", SecretKind::Id),
    ("dowodu osobistego", SecretKind::Id),
    ("numer dowodu", SecretKind::Id),
    ("su dni", SecretKind::Id),
    ("tu dni", SecretKind::Id),
    ("mi dni", SecretKind::Id),
    ("el dni", SecretKind::Id),
    ("de dni", SecretKind::Id),
    ("memorable word", SecretKind::Password),
    ("security word", SecretKind::Password),
    ("mot de passe", SecretKind::Password),
    ("palavra passe", SecretKind::Password),
    ("parola d ordine", SecretKind::Password),
];

/// Single words that name a secret. An asterisk matches any ending.
const COMPOUNDS: &[(&str, SecretKind)] = &[
    ("kartennummer*", SecretKind::Card),
    ("kreditkarte*", SecretKind::Card),
    ("kaartnummer*", SecretKind::Card),
    ("creditcardnummer*", SecretKind::Card),
    ("ablaufdatum*", SecretKind::Expiry),
    ("verfallsdatum*", SecretKind::Expiry),
    ("gültigkeitsdatum*", SecretKind::Expiry),
    ("caducidad", SecretKind::Expiry),
    ("scadenza", SecretKind::Expiry),
    ("vervaldatum*", SecretKind::Expiry),
    ("geheimzahl*", SecretKind::Code),
    ("prüfziffer*", SecretKind::Code),
    ("prüfnummer*", SecretKind::Code),
    ("cryptogramme", SecretKind::Code),
    ("iban*", SecretKind::Account),
    ("kontonummer*", SecretKind::Account),
    ("bankleitzahl*", SecretKind::Account),
    ("blz", SecretKind::Account),
    ("rekeningnummer*", SecretKind::Account),
    ("ssn", SecretKind::Id),
    ("sécu", SecretKind::Id),
    ("aadhaar", SecretKind::Id),
    ("steuerid*", SecretKind::Id),
    ("rentenversicherungsnummer*", SecretKind::Id),
    ("identiteitskaart*", SecretKind::Id),
    ("passport*", SecretKind::Id),
    ("pasaporte*", SecretKind::Id),
    ("passeport*", SecretKind::Id),
    ("passaporto*", SecretKind::Id),
    ("passaporte*", SecretKind::Id),
    ("paspoort*", SecretKind::Id),
    ("paszport*", SecretKind::Id),
    ("reisepass*", SecretKind::Id),
    ("personalausweis*", SecretKind::Id),
    ("ausweis*", SecretKind::Id),
    ("steuernummer*", SecretKind::Id),
    ("steueridentifik*", SecretKind::Id),
    ("sozialversicherungsnummer*", SecretKind::Id),
    ("führerschein*", SecretKind::Id),
    ("rijbewijs*", SecretKind::Id),
    ("burgerservicenummer*", SecretKind::Id),
    ("bsn", SecretKind::Id),
    ("pesel*", SecretKind::Id),
    ("nif", SecretKind::Id),
    ("cpf", SecretKind::Id),
    ("password", SecretKind::Password),
    ("passwords", SecretKind::Password),
    ("passphrase", SecretKind::Password),
    ("passwort", SecretKind::Password),
    ("kennwort", SecretKind::Password),
    ("contraseña", SecretKind::Password),
    ("senha", SecretKind::Password),
    ("wachtwoord", SecretKind::Password),
    ("hasło", SecretKind::Password),
];
