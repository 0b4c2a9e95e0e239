//! Words that decide whether a claim says the same as its evidence or the reverse, in eight
//! languages, indexed in one sorted table.

use std::sync::LazyLock;

use crate::extract::language::word_table::WordTable;

/// What a word does to the meaning of its clause. A word may do several things.
#[derive(Clone, Copy)]
pub(super) enum Cue {
    /// Forms of "have", "be" and modal verbs, which say little of their own.
    Light,
    /// A form of "have" or "own".
    Possession,
    /// "wants", "needs".
    Wish,
    /// "and".
    And,
    /// "but", "because".
    But,
    /// "almost": "almost never".
    Almost,
    /// "only": "not only" denies nothing.
    Only,
    /// "nothing": "nothing but" denies nothing.
    Nothing,
    /// "than", "but" after [`Cue::Nothing`].
    ButAfterNothing,
    /// "except": what follows is the opposite of what precedes.
    Exception,
    /// A verb such as "miss", which cancels a negation.
    NegativeVerb,
    /// "rarely", "little": agrees with "hardly".
    Little,
    /// Ends a state: "sold", "died", "allergic".
    Ended,
    /// "before", "until".
    Before,
    /// "after", "from".
    After,
    /// "earlier".
    Earlier,
    /// "later".
    Later,
    /// "early", and "temprano" of "más temprano".
    Early,
    /// "late", and "tarde" of "más tarde".
    Late,
    /// "more".
    More,
    /// "less".
    Less,
    /// "larger".
    Larger,
    /// "smaller".
    Smaller,
    /// "too": "too early" refuses.
    Too,
    /// "formerly". Most of these words also mean "earlier" or "before".
    Former,
    /// "ceased", together with a preposition or "-ing".
    Ceased,
    /// "still".
    Still,
    /// "a", which stands for one.
    One,
    /// "my".
    Own,
    /// "I", and verbs that speak of the caller without a pronoun.
    Speaker,
    /// A verb of the caller that begins a question of fact: "Do I …?"
    SpeakerVerb,
    /// A verb that begins an English question.
    AskingVerb,
    /// "that", which begins a statement.
    That,
}

/// The cues of a word.
#[derive(Clone, Copy)]
pub(super) struct Cues(u64);

impl Cues {
    /// Returns the cues of a word in lower case.
    pub(super) fn of(word: &str) -> Self {
        Self(TABLE.meanings(word).fold(0, |cues, cue| cues | cue.bit()))
    }

    pub(super) fn has(self, cue: Cue) -> bool {
        self.0 & cue.bit() != 0
    }

    /// Returns whether a word has no meaning of its own, or one that other rules compare.
    pub(super) fn is_grammar(self) -> bool {
        self.0 & GRAMMAR != 0
    }
}

impl Cue {
    const fn bit(self) -> u64 {
        1 << self as u32
    }
}

const GRAMMAR: u64 = Cue::Light.bit()
    | Cue::Own.bit()
    | Cue::But.bit()
    | Cue::Before.bit()
    | Cue::After.bit()
    | Cue::Earlier.bit()
    | Cue::Later.bit()
    | Cue::Early.bit()
    | Cue::Late.bit()
    | Cue::More.bit()
    | Cue::Less.bit()
    | Cue::Larger.bit()
    | Cue::Smaller.bit()
    | Cue::Former.bit()
    | Cue::Still.bit();

static TABLE: LazyLock<WordTable<Cue>> = LazyLock::new(|| WordTable::new(WORDS.iter().copied()));

