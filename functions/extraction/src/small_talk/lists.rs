//! The word lists that tell small talk from content, in the languages of the greetings. The
//! courtesies include words of other languages.

/// Courtesies in scripts without spaces between words, and courtesies of several words in other
/// non-Latin scripts. Longer ones come first.
pub(super) const PHRASES: &[&str] = &[
    "どうもありがとうございました",
    "ありがとうございました",
    "ありがとうございます",
    "よろしくお願いいたします",
    "よろしくお願いします",
    "お世話になっております",
    "お世話になりました",
    "どういたしまして",
    "失礼いたします",
    "失礼します",
    "失礼しました",
    "わかりました",
    "分かりました",
    "かしこまりました",
    "こんにちは",
    "こんばんは",
    "おはようございます",
    "さようなら",
    "ありがとう",
    "お願いします",
    "大丈夫です",
    "結構です",
    "すみません",
    "もしもし",
    "それでは",
    "では",
    "また",
    "はい",
    "いいえ",
    "いえ",
    "ええ",
    "うん",
    "どうも",
    "そうですか",
    "そうです",
    "了解です",
    "以上です",
    "特にないです",
    "非常感谢",
    "谢谢您",
    "谢谢你",
    "多谢",
    "谢谢",
    "謝謝您",
    "謝謝你",
    "謝謝",
    "感谢",
    "感謝",
    "再见",
    "再見",
    "拜拜",
    "回头见",
    "好的好的",
    "好的",
    "好吧",
    "好啊",
    "没有了",
    "沒有了",
    "没了",
    "没事了",
    "不用了",
    "不用谢",
    "不客气",
    "没关系",
    "没问题",
    "沒問題",
    "可以的",
    "可以了",
    "就这样吧",
    "就这样",
    "就這樣",
    "就这些",
    "是的",
    "对的",
    "對的",
    "明白了",
    "知道了",
    "麻烦您了",
    "麻烦你了",
    "辛苦了",
    "祝您愉快",
    "祝你愉快",
    "您好",
    "你好",
    "喂",
    "嗯",
    "哦",
    "啊",
    "呢",
    "吧",
    "行",
    "ขอบคุณมาก",
    "ขอบคุณ",
    "สวัสดี",
    "ลาก่อน",
    "ไม่เป็นไร",
    "ไม่มีแล้ว",
    "โอเค",
    "ครับ",
    "ค่ะ",
    "คะ",
    "ใช่",
    "안녕히 계세요",
    "안녕히 가세요",
    "수고하세요",
    "до свидания",
    "всего доброго",
    "до побачення",
    "مع السلامة",
    "إلى اللقاء",
    "السلام عليكم",
];

/// Courtesies of several words in Latin script whose single words have content. Longer ones come
/// first.
pub(super) const LATIN_PHRASES: &[&str] = &[
    "tot de volgende keer",
    "bis zum nächsten mal",
    "il n'y a pas de quoi",
    "wszystkiego dobrego",
    "are you still there",
    "that is everything",
    "that's everything",
    "no problem at all",
    "bis nächste woche",
    "tot volgende week",
    "sind sie noch da",
    "non c'è problema",
    "hasta la próxima",
    "bis nächstes mal",
    "à tout à l'heure",
    "não tem problema",
    "nie ma problemu",
    "auf wiedersehen",
    "no hay problema",
    "can you hear me",
    "nessun problema",
    "pas de problème",
    "auf wiederhören",
    "ne quittez pas",
    "à la prochaine",
    "do usłyszenia",
    "fin de semana",
    "até à próxima",
    "nie ma sprawy",
    "geen probleem",
    "para servirle",
    "keine ursache",
    "bent u er nog",
    "do zobaczenia",
    "see you later",
    "até a próxima",
    "not a problem",
    "fim de semana",
    "alla prossima",
    "sin problema",
    "see you soon",
    "sounds great",
    "a la próxima",
    "bear with me",
    "ich höre sie",
    "kein problem",
    "let me check",
    "pas de souci",
    "macht nichts",
    "let me think",
    "nie ma za co",
    "have a great",
    "see you then",
    "speak to you",
    "sem problema",
    "sounds good",
    "have a good",
    "have a nice",
    "ci sentiamo",
    "talk to you",
    "trzymaj się",
    "bis später",
    "let me see",
    "no problem",
    "that works",
    "no worries",
    "bis morgen",
    "geen dank",
    "nos vemos",
    "take care",
    "god bless",
    "kurz nachsehen",
    "kurz nachschauen",
    "kurz schauen",
    "bis dann",
    "all good",
    "i'm good",
    "até mais",
    "di nulla",
    "bis bald",
    "good bye",
    "hold on",
    "see you",
    "hang on",
    "de nada",
    "tot zo",
];

