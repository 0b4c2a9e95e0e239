//! Whether a claim says what its evidence says: the same numbers, days and names, no other direction, no other subject, and no
//! denial where there is none.

mod denial;
mod numbers;

use std::collections::HashSet;

use super::heard::folded;
use super::tokens::{Token, tokens};
pub(super) use numbers::says_numbers_of;

/// What a claim rests on.
pub(super) struct Evidence<'a> {
    /// The clauses of the caller that the model quotes.
    pub(super) quote: &'a str,
    /// The whole turn, and what the agent asked before it.
    pub(super) turn: &'a str,
    pub(super) question: &'a str,
    /// All that callers said, and what agents asked and they confirmed.
    pub(super) said: &'a [&'a str],
    /// Whether a word was heard in the call or is known of the caller.
    pub(super) is_known: &'a dyn Fn(&str) -> bool,
}

/// Why a claim is not what its evidence says.
pub(super) fn contradiction(content: &str, evidence: &Evidence<'_>) -> Option<&'static str> {
    let claim = tokens(content);
    if !says_numbers_of(content, evidence) {
        Some("number")
    } else if names_another_day(&claim, evidence) {
        Some("day")
    } else if names_a_stranger(&claim, evidence) {
        Some("name")
    } else if is_turned_round(&claim, &tokens(evidence.turn)) {
        Some("direction")
    } else if is_of_somebody_else(&claim, evidence) {
        Some("subject")
    } else {
        let is_denied = denial::is_reversed(content, evidence.quote) || denial::is_refused(content, evidence);
        is_denied.then_some("denial")
    }
}

/// Whether a word stands before names.
pub(super) fn is_title(word: &str) -> bool {
    is_in(TITLES, word)
}

/// Whether the subject of a clause is a thing or somebody else, and the speaker is not in it: "My bike squeaks".
pub(super) fn is_of_a_thing(clause: &str) -> bool {
    let tokens = tokens(clause);
    let begins = tokens.first().is_some_and(|token| is_in(MINE, &token.lower) || is_in(ARTICLES, &token.lower));
    begins && !tokens.iter().any(|token| is_in(SELF, &token.lower))
}

fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

/// The place of a day or a month among its kind, whatever its language.
fn day_or_month(word: &str) -> Option<usize> {
    let days = DAYS.iter().position(|names| is_in(names, word));
    days.or_else(|| MONTHS.iter().position(|names| is_in(names, word)).map(|month| month + DAYS.len()))
}

/// Whether the claim names a day that was not said, and the caller or the question names another of its kind.
fn names_another_day(claim: &[Token<'_>], evidence: &Evidence<'_>) -> bool {
    let named =
        |tokens: &[Token<'_>]| tokens.iter().filter_map(|token| day_or_month(&token.lower)).collect::<HashSet<_>>();
    let claimed = named(claim);
    if claimed.is_empty() {
        return false;
    }
    let near: HashSet<usize> =
        [evidence.turn, evidence.question].into_iter().flat_map(|text| named(&tokens(text))).collect();
    let said: HashSet<usize> = evidence.said.iter().flat_map(|text| named(&tokens(text))).collect();
    let is_day = |place: usize| place < DAYS.len();
    claimed.iter().any(|day| {
        !near.contains(day) && !said.contains(day) && near.iter().any(|other| is_day(*other) == is_day(*day))
    })
}

/// Whether the claim names somebody or something of whom nobody spoke.
fn names_a_stranger(claim: &[Token<'_>], evidence: &Evidence<'_>) -> bool {
    // German writes every noun with a capital.
    let is_german = claim.iter().any(|token| is_in(GERMAN, &token.lower));
    let is_known = |token: &Token<'_>| (evidence.is_known)(&folded(&token.lower));
    let is_word = |token: &Token<'_>| {
        let letters = token.text.chars().filter(|c| c.is_alphabetic()).count();
        letters > 3 && token.text.chars().skip(1).all(|c| !c.is_uppercase()) && day_or_month(&token.lower).is_none()
    };
    (1..claim.len()).any(|at| {
        let (before, token) = (&claim[at - 1], &claim[at]);
        let is_capitalised = token.text.chars().next().is_some_and(char::is_uppercase) && !token.begins_sentence;
        let is_titled = is_title(&before.lower) && !is_title(&token.lower);
        let is_name = is_capitalised && is_word(token) && !is_title(&token.lower) && (is_titled || !is_german);
        is_name && !is_known(token)
    })
}

/// Whether the claim goes from where the caller goes to.
fn is_turned_round(claim: &[Token<'_>], turn: &[Token<'_>]) -> bool {
    let claimed = directions(claim);
    if claimed.is_empty() {
        return false;
    }
    let said = directions(turn);
    let turned: Vec<bool> = claimed
        .iter()
        .filter(|(word, from, _)| said.iter().any(|(other, other_from, _)| word == other && from != other_from))
        .filter(|(word, from, _)| !said.iter().any(|(other, other_from, _)| word == other && from == other_from))
        .map(|(_, _, is_certain)| *is_certain)
        .collect();
    // "de" and "a" say much else: both ends must be turned.
    turned.iter().any(|is_certain| *is_certain) || turned.len() > 1
}

/// The names that follow a word of direction: whether it means "from", and whether it means nothing else.
fn directions(tokens: &[Token<'_>]) -> Vec<(String, bool, bool)> {
    let mut directions = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let from = is_in("from von aus van de da di z ze", &token.lower);
        let to = is_in("to nach naar a à para in do", &token.lower);
        let is_article = |next: &&Token<'_>| is_in("the la el le der die das den dem de het", &next.lower);
        let place = tokens[at + 1..].iter().take(2).find(|next| !is_article(next));
        let is_place = |place: &&Token<'_>| (from || to) && place.text.chars().next().is_some_and(char::is_uppercase);
        if let Some(place) = place.filter(is_place) {
            let is_certain = is_in("from von aus van to nach naar", &token.lower);
            directions.push((folded(&place.lower), from, is_certain));
        }
    }
    directions
}

/// Whether the caller says it of a relative and the claim of the caller.
fn is_of_somebody_else(claim: &[Token<'_>], evidence: &Evidence<'_>) -> bool {
    let quote = tokens(evidence.quote);
    let is_relative = |token: &Token<'_>| is_in(RELATIVES, &token.lower);
    let speaks_of_self = quote.iter().any(|token| is_in(SELF, &token.lower));
    let is_mine = |pair: &[Token<'_>]| is_in(MINE, &pair[0].lower) && is_relative(&pair[1]);
    let is_subject = quote.windows(2).take(3).any(is_mine);
    let is_pronoun = || {
        quote.iter().take(2).any(|token| is_in(THIRD, &token.lower)) && tokens(evidence.turn).windows(2).any(is_mine)
    };
    if speaks_of_self || !(is_subject || is_pronoun()) {
        return false;
    }
    let names_relative = claim.iter().any(|token| is_relative(token) || is_in(FAMILY, &token.lower));
    let is_name = |token: &&Token<'_>| token.text.chars().next().is_some_and(char::is_uppercase);
    let is_named = quote.iter().skip(1).filter(is_name).any(|name| claim[0].lower == name.lower);
    !names_relative && !is_named
}

/// Words that show that a claim is German.
const GERMAN: &str =
    "der die das den dem ist hat wohnt möchte heißt und wird für mit ihr sein am um im zum zur beim vom ein eine einen";
const TITLES: &str = "doctor dr mr mrs ms miss prof professor herr frau doktor señor señora sr sra don doña monsieur madame mme m \
    signor signora dott dottor dottore dottoressa senhor senhora doutor doutora meneer mevrouw dokter pan pani doktora doctora docteur";
const MINE: &str = "my our mein meine meinem meiner unser unsere mi mis nuestro nuestra mon ma notre mio mia nostro nostra meu minha nosso \
    nossa mijn onze mój moja nasz nasza il la o a";
const ARTICLES: &str = "the this that your der die das dieser diese el los las le les lo i gli os as de het ten ta to";
const THIRD: &str = "he she er sie él ella il elle lui lei ele ela hij zij on ona";
const SELF: &str = "i me we us ich mich mir wir uns yo nosotros nos je j nous io noi ci eu nós ik wij ons ja mnie nam";
const FAMILY: &str = "family spouse relative relatives familie familia famille famiglia família rodzina partner kin his her their sein seine \
    ihr ihre su sus son sa ses leur suo sua seu sua zijn haar jego jej";
const RELATIVES: &str = "brother sister husband wife mother father mum mom dad son daughter child children kids parents grandmother grandfather \
    grandma grandpa uncle aunt cousin nephew niece boyfriend girlfriend partner friend boss neighbour neighbor colleague \
    bruder schwester mann frau mutter vater sohn tochter kind kinder eltern oma opa onkel tante freund freundin chef nachbar nachbarin kollege \
    hermano hermana marido mujer esposo esposa madre padre hijo hija hijos padres abuelo abuela tío tía amigo amiga jefe vecino vecina \
    frère sœur mari femme mère père fils fille enfants parents oncle tante ami amie voisin voisine \
    fratello sorella marito moglie figlio figlia figli genitori nonno nonna zio zia amico amica vicino \
    irmão irmã mãe pai filho filha filhos pais avô avó tio tia vizinho vizinha \
    broer zus man vrouw moeder vader zoon dochter kinderen ouders vriend vriendin buurman buurvrouw \
    brat siostra mąż żona matka ojciec mama tata syn córka dzieci rodzice babcia dziadek wujek ciocia przyjaciel sąsiad sąsiadka";

const DAYS: [&str; 7] = [
    "monday montag lunes lundi lunedì lunedi segunda maandag poniedziałek poniedziałku",
    "tuesday dienstag martes mardi martedì martedi terça dinsdag wtorek wtorku",
    "wednesday mittwoch miércoles miercoles mercredi mercoledì quarta woensdag środa środę",
    "thursday donnerstag jueves jeudi giovedì giovedi quinta donderdag czwartek czwartku",
    "friday freitag viernes vendredi venerdì venerdi sexta vrijdag piątek piątku",
    "saturday samstag sonnabend sábado samedi sabato zaterdag sobota sobotę",
    "sunday sonntag domingo dimanche domenica zondag niedziela niedzielę",
];
const MONTHS: [&str; 12] = [
    "january januar enero janvier gennaio janeiro januari stycznia styczeń styczniu",
    "february februar febrero février febbraio fevereiro februari lutego luty lutym",
    "march märz marzo mars março maart marca marzec marcu",
    "april abril avril aprile kwietnia kwiecień kwietniu",
    "may mai mayo maggio maio mei maja maj maju",
    "june juni junio juin giugno junho czerwca czerwiec czerwcu",
    "july juli julio juillet luglio julho lipca lipiec lipcu",
    "august agosto août augustus sierpnia sierpień sierpniu",
    "september septiembre septembre settembre setembro września wrzesień wrześniu",
    "october oktober octubre octobre ottobre outubro października październik październiku",
    "november noviembre novembre novembro listopada listopad listopadzie",
    "december dezember diciembre décembre dicembre dezembro grudnia grudzień grudniu",
];
