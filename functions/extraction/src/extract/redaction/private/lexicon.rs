//! Words of private facts, and of the structures that make other words private, in eight languages.
//! An asterisk matches any ending.

use std::sync::LazyLock;

use text::matches_word;

/// The role of a word in a private fact. A word may have several.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Is a private fact by itself.
    Condition,
    /// Is a private fact when said of a person: "is disabled".
    State,
    /// Is a private fact when somebody has or had it: "a stroke".
    Episode,
    /// A body part.
    Body,
    /// A political party.
    Party,
    Prison,
    /// The first word of a phrase.
    Phrase,
    Be,
    Have,
    Person,
    Article,
    /// A word that ends a noun phrase or is outside one: conjunctions, prepositions, adverbs.
    Grammar,
    Institution,
    Break,
    Hurt,
    Vote,
    Inside,
    Stay,
    Work,
}

impl Class {
    pub(super) const fn bit(self) -> u32 {
        1 << self as u32
    }

    /// Every private fact has a word of one of these classes.
    pub(super) const PRIVATE: u32 = Self::Condition.bit()
        | Self::State.bit()
        | Self::Episode.bit()
        | Self::Body.bit()
        | Self::Party.bit()
        | Self::Prison.bit()
        | Self::Phrase.bit();
}

/// Returns all classes of a word in lower case.
pub(super) fn classes(word: &str) -> u32 {
    let key = key(word);
    let from = WORDS.partition_point(|(known, _)| self::key(known) < key);
    let bucket = WORDS[from..]
        .iter()
        .take_while(|(known, _)| self::key(known) == key);
    let found = bucket
        .filter(|(known, _)| matches_word(word, known))
        .fold(0, |all, (_, class)| all | class.bit());
    let in_phrase = PHRASE_STARTS
        .iter()
        .any(|known| known.as_bytes()[0] == word.as_bytes()[0] && matches_word(word, known));
    if in_phrase {
        found | Class::Phrase.bit()
    } else {
        found
    }
}

/// Returns the first bytes of a word, the lookup key. No listed word is shorter.
fn key(word: &str) -> &[u8] {
    let word = word.strip_suffix('*').unwrap_or(word).as_bytes();
    &word[..word.len().min(3)]
}

static WORDS: LazyLock<Vec<(&'static str, Class)>> = LazyLock::new(|| {
    let mut words: Vec<(&str, Class)> = LISTS
        .iter()
        .flat_map(|(class, words)| {
            words
                .split_ascii_whitespace()
                .map(move |word| (word, *class))
        })
        .collect();
    words.sort_by(|(one, _), (other, _)| key(one).cmp(key(other)));
    words
});

static PHRASE_STARTS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut starts: Vec<&str> = PHRASES
        .iter()
        .filter_map(|phrase| phrase.split(' ').next())
        .flat_map(|first| first.split('|'))
        .collect();
    starts.sort_unstable();
    starts.dedup();
    starts
});

