//! Prefixes of memories from collected values, in the language of the call: "Preference: …".

use common::elevenlabs::collection::CollectedItem;

/// Returns the memory of a value: its prefix and the value.
pub(super) fn with_prefix(item: CollectedItem, value: &str, language: &str) -> String {
    let primary = language.split(['-', '_']).next().unwrap_or(language);
    let words = PREFIXES
        .iter()
        .find(|(known, _)| *known == primary)
        .map_or(&PREFIXES[0].1, |(_, words)| words);
    format!("{}: {value}", words[index(item)])
}

/// Returns whether a memory begins with the prefix of this item in any language.
pub(super) fn has_prefix(item: CollectedItem, content: &str) -> bool {
    content.split_once(": ").is_some_and(|(prefix, _)| {
        PREFIXES
            .iter()
            .any(|(_, words)| words[index(item)] == prefix)
    })
}

fn index(item: CollectedItem) -> usize {
    CollectedItem::ALL
        .iter()
        .position(|known| *known == item)
        .unwrap_or_default()
}

/// Prefixes by language, in the order of [`CollectedItem::ALL`].
const PREFIXES: [(&str, [&str; 6]); 8] = [
    (
        "en",
        [
            "Name",
            "Form of address",
            "Preference",
            "About the caller",
            "Open request",
            "Appointment or order",
        ],
    ),
    (
        "es",
        [
            "Nombre",
            "Tratamiento",
            "Preferencia",
            "Sobre la persona que llama",
            "Petición pendiente",
            "Cita o pedido",
        ],
    ),
    (
        "de",
        [
            "Name",
            "Anrede",
            "Vorliebe",
            "Über die anrufende Person",
            "Offenes Anliegen",
            "Termin oder Bestellung",
        ],
    ),
    (
        "fr",
        [
            "Nom",
            "Formule d’adresse",
            "Préférence",
            "Sur la personne qui appelle",
            "Demande en cours",
            "Rendez-vous ou commande",
        ],
    ),
    (
        "it",
        [
            "Nome",
            "Forma di cortesia",
            "Preferenza",
            "Sulla persona che chiama",
            "Richiesta aperta",
            "Appuntamento o ordine",
        ],
    ),
    (
        "pt",
        [
            "Nome",
            "Forma de tratamento",
            "Preferência",
            "Sobre quem liga",
            "Pedido em aberto",
            "Marcação ou encomenda",
        ],
    ),
    (
        "nl",
        [
            "Naam",
            "Aanspreekvorm",
            "Voorkeur",
            "Over de beller",
            "Openstaand verzoek",
            "Afspraak of bestelling",
        ],
    ),
    (
        "pl",
        [
            "Imię i nazwisko",
            "Forma zwracania się",
            "Preferencja",
            "O osobie dzwoniącej",
            "Otwarta prośba",
            "Wizyta lub zamówienie",
        ],
    ),
];
