//! Small words that change the meaning of a sentence.

use text::negation::{Kind, negation};

/// The class of a folded word, if it is a modifier. Duplicates have the same classes of modifiers.
///
/// Each class stands for one change of meaning: "not" for every negation, "ceased" for something
/// that is no longer so.
pub(super) fn modifier(word: &str) -> Option<&'static str> {
    if let Some(negation) = negation(word) {
        return Some(match negation.kind {
            Kind::Not | Kind::Hardly => "not",
            Kind::Without => "without",
        });
    }
    CLASSES
        .iter()
        .find(|(_, members)| members.contains(&word))
        .map(|(class, _)| *class)
}

#[rustfmt::skip]
const CLASSES: &[(&str, &[&str])] = &[
    ("without", &["lacks", "except", "excluding", "excepto", "ausser"]),
    ("ceased", &[
        "longer", "anymore", "stopped", "stops", "quit", "ceased", "former", "formerly", "previously", "previous",
        "ex", "cancelled", "canceled", "ya", "dejo", "antiguo", "antigua", "mehr", "ehemals", "ehemalige", "fruher",
    ]),
    ("past", &["was", "were", "had", "lived", "worked", "owned", "liked", "loved", "hated", "era", "fue", "war", "hatte"]),
    ("future", &["will", "plans", "planning", "planned", "soon", "tomorrow", "wird", "morgen", "manana"]),
    ("yesterday", &["yesterday", "ayer", "gestern"]),
    ("perhaps", &[
        "may", "might", "maybe", "perhaps", "probably", "possibly", "could", "would", "should", "considering",
        "quizas", "vielleicht", "wahrscheinlich",
    ]),
    ("if", &["if", "unless", "whether", "si", "wenn", "falls"]),
    ("only", &["only", "just", "solo", "solamente", "nur"]),
    ("almost", &["almost", "nearly", "casi", "fast", "beinahe"]),
    ("from", &["from", "desde", "aus", "off", "out"]),
    ("before", &["before", "until", "antes", "hasta", "vor", "bis"]),
    ("after", &["after", "since", "despues", "nach", "seit"]),
    ("over", &["over", "above", "more", "exceeds", "mas", "uber", "up"]),
    ("under", &["under", "below", "less", "fewer", "menos", "unter", "weniger", "down"]),
    ("than", &["than", "rather", "instead", "versus", "als", "statt"]),
    ("against", &["against", "contra", "gegen"]),
    ("too", &["too", "demasiado"]),
    ("first", &["first", "primer", "primera", "primero", "erste", "ersten", "erster"]),
    ("second", &["second", "segundo", "segunda", "zweite", "zweiten", "zweiter"]),
    ("third", &["third", "tercer", "tercera", "dritte", "dritten", "dritter"]),
    ("last", &["last", "ultimo", "ultima", "letzte", "letzten", "letzter"]),
    ("next", &["next", "proximo", "proxima", "nachste", "nachsten", "nachster"]),
    ("other", &["other", "another", "second-hand", "otro", "otra", "andere", "anderen", "anderer"]),
    ("new", &["new", "nuevo", "nueva", "neu", "neue", "neuen", "neuer", "neues"]),
    ("old", &["old", "viejo", "vieja", "alt", "alte", "alten", "alter"]),
    ("left", &["left", "izquierda", "izquierdo", "links", "linke", "linken", "linkes", "linker"]),
    ("right", &["right", "derecha", "derecho", "rechts", "rechte", "rechten", "rechtes", "rechter"]),
    ("north", &["north", "northern", "norte", "norden", "nordlich"]),
    ("south", &["south", "southern", "sur", "suden", "sudlich"]),
    ("east", &["east", "eastern", "este", "osten", "ostlich"]),
    ("west", &["west", "western", "oeste", "westen", "westlich"]),
    ("upstairs", &["upstairs", "arriba", "oben"]),
    ("downstairs", &["downstairs", "abajo", "unten"]),
    ("upper", &["upper", "top", "superior", "obere", "oberen", "oberer"]),
    ("lower", &["lower", "bottom", "inferior", "untere", "unteren", "unterer"]),
    ("inside", &["inside", "indoors", "dentro", "drinnen", "innen", "innerhalb"]),
    ("outside", &["outside", "outdoors", "fuera", "draussen", "aussen", "ausserhalb"]),
    ("front", &["front", "delante"]),
    ("behind", &["behind", "back", "rear", "detras", "hinter", "hinten"]),
    ("morning", &["morning", "mornings", "vormittag", "vormittags", "morgens"]),
    ("noon", &["noon", "midday", "mediodia", "mittag", "mittags"]),
    ("afternoon", &["afternoon", "afternoons", "tarde", "nachmittag", "nachmittags"]),
    ("evening", &["evening", "evenings", "abend", "abends"]),
    ("night", &["night", "nights", "noche", "nacht", "nachts"]),
    ("today", &["today", "hoy", "heute"]),
    ("sometimes", &["sometimes", "occasionally", "veces", "manchmal"]),
    ("daily", &["daily", "diario", "taglich"]),
    ("weekly", &["weekly", "semanal", "wochentlich"]),
    ("monthly", &["monthly", "mensual", "monatlich"]),
    ("yearly", &["yearly", "annually", "anual", "jahrlich"]),
    ("hot", &["hot", "caliente", "heiss"]),
    ("cold", &["cold", "fria", "frio", "kalt"]),
    ("grandmother", &["grandmother", "grandma", "abuela", "oma", "grossmutter"]),
    ("grandfather", &["grandfather", "grandpa", "abuelo", "opa", "grossvater"]),
    ("granddaughter", &["granddaughter", "nieta", "enkelin"]),
    ("grandson", &["grandson", "nieto", "enkel"]),
    ("aunt", &["aunt", "tia", "tante"]),
    ("uncle", &["uncle", "tio", "onkel"]),
    ("mother", &["mother", "mom", "mum", "madre", "mutter"]),
    ("father", &["father", "dad", "padre", "vater"]),
    ("wife", &["wife", "esposa", "ehefrau"]),
    ("husband", &["husband", "esposo", "marido", "ehemann"]),
    ("partner", &["partner", "boyfriend", "girlfriend", "fiance", "fiancee", "pareja"]),
    ("son", &["son", "sons", "hijo", "sohn"]),
    ("daughter", &["daughter", "daughters", "hija", "tochter"]),
    ("brother", &["brother", "brothers", "hermano", "bruder"]),
    ("sister", &["sister", "sisters", "hermana", "schwester"]),
    ("friend", &["friend", "friends", "amigo", "amiga", "freund", "freundin"]),
    ("neighbour", &["neighbor", "neighbour", "vecino", "vecina", "nachbar"]),
    ("boss", &["boss", "manager", "jefe", "chef"]),
];
