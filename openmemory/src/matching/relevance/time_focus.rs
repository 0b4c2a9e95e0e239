//! Recognises questions about the newest memory, upcoming events, or an earlier state.

use text::Word;

/// Which point in time a question focuses on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TimeFocus {
    #[default]
    Any,
    /// The last event, or the current state.
    Newest,
    /// Upcoming events.
    Upcoming,
    /// An earlier state: "where did she live before".
    Earlier,
}

impl TimeFocus {
    /// Determines the focus from the words of a question.
    pub(crate) fn from_words(words: &[Word]) -> Self {
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.whole.as_str()));
        if has(UPCOMING) {
            Self::Upcoming
        } else if has(NEWEST) {
            Self::Newest
        } else if has(EARLIER) {
            Self::Earlier
        } else {
            Self::Any
        }
    }
}

/// Folded words that ask for the newest memory or the current state.
#[rustfmt::skip]
const NEWEST: &[&str] = &[
    "last", "latest", "recent", "recently", "newest", "current", "currently", "now",
    "ultimo", "ultima", "ultimos", "ultimas", "reciente", "recientes", "actual", "actuales", "ahora",
    "letzte", "letzten", "letzter", "letztes", "zuletzt", "neueste", "neuester", "neuestes", "aktuell", "aktuelle",
    "aktueller", "aktuelles", "aktuellen", "jetzt",
    "dernier", "derniere", "derniers", "dernieres", "actuel", "actuelle", "actuels", "actuelles", "recemment", "recente",
    "ultimi", "ultime", "recenti", "attuale", "attuali", "adesso",
    "recentes", "atual", "atuais", "agora",
    "laatste", "laatst", "huidige", "nieuwste", "nu",
    "ostatni", "ostatnia", "ostatnie", "ostatnio", "najnowszy", "najnowsza", "najnowsze", "obecny", "obecna", "teraz",
];

/// Folded words that ask for an upcoming event.
#[rustfmt::skip]
const UPCOMING: &[&str] = &[
    "next", "upcoming", "forthcoming",
    "proximo", "proxima", "proximos", "proximas", "venidero", "venidera",
    "nachste", "nachster", "nachstes", "nachsten", "kommende", "kommender", "kommendes", "kommenden", "bevorstehende",
    "bevorstehender", "bevorstehendes", "bevorstehenden", "anstehende", "anstehender", "anstehendes", "anstehenden",
    "prochain", "prochaine", "prochains", "prochaines",
    "prossimo", "prossima", "prossimi", "prossime",
    "volgende", "eerstvolgende", "komende", "aankomende",
    "nastepny", "nastepna", "nastepne", "najblizszy", "najblizsza", "najblizsze", "nadchodzacy", "nadchodzaca", "nadchodzace",
];

/// Folded words that ask for an earlier state.
#[rustfmt::skip]
const EARLIER: &[&str] = &[
    "before", "previous", "previously", "earlier", "former", "formerly", "past",
    "antes", "anterior", "anteriores", "anteriormente", "antiguo", "antigua",
    "fruher", "fruhere", "fruheren", "fruherer", "vorher", "vorherige", "vorherigen", "vorheriger", "ehemalige", "ehemaliger",
    "avant", "auparavant", "precedent", "precedente", "precedents", "precedentes", "ancien", "ancienne", "anciens", "anciennes",
    "precedenti", "precedentemente", "antigo", "antiga",
    "vroeger", "vroegere", "vorige", "eerder", "eerdere",
    "poprzedni", "poprzednia", "poprzednie", "wczesniej", "dawny", "dawna",
];

#[cfg(test)]
mod tests {
    use text::search_words;

    use super::*;

    #[test]
    fn the_time_focus_of_a_question_is_recognised() {
        for (question, time_focus) in [
            ("last order number", TimeFocus::Newest),
            ("nächster Termin", TimeFocus::Upcoming),
            ("kommende Lieferung", TimeFocus::Upcoming),
            ("eerstvolgende afspraak", TimeFocus::Upcoming),
            ("najbliższa wizyta", TimeFocus::Upcoming),
            ("where did she live before", TimeFocus::Earlier),
            ("früherer Tarif", TimeFocus::Earlier),
            ("ancienne adresse", TimeFocus::Earlier),
            ("how old is he", TimeFocus::Any),
            ("", TimeFocus::Any),
        ] {
            assert_eq!(
                TimeFocus::from_words(&search_words(question)),
                time_focus,
                "{question}"
            );
        }
    }
}
