//! The words that greetings are built from, by language. Any other word must be a name of the
//! caller or part of a memory.

/// The words of one language, in lower case. An elided article or verb ("l'ordine", "how's") is a
/// separate word.
pub(super) struct Vocabulary {
    /// Language code.
    pub(super) language: &'static str,
    /// Words of welcome and offers of help. A sentence made of them states nothing and asks for
    /// nothing.
    welcome: &'static str,
    /// Words that ask how something went. They are allowed in questions and wishes only.
    follow_up: &'static str,
    /// Things that any call may be about. They need no memory.
    common_topics: &'static str,
    /// Words before a noun: articles, possessives, prepositions, common adjectives.
    before_nouns: &'static str,
    /// Words that mark a sentence as a wish.
    wishes: &'static str,
    /// Pronouns of the two speakers.
    speakers: &'static str,
}

impl Vocabulary {
    /// Returns the vocabulary of a language tag such as `en` or `pt-BR`.
    pub(super) fn for_language(language: &str) -> Option<&'static Self> {
        let primary = language.split(['-', '_']).next()?.to_lowercase();
        ALL.iter().find(|vocabulary| vocabulary.language == primary)
    }

    pub(super) fn is_welcome(&self, word: &str) -> bool {
        holds(self.welcome, word) || holds(self.before_nouns, word)
    }

    pub(super) fn is_follow_up(&self, word: &str) -> bool {
        holds(self.follow_up, word)
            || holds(self.wishes, word)
            || self.is_common_topic(word)
            || holds(self.before_nouns, word)
    }

    pub(super) fn is_common_topic(&self, word: &str) -> bool {
        holds(self.common_topics, word)
    }

    pub(super) fn is_before_nouns(&self, word: &str) -> bool {
        holds(self.before_nouns, word)
    }

    pub(super) fn is_wish(&self, word: &str) -> bool {
        holds(self.wishes, word)
    }

    pub(super) fn is_speaker(&self, word: &str) -> bool {
        holds(self.speakers, word)
    }

    /// Returns whether nouns have no articles. Then verbs and nouns are told apart by their
    /// endings.
    pub(super) fn has_no_articles(&self) -> bool {
        self.language == "pl"
    }

    /// Returns whether every noun is capitalized.
    pub(super) fn capitalises_nouns(&self) -> bool {
        self.language == "de"
    }
}

