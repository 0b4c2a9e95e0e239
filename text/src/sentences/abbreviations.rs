//! Abbreviations that end with a dot.

/// Abbreviated titles and ranks before a name, in the eight languages.
pub(super) const BEFORE_A_NAME: &[&str] = &[
    "mr", "mrs", "ms", "mx", "dr", "drs", "prof", "st", "ste", "sgt", "lt", "col", "gen", "capt",
    "cpt", "cmdr", "cdr", "adm", "maj", "cpl", "pvt", "ofc", "officer", "supt", "insp", "det",
    "rev", "fr", "hon", "pres", "gov", "sen", "rep", "cllr", "amb", "messrs", "mt", "ft", "sr",
    "sra", "srta", "sres", "dra", "dña", "lic", "ing", "arq", "prof", "profa", "hr", "hrn", "frl",
    "dipl", "med", "jur", "phil", "rer", "nat", "habil", "mag", "ra", "mme", "mmes", "mlle", "mgr",
    "me", "sig", "sigg", "sig.ra", "sigra", "dott", "dottssa", "avv", "geom", "rag", "on", "eng",
    "enga", "exmo", "exma", "dhr", "mevr", "mw", "mej", "dra", "ir", "mr", "inż", "mgr", "hab",
    "ks", "płk", "gen", "kpt", "por", "św", "abp", "bp",
];

/// Titles that are ordinary words too. They count only if capitalised.
pub(super) const ORDINARY_WORDS: [&str; 9] =
    ["me", "on", "ra", "rag", "nat", "rep", "mag", "maj", "det"];

/// Abbreviations before a number, including months and days, in the eight languages.
pub(super) const BEFORE_A_NUMBER: &[&str] = &[
    "no", "nos", "nr", "nro", "núm", "num", "n", "p", "pp", "pg", "pág", "pag", "s", "str",
    "seite", "vol", "art", "ch", "cap", "kap", "fig", "abb", "sec", "sect", "par", "apt", "apto",
    "ste", "bldg", "rm", "fl", "ext", "tel", "tél", "tlf", "mob", "fax", "approx", "ca", "circa",
    "aprox", "env", "ungef", "min", "max", "ver", "v", "rel", "al", "ul", "jan", "feb", "mar",
    "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "mon", "tue", "tues", "wed",
    "thu", "thur", "thurs", "fri", "sat", "sun", "ene", "abr", "ago", "dic", "jän", "mrz", "okt",
    "dez", "janv", "févr", "avr", "juil", "août", "déc", "gen", "mag", "giu", "lug", "ott", "fev",
    "set", "out", "mrt", "mei", "sty", "lut", "kwi", "maj", "cze", "lip", "sie", "wrz", "paź",
    "lis", "gru", "mo", "di", "mi", "do", "sa", "so",
];

/// Abbreviations in any position, in the eight languages.
pub(super) const ANYWHERE: &[&str] = &[
    "vs", "etc", "inc", "co", "corp", "ltd", "llc", "jr", "sr", "esq", "bros", "dept", "dpt",
    "est", "ave", "av", "avda", "blvd", "bd", "rd", "hwy", "pkwy", "sq", "pl", "ct", "cf", "incl",
    "excl", "misc", "govt", "assn", "assoc", "univ", "gmbh", "bzw", "usw", "ggf", "evtl", "inkl",
    "exkl", "zzgl", "vgl", "sog", "geb", "gest", "verh", "abt", "str", "strasse", "pl", "hbf",
    "plz", "tgl", "mtl", "jhd", "jh", "ud", "uds", "vd", "vds", "cía", "ed", "dep", "dpto", "izq",
    "dcha", "ej", "sté", "éd", "hab", "apr", "spa", "srl", "ecc", "pzza", "cia", "ltda", "excl",
    "enz", "bijv", "evt", "ong", "aub", "afd", "gem", "tzn", "np", "itp", "itd", "tzw", "ul", "al",
    "pl", "os", "tys", "mln", "godz", "zł", "woj",
];

/// The first letters of the months, in the eight languages.
pub(super) const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "mär", "apr", "abr", "avr", "may", "mai", "mei", "maj", "mag", "jun",
    "jui", "giu", "jul", "lug", "aug", "ago", "aoû", "sep", "set", "oct", "okt", "ott", "out",
    "nov", "dec", "dez", "dic", "déc", "ene", "gen", "fév", "sty", "lut", "kwi", "cze", "lip",
    "sie", "wrz", "paź", "lis", "gru", "jän", "mrt", "fev",
];
