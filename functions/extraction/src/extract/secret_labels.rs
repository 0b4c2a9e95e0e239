//! Labels of numbers: words that say whether a number is a card number, a code, an account number,
//! an id, or harmless.

use super::tokens::{Token, matches_word};

/// The kinds of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secret {
    Card,
    Expiry,
    Code,
    Account,
    Id,
    Password,
}

/// A label and the kind of secret it names. `secret` is `None` for a harmless number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Label {
    /// Token range.
    pub(super) at: std::ops::Range<usize>,
    pub(super) secret: Option<Secret>,
}

/// Returns the labels among the tokens of a text, in order.
pub(super) fn labels(tokens: &[Token<'_>]) -> Vec<Label> {
    let mut labels = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match label(tokens, at) {
            Some(label) => {
                at = label.at.end.max(at + 1);
                labels.push(label);
            }
            None => at += 1,
        }
    }
    labels
}

fn label(tokens: &[Token<'_>], at: usize) -> Option<Label> {
    let word = tokens[at].lower.as_ref();
    if let Some((secret, length)) = phrase(tokens, at) {
        let is_free = secret == Secret::Card && is_of_free_card(tokens, at, at + length - 1);
        return Some(Label {
            at: at..at + length,
            secret: (!is_free).then_some(secret),
        });
    }
    if let Some(secret) = compound(word) {
        return Some(Label {
            at: at..at + 1,
            secret: Some(secret),
        });
    }
    if is_code(&tokens[at]) && !is_followed_by_noun(tokens, at) {
        let secret = (!is_harmless_code(tokens, at)).then_some(Secret::Code);
        return Some(Label {
            at: at..at + 1,
            secret,
        });
    }
    if is_card(word) && !is_followed_by_noun(tokens, at) && names_a_number(tokens, at) {
        let secret = (!is_of_free_card(tokens, at, at)).then_some(Secret::Card);
        return Some(Label {
            at: at..at + 1,
            secret,
        });
    }
    let is_number = is_number_word(word) || begins_with(word, PLAIN);
    is_number.then_some(Label {
        at: at..at + 1,
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
fn phrase(tokens: &[Token<'_>], at: usize) -> Option<(Secret, usize)> {
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

/// Returns whether a word matches a list. Entries of [`SHORT`] bytes or more match every word that
/// begins with them.
fn begins_with(word: &str, list: &[&str]) -> bool {
    let begins = |stem: &str| stem.as_bytes()[0] == word.as_bytes()[0];
    list.iter().any(|stem| {
        begins(stem)
            && if stem.len() < SHORT {
                word == *stem
            } else {
                word.starts_with(stem)
            }
    })
}

/// Entries with fewer bytes match only the whole word.
const SHORT: usize = 5;

/// Matches a single word that names a secret.
fn compound(word: &str) -> Option<Secret> {
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
fn is_harmless_code(tokens: &[Token<'_>], at: usize) -> bool {
    begins_with(&tokens[at].lower, FREE_CODES)
        || around(tokens, at, 2).any(|word| begins_with(word, FREE_CODES))
}

/// Returns whether a card cannot be used to pay, or its word is only part of another noun.
fn is_of_free_card(tokens: &[Token<'_>], first: usize, last: usize) -> bool {
    let is_free = |at: usize| around(tokens, at, 2).any(|word| begins_with(word, FREE_CARDS));
    is_free(first) || is_free(last) || is_followed_by_noun(tokens, last)
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
    PARTS.contains(&next.lower.as_ref())
}

/// Nouns that turn "card" or "pin" into another thing.
const PARTS: &[&str] = &[
    "reader", "readers", "board", "boards", "holder", "holders", "game", "games", "shop",
    "services", "table", "box", "machine", "terminal", "design", "maker", "printer", "designer",
    "stripe", "badge", "badges", "wheel", "drop", "cushion", "editor", "review", "name", "names",
];

/// Words of cards that cannot be used to pay.
const FREE_CARDS: &[&str] = &[
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
const FREE_CODES: &[&str] = &[
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
const PLAIN: &[&str] = &[
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

const PHRASES: &[(&str, Secret)] = &[
    ("card number*", Secret::Card),
    ("number on your card", Secret::Card),
    ("number on the card", Secret::Card),
    ("credit card*", Secret::Card),
    ("debit card*", Secret::Card),
    ("número de la tarjeta", Secret::Card),
    ("número de tarjeta", Secret::Card),
    ("número de su tarjeta", Secret::Card),
    ("tarjeta de crédito", Secret::Card),
    ("tarjeta de débito", Secret::Card),
    ("numéro de carte", Secret::Card),
    ("numéro de votre carte", Secret::Card),
    ("carte bancaire", Secret::Card),
    ("carte bleue", Secret::Card),
    ("carte de crédit", Secret::Card),
    ("numero della carta", Secret::Card),
    ("numero di carta", Secret::Card),
    ("numero della sua carta", Secret::Card),
    ("carta di credito", Secret::Card),
    ("carta di debito", Secret::Card),
    ("número do cartão", Secret::Card),
    ("número do seu cartão", Secret::Card),
    ("cartão de crédito", Secret::Card),
    ("cartão de débito", Secret::Card),
    ("numer karty", Secret::Card),
    ("karty kredytowej", Secret::Card),
    ("karty płatniczej", Secret::Card),
    ("expiry", Secret::Expiry),
    ("expiration date", Secret::Expiry),
    ("card expire*", Secret::Expiry),
    ("valid until", Secret::Expiry),
    ("valid thru", Secret::Expiry),
    ("fecha de caducidad", Secret::Expiry),
    ("fecha de vencimiento", Secret::Expiry),
    ("date d expiration", Secret::Expiry),
    ("date de validité", Secret::Expiry),
    ("data di scadenza", Secret::Expiry),
    ("scadenza della carta", Secret::Expiry),
    ("data de validade", Secret::Expiry),
    ("gültig bis", Secret::Expiry),
    ("geldig tot", Secret::Expiry),
    ("data ważności", Secret::Expiry),
    ("digits on the back", Secret::Code),
    ("numbers on the back", Secret::Code),
    ("security digits", Secret::Code),
    ("security number", Secret::Code),
    ("cifras de atrás", Secret::Code),
    ("cijfers op de achterkant", Secret::Code),
    ("cyfry z tyłu", Secret::Code),
    ("account number*", Secret::Account),
    ("sort code*", Secret::Account),
    ("routing number*", Secret::Account),
    ("bank details", Secret::Account),
    ("número de cuenta", Secret::Account),
    ("número de su cuenta", Secret::Account),
    ("cuenta bancaria", Secret::Account),
    ("numéro de compte", Secret::Account),
    ("numéro de votre compte", Secret::Account),
    ("compte bancaire", Secret::Account),
    ("numero di conto", Secret::Account),
    ("numero del conto", Secret::Account),
    ("conto corrente", Secret::Account),
    ("número da conta", Secret::Account),
    ("número de conta", Secret::Account),
    ("número da sua conta", Secret::Account),
    ("conta bancária", Secret::Account),
    ("numer konta", Secret::Account),
    ("numer rachunku", Secret::Account),
    ("konta bankowego", Secret::Account),
    ("social security", Secret::Id),
    ("your social", Secret::Id),
    ("my social is", Secret::Id),
    ("my social number", Secret::Id),
    ("national insurance", Secret::Id),
    ("national id*", Secret::Id),
    ("tax id*", Secret::Id),
    ("identity card", Secret::Id),
    ("id card", Secret::Id),
    ("driver s licen*", Secret::Id),
    ("drivers licen*", Secret::Id),
    ("driver licen*", Secret::Id),
    ("driving licen*", Secret::Id),
    ("steuer id", Secret::Id),
    ("seguridad social", Secret::Id),
    ("documento de identidad", Secret::Id),
    ("sécurité sociale", Secret::Id),
    ("carte d identité", Secret::Id),
    ("pièce d identité", Secret::Id),
    ("codice fiscale", Secret::Id),
    ("carta d identità", Secret::Id),
    ("carta di identità", Secret::Id),
    ("patente di guida", Secret::Id),
    ("permiso de conducir", Secret::Id),
    ("permis de conduire", Secret::Id),
    ("carta de condução", Secret::Id),
    ("segurança social", Secret::Id),
    ("número de contribuinte", Secret::Id),
    ("cartão de cidadão", Secret::Id),
    ("dowód osobisty", Secret::Id),
    ("dowodu osobistego", Secret::Id),
    ("numer dowodu", Secret::Id),
    ("su dni", Secret::Id),
    ("tu dni", Secret::Id),
    ("mi dni", Secret::Id),
    ("el dni", Secret::Id),
    ("de dni", Secret::Id),
    ("memorable word", Secret::Password),
    ("security word", Secret::Password),
    ("mot de passe", Secret::Password),
    ("palavra passe", Secret::Password),
    ("parola d ordine", Secret::Password),
];

/// Single words that name a secret. An asterisk matches any ending.
const COMPOUNDS: &[(&str, Secret)] = &[
    ("kartennummer*", Secret::Card),
    ("kreditkarte*", Secret::Card),
    ("kaartnummer*", Secret::Card),
    ("creditcardnummer*", Secret::Card),
    ("ablaufdatum*", Secret::Expiry),
    ("verfallsdatum*", Secret::Expiry),
    ("gültigkeitsdatum*", Secret::Expiry),
    ("caducidad", Secret::Expiry),
    ("scadenza", Secret::Expiry),
    ("vervaldatum*", Secret::Expiry),
    ("geheimzahl*", Secret::Code),
    ("prüfziffer*", Secret::Code),
    ("prüfnummer*", Secret::Code),
    ("cryptogramme", Secret::Code),
    ("iban*", Secret::Account),
    ("kontonummer*", Secret::Account),
    ("bankleitzahl*", Secret::Account),
    ("blz", Secret::Account),
    ("rekeningnummer*", Secret::Account),
    ("ssn", Secret::Id),
    ("passport*", Secret::Id),
    ("pasaporte*", Secret::Id),
    ("passeport*", Secret::Id),
    ("passaporto*", Secret::Id),
    ("passaporte*", Secret::Id),
    ("paspoort*", Secret::Id),
    ("paszport*", Secret::Id),
    ("reisepass*", Secret::Id),
    ("personalausweis*", Secret::Id),
    ("ausweis*", Secret::Id),
    ("steuernummer*", Secret::Id),
    ("steueridentifik*", Secret::Id),
    ("sozialversicherungsnummer*", Secret::Id),
    ("führerschein*", Secret::Id),
    ("rijbewijs*", Secret::Id),
    ("burgerservicenummer*", Secret::Id),
    ("bsn", Secret::Id),
    ("pesel*", Secret::Id),
    ("nif", Secret::Id),
    ("cpf", Secret::Id),
    ("password", Secret::Password),
    ("passwords", Secret::Password),
    ("passphrase", Secret::Password),
    ("passwort", Secret::Password),
    ("kennwort", Secret::Password),
    ("contraseña", Secret::Password),
    ("senha", Secret::Password),
    ("wachtwoord", Secret::Password),
    ("hasło", Secret::Password),
];
