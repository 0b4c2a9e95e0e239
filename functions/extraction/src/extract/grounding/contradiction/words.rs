//! Word lists for comparing claims with evidence, in eight languages, indexed in one sorted table.

use std::sync::LazyLock;

use crate::extract::language::word_table::WordTable;

/// The classes of words that matter for a comparison. A word may have several.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum WordClass {
    /// A title before a name.
    Title,
    /// "my".
    Possessive,
    /// An article or demonstrative before a thing.
    Article,
    /// "he", "she".
    ThirdPerson,
    /// "I", "me".
    FirstPerson,
    /// Refers to relatives without naming one: "family", "their".
    Family,
    /// A German function word. It shows that a claim is German.
    GermanMarker,
    /// A relative or other close person: "brother".
    Relative,
    /// Precedes an origin: "from".
    From,
    /// Precedes a destination: "to".
    To,
    /// An article before a place name.
    Determiner,
    /// A word of direction without another meaning.
    UnambiguousDirection,
    /// Means "no".
    No,
    /// A softer denial. Two statements may agree although only one of them has a "not".
    SoftNegation,
    /// "before", "until".
    Before,
    /// "after", "from".
    After,
    /// Ignored when denials are compared: wishes, forms of "be", times, articles.
    Ignored,
    /// "tomorrow", "week".
    RelativeDay,
    /// Half an hour.
    Half,
    /// A quarter of an hour.
    Quarter,
    /// Twelve o'clock.
    Noon,
    /// Midnight.
    Midnight,
    /// Twelve.
    Dozen,
    /// Two.
    Twice,
}

/// Number of weekdays. In [`DATES`] they come before the months.
pub(super) const WEEKDAYS: usize = 7;

/// Returns whether a word in lower case is in a class.
pub(super) fn is_in(class: WordClass, word: &str) -> bool {
    TABLE
        .meanings(word)
        .any(|meaning| matches!(meaning, Meaning::Class(known) if known == class))
}

/// Returns the index of a weekday or month in [`DATES`], in any language.
pub(super) fn day_or_month(word: &str) -> Option<usize> {
    TABLE.meanings(word).find_map(|meaning| match meaning {
        Meaning::Place(place) => Some(place),
        Meaning::Class(_) => None,
    })
}

#[derive(Clone, Copy)]
enum Meaning {
    Class(WordClass),
    /// The index of a weekday or month in [`DATES`].
    Place(usize),
}

static TABLE: LazyLock<WordTable<Meaning>> = LazyLock::new(|| {
    let listed = WORDS
        .iter()
        .map(|(class, words)| (Meaning::Class(*class), *words));
    let dated = DATES
        .iter()
        .enumerate()
        .map(|(place, words)| (Meaning::Place(place), *words));
    WordTable::new(listed.chain(dated))
});