const LISTS: &[(Class, &str)] = &[
    // English
    (
        Class::Condition,
        "asthma* diabet* dementia alzheimer* parkinson* epilep* migraine* arthritis leukaemia leukemia lymphoma melanoma \
        carcinoma tumour* tumor* cancer chemo* radiotherapy dialysis hiv hepatitis tuberculosis crohn* colitis coeliac* celiac* psoriasis \
        eczema lupus fibromyalgia endometriosis menopaus* infertil* ivf thrombosis osteoporosis glaucoma schizophren* bipolar autis* \
        adhd anorexi* bulimi* dyslexi* ptsd pregnan* miscarr* abortion* antidepress* insulin* penicillin* methadone pacemaker copd \
        pneumonia anaphyla* epipen incontinen* sclerosis cirrhosis angina paralys* paraplegic quadriplegic amputat* amputee stoma \
        allergy allergies burnout jehovah* transgender bisexual* homosexual* lesbian* psychiatr* undocumented warfarin",
    ),
    // German
    (
        Class::Condition,
        "zuckerkrank* querschnitt* gelähmt* operiert jehovas demenz* migräne* arthrose* rheuma* leukämie* brustkrebs* lungenkrebs* darmkrebs* hautkrebs* \
        prostatakrebs* krebskrank* dialyse schwanger* fehlgeburt* abtreibung* herzinfarkt* schlaganfall* bandscheiben* bluthochdruck* \
        herzkrank* herzfehler* zöliakie* neurodermitis magersucht* magersüchtig* suchtkrank* alkoholiker* allergie allergien allergiker* schwerbehindert* \
        gehbehindert* sehbehindert* pflegegrad* pflegestufe* rückenschmerz* vorbestraft* vorstrafe* privatinsolvenz* asylbewerber* \
        asylantrag* gürtelrose thrombose* lungenentzündung* homosexuell* bisexuell* depressionen wehen* chemotherapie*",
    ),
    // Spanish, Portuguese, Italian
    (
        Class::Condition,
        "jehová operaron operado operada operato operata asma asmátic* asmatic* diabét* demencia* demência* demenza* alzhéimer epilép* epiless* epilett* migraña* enxaqueca* \
        emicrania* artritis artrosis artrite artrosi leucemia* cáncer câncer quimio* chemioterap* diálisis dialisi hemodiálise vih celíac* \
        celiachia embarazad* embarazo* grávida grávidas gravidez* incinta aborto* infarto* infarte* enfarte* ictus hipertens* ipertens* \
        hipertensão esquizofren* schizofreni* alérgic* alergi* allergico allergica allergici allergiche minusvál* antidepresiv* antidepressiv* insulina marcapasos \
        pacemaker refugiad* lesbiana* lésbica* lesbica* omosessual*",
    ),
    // French
    (
        Class::Condition,
        "opéré opérée jéhovah asthmatique* diabèt* démence épilep* arthrite arthrose leucémi* tumeur* chimio* cœliaque* coeliaque* avortement* \
        infarctus avc hypertens* schizophrèn* schizophrén* allergique* handicapé* antidépress* insuline* lesbienne* homosexuel* \
        surendett*",
    ),
    // Dutch and Polish
    (
        Class::Condition,
        "geopereerd zoperowan* operowan* jehowy astma* suikerziekte* dementie* reuma* leukemie* borstkanker* longkanker* darmkanker* coeliakie* zwanger* miskra* \
        abortus* hartaanval* hartinfarct* herseninfarct* beroerte* allergisch* gehandicapt* strafblad* rugpijn* \
        astmę astmą cukrzyc* demencj* padaczk* migren* białaczk* chemioterapi* dializ* celiaki* ciąż* poronieni* aborcj* zawał* udar* \
        nadciśnieni* alergi* uczuleni* niepełnosprawn* schizofreni* depresj* insulin* komornik*",
    ),
    // States of a person.
    (
        Class::State,
        "disabled depressed gay catholic christians protestant muslim jewish hindu buddhist sikh atheist blind deaf bankrupt \
        insolvent republican democrat alcoholic refugee immigrant homeless trans nonbinary queer ill sick overweight obese suicidal \
        behindert depressiv schwul lesbisch katholisch evangelisch muslim muslimin muslimisch jüdisch jüdin buddhist christin \
        atheist blind taub gehörlos pleite insolvent krank flüchtling \
        deprimid* discapacitad* católic* cristian* musulm* judí* budista* ateo atea ciego ciega sordo sorda homosexual gay enfermo enferma alcohólico alcohólica \
        enceinte dépressi* catholique* chrétien* musulman* juif juive bouddhiste* athée* aveugle* sourd* malade* \
        disabile disabili depresso depressa cattolic* cristian* musulman* ebreo ebrea buddist* cieco cieca sordo sorda malat* \
        deficiente* deprimid* muçulman* judeu judia cego cega surdo surda doente doentes \
        depressief katholiek* christen moslim* joods boeddhist* blind doof ziek failliet \
        katolik* katolicz* chrześcijan* muzułman* żyd* buddyst* ateist* niewidom* głuchy głucha chory chora gej lesbij* karany karana",
    ),
    // Conditions that a person has.
    (
        Class::Episode,
        "stroke strokes seizure seizures operation surgery disability depression anxiety addiction therapy psychotherapy \
        medication condition tumour debts \
        krebs operation depression behinderung angststörung therapie medikamente schulden anfall \
        operación cirugía depresión ansiedad discapacidad adicción deudas \
        opération dépression anxiété handicap dettes \
        operazione depressione ansia disabilità cancro debiti \
        operação cirurgia depressão deficiência cancro dívidas \
        operatie depressie kanker verslaving schulden \
        operację operacja rak raka depresję długi",
    ),
    (
        Class::Body,
        "hip hips leg legs arm arms wrist wrists ankle ankles foot feet rib ribs collarbone back neck knee knees shoulder \
        shoulders hand hands finger fingers toe toes heart lung lungs kidney kidneys eyesight hearing \
        hüfte bein beine arm handgelenk knöchel fuß rippe schlüsselbein rücken nacken knie schulter herz \
        cadera pierna brazo muñeca tobillo pie costilla clavícula espalda cuello rodilla hombro corazón \
        hanche jambe bras poignet cheville pied côte clavicule dos cou genou épaule cœur \
        anca gamba braccio polso caviglia piede costola clavicola schiena collo ginocchio spalla cuore \
        anca perna braço pulso tornozelo pé costela clavícula costas pescoço joelho ombro coração \
        heup been pols enkel voet rib sleutelbeen rug nek knie schouder hart \
        biodro nogę noga rękę nadgarstek kostkę stopę żebro obojczyk plecy szyja kolano ramię serce",
    ),
    (
        Class::Break,
        "broke broken fractured sprained dislocated gebrochen brach verstaucht roto rota rompí rompió fracturé fracturado \
        cassé cassée rotto rotta ruppi fratturato parti partiu partido quebrei gebroken brak złamał złamałam złamałem złamała",
    ),
    (
        Class::Hurt,
        "hurts hurt hurting aches aching sore painful pain bad weak failing weh schmerzt schmerzen schlimm duele duelen dolor mal \
        douleur douleurs male dolore dolori dói doem dor dores pijn zeer boli bolą ból",
    ),
    (
        Class::Party,
        "labour tory tories conservatives conservative libdems greens snp ukip republicans democrats republican democrat trump biden \
        harris macron cdu csu spd fdp afd linke grüne grünen psoe podemos sumar melenchon rassemblement pd lega meloni ps psd chega \
        bloco vvd pvv groenlinks cda pis platformę konfederacj*",
    ),
    (
        Class::Vote,
        "voted vote votes voting gewählt wähle wählt voté votó votado votato votei votou gestemd stem głosował głosowałem \
        głosowałam mitglied miembro membre iscritto membro lid członkiem joined belong",
    ),
    (
        Class::Prison,
        "prison jail custody gefängnis haft cárcel prisión carcere prigione prisão cadeia gevangenis więzieni*",
    ),
    (
        Class::Inside,
        "in into from of im aus en dans au em na in uit de w z",
    ),
    (
        Class::Stay,
        "spent served sent went got came sitzt sitze saß kam pasé pasó estuve estuvo salí passé sorti passato uscito passei saiu \
        zat gezeten siedział siedzi wyszedł",
    ),
    (
        Class::Work,
        "work works working worked job guard arbeite arbeitet gearbeitet trabajo trabaja travaille travail lavoro lavora trabalho \
        trabalha werk werkt gewerkt pracuję pracuje live lives near next beside wohne wohnt neben nähe vivo vive cerca habite près abito \
        abita vicino moro mora perto woon woont naast mieszkam mieszka obok deliver delivery",
    ),
    (
        Class::Institution,
        "research foundation clinic clinics ward charity shop society nurse nurses unit department centre center hospital hospice \
        association awareness book books conference team fundraiser club museum museo school street road klinik stiftung station praxis \
        clínica fundación hospital asociación clinique fondation hôpital association clinica fondazione ospedale fundação kliniek \
        ziekenhuis stichting szpital fundacj* printer-free bedding equipment supplies",
    ),
    (
        Class::Be,
        "is am are m s re was were been being be become became went soy es son era fui fue estoy está están estaba bin ist sind war \
        waren suis est sont étais était sono è siamo sei sou é são estou ben bent zijn jestem jest są był była",
    ),
    (
        Class::Have,
        "have has had having recovering ve got getting get gets undergo undergoing underwent take takes taking need needs needed tengo tiene \
        tuve tuvo tenido habe hat hatte hatten bekam gehabt haben ai eu avoir ho ha hanno avuto tenho tem teve tive tomo toma nehme \
        nimmt prends prend prendo prende heb heeft gehad neem neemt mam ma miał miała biorę bierze suffer suffers suffering struggle \
        struggles przeszedł przeszła",
    ),
    (
        Class::Person,
        "i he she we they you who caller customer client husband wife mum mom mother dad father son daughter brother sister \
        partner child children baby kid kids friend grandmother grandfather grandma grandpa boyfriend girlfriend uncle aunt parents \
        ich er sie wir anrufer anruferin kunde kundin mann frau mutter vater sohn tochter bruder schwester kind kinder freund freundin \
        yo él ella nosotros cliente marido mujer esposa esposo madre padre hijo hija hermano hermana \
        je j il elle nous on client cliente mari femme mère père fils fille frère sœur \
        io lui lei noi marito moglie figlio figlia fratello sorella eu ele ela nós mãe pai filho filha irmão irmã \
        ik hij zij we wij man vrouw moeder vader zoon dochter broer zus ja on ona mąż żona mama tata matka ojciec syn córka brat siostra",
    ),
    (
        Class::Article,
        "the a an my his her our their this that der die das ein eine mein meine dein deine ihr ihre unser unsere el la los las un \
        una mi su le les une mon ma mes lo il gli mio mia o os as um uma meu minha de het een mijn onze",
    ),
    (
        Class::Grammar,
        "a an the and or but so since because for when with without at in on of by from to until till as if that which who while \
        after before during than then too also again now very really quite always never not no still already just only fully partly \
        legally practising practicing devout registered currently lately myself recovering former last this next recently today yesterday all every left right years months in ein eine und oder aber weil seit mit ohne an auf von zu \
        bis als wenn dass sehr auch noch schon nur nicht kein ganz leider gerade un una y o pero porque desde con sin hasta que muy también \
        ya no de del al et ou mais depuis avec sans jusqu que qui très aussi pas une e ma perché da con senza molto anche non di um uma ou \
        mas com sem muito também não en of maar omdat sinds met zonder heel ook niet i lub ale bo od z bez bardzo też nie",
    ),
];

