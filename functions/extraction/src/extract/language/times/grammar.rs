//! Closed classes of words of the eight languages, and words that show the future. They say
//! whether a weekday is a day to come. All lists are lower-case words.

/// The words of one language.
pub(super) struct Grammar {
    /// Irregular forms of the past. Regular forms are known by their endings.
    pub(super) past: &'static str,
    /// Auxiliaries that make a past with a participle.
    pub(super) perfect: &'static str,
    /// Verbs of the future, or in the present, that arrange something.
    pub(super) future: &'static str,
    /// Nouns and adjectives of an arrangement. A past verb outweighs them.
    pub(super) arranged: &'static str,
    /// Prepositions before the day to which something is moved.
    pub(super) toward: &'static str,
    /// Prepositions before a limit.
    pub(super) until: &'static str,
    /// Prepositions before a day that is over, or is not the time of the clause.
    pub(super) back: &'static str,
    /// Words that begin a subordinate clause.
    pub(super) subordinators: &'static str,
    /// Articles, prepositions, conjunctions, pronouns, auxiliaries and common adverbs.
    pub(super) function: &'static str,
    /// Prepositions and articles between a week and its weekday.
    pub(super) of_week: &'static str,
    /// Words that make a phrase with the day behind them: "of".
    pub(super) genitive: &'static str,
    /// Words that continue a noun phrase: "a month with 30 days".
    pub(super) continues: &'static str,
    /// Forms of address and verbs of naming, before a name.
    pub(super) names: &'static str,
    /// Ordinals before a weekday.
    pub(super) ordinals: &'static str,
    /// Words for weeks and for the distance of weeks.
    pub(super) weeks: &'static str,
}

pub(super) fn for_language(language: &str) -> Option<&'static Grammar> {
    let (_, grammar) = GRAMMARS.iter().find(|(known, _)| *known == language)?;
    Some(grammar)
}

