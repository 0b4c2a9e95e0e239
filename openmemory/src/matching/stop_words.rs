//! Decides which words of a question carry its meaning.

use std::collections::HashSet;
use std::sync::LazyLock;

use text::stems::Language;
use text::{Word, fold};

/// How much a word contributes to what a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// A grammatical word: "what", "is", "the". Never searched for.
    Grammar,
    /// The subject of every memory: "customer", "caller". Searched for only when nothing else is
    /// left.
    Subject,
    /// A common word such as "want", "have", "say". Has little weight besides other words.
    Light,
    /// A word that names what the question is about.
    Full,
}

/// Returns the weight of a word in a text of this language.
pub(crate) fn weight(word: &Word, language: Language) -> Weight {
    let folded = word.whole.as_str();
    if SUBJECTS.contains(&folded) {
        Weight::Subject
    } else if grammar(language).contains(folded) {
        Weight::Grammar
    } else if word.is_name || word.has_digit() {
        Weight::Full
    } else if LIGHT.contains(&folded) || LIGHT.contains(&fold(&language.stem(&word.text)).as_str())
    {
        Weight::Light
    } else {
        Weight::Full
    }
}

fn grammar(language: Language) -> &'static HashSet<&'static str> {
    match language {
        Language::English => &ENGLISH_SET,
        Language::Spanish => &SPANISH_SET,
        Language::German => &GERMAN_SET,
    }
}

static ENGLISH_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| ENGLISH.iter().copied().collect());
static SPANISH_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| SPANISH.iter().copied().collect());
static GERMAN_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| GERMAN.iter().copied().collect());

/// Folded words for the caller.
#[rustfmt::skip]
const SUBJECTS: &[&str] = &[
    "customer", "customers", "caller", "callers", "user", "client", "person", "cliente", "clientes", "clienta",
    "clientas", "usuario", "usuaria",
    "kunde", "kunden", "kundin", "anrufer", "anruferin",
];

/// Folded words and stems of [`Weight::Light`].
#[rustfmt::skip]
const LIGHT: &[&str] = &[
    "want", "like", "prefer", "need", "use", "get", "give", "make", "take", "say", "said", "tell", "told", "ask",
    "mention", "talk", "call", "know", "go", "come", "quier", "prefer", "dij", "gust", "necesit", "dic",
    "bevorzugt", "bevorzug", "mocht", "sagt", "wunscht", "gibt", "laut", "lautet", "heisst",
    // Attributes of the thing asked about, in the languages of the greetings.
    "before", "earlier", "former", "formerly", "previously", "antes", "fruher", "fruherer", "vorher", "avant", "ancienne",
    "ancien", "auparavant", "vroeger", "eerder", "wczesniej", "dawny",
    "last", "latest", "previous", "current", "recent", "most", "next", "upcoming", "number", "status", "detail", "details",
    "info", "information", "history",
    "ultimo", "ultima", "ultimos", "ultimas", "anterior", "anteriores", "actual", "actuales", "reciente", "recientes",
    "proximo", "proxima", "numero", "estado", "detalle", "detalles", "datos", "informacion", "historial",
    "letzte", "letzten", "letzter", "letztes", "vorherige", "vorherigen", "fruhere", "fruheren", "aktuelle", "aktueller",
    "aktuelles", "aktuellen", "nachste", "nachster", "nachsten", "nachstes", "nummer", "stand", "einzelheiten", "angaben",
    "dernier", "derniere", "derniers", "dernieres", "precedent", "precedente", "actuel", "actuelle", "prochain",
    "prochaine", "statut", "infos", "historique",
    "ultimi", "ultime", "precedenti", "attuale", "attuali", "prossimo", "prossima", "stato", "dettagli", "informazioni",
    "atual", "atuais", "detalhes", "informacoes", "historico", "dados",
    "laatste", "vorige", "huidige", "recente", "volgende", "gegevens", "informatie", "geschiedenis",
    "ostatni", "ostatnia", "ostatnie", "poprzedni", "poprzednia", "poprzednie", "obecny", "obecna", "aktualny",
    "aktualna", "nastepny", "nastepna", "szczegoly", "informacje", "historia",
];

/// Folded grammatical words of English.
#[rustfmt::skip]
const ENGLISH: &[&str] = &[
    "a", "about", "again", "all", "also", "always", "am", "an", "and", "any", "anything", "are", "as", "at", "be",
    "because", "been", "being", "but", "by", "can", "could", "did", "do", "does", "doing", "done", "each", "ever",
    "every", "everything", "for", "from", "had", "has", "have", "having", "he", "her", "here", "hers", "him", "his",
    "how", "i", "if", "in", "into", "is", "it", "its", "just", "let", "may", "me", "might", "mine", "much", "must",
    "my", "no", "not", "now", "of", "off", "on", "or", "our", "ours", "out", "please", "really", "shall", "she",
    "should", "so", "some", "something", "such", "than", "that", "the", "their", "theirs", "them", "then", "there",
    "these", "they", "this", "those", "to", "too", "up", "us", "usually", "very", "was", "we", "were", "what",
    "whats", "when", "where", "whether", "which", "while", "who", "whom", "whose", "why", "will", "with", "would",
    "yes", "you", "your", "yours",
];

/// Folded grammatical words of Spanish.
#[rustfmt::skip]
const SPANISH: &[&str] = &[
    "a", "al", "algo", "alguna", "alguno", "algun", "ante", "aquel", "aquella", "asi", "aun", "cada", "como", "con",
    "cual", "cuales", "cuando", "cuanta", "cuantas", "cuanto", "cuantos", "de", "del", "desde", "donde", "e", "el",
    "ella", "ellas", "ellos", "en", "entre", "era", "es", "esa", "ese", "eso", "esta", "estan", "estar", "este",
    "esto", "fue", "ha", "han", "hasta", "hay", "he", "la", "las", "le", "les", "lo", "los", "mas", "me", "mi",
    "mis", "muy", "ni", "no", "nos", "o", "os", "otra", "otro", "para", "pero", "por", "porque", "que", "quien",
    "se", "ser", "si", "sido", "siempre", "sin", "sobre", "son", "su", "sus", "suya", "suyo", "tambien",
    "tiene", "tienen", "tu", "tus", "u", "un", "una", "unas", "unos", "y", "ya", "yo",
];

/// Folded grammatical words of German.
#[rustfmt::skip]
const GERMAN: &[&str] = &[
    "ab", "aber", "alle", "als", "also", "am", "an", "auch", "auf", "aus", "bei", "bin", "bis", "da", "dann", "das",
    "dass", "dein", "dem", "den", "denn", "der", "des", "die", "dies", "diese", "dieser", "dieses", "doch", "du",
    "durch", "ein", "eine", "einem", "einen", "einer", "eines", "er", "es", "etwas", "euch", "fur", "gegen", "hat",
    "hatte", "haben", "habe", "ich", "ihm", "ihn", "ihnen", "ihr", "ihre", "ihrem", "ihren", "ihrer", "im", "immer",
    "in", "ins", "ist", "ja", "kann", "kein", "keine", "man", "mein", "meine", "mich", "mir", "mit", "muss", "nach",
    "nein", "nicht", "noch", "nun", "nur", "ob", "oder", "sehr", "sein", "seine", "seinem", "seinen", "seiner",
    "sich", "sie", "sind", "so", "soll", "uber", "um", "und", "uns", "unser", "vom", "von", "vor", "wann", "war",
    "waren", "warum", "was", "welche", "welchen", "welcher", "welches", "wem", "wen", "wenn", "wer", "wie", "will",
    "wir", "wird", "wo", "zu", "zum", "zur",
];