const WORDS: &[(WordClass, &str)] = &[
    (
        WordClass::Title,
        "doctor dr mr mrs ms miss prof professor herr frau doktor señor señora sr sra don doña monsieur madame \
        mme m signor signora dott dottor dottore dottoressa senhor senhora doutor doutora meneer mevrouw dokter \
        pan pani doktora doctora docteur",
    ),
    (
        WordClass::Possessive,
        "my our mein meine meinem meiner unser unsere mi mis nuestro nuestra mon ma notre mio mia nostro nostra \
        meu minha nosso nossa mijn onze mój moja nasz nasza il la o a",
    ),
    (
        WordClass::Article,
        "the this that your der die das dieser diese el los las le les lo i gli os as de het ten ta to",
    ),
    (
        WordClass::ThirdPerson,
        "he she er sie él ella il elle lui lei ele ela hij zij on ona",
    ),
    (
        WordClass::FirstPerson,
        "i me we us ich mich mir wir uns yo nosotros nos je j nous io noi ci eu nós ik wij ons ja mnie nam",
    ),
    (
        WordClass::Family,
        "family spouse relative relatives familie familia famille famiglia família rodzina partner kin his her \
        their sein seine ihr ihre su sus son sa ses leur suo sua seu sua zijn haar jego jej",
    ),
    (
        WordClass::GermanMarker,
        "der die das den dem ist hat wohnt möchte heißt und wird für mit ihr sein am um im zum zur beim vom ein \
        eine einen",
    ),
    (
        WordClass::Relative,
        "brother sister husband wife mother father mum mom dad son daughter child children kids parents \
        grandmother grandfather grandma grandpa uncle aunt cousin nephew niece boyfriend girlfriend partner \
        friend boss neighbour neighbor colleague bruder schwester mann frau mutter vater sohn tochter kind \
        kinder eltern oma opa onkel tante freund freundin chef nachbar nachbarin kollege hermano hermana marido \
        mujer esposo esposa madre padre hijo hija hijos padres abuelo abuela tío tía amigo amiga jefe vecino \
        vecina frère sœur mari femme mère père fils fille enfants parents oncle tante ami amie voisin voisine \
        fratello sorella marito moglie figlio figlia figli genitori nonno nonna zio zia amico amica vicino irmão \
        irmã mãe pai filho filha filhos pais avô avó tio tia vizinho vizinha broer zus man vrouw moeder vader \
        zoon dochter kinderen ouders vriend vriendin buurman buurvrouw brat siostra mąż żona matka ojciec mama \
        tata syn córka dzieci rodzice babcia dziadek wujek ciocia przyjaciel sąsiad sąsiadka",
    ),
    (WordClass::From, "from von aus van de da di z ze"),
    (WordClass::To, "to nach naar a à para in do"),
    (
        WordClass::Determiner,
        "the la el le der die das den dem de het",
    ),
    (
        WordClass::UnambiguousDirection,
        "from von aus van to nach naar",
    ),
    (
        WordClass::No,
        "no nope nein nee non não nie not nicht pas niet anymore",
    ),
    (
        WordClass::SoftNegation,
        "stop stopped cancel cancelled avoid avoids refuse refuses decline declined unable only except instead \
        rather missing lost lacks lack hate hates dislikes away unavailable until unless despite solo sólo nur \
        only seulement solo só slechts tylko abbestellt kündigen cancelar annuler annullare annuleren anulować \
        dejar evita vermeidet weg fuera",
    ),
    (
        WordClass::Before,
        "before until till bis vor antes hasta avant prima fino até voor tot przed do",
    ),
    (
        WordClass::After,
        "after from since afternoon afternoons later ab nach nachmittags desde tarde después après dès dopo dalle \
        pomeriggio depois partir na vanaf middag po od",
    ),
    (
        WordClass::Ignored,
        "the a an and or is are was were be been has have had does did do will would can could should wants want \
        wanted likes like needs need prefers prefer please any more anymore always often never usually caller \
        customer her his their its him she they for with that this der die das den dem ein eine einen ist sind \
        war hat haben möchte möchten will wünscht braucht brauche bitte immer mehr anrufer anruferin kunde \
        kundin quiero quiere quisiera necesita necesito prefiere siempre por favor más que una uno los las del \
        cliente veux veut voudrais voudrait préfère toujours plus les des une voglio vuole vorrei preferisce \
        sempre più per del della quero quer queria prefere mais para wil wilt wens wenst graag altijd meer een \
        het voor chcę chce chciałbym proszę zawsze już",
    ),
    (
        WordClass::RelativeDay,
        "today tomorrow yesterday week weeks month months heute morgen gestern woche hoy mañana ayer semana \
        aujourd demain hier semaine oggi domani ieri settimana hoje amanhã ontem vandaag gisteren dzisiaj jutro \
        wczoraj tydzień tygodniu",
    ),
    (
        WordClass::Half,
        "half halb halbe media demie mezza mezzo meia wpół",
    ),
    (
        WordClass::Quarter,
        "quarter viertel cuarto quart quarto kwart kwadrans",
    ),
    (
        WordClass::Noon,
        "noon midday mittag mittags mediodía midi mezzogiorno południe południu",
    ),
    (
        WordClass::Midnight,
        "midnight mitternacht medianoche minuit mezzanotte meia-noite middernacht północ",
    ),
    (
        WordClass::Dozen,
        "dozen dutzend docena douzaine dozzina dúzia dozijn tuzin",
    ),
    (
        WordClass::Twice,
        "twice double zweimal doppelt dos doble deux double due doppio duas tweemaal dwukrotnie both couple pair \
        twins",
    ),
];

/// The weekdays from Monday, then the months.
const DATES: [&str; 19] = [
    "monday montag lunes lundi lunedì lunedi segunda maandag poniedziałek poniedziałku",
    "tuesday dienstag martes mardi martedì martedi terça dinsdag wtorek wtorku",
    "wednesday mittwoch miércoles miercoles mercredi mercoledì quarta woensdag środa środę",
    "thursday donnerstag jueves jeudi giovedì giovedi quinta donderdag czwartek czwartku",
    "friday freitag viernes vendredi venerdì venerdi sexta vrijdag piątek piątku",
    "saturday samstag sonnabend sábado samedi sabato zaterdag sobota sobotę",
    "sunday sonntag domingo dimanche domenica zondag niedziela niedzielę",
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