fn holds(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

const ALL: [Vocabulary; 8] = [EN, ES, DE, FR, IT, PT, NL, PL];

const EN: Vocabulary = Vocabulary {
    language: "en",
    welcome: "welcome back hello hi hey again good morning afternoon evening day greetings nice lovely great glad pleased delighted \
        happy pleasure to hear from you see have talk speak speaking talking thanks thank so much calling call how can may could \
        i we us me help assist be of service what which do this that there today tonight here it its is are s m re ve ll d am \
        always who my name our and with for on the a an your at in line anything else something need more still looking forward \
        hope hoping going everything all well things fine",
    follow_up: "did does do has have had was were is are been being will why when where if whether or not but just only very much many some \
        come came comes coming arrive arrived arrives arriving reach reached get got gotten getting receive received fit fits fitted \
        work works worked working go goes gone went run runs running like liked likes enjoy enjoyed enjoying love loved find \
        found try tried use used using settle settled settling sort sorted solve solved resolve resolved fix fixed make made \
        turn turned out up through off over okay ok all right well better best fine safe safely smoothly nicely ready set yet already \
        everything about regarding as they them he she him her their feel feels keep keeping kept treating hold holding \
        luck happen happened journey planned plan expected hoped since looking look looks start started finish \
        finished complete completed open grow growing suit suits delivered collected exchanged replaced \
        repaired installed rescheduled quiet warm dry clean tidy standing growing finally properly success any since then news back home around on to time now how what which who that this it going doing",
    common_topics: "move parcel parcels package packages delivery deliveries order orders appointment appointments invoice invoices booking \
        reservation repair repairs replacement exchange shop store item items visit trip problem question issue request matter",
    before_nouns: "a an the my your our his her its their this that these those with for from of in on at by about after before \
        during into over new old last next first other own same little big favourite favorite s any some another",
    wishes: "hope hoping trust",
    speakers: "you i we",
};

const ES: Vocabulary = Vocabulary {
    language: "es",
    welcome: "hola de nuevo otra vez buenos buenas buen días día tardes noches bienvenido bienvenida bienvenidos a qué gusto alegría \
        placer encantado encantada oírle oírla oírte oírlo escucharle escucharla escucharte saludarle saludarla saludarte verle \
        hablar con usted le la lo te un una el gracias por llamar llamarnos su tu llamada en cómo como puedo podemos puede podría \
        ayudar ayudarle ayudarla ayudarlo ayudarte servir servirle hacer hoy y soy es me alegra alegro alegramos nos estamos para \
        muy bien todo está qué tal al habla desde volver atenderle atenderla mi nombre siempre que algo más",
    follow_up: "ha han hemos había fue fueron es era está están estaba estuvo va van iba fue sido llegó llegaron llegado llega recibió \
        recibiste recibido quedó quedaron quedado queda resultó funciona funcionan funcionó funcionando sirvió gusta gustan gustó \
        gustaron gustado encanta disfruta disfrutó disfrutando encontró encontrado salió salieron salido solucionó solucionado \
        resolvió resuelto arregló arreglado arreglaron pudo pudieron probó probado usa usó usando pasó pasado tiempo sigue siguen siguió \
        seguido ya todavía aún ahora bien mejor perfectamente correctamente tal cómo qué cuándo dónde cuál si no se todo listo lista \
        listos preparado preparada contento contenta satisfecho satisfecha llama llamas llamando sobre respecto entregado entregaron \
        cambiado cambiaron reparado repararon instalado anda marcha encuentra sienta suerte fácil también casa que le les lo las los \
        la el con por al haya hayan sea esté estén llegara quedara guste gusten",
    common_topics: "paquete paquetes pedido pedidos envío entrega cita citas factura facturas reserva reparación cambio tienda problema \
        pregunta consulta visita viaje asunto artículo",
    before_nouns: "el la los las un una unos unas su sus tu tus nuestro nuestra mi este esta ese esa estos estas con de del al en para \
        por sobre sin a nuevo nueva nuevos nuevas viejo último última próximo próxima primer primera otro otra pequeño pequeña",
    wishes: "espero esperamos esperando ojalá",
    speakers: "usted ustedes tú yo nosotros",
};

const DE: Vocabulary = Vocabulary {
    language: "de",
    welcome: "willkommen zurück hallo guten gute tag morgen abend moin servus grüezi grüß gott schön schöne freut freue freuen mich uns \
        sie ihnen dich dir du wieder zu hören hier von für dass noch einmal mal danke vielen dank ihren ihr ihre anruf anrufen anrufst \
        rufen melden meldest wie was kann können darf dürfen ich wir heute helfen weiterhelfen tun behilflich sein ist am es und \
        bei herzlich herzlichen gern gerne immer da mein name spricht ja an womit worum geht alles gut gerade",
    follow_up: "ist sind war waren hat haben hatte wurde wurden worden wird gewesen kam kamen angekommen ankommen gekommen eingetroffen \
        erhalten bekommen geklappt klappt passt passen gepasst funktioniert funktionieren läuft laufen lief gelaufen gefällt gefallen \
        fährt fahren geht gehen ging gegangen gelöst erledigt geklärt behoben repariert getauscht ausgetauscht geliefert abgeholt \
        eingebaut gefunden gut besser bestens schon noch jetzt nun inzwischen wirklich richtig rechtzeitig sicher fertig bereit \
        zufrieden mit wegen bezüglich über zur zum rufen an alles in ordnung wie was wann wo wer ob oder auch nicht sich er es so weit \
        glücklich heil zuhause nach hause genießen gemacht macht machen schmeckt geschmeckt sitzt steht worum spaß",
    common_topics: "paket pakete päckchen lieferung bestellung bestellungen termin termine rechnung rechnungen buchung reservierung \
        reparatur umtausch ersatz laden filiale problem frage anliegen sache besuch reise artikel",
    before_nouns: "der die das den dem des ein eine einen einem einer ihr ihre ihren ihrem ihrer dein deine deinen deinem deiner \
        unser unsere unseren mein meine dieser diese dieses diesen mit von für im in am an auf bei nach vor über um zu zum zur aus wegen \
        neue neuen neuer neues alte alten letzte letzten nächste nächsten erste ersten andere anderen kleine kleinen große großen",
    wishes: "hoffe hoffen hoffentlich",
    speakers: "sie du ich wir",
};

const FR: Vocabulary = Vocabulary {
    language: "fr",
    welcome: "bonjour rebonjour bonsoir salut bienvenue bon bonne journée soirée retour de nouveau à re heureux heureuse ravi ravie content \
        contente plaisir quel enchanté enchantée vous te retrouver entendre réentendre revoir parler avec merci d l m s n votre ton appel \
        appeler rappeler nous avoir pour comment puis pouvons peut peux je on que qu est ce quoi en aujourd hui aider être utile \
        faire un une le la les ici toujours là mon nom c suis sommes au service chez et encore si tout va",
    follow_up: "a ont avez as est sont était étaient êtes es été fut arrivé arrivée arrivés arrivées arrive reçu reçue reçus reçues bien \
        mieux va vont allé allée allez passe passé passée passées marche marchent marché fonctionne fonctionnent fonctionné plaît plaisent plu \
        convient conviennent convenu réglé réglée réglés résolu résolue réparé réparée changé changée livré livrée échangé échangée \
        installé installée remplacé remplacée trouvé trouvée aimé aimez profite profitez comment quand où qui quoi que qu si déjà \
        encore maintenant enfin toujours tout tous prêt prête prêts satisfait satisfaite contente content appelez sujet propos il \
        elle ils elles t vous se s y en ne pas ça c temps heure maison ou roule tient se passe déroulé déroulée ait soit aient soient \
        plaise",
    common_topics: "colis paquet paquets commande commandes livraison rendez rdv facture factures réservation réparation échange boutique \
        magasin article problème question demande visite voyage",
    before_nouns: "le la les l un une des du de d votre vos ton ta tes notre nos mon ma mes son sa ses ce cet cette ces avec pour à au aux en \
        dans sur après avant chez par sans nouveau nouvel nouvelle nouveaux nouvelles ancien ancienne dernier dernière prochain \
        prochaine premier première autre petit petite grand grande",
    wishes: "espère espérons espérant",
    speakers: "vous tu je nous",
};

const IT: Vocabulary = Vocabulary {
    language: "it",
    welcome: "ciao salve buongiorno buonasera buon giorno buona sera giornata bentornato bentornata bentornati benvenuto benvenuta di nuovo \
        ancora che piacere risentirla risentirti risentirvi sentirla sentirti rivederla rivederti lieto lieta felice lieti grazie per \
        aver averci averla chiamato la sua tua chiamata richiamato come posso possiamo può potrei aiutarla aiutarti aiutare \
        esserle esserti essere utile assisterla fare oggi cosa in le ti lei il un una è sono mi ci fa mio nome qui sempre da con e a va \
        tutto bene al telefono parlare",
    follow_up: "è sono era erano ha hanno hai stato stata stati state sta stanno arrivato arrivata arrivati arrivate arriva ricevuto ricevuta \
        andato andata andati andate va vanno funziona funzionano funzionato piace piacciono piaciuto piaciuta piaciuti trova trovato trovata \
        risolto risolta sistemato sistemata riparato riparata consegnato consegnata cambiato cambiata sostituito sostituita \
        installato installata ritirato ritirata già ancora ora adesso finalmente bene meglio tutto tutti pronto pronta contento contenta \
        soddisfatto soddisfatta chiama chiamando riguardo proposito come quando dove cosa che chi quale se o non si ne lo la li gli \
        le com dov qual posto ordine tempo casa procede procedono gode sia siano abbia abbiano sentito sente riuscito riuscita",
    common_topics: "pacco pacchi pacchetto ordine ordini consegna appuntamento appuntamenti fattura fatture prenotazione riparazione cambio \
        negozio articolo problema domanda richiesta visita viaggio spedizione",
    before_nouns: "il lo la i gli le l un uno una suo sua suoi sue tuo tua tuoi tue nostro nostra mio mia questo questa quel quella di del \
        dello della dell dei degli delle a al allo alla all ai alle da dal dalla dall in nel nella nell con per su sul sulla sull \
        dopo prima nuovo nuova nuovi nuove vecchio vecchia ultimo ultima prossimo prossima primo altro altra piccolo piccola",
    wishes: "spero speriamo sperando",
    speakers: "lei tu io noi voi",
};

const PT: Vocabulary = Vocabulary {
    language: "pt",
    welcome: "olá oi bom boa bons boas dia tarde noite de novo novamente bem vindo vinda volta outra vez é um uma prazer que ouvi lo la \
        ouvir falar consigo com você o a senhor senhora te ti lhe obrigado obrigada por ligar sua tua chamada como posso podemos \
        pode poderia ajudar ajudá ajudar-te ser útil fazer hoje em no na nosso nossa aqui fala meu nome sempre e para tudo está vai feliz \
        contente estamos estou satisfação muito mais algo contato contacto revê tê",
    follow_up: "é são era eram foi foram está estão estava estavam tem têm teve chegou chegaram chegado chega recebeu recebeste recebido \
        correu correram corre ficou ficaram funciona funcionam funcionou funcionando gosta gostou gostaram gostando serviu serve \
        resolveu resolvido resolvida resolveram arranjado arranjada consertado consertada reparado reparada entregue entregaram trocado trocada \
        instalado instalada substituído deu conseguiu encontrou vai vão indo anda andam já ainda agora finalmente bem melhor certo \
        certa tudo todos pronto pronta contente satisfeito satisfeita feliz liga ligando ligar sobre respeito como quando onde que \
        qual quem se ou não lhe o a os as tempo casa seguiu seguem segue passou tenha tenham esteja estejam seja gostado sido corrido",
    common_topics: "encomenda encomendas pacote pacotes pedido pedidos entrega consulta marcação fatura faturas factura reserva reparação \
        reparo conserto troca loja artigo problema pergunta questão visita viagem assunto",
    before_nouns: "o a os as um uma uns umas seu sua seus suas teu tua teus tuas nosso nossa meu minha este esta esse essa do da dos das de no na \
        nos nas em ao à aos às com para pelo pela por sobre depois antes sem novo nova novos novas velho último última próximo próxima \
        primeiro primeira outro outra pequeno pequena",
    wishes: "espero esperamos esperando oxalá tomara",
    speakers: "você vocês tu eu nós",
};

const NL: Vocabulary = Vocabulary {
    language: "nl",
    welcome: "welkom terug hallo hoi hey dag goedemorgen goedemiddag goedenavond goedendag goeiemorgen goede morgen middag avond weer opnieuw \
        fijn leuk goed prettig mooi wat om u je jou te horen spreken zien van dat bedankt dank voor het bellen uw jouw telefoontje \
        belt terugbelt hoe waarmee wat kan kunnen mag ik we wij vandaag helpen helpen doen van dienst zijn is er hier met blij en bij \
        mijn naam altijd nog eens alles gaat ons",
    follow_up: "is zijn was waren heeft heb hebt hebben had wordt werd geworden geweest aangekomen gekomen komt kwam ontvangen gekregen binnen \
        bevalt bevallen past passen gepast werkt werken gewerkt loopt lopen gelopen gaat gaan ging gegaan rijdt rijden opgelost geregeld \
        gerepareerd geruild vervangen geleverd bezorgd opgehaald geïnstalleerd gevonden gelukt verlopen geniet genieten genoten al nog nu \
        inmiddels eindelijk goed beter prima alles allemaal in orde klaar tevreden blij belt over wegen hoe wat wanneer waar wie of \
        ook niet zo er het hij ze thuis naar wens op tijd veilig smaakt gesmaakt gedaan doet zit staat plezier leuk",
    common_topics: "pakket pakketje pakje bestelling bestellingen levering bezorging afspraak afspraken factuur facturen boeking reservering \
        reparatie ruiling vervanging winkel artikel probleem vraag verzoek bezoek reis",
    before_nouns: "de het een uw je jouw jullie onze ons mijn zijn haar hun deze dit die dat met van voor in op aan bij na over om naar uit \
        tijdens tegen nieuwe nieuw oude laatste volgende eerste andere ander kleine grote",
    wishes: "hoop hopen hopelijk",
    speakers: "u je jij ik we wij",
};

const PL: Vocabulary = Vocabulary {
    language: "pl",
    welcome: "witaj witam witamy witajcie ponownie znowu znów dzień dobry cześć dobry wieczór hej miło mi nam panią pana pani panu ciebie cię \
        pan słyszeć usłyszeć widzieć rozmawiać z od dziękuję dziękujemy za telefon kontakt jak w czym czego co mogę możemy może \
        dziś dzisiaj pomóc pomagać służyć ja my jestem jesteśmy tu tutaj zawsze i na do dla tak bardzo cieszę cieszymy się że mam na imię \
        powrotem serdecznie",
    follow_up: "czy jest są był była było były będzie już jeszcze teraz wreszcie dotarł dotarła dotarło dotarły doszedł doszła doszło doszły \
        przyszedł przyszła przyszło przyszły przyjechał przyjechała działa działają działał działała zadziałało podoba podobają spodobał spodobała spodobało spodobały podobał \
        podobała smakował smakowała sprawdza sprawuje sprawdził sprawdziła pasuje pasują pasował udał udała udało się idzie poszło \
        poszła poszedł minął minęła minęło przebiegł przebiegła naprawiony naprawiona naprawione naprawiono rozwiązany rozwiązana \
        rozwiązano wymieniony wymieniona dostarczono dostarczona odebrana odebrany jeździ ma mają miewa czuje dobrze lepiej wszystko \
        porządku gotowy gotowa gotowe zadowolony zadowolona jak co kiedy gdzie kto o w sprawie dzwoni to ona on ono nie lub też \
        czas domu",
    common_topics: "paczka paczki paczkę przesyłka przesyłki przesyłkę zamówienie zamówienia dostawa dostawy dostawę wizyta wizyty wizytę faktura \
        faktury fakturę rezerwacja rezerwacji rezerwację naprawa naprawy wymiana wymiany sklep sklepie problem pytanie sprawa sprawy \
        podróż",
    before_nouns: "pani pana pański pańska pańskie twój twoja twoje nasz nasza nasze ten ta to te z ze w we na do od o po przed dla za przy \
        nowy nowa nowe nowej nowego stary stara ostatni ostatnia następny pierwszy inny inna mały mała duży duża",
    wishes: "nadzieję",
    speakers: "ja ty my",
};