static GRAMMARS: [(&str, Grammar); 8] = [
    (
        "en",
        Grammar {
            past: "was were wasn weren had hadn did didn couldn been went came got bought brought \
                   caught taught thought fought sought left met saw spoke sent took broke made \
                   said told rang sang drank sank began swam ran sat gave gone done drove wrote \
                   rode rose flew grew knew threw blew drew fell felt kept slept swept wept held \
                   heard found lost paid sold stood understood won wore tore bore swore woke \
                   chose froze stole ate forgot hid bit led fed lay dealt meant spent lent built \
                   stuck struck hung dug shook mistook became overcame withdrew shot slid spun \
                   stung swung flung undid redid forgave lit fled bled bred sped shone",
            perfect: "",
            future: "will ll won shall would should can could must might going want wants need \
                     needs prefer prefers plan plans hope hopes expect expects please come comes \
                     coming bring brings bringing fly flies flying arrive arrives arriving leave \
                     leaves leaving pick picks picking collect collects collecting deliver \
                     delivers delivering visit visits visiting meet meets call return returns \
                     returning start starts starting begin begins travel travels travelling move \
                     moves moving send sends sending send ask asks get gets go goes see let lets \
                     suits works expires",
            arranged: "appointment appointments reservation booking scheduled booked due planned \
                       available tomorrow",
            toward: "to for",
            until: "until till by before",
            back: "since about of over regarding concerning like",
            subordinators: "that which who whom whose why because when where whether if how what \
                            since after although though while as than",
            function: "on at in by for to from until till before after since about around of over \
                       and or but not nor also only just again now then instead maybe perhaps \
                       either both even still already me him her us them it you i we she he they \
                       is are am be was were will would can could should so early late",
            of_week: "on of in the",
            genitive: "of",
            continues: "with without of that which where when like full",
            names: "mr mrs ms miss mx dr prof named called name surname",
            ordinals: "first second third fourth fifth last only",
            weeks: "week weeks fortnight fortnights",
        },
    ),
    (
        "es",
        Grammar {
            past: "fue era fueron eran vino vinieron hizo hicieron dijo dijeron puso pusieron tuvo \
                   tuvieron estuvo estuvieron pudo pudieron supo quiso trajo trajeron hubo había \
                   anduvo dio dieron vio vieron fui vine hice dije puse tuve estuve pude traje di \
                   vi compré llegué pedí recibí pagué llamé tenía",
            perfect: "ha han he hemos has había habían",
            future: "quiere quiero queremos quieren quería querría va voy van vamos puede puedo \
                     pueden podría necesita necesito será serán estará prefiere prefiero viene \
                     vienen vendrá recogerá recoge trae traerá llega llegará llega sale saldrá \
                     pasa pasará llamará irá debe tiene pide solicita desea espera venga llame \
                     traiga pase vuelve volverá empieza viaja",
            arranged: "cita citas reserva mañana programada programado prevista previsto",
            toward: "para al a",
            until: "hasta antes por",
            back: "desde de del sobre",
            subordinators: "que quien cual porque cuando donde si cómo como qué aunque mientras",
            function: "el al del de en para por hasta desde antes después a sobre hacia y o u e \
                       pero no ni también solo sólo ya ahora entonces mejor me te le lo la nos se \
                       les yo ella él es son está están era con sin este",
            of_week: "el de la del en",
            genitive: "de del",
            continues: "con sin de del que donde en",
            names: "señor señora señorita sr sra srta don doña doctor doctora dr dra llama llamo \
                    llamaba apellida apellido nombre",
            ordinals: "primer primero segundo tercer tercero cuarto quinto último",
            weeks: "semana semanas quincena",
        },
    ),
    (
        "de",
        Grammar {
            past: "war waren warst hatte hatten wurde wurden kam kamen rief riefen ging gingen \
                   bekam bekamen erhielt erhielten gab gaben nahm nahmen fuhr fuhren flog flogen \
                   fand fanden sprach sprachen traf trafen sah sahen las lasen schrieb schrieben \
                   blieb blieben stand standen lag lagen saß hielt hielten ließ ließen fiel \
                   fielen brachte dachte wusste konnte konnten musste mussten wollte wollten \
                   durfte verlor verloren begann starb brach trug schlug zog half aß trank \
                   verstand versprach vergaß lief schlief sagte hing stieg tat",
            perfect: "hat habe haben hast ist sind bin bist wäre hätte",
            future: "möchte möchten will wollen wird werde werden soll sollen sollte sollten kann \
                     können könnte könnten würde würden bitte bittet muss müssen darf bringt \
                     bringe bringen kommt komme kommen fliegt fliege fährt fahre holt hole \
                     braucht brauche wünscht plant passt geht reist erwartet trifft beginnt \
                     startet benötigt",
            arranged: "termin termine reservierung geplant morgen frei",
            toward: "auf für zum",
            until: "bis ab spätestens",
            back: "seit vom von über wegen statt",
            subordinators: "dass daß weil wenn als ob wer wie warum wo was nachdem obwohl während \
                            da welche welcher welches deren dessen",
            function: "am an ab auf für bis zum vom von seit vor nach im in um über wegen und oder \
                       aber nicht auch nur schon wieder dann erst lieber gern gerne sie er es ich \
                       wir ihr mich mir dich dir uns ihn ihm ihnen ist sind war hat haben doch \
                       sondern spätestens gleich also",
            of_week: "am in der",
            genitive: "des der",
            continues: "mit ohne von der die das dem wo in",
            names: "herr herrn frau fräulein familie dr prof doktor heißt heiße heißen hieß nennt \
                    namens name nachname",
            ordinals: "ersten zweiten dritten vierten fünften letzten erster zweiter",
            weeks: "woche wochen kw wochenfrist",
        },
    ),
    (
        "fr",
        Grammar {
            past: "était étaient avait avaient fut fit vint eu été",
            perfect: "a ai as ont avons avez est sont suis es sommes êtes",
            future: "veut veux veulent voudrait voudrais va vais vont doit doivent peut peux \
                     pourrait sera seront aura souhaite part arrive vient viennent viendra passera \
                     passe apporte prend préfère demande attend revient commence appellera venir \
                     veuillez livrera aimerait faut",
            arranged: "rendez rdv réservation prévu prévue demain disponible",
            toward: "à au pour",
            until: "jusqu avant jusque dès ici",
            back: "depuis de du sur concernant",
            subordinators: "que qu qui quand où si pourquoi comment parce dont lorsque lorsqu \
                            puisque comme",
            function: "le la les l à au aux de du des d pour dès jusqu jusque avant après depuis \
                       en et ou mais non ne pas ni aussi seulement plutôt encore je j il elle on \
                       nous vous me m te se s lui est sont c ce un",
            of_week: "le de la du",
            genitive: "de du des d",
            continues: "avec sans de du d qui que où à",
            names: "monsieur madame mademoiselle m mme mlle docteur dr appelle nomme nom maître",
            ordinals: "premier deuxième second troisième quatrième cinquième dernier",
            weeks: "semaine semaines huitaine quinzaine",
        },
    ),
    (
        "it",
        Grammar {
            past: "era erano stato stata aveva avevano fu venne disse fece andò arrivò chiamò",
            perfect: "è ha ho hai hanno sono siamo abbiamo avete siete",
            future: "vuole voglio vogliono vorrei vorrebbe vorremmo deve devo può posso potrebbe \
                     sarà verrà parte parto viene vengo vengono porta preferisce arriva passa \
                     ritira torna inizia prende chiede desidera aspetta venire chiamerà passerà \
                     serve",
            arranged: "appuntamento prenotazione previsto prevista domani disponibile",
            toward: "a per al",
            until: "entro fino prima",
            back: "da dal di del su",
            subordinators: "che chi cui perché quando dove se come mentre poiché perchè cosa",
            function: "il lo la i gli le l a al per entro da dal fino prima dopo di del in su e o \
                       ma non né anche solo già ancora poi meglio mi ti si ci vi lo lei lui io noi \
                       è sono un",
            of_week: "di della la del nella",
            genitive: "di del della dello",
            continues: "con senza di del in che dove",
            names: "signor signora signorina sig dottor dottoressa dott chiama chiamo nome cognome",
            ordinals: "primo secondo terzo quarto quinto ultimo",
            weeks: "settimana settimane",
        },
    ),
    (
        "pt",
        Grammar {
            past: "foi foram era eram veio vieram fez fizeram disse disseram trouxe pôs teve \
                   tiveram esteve estiveram pôde quis soube viu deu deram houve estava fui vim fiz \
                   tive estive comprei recebi tinha",
            perfect: "tem têm tenho tinha",
            future: "quer quero querem queria gostaria vai vou vão pode posso poderia precisa \
                     preciso será estará traz trará vem virá vêm prefere passa chega chegará deve \
                     pede deseja espera volta busca retira começa viaja venha ligue traga",
            arranged: "consulta marcação marcada marcado reserva amanhã prevista previsto",
            toward: "para pra",
            until: "até por antes",
            back: "desde da do de sobre",
            subordinators: "que quem qual porque quando onde se como embora enquanto cujo",
            function: "em na no nas nos para pra até por de desde da do dos das antes depois a à \
                       ao o e ou mas não nem também só já ainda então melhor me te lhe lo la se eu \
                       ela ele nós é são está estão esta este nesta próxima",
            of_week: "na no da de em",
            genitive: "de do da",
            continues: "com sem de do da em que onde",
            names: "senhor senhora sr sra dona dom doutor doutora dr dra chama chamo nome \
                    sobrenome apelido",
            ordinals: "primeira primeiro terceiro quarto quinto última último",
            weeks: "semana semanas quinzena",
        },
    ),
    (
        "nl",
        Grammar {
            past: "was waren had hadden werd werden kwam kwamen ging gingen kreeg kregen ontving \
                   ontvingen deed deden zei zeiden zag zagen sprak nam namen bracht gaf gaven \
                   vond vonden schreef bleef stond lag zat hield liet viel dacht wist kon konden \
                   moest moesten wou wilde hielp liep reed vloog begon verloor kocht riep hing",
            perfect: "heeft heb hebben hebt is zijn ben bent",
            future: "wil wilt willen zal zullen gaat ga moet moeten kan kunnen graag brengt breng \
                     komt kom komen vliegt haalt ophalen vertrekt wenst verwacht begint past \
                     reist wordt worden zou levert nodig",
            arranged: "afspraak afspraken reservering gepland morgen beschikbaar",
            toward: "naar voor",
            until: "tot uiterlijk vóór",
            back: "sinds van over wegens",
            subordinators: "dat omdat als toen of wie waarom waar wat hoe nadat hoewel terwijl \
                            wanneer die",
            function: "op tot voor vanaf van sinds na naar per tegen om in aan over en of maar \
                       niet ook alleen pas weer dan liever graag ze zij hij het ik we wij u je jij \
                       me mij hem haar ons hen is zijn was heeft uiterlijk",
            of_week: "op in de van",
            genitive: "van",
            continues: "met zonder van waarin die dat waar",
            names: "meneer mevrouw mijnheer dhr mevr mw dr prof heet heette noemt naam achternaam \
                    familie",
            ordinals: "eerste tweede derde vierde vijfde laatste",
            weeks: "week weken",
        },
    ),
    (
        "pl",
        Grammar {
            past: "przyszedł",
            perfect: "",
            future: "chce chcę chcą chciałby chciałaby będzie będę będą ma mam musi może mogę \
                     proszę prosi woli przyjdzie przyjedzie przyniesie odbierze zadzwoni leci \
                     jedzie potrzebuje planuje przyjeżdża wraca zaczyna powinien powinna czeka",
            arranged: "wizyta wizytę wizyty termin rezerwacja rezerwację jutro umówiony umówiona",
            toward: "na",
            until: "do przed",
            back: "od z ze",
            subordinators: "że który która które którzy którego której bo ponieważ gdy kiedy gdzie \
                            czy jak dlaczego jeśli co choć",
            function: "w we na do od po przed z ze o i a lub albo ale nie ani też także tylko już \
                       jeszcze raczej mi mu jej ją go im nam ona on ja my są jest się to",
            of_week: "w we",
            genitive: "",
            continues: "z bez w który",
            names: "pan pani pana panu panią państwo dr prof nazywa nazywam nazwisko imię",
            ordinals: "pierwszy drugi trzeci czwarty piąty ostatni pierwszą drugą trzecią ostatnią",
            weeks: "tydzień tygodnie tygodni tygodniu tygodnia tygodniem",
        },
    ),
];
