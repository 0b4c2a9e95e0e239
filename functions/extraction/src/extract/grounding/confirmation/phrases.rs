//! Clauses that mean yes as a whole, in the supported languages. A single word may be part of
//! another statement; a whole clause is not: "It is." confirms, "It is Mill Lane." does not.

use std::collections::HashSet;
use std::sync::LazyLock;

use text::words;

/// Returns whether a clause is one of these phrases, apart from polite words.
pub(super) fn is_confirming(clause: &str) -> bool {
    let core_words: Vec<String> = words(clause)
        .filter(|word| !POLITE.contains(&word.as_str()))
        .collect();
    let phrase = core_words.join(" ");
    let is_praise = PRAISE.iter().any(|(lead, praise)| {
        phrase
            .strip_prefix(lead)
            .is_some_and(|rest| praise.split(' ').any(|word| word == rest.trim()))
    });
    is_praise || CONFIRMING.contains(phrase.as_str())
}

static CONFIRMING: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    PHRASES
        .iter()
        .flat_map(|(_, phrases)| phrases.split(", "))
        .collect()
});

const POLITE: [&str; 18] = [
    "please",
    "thanks",
    "thank",
    "you",
    "bitte",
    "danke",
    "gracias",
    "merci",
    "grazie",
    "obrigado",
    "obrigada",
    "bedankt",
    "dank",
    "proszę",
    "dziękuję",
    "so",
    "oh",
    "well",
];

/// Praise of an offer: "that would be", and one of these words.
const PRAISE: [(&str, &str); 16] = [
    (
        "that would be",
        "lovely great good fine perfect nice wonderful excellent ideal helpful brilliant super",
    ),
    (
        "that d be",
        "lovely great good fine perfect nice wonderful excellent ideal helpful brilliant super",
    ),
    (
        "that sounds",
        "lovely great good fine perfect nice wonderful excellent ideal",
    ),
    ("that s", "great lovely perfect ideal wonderful excellent"),
    ("sure", "thing do yes"),
    (
        "das wäre",
        "schön gut toll super prima nett perfekt ideal lieb klasse",
    ),
    ("das klingt", "gut toll super prima perfekt"),
    ("sería", "perfecto estupendo genial ideal bueno"),
    ("me parece", "perfecto bien genial estupendo"),
    ("ce serait", "parfait bien super idéal gentil génial"),
    ("sarebbe", "perfetto ottimo bello ideale fantastico"),
    ("seria", "ótimo perfeito bom ideal"),
    ("parece me", "bem ótimo perfeito"),
    ("dat zou", "fijn mooi goed geweldig perfect"),
    ("dat is", "goed prima fijn perfect"),
    ("byłoby", "świetnie super miło idealnie dobrze"),
];

const PHRASES: [(&str, &str); 8] = [
    (
        "en",
        "indeed, absolutely, definitely, certainly, of course, perfect, great, fine, good, lovely, excellent, brilliant, \
alright, all right, very well, very good, sounds good, sounds great, that works, that works for me, works for me, \
that s fine, that s good, that s perfect, that s right, that s correct, that s it, that s me, that is fine, that is right, \
that is correct, that is, it is, it does, it was, i do, i am, i would, i will, i have, i did, we do, we are, we would, \
we will, do, do that, do it, go ahead, go on, mm hmm, mm, mhm, mmhm, mmhmm, uh huh, aha, you got it, spot on, by all means, \
affirmative, as always, no problem, no worries, why not, for sure",
    ),
    (
        "es",
        "vale, perfecto, perfecta, de acuerdo, por supuesto, así es, eso es, desde luego, está bien, muy bien, bien, bueno, \
genial, estupendo, me parece bien, adelante, efectivamente, exactamente, correcta, ajá, lo es, cómo no, sin problema, \
ningún problema, okey",
    ),
    (
        "de",
        "jawohl, jep, jup, jap, jo, joa, doch, das stimmt, stimmt, das passt, passt, passt gut, ist es, gern, gerne, sehr gern, \
sehr gerne, in ordnung, das ist in ordnung, geht klar, klar, na klar, natürlich, selbstverständlich, perfekt, prima, super, \
gut, ist gut, sehr gut, alles klar, einverstanden, korrekt, auf jeden fall, machen sie das, mach das, mhm, freilich, sicher, \
das ist richtig, das ist korrekt, das ist gut, kein problem, bin ich, das bin ich, habe ich, okay",
    ),
    (
        "fr",
        "d accord, bien sûr, tout à fait, parfait, c est ça, c est bien ça, c est exact, c est correct, c est bon, c est moi, \
volontiers, entendu, ça marche, ça me va, très bien, absolument, effectivement, avec plaisir, en effet, voilà, allez y, \
certainement, pas de problème, aucun problème, pourquoi pas, évidemment",
    ),
    (
        "it",
        "d accordo, perfetto, va bene, certamente, esattamente, proprio così, è così, è giusto, è corretto, giusto, volentieri, \
ottimo, benissimo, senz altro, assolutamente, come no, nessun problema, sono io, corretto, prego, faccia pure, mi va bene",
    ),
    (
        "pt",
        "claro, com certeza, perfeito, certo, exato, exatamente, está bem, tudo bem, pode ser, é isso, isso mesmo, correto, \
de acordo, combinado, ótimo, está certo, está correto, é, pois, sem dúvida, sem problema, sou eu, pode, positivo",
    ),
    (
        "nl",
        "dat klopt, prima, goed, is goed, dat is goed, graag, heel graag, zeker, hoor, precies, akkoord, perfect, uitstekend, \
natuurlijk, dat is juist, dat is correct, juist, doe maar, oké, oke, jawel, helemaal goed, geen probleem, dat ben ik, jazeker",
    ),
    (
        "pl",
        "zgadza się, to się zgadza, dobrze, jasne, oczywiście, dokładnie, pewnie, świetnie, w porządku, może być, racja, zgoda, \
jak najbardziej, poproszę, owszem, super, idealnie, nie ma problemu, nie ma sprawy, okej, mhm, to ja",
    ),
];
