//! Splits a collected value into statements. ElevenLabs has no lists, so a model writes several
//! statements into one text.

use common::memory::{is_bare_negation, names_no_person, says_nothing};
use text::sentences;

use crate::extract::language::introductions;

/// Returns the statements of a value: entries of a JSON list, lines, parts between semicolons, and
/// sentences. Statements that mean "none" and duplicates are left out.
pub(super) fn entries(value: &str) -> Vec<String> {
    let lines = list(value).unwrap_or_else(|| value.lines().map(str::to_owned).collect());
    let parts = lines.iter().flat_map(|line| line.split([';', '；']));
    let mut entries: Vec<String> = Vec::new();
    for entry in parts.flat_map(|part| sentences(without_bullet(part))) {
        let entry = without_bullet(&entry)
            .trim_matches(['"', '“', '”'])
            .trim()
            .to_owned();
        // A bare "no" answers no question here.
        let is_none = is_bare_negation(&entry) || says_nothing(&entry, ITEM_NOUNS);
        if !is_none && !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    entries
}

/// Returns the one name in a value. Lines are parts of it.
pub(super) fn name_entry(value: &str) -> Option<String> {
    let parts =
        list(value).unwrap_or_else(|| value.split([';', '；']).map(str::to_owned).collect());
    let mut names = parts
        .iter()
        .map(|part| one_line(without_bullet(part)))
        .filter(|name| !names_no_person(name) || introductions::given_name(name).is_some());
    let first = names.next()?;
    names.all(|other| other == first).then_some(first)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the entries of a JSON list.
fn list(value: &str) -> Option<Vec<String>> {
    serde_json::from_str(value.trim()).ok()
}

/// Removes the bullet or number of a list entry.
fn without_bullet(entry: &str) -> &str {
    let entry = entry.trim();
    let bare = entry
        .trim_start_matches(['-', '–', '—', '*', '•', '·'])
        .trim_start();
    if bare.len() < entry.len() {
        return bare;
    }
    let digits = entry.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &entry[digits..];
    let is_number =
        (1..=2).contains(&digits) && rest.starts_with([')', '.']) && rest[1..].starts_with(' ');
    if is_number {
        rest[1..].trim_start()
    } else {
        entry
    }
}

/// Nouns in statements that mean "none": "No open requests."
const ITEM_NOUNS: &str = "preference preferences fact facts request requests open pending issue issues appointment appointments order orders \
    booking bookings reservation form forms preferred special specific particular further other additional outstanding unresolved \
    settled expressed made requested raised form address addressed everything resolved lasting later calls \
    preferencia preferencias hecho hechos petición peticiones solicitud solicitudes pendiente pendientes cita citas pedido pedidos reserva \
    tratamiento expresó expresado \
    vorliebe vorlieben präferenz präferenzen wünsche fakten tatsachen anliegen offene offenen offenes termin termine bestellung bestellungen \
    buchung anrede geäußert weitere weiteren besonderen bestimmte \
    préférence préférences fait faits demande demandes cours rendez vous commande commandes réservation formule exprimée exprimé \
    preferenza preferenze fatto fatti richiesta richieste aperta aperte appuntamento appuntamenti ordine ordini prenotazione forma cortesia \
    espressa espresse \
    preferência preferências facto factos fato fatos pedido pedidos aberto marcação marcações encomenda encomendas reserva expressa \
    voorkeur voorkeuren feiten verzoek verzoeken openstaande openstaand afspraak afspraken bestelling bestellingen boeking aanspreekvorm \
    uitgesproken \
    preferencja preferencji preferencje fakty faktów prośba prośby próśb otwarte otwartych wizyta wizyty zamówienie zamówienia zamówień \
    forma zwracania";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collected_value_is_split_into_statements() {
        for (value, expected) in [
            (
                "prefers mornings; texts instead of calls",
                vec!["prefers mornings", "texts instead of calls"],
            ),
            (
                "- prefers mornings\n- texts instead of calls",
                vec!["prefers mornings", "texts instead of calls"],
            ),
            (
                "1. Prefers mornings.\n2) Wants texts.",
                vec!["Prefers mornings.", "Wants texts."],
            ),
            (
                r#"["prefers mornings", "wants texts", "None"]"#,
                vec!["prefers mornings", "wants texts"],
            ),
            (
                "Prefers mornings. Wants texts.",
                vec!["Prefers mornings.", "Wants texts."],
            ),
            (
                "Termin am 3. Mai um 10 Uhr",
                vec!["Termin am 3. Mai um 10 Uhr"],
            ),
            ("wants texts; wants texts", vec!["wants texts"]),
            ("2 bikes in for service", vec!["2 bikes in for service"]),
            ("None", vec![]),
            ("No open requests.", vec![]),
            ("no", vec![]),
            ("-", vec![]),
            ("Keine offenen Anliegen", vec![]),
            ("Sin preferencias", vec![]),
            ("nicht angegeben; Aucune préférence exprimée", vec![]),
            ("Brak otwartych próśb", vec![]),
        ] {
            assert_eq!(entries(value), expected, "{value}");
        }
    }
}
