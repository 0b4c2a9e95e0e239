//! Questions for the newest of several memories, or for the next thing to come.

use crate::words::Word;

/// Whether a word asks for the newest.
pub(super) fn asks_for_newest(word: &Word) -> bool {
    NEWEST.contains(&word.whole.as_str())
}

#[rustfmt::skip]
const NEWEST: &[&str] = &[
    "last", "latest", "recent", "recently", "newest", "current", "currently", "now", "next", "upcoming",
    "ultimo", "ultima", "ultimos", "ultimas", "reciente", "recientes", "actual", "actuales", "ahora", "proximo", "proxima",
    "letzte", "letzten", "letzter", "letztes", "zuletzt", "neueste", "neuester", "neuestes", "aktuell", "aktuelle",
    "aktueller", "aktuelles", "aktuellen", "jetzt", "nachste", "nachster", "nachstes", "nachsten",
    "dernier", "derniere", "derniers", "dernieres", "actuel", "actuelle", "recemment", "prochain", "prochaine",
    "ultimi", "ultime", "recenti", "attuale", "attuali", "adesso", "prossimo", "prossima",
    "recentes", "atual", "atuais", "agora",
    "laatste", "laatst", "huidige", "nieuwste", "nu", "volgende",
    "ostatni", "ostatnia", "ostatnie", "ostatnio", "najnowszy", "najnowsza", "najnowsze", "obecny", "obecna", "teraz",
    "nastepny", "nastepna",
];
