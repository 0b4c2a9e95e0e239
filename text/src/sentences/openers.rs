//! Words that often begin sentences.

/// Words that begin sentences but not names, in the eight languages: articles, pronouns,
/// conjunctions and adverbs.
#[rustfmt::skip]
pub(super) const OPENERS: &[&str] = &[
    // English
    "the", "a", "an", "he", "she", "it", "they", "we", "i", "you", "his", "her", "their", "its",
    "our", "my", "your", "this", "that", "these", "those", "there", "then", "after", "afterwards",
    "before", "also", "but", "and", "or", "so", "because", "if", "when", "while", "since",
    "however", "later", "now", "today", "tomorrow", "yesterday", "no", "yes", "both", "all", "in",
    "on", "at", "for", "with", "to", "as", "once", "please", "one", "two", "what", "who", "where",
    "how", "why", "can", "could", "would", "will", "caller", "customer", "agent", "ok", "okay",
    "not", "nothing",
    // Spanish
    "el", "la", "los", "las", "un", "una", "él", "ella", "ellos", "ellas", "lo", "le", "se", "su",
    "sus", "esto", "este", "esta", "eso", "ese", "esa", "luego", "después", "también", "pero", "y",
    "o", "porque", "si", "cuando", "ahora", "además", "por", "para", "con", "en", "no", "sí",
    "quiere", "pidió", "dijo", "pagó", "llamó", "prefiere",
    // German
    "der", "die", "das", "ein", "eine", "er", "sie", "es", "wir", "ich", "ihr", "ihre", "sein",
    "seine", "dies", "diese", "dieser", "dann", "danach", "später", "auch", "aber", "und", "oder",
    "weil", "wenn", "als", "jetzt", "außerdem", "heute", "morgen", "gestern", "nein", "ja", "mit",
    "für", "von", "zu", "beide", "dort", "nicht", "bitte", "man",
    // French
    "le", "les", "une", "il", "elle", "ils", "elles", "on", "nous", "vous", "je", "ce", "cette",
    "ces", "son", "sa", "ses", "puis", "ensuite", "après", "aussi", "mais", "et", "ou", "car",
    "quand", "maintenant", "avec", "pour", "non", "oui", "dans", "c", "l", "d", "j",
    // Italian
    "gli", "i", "lo", "uno", "lui", "lei", "loro", "suo", "sua", "questo", "questa", "quello",
    "poi", "dopo", "anche", "ma", "e", "ed", "perché", "se", "quando", "ora", "adesso", "inoltre",
    "con", "per", "ha", "vuole", "preferisce",
    // Portuguese
    "o", "a", "os", "as", "um", "uma", "ele", "ela", "eles", "elas", "seu", "sua", "isto", "isso",
    "este", "esta", "depois", "também", "mas", "e", "ou", "porque", "quando", "agora", "além",
    "com", "em", "não", "sim",
    // Dutch
    "de", "het", "een", "hij", "zij", "ze", "wij", "we", "ik", "zijn", "haar", "hun", "dit", "dat",
    "deze", "die", "dan", "daarna", "later", "ook", "maar", "en", "of", "omdat", "als", "nu",
    "bovendien", "met", "voor", "nee",
    // Polish
    "on", "ona", "ono", "oni", "one", "to", "ten", "ta", "jego", "jej", "ich", "potem", "później",
    "też", "ale", "i", "oraz", "lub", "bo", "gdy", "jeśli", "teraz", "ponadto", "z", "w", "na",
    "do", "nie", "tak", "pan", "pani",
];