const WORDS: &[(Cue, &str)] = &[
    (
        Cue::Light,
        "llama persona llamante clienta appelant appelante appelle personne qui chiamante chiama \
         chamador pessoa beller klant klient klientka dzwoniący dzwoniąca rozmówca osoba \
         anrufende person into onto about than then there here dello dei degli delle dal dalla \
         dalle nel nella nelle alle sul sulla dos das nas pelo pela num numa aux vom zum zur beim \
         being get gets got getting can could may might must shall should let lets ve ll habe \
         hast habt hatte hatten haben sein bin bist seid waren wäre gibt kann können könnte darf \
         dürfen muss müssen soll werden worden würde würden gerne sehr auch tengo tiene tienes \
         tenemos tienen tener tenía hay ser soy está estoy están estar estaba puedo puede podemos \
         pueden debo debe muy también gusta gustan que avoir avons avez ont avait avais suis est \
         sommes êtes sont était être peux peut pouvons dois doit très aussi avere abbiamo hanno \
         aveva avevo essere sono siamo posso può possiamo possono devo deve molto anche vorrebbe \
         tenho tem têm temos ter tinha são sou estou estão estava pode podem muito também \
         gostaria heb hebt heeft hebben had ben zijn kan kunnen mag mogen moet moeten heel ook \
         zou mam masz mają mieć miał miała jest jestem są był była być mogę może możemy muszę \
         musi bardzo też prosi",
    ),
    (
        Cue::Possession,
        "have has had got own owns owned possess possesses habe hat haben hatte besitze besitzt \
         tengo tiene tenemos tienen poseo posee ai a avons ont possède ho ha abbiamo hanno \
         possiedo possiede tenho tem temos têm possuo possui heb heeft hebben bezit mam ma mamy \
         mają posiadam posiada",
    ),
    (
        Cue::Light,
        "own owns possess possesses besitze besitzt poseo posee possède possiedo possiede possuo \
         possui bezit posiadam posiada",
    ),
    (
        Cue::Wish,
        "want wants wanted need needs looking looks would like möchte will wünscht braucht sucht \
         quiere necesita busca desea veut voudrait souhaite cherche vuole vorrebbe cerca quer \
         precisa procura gostaria wil wenst zoekt chce potrzebuje szuka",
    ),
    (
        Cue::But,
        "but pero sino aber sondern mais ma bensì mas maar ale lecz because porque weil",
    ),
    (
        Cue::Almost,
        "almost nearly fast beinahe casi presque quasi quase bijna prawie",
    ),
    (Cue::And, "and und y et e ed en i oraz"),
    (
        Cue::Only,
        "only just merely nur bloß bloss lediglich solo sólo solamente únicamente seulement \
         uniquement soltanto só somente apenas alleen enkel slechts tylko jedynie",
    ),
    (
        Cue::Nothing,
        "nothing nobody none nichts niemand niemanden nada nadie rien personne niente nessuno \
         ninguém niets nic nikt",
    ),
    (
        Cue::ButAfterNothing,
        "but except than else other als außer ausser más mas que qu mais além altro che dan poza \
         oprócz tylko",
    ),
    (
        Cue::Exception,
        "except excluding besides außer ausser ausgenommen excepto salvo sauf excepté tranne \
         eccetto exceto behalve oprócz poza",
    ),
    (
        Cue::NegativeVerb,
        "miss missing forget fail mind doubt verpassen versäumen vergessen verzichten perder \
         perderme perderse olvidar olvidarme manquer rater oublier perdere perdermi dimenticare \
         esquecer missen vergeten przegapić zapomnieć stracić",
    ),
    (
        Cue::Little,
        "little few rarely seldom occasionally sometimes almost nearly hardly barely scarcely \
         sporadically wenig wenige selten kaum fast beinahe manchmal gelegentlich poco poca pocos \
         pocas raramente apenas casi raras peu rarement guère presque parfois pochi poche quasi \
         pouco pouca poucos poucas quase mal weinig zelden nauwelijks amper bijna soms mało \
         niewiele rzadko ledwo prawie czasem",
    ),
    (
        Cue::Ended,
        "sold sell selling died dead gone gave given lost broke broken stolen left moved away ex \
         former formerly allergic allergy intolerant intolerance vegetarian vegan free abstains \
         abstinent verkauft verkaufe verkaufen gestorben tot weg weggegeben kaputt gestohlen \
         verloren ausgezogen weggezogen allergisch allergie unverträglich frei verzichtet meidet \
         vegetarier ehemals ehemalige ehemaliger vendí vendido vendo murió muerto roto rota \
         robado robaron perdí perdido alérgico alérgica alergia intolerante evita libre \
         vegetariano vegetariana exento antiguo antigua vendu vendue mort morte cassé cassée volé \
         perdu perdue allergique intolérant évite végétarien végétarienne ancien ancienne venduto \
         venduta morto morta rotto rotta rubato rubata perso allergico allergica allergia libero \
         vendi morreu partido quebrado roubado perdi livre verkocht overleden dood kapot gestolen \
         kwijt vermijdt vrij vegetariër voormalig sprzedałem sprzedałam sprzedał sprzedała zmarł \
         zmarła zdechł zdechła zepsuty zepsuta ukradli uczulony uczulona unika wolny wolna były \
         była",
    ),
    (
        Cue::Before,
        "before until till vor bis antes hasta avant prima fino entro até voor tot przed do",
    ),
    (
        Cue::After,
        "after since from nach ab seit después desde partir après dès depuis dopo dalle dal \
         depois na vanaf sinds po od",
    ),
    (
        Cue::Earlier,
        "earlier sooner früher früheren frühere früherer früheres eher eerder eerdere vroeger \
         vroegere wcześniej wcześniejszy wcześniejszą wcześniejsza wcześniejsze wcześniejszego",
    ),
    (
        Cue::Later,
        "later später späteren spätere späterer späteres latere później późniejszy późniejszą \
         późniejsza późniejsze późniejszego",
    ),
    (
        Cue::Early,
        "early soon früh temprano pronto tôt presto cedo vroeg wcześnie",
    ),
    (Cue::Late, "late spät tarde tard tardi laat późno"),
    (Cue::More, "more mehr más plus più mais meer więcej"),
    (
        Cue::Less,
        "less fewer weniger menos moins meno minder mniej",
    ),
    (
        Cue::Larger,
        "larger bigger größer größere größeren größeres grösser grösseren higher höher höheren \
         höhere mayor maiores maior grotere groter hoger hogere większy większą większe większa \
         większego wyższy maggiore longer länger längere",
    ),
    (
        Cue::Smaller,
        "smaller kleiner kleinere kleineren kleineres lower niedriger niedrigere tiefer menor \
         menores lager lagere mniejszy mniejszą mniejsze mniejsza mniejszego niższy minore \
         shorter kürzer kürzere",
    ),
    (
        Cue::Too,
        "too zu demasiado muy trop troppo demais muito te za zbyt",
    ),
    (
        Cue::Former,
        "formerly previously früher damals einst ehemals antes antaño antiguamente solía solíamos \
         avant autrefois jadis auparavant prima volta tempo antigamente costumava dantes outrora \
         vroeger destijds kiedyś dawniej niegdyś wcześniej",
    ),
    (
        Cue::Ceased,
        "stopped quit gave given ceased aufgehört dejé dejado dejamos dejó arrêté cessé smesso \
         parei deixei parado deixado gestopt opgehouden przestałem przestałam przestał przestała \
         rzuciłem rzuciłam",
    ),
    (
        Cue::Still,
        "still immer todavía aún sigo encore toujours ancora ainda continuo nog nadal wciąż again \
         wieder",
    ),
    (
        Cue::One,
        "a an one ein eine einen einem einer un una une uno um uma een één jeden jedna jedno \
         jednego jedną",
    ),
    (
        Cue::Own,
        "my our mein meine meinen meinem meiner unser unsere unseren unserem mi mis nuestro \
         nuestra nuestros nuestras mon ma mes notre mio mia miei mie nostro nostra meu minha meus \
         minhas nosso nossa mijn onze mój moja moje mojego moim moją nasz nasza nasze",
    ),
    (
        Cue::Speaker,
        "i me we us ich mich mir wir uns yo nosotros je j moi nous io noi eu nós ik mij wij mnie \
         nam mi puedo podemos puedes podría posso possiamo potrei mogę możemy",
    ),
    (
        Cue::SpeakerVerb,
        "do did am have had was were are habe bin hatte war haben sind brauche brauchen heb ben \
         hebben moet ai suis avons tengo tenemos soy necesito ho abbiamo sono siamo tenho temos \
         sou preciso mam mamy jestem muszę",
    ),
    (
        Cue::AskingVerb,
        "do does did are is can could will would have has",
    ),
    (Cue::That, "that dass daß que qu che dat że"),
];

/// Words of claims about a question: asking, wishing, planning. An asterisk stands for any ending.
pub(super) const INTEREST: &str = "\
     ask* want* wish* wonder* inquir* enquir* interest* look* need* plan* consider* question* \
     request* curious whether if would like search* seek* check* may might prefers prefer frag* \
     will möcht* wünsch* interess* such* brauch* überleg* erkundig* ob anfrag* wissen pregunt* \
     quier* dese* interes* busc* necesit* consult* saber solicit* demand* veut voudr* souhait* \
     intéress* cherch* besoin renseign* savoir chied* chiest* vuol* vorr* desider* cerc* bisogno \
     sapere domand* inform* pergunt* quer* procur* precis* gostaria vraag* vroeg* wil wilt wens* \
     geïnteresse* zoek* weten nodig overweeg* pyta* zapyt* chc* chciał* zainteres* szuk* potrzeb* \
     wiedzieć rozważ* pros* czy";