/// Thanks and farewells. A sentence with one of them needs more than one other word to have
/// content.
pub(super) const CLOSING: &str = "\
    thanks thank thx cheers bye goodbye bybye appreciate gracias adiós chao chau danke dankeschön \
    dank tschüss tschüs wiedersehen wiederhören merci revoir remercie adieu grazie arrivederci \
    arrivederla ringrazio obrigado obrigada tchau adeus bedankt dankjewel dankuwel doei ziens \
    dziękuję dzięki widzenia";

/// "I am" without a pronoun: with one more word it says who somebody is.
pub(super) const I_AM: [&str; 4] = ["soy", "sono", "sou", "jestem"];

/// Greetings, thanks, farewells, agreement, hesitation and line checks.
pub(super) const COURTESY: &str = "\
    hi hello hey good morning afternoon evening night day weekend thanks thank thx cheers bye \
    goodbye bybye later yes yeah yep yup no nope ok okay alright sure fine great perfect wonderful \
    excellent lovely awesome nice cool super right correct exactly absolutely welcome please well \
    oh ah um uh uhm hmm hm mhm wow sorry pardon excuse moment second minute hear hearing hold wait \
    repeat care appreciate appreciated goodnight cya kindly talk soon speak help helping time hola \
    buenos buenas buen buena día días tarde tardes noche noches gracias muchas muchísimas mil \
    adiós chao chau hasta luego pronto mañana sí vale bien bueno claro perfecto perfecta genial \
    estupendo excelente correcto exacto favor nada igualmente amable disculpe perdón oiga oye oigo \
    escucha momento saludos encantado hallo guten gute guter tag morgen abend nacht danke \
    dankeschön vielen herzlichen dank schön schönen schönes tschüss tschüs ciao servus moin grüß \
    gott wiedersehen wiederhören ja jawohl nein nee doch gut bitte bitteschön klar genau richtig \
    super prima toll perfekt okay alles gern gerne moment wochenende tschau hören entschuldigung \
    bonjour bonsoir salut allô merci beaucoup mille revoir bientôt adieu oui ouais non bon bonne \
    journée soirée soir nuit parfait super génial excellent accord entendu volontiers plaît prie \
    rien pardon excusez désolé voilà tchao weekend ciao salve pronto buongiorno buonasera \
    buonanotte grazie tante molte mille arrivederci arrivederla sì no bene benissimo buon buona \
    giornata serata perfetto perfetta ottimo certo esatto giusto prego favore niente scusi scusa \
    piacere gentile olá oi alô bom boa dia noite obrigado obrigada muito muita tchau adeus até \
    logo breve sim não certo ótimo ótima perfeito perfeita claro beleza exato desculpe nada \
    igualmente valeu gentileza hoi dag goedemorgen goedemiddag goedenavond goedendag bedankt dank \
    dankjewel dankuwel hartelijk doei tot ziens horens straks nee hoor prima goed fijne fijn \
    prettige mooi dag avond weekend graag alstublieft alsjeblieft precies inderdaad geweldig sorry \
    dzień dobry wieczór cześć witam dziękuję dzięki bardzo serdecznie widzenia usłyszenia pa tak \
    nie dobrze dobra świetnie super jasne oczywiście dokładnie proszę przepraszam miłego dnia \
    wszystko halo dobranoc helpful needed guys sir madam ma'am sec check audible loud clear \
    understood brilliant fantastic wonderful anytime pleasure bless enjoy chat chatting helped \
    cheerio tenga tengas ayuda pues amabilidad entendido entiendo listo lista acuerdo cuídese \
    cuídate gusto permítame espere espera minuto segundo segundito momentito dígame aló adelante \
    maravilloso fantástico mismo igual hablamos wunderbar hört hörst nachsehen nachschauen sekunde \
    augenblick warten hilfe geholfen nett freundlich wünsche wünschen ebenfalls gleichfalls \
    bestens fertig einverstanden verstanden verstehe äh ähm tja naja besten lieben angenehmen \
    passt stimmt natürlich selbstverständlich sicher gerne wochenende remercie remercier aide \
    instant seconde attendez attends entendez entends entend compris comprends noté pareillement \
    également pareil aimable gentil gentille week end suite impeccable euh hein bah ok soin \
    ringrazio ringraziamo aiuto attimo secondo minuto sente sentite senti sento allora presto \
    capito capisco accordo altrettanto gentilissimo gentilissima gentilezza certamente beh eh \
    dunque ecco splendido fantastico aspetti aspetta disponibilità pure tenha ouvindo ouve ouvir \
    ajuda instante minutinho momentinho espere aguarde entendi combinado certinho abraço atenção \
    acordo maravilha legal tá né bem hoort klopt hartstikke verder hulp momentje ogenblik \
    ogenblikje minuut wacht wachten begrepen begrijp akkoord oké oke okee top perfect uitstekend \
    vriendelijk hetzelfde insgelijks bedanken groetjes groeten doeg tuurlijk natuurlijk zeker \
    uiteraard nou euh słyszy słychać słyszę momencik chwila chwilę chwileczkę sekunda sekundę \
    minutę pomoc pomocy rozumiem zrozumiałem zrozumiałam zgoda okej idealnie doskonale cudownie \
    pewnie wzajemnie również nawzajem pozdrawiam weekendu wieczoru dobrej nocy miłej poczekać \
    czekam dziękujemy zobaczenia racja zgadza catch same kind könnten wiederholen machen mache \
    répéter répète repetir repite ripetere ripeta herhalen powtórzyć tack mycket hej hejdå då ja \
    nej bra snälla tak mange farvel nej godt takk hade nei kiitos näkemiin moi kyllä hei děkuji \
    děkuju nashledanou na shledanou ano ne dobře ahoj prosím ďakujem dovidenia áno köszönöm szépen \
    viszontlátásra viszlát igen nem jó mulțumesc mult revedere da nu bine teşekkürler teşekkür \
    ederim güle hoşça kal kalın evet hayır tamam merhaba iyi günler sağ sağol ol olun ευχαριστώ \
    πολύ αντίο γεια σας σου ναι όχι καλά καλημέρα спасибо большое огромное пока да нет хорошо \
    ладно отлично пожалуйста здравствуйте алло всего доброго понятно дякую так ні добре благодаря \
    довиждане شكرا شكراً جزيلا جزيلاً نعم لا مرحبا أهلا حسنا حسناً تمام وداعا عليكم السلام اللقاء \
    תודה רבה שלום להתראות כן לא ביי धन्यवाद शुक्रिया नमस्ते अलविदा हाँ हां जी नहीं ठीक है अच्छा \
    बहुत 감사합니다 고맙습니다 안녕하세요 안녕히 네 예 아니요 아니오 괜찮아요 괜찮습니다 알겠습니다 여보세요 terima kasih selamat tinggal ya \
    tidak cảm ơn tạm biệt vâng dạ salamat po paalam asante kwaheri";