/// Phrases without another meaning. `#` matches a number, `_` any word; `|` separates alternatives.
pub(super) const PHRASES: &[&str] = &[
    "heart attack*",
    "lost the|a|our|my|her|their baby|child",
    "months|weeks along",
    "expecting a|our|twins baby|twins|first|second|child",
    "expecting twins",
    "multiple sclerosis",
    "on medication|antidepressants|painkillers",
    "a|practising|practicing|devout|committed christian",
    "high|low blood pressure",
    "blood pressure",
    "blood clot*",
    "slipped|herniated disc",
    "operated on",
    "in remission",
    "in rehab",
    "in therapy",
    "mental health",
    "sleep apnoea|apnea",
    "asylum seeker*",
    "seek*|sought|claim*|granted asylum",
    "criminal record*",
    "convicted of|for",
    "on probation|parole",
    "was|been|got|were arrested",
    "suffer* from",
    "diagnosed with",
    "allergic to",
    "in|uses|use|using|my|his|her a|the|my|his|her wheelchair",
    "in|uses|my|his|her wheelchair",
    "wheelchair user*",
    "registered blind|disabled",
    "in debt",
    "debt collector*|advice|counsel*",
    "behind on my|the|his|her|our rent|mortgage|loan|payments",
    "cannot|can t|couldn t pay my|the|our rent|mortgage|bills",
    "of _ descent",
    "ethnic origin|minority|background",
    "keep*|eat*|need*|only halal|kosher",
    "observ* _ holidays",
    "observ*|keep* ramadan|lent|shabbat|sabbath",
    "fast* for|during ramadan",
    "convert* to islam|christianity|judaism|buddhism|catholicism",
    "goes|go|went to church|mosque|mass|synagogue",
    "in|joined|join the union",
    "trade union*",
    "union member*|rep",
    "member* of the|a union",
    "came|come out as",
    "sexual orientation",
    "bin|ist jude",
    "member* of the labour|conservative|green|republican|democratic party",
    "parteimitglied",
    "in der spd|cdu|csu|afd|fdp",
    "leide*|leidet unter|an",
    "an _ erkrankt",
    "im rollstuhl",
    "mein* rollstuhl",
    "in therapie",
    "in der|einer gewerkschaft",
    "gewerkschaftsmitglied",
    "hoher|hohen blutdruck",
    "auf bewährung",
    "baby verloren",
    "kind verloren",
    "in der kirche",
    "erwarte* ein|zwillinge kind|baby|zwillinge",
    "sufr* de|del",
    "silla de ruedas",
    "antecedentes penales",
    "presión|tensión alta|arterial",
    "ataque al corazón",
    "ataque cardiaco|cardíaco",
    "esclerosis múltiple",
    "aborto espontáneo",
    "en terapia",
    "del|en el|un sindicato",
    "en quiebra|bancarrota",
    "perd* al|el bebé",
    "souffr* de|d",
    "fauteuil roulant",
    "casier judiciaire",
    "crise cardiaque",
    "sclérose en",
    "fausse couche",
    "en thérapie",
    "tension artérielle",
    "au|du syndicat",
    "perdu le|notre|mon bébé",
    "maladie de _",
    "soffr* di|d",
    "sedia a rotelle",
    "precedenti penali",
    "attacco di cuore|panico",
    "attacco cardiaco",
    "pressione alta",
    "sclerosi multipla",
    "nel|al|del sindacato",
    "in terapia",
    "perso il bambino",
    "sofr* de|do",
    "cadeira de rodas",
    "antecedentes criminais",
    "registo criminal",
    "ataque cardíaco",
    "tensão|pressão alta",
    "esclerose múltipla",
    "no|do sindicato",
    "perd* o bebé|bebê",
    "em terapia",
    "lijd* aan",
    "in een rolstoel",
    "mijn rolstoel",
    "hoge bloeddruk",
    "multiple sclerose",
    "in therapie",
    "bij de vakbond",
    "lid van de vakbond",
    "baby verloren",
    "cierpi* na",
    "choruj* na",
    "chory|chora na",
    "wózku|wózek|wózka inwalidzki*",
    "na wózku",
    "wysokie ciśnienie",
    "stwardnienie rozsiane",
    "w związku zawodowym",
    "uczulon* na",
    "straciliśmy|straciłam dziecko",
    "w terapii",
];
