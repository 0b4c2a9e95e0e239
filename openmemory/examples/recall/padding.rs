//! Invented small talk that answers no question: what callers with a long history have beside the
//! facts.

use serde_json::{Value, json};

use crate::Caller;

const MOST_AT_ONCE: usize = 100;

/// Parts of a sentence in one language: who, what they did, what it was about, and when.
type Parts = [&'static [&'static str]; 4];

const ENGLISH: Parts = [
    &[
        "Her neighbour",
        "A colleague",
        "Her cousin",
        "The gardener",
        "An old friend",
        "Her aunt",
        "The coach",
        "A guest",
    ],
    &[
        "talked about",
        "laughed about",
        "read about",
        "painted",
        "dreamt of",
        "photographed",
        "sang about",
        "wrote about",
    ],
    &[
        "the carnival",
        "a lighthouse",
        "wild geese",
        "an opera",
        "the harvest",
        "a volcano",
        "old maps",
        "a marathon",
        "snowmen",
        "the eclipse",
        "a circus",
        "mushrooms",
        "sailing boats",
        "a ghost story",
        "meteors",
        "beekeeping",
    ],
    &["on a walk", "in the tram", "at breakfast", "during the storm", "at the fair", "after the film", "by the lake"],
];
const SPANISH: Parts = [
    &["Su vecina", "Un colega", "Su primo", "El jardinero", "Una amiga", "Su tía", "El entrenador", "Un invitado"],
    &["habló sobre", "se rió de", "leyó sobre", "pintó", "soñó con", "fotografió", "cantó sobre", "escribió sobre"],
    &[
        "el carnaval",
        "un faro",
        "los gansos",
        "una ópera",
        "la cosecha",
        "un volcán",
        "mapas antiguos",
        "un maratón",
        "muñecos de nieve",
        "el eclipse",
        "un circo",
        "las setas",
        "los veleros",
        "un cuento de miedo",
        "los meteoros",
        "las abejas",
    ],
    &["de paseo", "en el tranvía", "en el desayuno", "en la tormenta", "en la feria", "tras la película", "en el lago"],
];
const GERMAN: Parts = [
    &[
        "Die Nachbarin",
        "Ein Kollege",
        "Ihr Cousin",
        "Der Gärtner",
        "Eine Freundin",
        "Die Tante",
        "Der Trainer",
        "Ein Gast",
    ],
    &["sprach über", "lachte über", "las über", "malte", "träumte von", "fotografierte", "sang über", "schrieb über"],
    &[
        "den Karneval",
        "einen Leuchtturm",
        "Wildgänse",
        "eine Oper",
        "die Ernte",
        "einen Vulkan",
        "alte Landkarten",
        "einen Marathon",
        "Schneemänner",
        "die Finsternis",
        "einen Zirkus",
        "Pilze",
        "Segelboote",
        "Spukgeschichten",
        "Meteore",
        "die Imkerei",
    ],
    &[
        "beim Spaziergang",
        "in der Bahn",
        "beim Frühstück",
        "im Gewitter",
        "auf dem Jahrmarkt",
        "nach dem Film",
        "am See",
    ],
];

/// Batches of so many memories of small talk, in the caller's language, dated over three years.
pub(crate) fn batches(caller: &Caller, count: usize) -> Vec<Value> {
    let items: Vec<Value> = (0..count).map(|at| memory(caller, at)).collect();
    items.chunks(MOST_AT_ONCE).map(|chunk| json!({ "memories": chunk })).collect()
}

fn memory(caller: &Caller, at: usize) -> Value {
    let parts = match caller.language.as_str() {
        "es" => SPANISH,
        "de" => GERMAN,
        _ => ENGLISH,
    };
    // Neighbours differ in all parts.
    let mut rest = at * 4_801;
    let words: Vec<&str> = parts
        .iter()
        .map(|part| {
            let word = part[rest % part.len()];
            rest /= part.len();
            word
        })
        .collect();
    let date = format!("{}-{:02}-{:02}T12:00:00Z", 2024 + at % 3, 1 + at % 9, 1 + at % 28);
    json!({
        "agent_id": "recall", "caller_id": caller.id, "importance": 2 + at % 4,
        "content": format!("{}.", words.join(" ")), "metadata": { "timestamp": date },
    })
}