/// Words with which summaries say that there was a call.
pub(super) const CALL_WORDS: &str = "\
    caller customer user agent assistant call called calling conversation greeting greeted thanked \
    said says goodbye ended ends end hung hang up exchanged farewell farewells pleasantries \
    politely briefly line connection test tested silence anrufer anruferin kunde kundin agent \
    agentin anruf gespräch bedankte bedankt verabschiedete verabschiedet sich beendet legte auf \
    cliente llamante agente llamada conversación agradeció despidió saludó terminó appelant client \
    agent appel conversation remercié salué raccroché terminé chiamante cliente agente chiamata \
    conversazione ringraziato salutato agradeceu despediu chamada conversa ligação terminou beller \
    klant gesprek bedankte nam afscheid rozmówca klient agent rozmowa podziękował pożegnał \
    zakończył";

/// Function words of each language.
pub(super) const GRAMMAR: &[(&str, &str)] = &[
    (
        "en",
        "\
         a an the and or but if so because as of at by for with about to from in on up down out off \
         over then than too very just only also again still i me my mine we us our you your he him \
         his she her it its they them their this that these those there here what which who whom \
         how when where why am is are was were be been being have has had having do does did doing \
         don t s m re ve ll d will would can could should shall may might must let lets not all any \
         both some such else everything anything nothing something that's it's i'm today now want \
         need like got get go going im thats for bye see have had much more take know think mean \
         guess called that one well there's really actually been didn doesn isn wasn couldn wouldn \
         won haven hasn",
    ),
    (
        "es",
        "\
         el la los las un una unos unas y e o u pero si porque como de del a al en por para con sin \
         sobre entre desde que qué quién cuál cómo cuándo dónde yo me mi mí tú te tu usted ustedes \
         él ella le lo se su sus nos nuestro ellos ellas esto este esta eso ese esa es son era fue \
         ser estar está estoy están he ha han había hay tengo tiene quiero quiere quería puedo \
         puede muy más menos ya también todo toda todos algo así aquí ahí hoy ahora sería soy esos \
         estas les otra otro",
    ),
    (
        "de",
        "\
         der die das den dem des ein eine einen einem einer eines und oder aber wenn weil dass so \
         als wie zu zum zur von vom in im an am auf aus bei mit nach über unter für um ich mich mir \
         mein meine meinen wir uns unser du dich dir dein er ihn ihm sein sie ihr ihre ihnen es man \
         wer was wo wann warum welche dieser diese dieses da hier dort ist sind bin bist war waren \
         sein habe haben hat hatte werde werden wird würde kann können könnte möchte möchten will \
         wollen muss müssen soll nicht kein keine nur auch noch schon sehr mal denn dann jetzt \
         heute sonst etwas nichts mehr war's das's brauche brauchen vielleicht eben halt",
    ),
    (
        "fr",
        "\
         le la les l un une des du de d et ou mais si car que qu qui quoi quel quelle comment quand \
         où pourquoi à au aux en dans par pour avec sans sur sous je j me m moi mon ma mes tu te \
         toi ton ta tes vous votre vos il elle on nous notre nos ils elles se s lui leur son sa ses \
         ce c cet cette ces ça cela est sont suis es êtes était être ai as a avons avez ont eu \
         avoir fait veux voudrais peux pouvez ne n pas plus très aussi encore tout tous toute rien \
         y là ici aujourd hui maintenant alors donc bien t",
    ),
    (
        "it",
        "\
         il lo la i gli le l un uno una e ed o ma se perché che chi cosa quale come quando dove di \
         del della dei delle da dal dalla in nel nella a al alla su per con senza tra fra io mi me \
         mio mia tu ti te tuo lei suo sua noi ci nostro voi vi vostro loro si ne lui è sono sei era \
         siamo essere ho ha hai abbiamo hanno avere vorrei voglio posso può non più molto anche \
         ancora tutto tutti così qui qua lì questo questa quello quella oggi ora adesso niente già \
         c va fatto solo",
    ),
    (
        "pt",
        "\
         o a os as um uma uns umas e ou mas se porque que quem qual como quando onde de do da dos \
         das em no na nos nas por pelo pela para com sem sobre ao à eu me mim meu minha você vocês \
         tu te ti seu sua ele ela lhe nós nosso eles elas isso isto este esta esse essa aquilo é \
         são sou era foi ser estar está estou estão tenho tem tinha quero queria gostaria posso \
         pode não mais muito também ainda tudo todos só já aqui aí lá hoje agora assim então",
    ),
    (
        "nl",
        "\
         de het een en of maar als omdat dat die dit deze wat wie welke hoe wanneer waar waarom van \
         voor met zonder op in aan bij uit naar over te ik me mij mijn je jij jou jouw u uw hij hem \
         zijn zij ze haar wij we ons onze jullie hun er is zijn ben bent was waren heb hebt heeft \
         hebben had wil wilt wou zou kan kunt kunnen moet mag ga gaat niet geen ook nog al wel heel \
         erg even maar dan nu hier daar vandaag alles iets niets meer zo graag 't om",
    ),
    (
        "pl",
        "\
         i a o w we z ze na do od po za dla u przy pod nad przez bez oraz lub albo ale bo że żeby \
         jak gdy kiedy gdzie co kto który która które czy ja mnie mi mój moja moje ty ciebie ci pan \
         pani państwo on jego go jemu ona jej ją my nas nam wy oni ich im się to ten ta te tego tej \
         tym jest są jestem był była było być mam ma mamy mieć chcę chce chciałbym chciałabym mogę \
         może proszę nie też także już jeszcze tylko bardzo tu tutaj tam dziś dzisiaj teraz \
         wszystko nic coś więc no",
    ),
];
