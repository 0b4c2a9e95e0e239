//! Splits a collected value into statements. ElevenLabs has no lists, so a model writes several
//! statements into one text.

use common::memory::is_placeholder_for;
use text::sentences;

/// Returns the statements of a value: entries of a JSON list, lines, parts between semicolons, and
/// sentences. Statements that mean "none" and duplicates are left out.
pub(super) fn entries(value: &str) -> Vec<String> {
    let lines: Vec<String> = match serde_json::from_str::<Vec<String>>(value.trim()) {
        Ok(list) => list,
        Err(_) => value.lines().map(str::to_owned).collect(),
    };
    let parts = lines.iter().flat_map(|line| line.split([';', '；']));
    let mut entries: Vec<String> = Vec::new();
    for entry in parts.flat_map(|part| sentences(without_bullet(part))) {
        let entry = without_bullet(&entry)
            .trim_matches(['"', '“', '”'])
            .trim()
            .to_owned();
        let says_something =
            entry.chars().any(char::is_alphanumeric) && !is_placeholder_for(&entry, ITEM_NOUNS);
        if says_something && !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    entries
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
