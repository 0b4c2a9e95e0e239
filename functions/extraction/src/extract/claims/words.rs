//! The words by which claims and evidence are compared, in eight languages, found in one table.

use std::sync::LazyLock;

/// What a word can be.
#[derive(Clone, Copy)]
pub(super) enum List {
    /// Stands before a name.
    Title,
    /// "my"
    Mine,
    /// Begins a thing.
    Article,
    /// "he", "she"
    Third,
    /// "I", "me"
    Own,
    /// Means a relative without naming one.
    Family,
    /// Shows that a claim is German.
    German,
    /// "brother"
    Relative,
    /// Comes before where somebody comes from.
    From,
    /// Comes before where somebody goes.
    To,
    /// An article before a place.
    Determiner,
    /// A word of direction that means nothing else.
    Certain,
    /// Says no.
    No,
    /// Denies what follows it in its clause.
    Ahead,
    /// Denies its whole clause: the verb may stand before it.
    Around,
    /// Begins another statement.
    But,
    /// Denies in another way, so that two statements may agree although only one has a "not".
    Soft,
    /// "before", "until"
    Before,
    /// "after", "from"
    After,
    /// Means nothing for a denial: words of wishing, of being, of time, articles.
    Empty,
    /// "tomorrow", "week"
    RelativeDay,
    /// Half an hour.
    Half,
    /// A quarter of an hour.
    Quarter,
    /// Twelve o'clock.
    Noon,
    /// Twelve at night.
    Midnight,
    /// Twelve.
    Dozen,
    /// Two.
    Twice,
}

/// How many days a week has, which come before the months.
pub(super) const DAYS: usize = 7;

/// Whether a word in lower case is on a list.
pub(super) fn is_in(list: List, word: &str) -> bool {
    found(word).any(|entry| entry.lists & (1 << list as u32) != 0)
}

/// The place of a day or a month among its kind, days first, in any language.
pub(super) fn day_or_month(word: &str) -> Option<usize> {
    found(word).find_map(|entry| entry.place)
}

struct Entry {
    word: &'static str,
    lists: u32,
    place: Option<usize>,
}

/// The entries of a word, one for each list.
fn found(word: &str) -> impl Iterator<Item = &'static Entry> {
    let from = ENTRIES.partition_point(|entry| entry.word < word);
    ENTRIES[from..]
        .iter()
        .take_while(move |entry| entry.word == word)
}

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let listed = LISTS.iter().flat_map(|(list, words)| {
        words.split_ascii_whitespace().map(move |word| Entry {
            word,
            lists: 1 << *list as u32,
            place: None,
        })
    });
    let dated = DATES.iter().enumerate().flat_map(|(place, words)| {
        words.split_ascii_whitespace().map(move |word| Entry {
            word,
            lists: 0,
            place: Some(place),
        })
    });
    let mut entries: Vec<Entry> = listed.chain(dated).collect();
    entries.sort_unstable_by_key(|entry| entry.word);
    entries
});

const LISTS: &[(List, &str)] = &[
    (
        List::Title,
        "doctor dr mr mrs ms miss prof professor herr frau doktor señor señora sr sra don doña monsieur madame \
        mme m signor signora dott dottor dottore dottoressa senhor senhora doutor doutora meneer mevrouw dokter \
        pan pani doktora doctora docteur",
    ),
    (
        List::Mine,
        "my our mein meine meinem meiner unser unsere mi mis nuestro nuestra mon ma notre mio mia nostro nostra \
        meu minha nosso nossa mijn onze mój moja nasz nasza il la o a",
    ),
    (
        List::Article,
        "the this that your der die das dieser diese el los las le les lo i gli os as de het ten ta to",
    ),
    (
        List::Third,
        "he she er sie él ella il elle lui lei ele ela hij zij on ona",
    ),
    (
        List::Own,
        "i me we us ich mich mir wir uns yo nosotros nos je j nous io noi ci eu nós ik wij ons ja mnie nam",
    ),
    (
        List::Family,
        "family spouse relative relatives familie familia famille famiglia família rodzina partner kin his her \
        their sein seine ihr ihre su sus son sa ses leur suo sua seu sua zijn haar jego jej",
    ),
    (
        List::German,
        "der die das den dem ist hat wohnt möchte heißt und wird für mit ihr sein am um im zum zur beim vom ein \
        eine einen",
    ),
    (
        List::Relative,
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
    (List::From, "from von aus van de da di z ze"),
    (List::To, "to nach naar a à para in do"),
    (List::Determiner, "the la el le der die das den dem de het"),
    (List::Certain, "from von aus van to nach naar"),
    (
        List::No,
        "no nope nein nee non não nie not nicht pas niet anymore",
    ),
    (
        List::Ahead,
        "not no never none nothing nobody neither nor cannot without n nunca jamás nada tampoco non niente nessun \
        nessuna nessuno não nem sem sin ni ne senza bez",
    ),
    (
        List::Around,
        "nicht nie niemals nichts niemand ohne pas jamais rien aucun aucune sans niet geen nooit niets zonder \
        nigdy nic żaden",
    ),
    (
        List::But,
        "but pero aber sondern mais ma mas maar ale because porque weil and",
    ),
    (
        List::Soft,
        "stop stopped cancel cancelled avoid avoids refuse refuses decline declined unable only except instead \
        rather missing lost lacks lack hate hates dislikes away unavailable until unless despite solo sólo nur \
        only seulement solo só slechts tylko abbestellt kündigen cancelar annuler annullare annuleren anulować \
        dejar evita vermeidet weg fuera",
    ),
    (
        List::Before,
        "before until till bis vor antes hasta avant prima fino até voor tot przed do",
    ),
    (
        List::After,
        "after from since afternoon afternoons later ab nach nachmittags desde tarde después après dès dopo dalle \
        pomeriggio depois partir na vanaf middag po od",
    ),
    (
        List::Empty,
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
        List::RelativeDay,
        "today tomorrow yesterday week weeks month months heute morgen gestern woche hoy mañana ayer semana \
        aujourd demain hier semaine oggi domani ieri settimana hoje amanhã ontem vandaag gisteren dzisiaj jutro \
        wczoraj tydzień tygodniu",
    ),
    (
        List::Half,
        "half halb halbe media demie mezza mezzo meia wpół",
    ),
    (
        List::Quarter,
        "quarter viertel cuarto quart quarto kwart kwadrans",
    ),
    (
        List::Noon,
        "noon midday mittag mittags mediodía midi mezzogiorno południe południu",
    ),
    (
        List::Midnight,
        "midnight mitternacht medianoche minuit mezzanotte meia-noite middernacht północ",
    ),
    (
        List::Dozen,
        "dozen dutzend docena douzaine dozzina dúzia dozijn tuzin",
    ),
    (
        List::Twice,
        "twice double zweimal doppelt dos doble deux double due doppio duas tweemaal dwukrotnie both couple pair \
        twins",
    ),
];

/// The days, then the months.
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
