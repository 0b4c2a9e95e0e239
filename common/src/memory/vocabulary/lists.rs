//! The word lists, one line or more for each language: English, Spanish, German, French, Italian,
//! Portuguese, Dutch, Polish.

use super::Kind;

/// The words of each kind in each language.
pub(super) const LISTS: [(Kind, [&str; 8]); 14] = [
    (Kind::Negation, NEGATIONS),
    (Kind::Missing, MISSING),
    (Kind::Grammar, GRAMMAR),
    (Kind::Saying, SAYING),
    (Kind::Noun, NOUNS),
    (Kind::Thing, THINGS),
    (Kind::Role, ROLES),
    (Kind::Unspecific, UNSPECIFIC),
    (Kind::All, ALL),
    (Kind::Well, WELL),
    (Kind::Yet, YET),
    (Kind::Undecided, UNDECIDED),
    (Kind::Pointer, POINTERS),
    (Kind::Place, PLACES),
];

const NEGATIONS: [&str; 8] = [
    "no not never cannot without neither nor",
    "no sin nunca tampoco ni ningún",
    "nicht kein keine keinen keinem keiner keinerlei nein nie ohne",
    "ne pas sans jamais non aucun aucune",
    "non senza mai nessun nessuna né",
    "não nao sem nunca nenhum nenhuma nem",
    "niet geen zonder nooit nee",
    "nie bez nigdy żaden żadna żadne żadnych",
];

/// Words that mean "no value" by themselves.
const MISSING: [&str; 8] = [
    "none nothing null nil undefined nan tbd unknown unspecified unidentified unnamed unstated \
        unavailable undisclosed anonymous missing empty blank redacted withheld noname placeholder",
    "ninguno ninguna nada nulo nula desconocido desconocida anónimo anónima indefinido indefinida \
        vacío vacía",
    "keine keiner keines keins nichts nix unbekannt unbekannte unbekannter anonym fehlt leer \
        undefiniert entfällt",
    "aucun aucune rien inconnu inconnue anonyme indéfini indéfinie vide néant",
    "nessuno nessuna niente nulla sconosciuto sconosciuta ignoto ignota anonimo anonima vuoto \
        indefinito",
    "nenhum nenhuma nada desconhecido desconhecida anônimo anônima anónimo vazio",
    "geen niets niks onbekend onbekende anoniem leeg ongedefinieerd nvt vervalt",
    "brak nic nieznany nieznana nieznane anonimowy anonimowa nieokreślony nieokreślone puste żaden \
        żadne żadna",
];

const GRAMMAR: [&str; 8] = [
    "n l d c s j a an the any this that their his her its your my of for by to in on at from as yet she we anything had \
        has have had was is are were been be did do does could it they there and or i about else so",
    "el la los las un una lo de del por para en ha han he fue se su sus al le a que y más hay nos tiene tienen tenía",
    "der die das den dem des ein eine einen wurde wurden ist sind war hat haben vom von im in der zu \
        zur zum es er sie ich hierzu dazu mehr sonst an und hatte hatten gibt weiter noch",
    "le les des du de d au aux une un dans par pour est a été ont n ce cette il elle son sa à y en \
        je qu l autre plus avait",
    "il lo gli i uno un di della dello dei del dal dalla da nel nella è stato stata ha in per che l \
        altro più ho ci sono aveva",
    "o os as um uma a do da dos das de no na pelo pela foi está é em para que se mais e à há tem tinha",
    "de het een is werd wordt door van in heeft er te om op en ik hij zij verder had zijn hebben nog",
    "w na przez jest był była było był został została zostało do się i o nie to więcej ma miał miała",
];

const SAYING: [&str; 8] = [
    "provided provide given give gave mentioned mention stated state specified specify said say \
        available applicable known identified identify determined determine disclosed disclose shared \
        share supplied supply collected collect recorded captured capture found listed set answered \
        answer obtained discussed discuss asked indicated indicate clear applies confirmed during \
        explicitly",
    "dado dada dio dijo dice proporcionado proporcionada proporcionó facilitado facilitada \
        mencionado mencionada mencionó indicado indicada indicó especificado especificada consta \
        aplica disponible conocido comentó comentado",
    "angegeben angabe angaben genannt erwähnt bekannt verfügbar vorhanden mitgeteilt gegeben gesagt \
        zutreffend ermittelt anwendbar besprochen geäußert",
    "donné donnée fourni fournie fournis mentionné mentionnée indiqué indiquée précisé précisée \
        communiqué communiquée renseigné renseignée disponible applicable spécifié spécifiée connu \
        connue dit évoqué",
    "fornito fornita fornite indicato indicata menzionato menzionata specificato specificata \
        comunicato comunicata detto dato disponibile applicabile noto nota discusso",
    "informado informada fornecido fornecida mencionado mencionada mencionou indicado indicou \
        especificado especificada disse disponível aplicável conhecido discutido",
    "opgegeven genoemd vermeld bekend beschikbaar gegeven verstrekt toepassing gezegd besproken",
    "podał podała podano podane podany podana wspomniano wspomniał wspomniała wymieniono określono \
        dostępne dostępny dotyczy znane omówiono powiedział \
        powiedziała",
];

const NOUNS: [&str; 8] = [
    "value values response responses info information data detail details name names first last full surname caller callers customer \
        customers user users client agent transcript date time company reason account order id \
        address conversation interlocutor listener",
    "valor respuesta información dato datos nombre nombres apellido apellidos cliente usuario llamante \
        conversación dirección fecha interlocutor interlocutora",
    "wert antwort information informationen name namen vorname nachname anrufer anruferin anrufers \
        kunde kundin kunden hörer hörerin gespräch adresse datum",
    "nom prénom valeur réponse information informations appelant appelante client cliente \
        interlocuteur interlocutrice conversation adresse",
    "nome cognome valore risposta informazione informazioni chiamante cliente interlocutore \
        interlocutrice conversazione indirizzo",
    "nome sobrenome apelido valor resposta informação dado dados cliente usuário utilizador conversa \
        interlocutor interlocutora endereço",
    "naam voornaam achternaam waarde antwoord gegevens informatie beller klant gesprek adres",
    "imię imienia nazwisko nazwiska wartość wartości odpowiedź odpowiedzi danych dane informacji \
        informacja klient klienta klientka dzwoniący dzwoniąca rozmówca rozmówcy rozmowy rozmowa adres adresu",
];

const THINGS: [&str; 8] = [
    "email mail phone telephone number call",
    "correo electrónico llamada teléfono número",
    "mail telefonnummer nummer telefon anruf anrufs",
    "téléphone numéro courriel appel",
    "telefono numero chiamata",
    "telefone número chamada",
    "telefoon telefoonnummer nummer",
    "telefon telefonu numer numeru",
];

/// The roles that people have in a call. They are not names.
const ROLES: [&str; 8] = [
    "caller customer user client guest visitor person speaker agent assistant operator human someone \
        somebody test tester member patient subscriber participant sir madam maam mister miss he she \
        they him them interlocutor listener",
    "cliente usuario usuaria llamante persona invitado invitada paciente interlocutor interlocutora",
    "anrufer anruferin kunde kundin nutzer nutzerin benutzer gast person patient patientin \
        teilnehmer teilnehmerin hörer hörerin gesprächspartner gesprächspartnerin",
    "appelant appelante client cliente utilisateur utilisatrice invité invitée personne \
        interlocuteur interlocutrice",
    "chiamante cliente utente ospite persona interlocutore interlocutrice",
    "cliente usuário usuária utilizador utilizadora visitante convidado pessoa interlocutor \
        interlocutora chamador",
    "beller klant gebruiker gast persoon gesprekspartner",
    "rozmówca rozmówczyni klient klientka użytkownik użytkowniczka gość osoba dzwoniący dzwoniąca",
];

const UNSPECIFIC: [&str; 8] = [
    "information data detail details remark remarks note notes comment comments wish wishes \
        preference preferences request requests requirement requirements particularity particularities \
        special specific particular further other additional news finding findings change changes \
        expressed express made make report reported added add noted new \
        noteworthy notable question questions instruction instructions",
    "información dato datos detalle detalles observación observaciones nota notas comentario \
        comentarios deseo deseos preferencia preferencias petición peticiones solicitud solicitudes \
        particular particularidades especial especiales adicional adicionales otra otras otro otros novedad \
        novedades incidencia incidencias cambios específico concreto señalar \
        informar reportar destacar añadir hizo nuevo nueva pregunta preguntas instrucciones",
    "information informationen daten angabe angaben detail details bemerkung bemerkungen anmerkung \
        anmerkungen notiz notizen hinweis hinweise kommentar kommentare wunsch wünsche vorliebe \
        vorlieben präferenz präferenzen besonderheit besonderheiten besonderes besondere besonderen \
        spezielle speziellen weitere weiteren weiteres sonstige sonstigen andere anderen befund änderungen \
        anforderungen gemacht berichten melden berichtet hinzuzufügen \
        besonderer besonderem spezieller spezielles neues frage fragen anweisungen anliegen",
    "information informations donnée données détail détails remarque remarques note notes commentaire \
        commentaires souhait souhaits préférence préférences demande demandes particularité \
        particularités particulier particulière particulières spécial spéciale spéciales \
        supplémentaire supplémentaires autres objet observation observations changement \
        signaler signalé ajouter déclarer nouveau question questions instructions",
    "informazione informazioni dati dettaglio dettagli osservazione osservazioni nota note commento \
        commenti desiderio desideri preferenza preferenze richiesta richieste particolarità \
        particolare particolari speciale speciali ulteriore ulteriori aggiuntive altra altre altri novità cambiamenti \
        segnalare segnalato riferire aggiungere nuovo domanda domande istruzioni",
    "informação informações dado dados detalhe detalhes observação observações nota notas comentário \
        comentários desejo desejos preferência preferências pedido pedidos particularidade \
        particularidades especial especiais particular adicional adicionais outra outras outro outros novidades alterações \
        assinalar relatar informar acrescentar registar registrar novo dúvidas perguntas instruções",
    "gegevens informatie details opmerking opmerkingen notitie notities wens wensen voorkeur \
        voorkeuren verzoek verzoeken bijzonderheid bijzonderheden bijzonders bijzondere speciaal \
        speciale verdere andere aanvullende wijzigingen melden gemeld toevoegen \
        nieuws vraag vragen instructies",
    "danych dane informacji informacja informacje szczegółów szczegóły uwaga uwagi uwag notatek \
        komentarz komentarzy życzenie życzeń preferencja preferencji preferencje prośba próśb prośby \
        szczególnego szczególnych specjalnych specjalnego dodatkowych innych inne zmian zastrzeżeń \
        zgłosił zgłosiła zgłoszono zgłoszenia nowego pytań pytania instrukcji",
];

const ALL: [&str; 8] = [
    "all everything",
    "todo",
    "alles",
    "tout",
    "tutto",
    "tudo",
    "alles",
    "wszystko",
];

const WELL: [&str; 8] = [
    "ok okay good fine well order clear",
    "ok bien orden correcto claro va",
    "ok okay gut ordnung bestens klar geklärt",
    "ok bien va ordre",
    "ok bene posto regola chiaro va",
    "ok bem certo ordem",
    "ok oké goed orde prima duidelijk",
    "ok dobrze porządku gra jasne",
];

const YET: [&str; 8] = [
    "to yet still",
    "por aún todavía a",
    "zu noch wird",
    "à encore",
    "da ancora",
    "a por ainda",
    "te nog nader",
    "do jeszcze",
];

const UNDECIDED: [&str; 8] = [
    "determined decided confirmed announced clarified defined specified open unclear undecided",
    "determinar definir decidir confirmar concretar abierto",
    "klären geklärt bestimmen festgelegt entschieden offen unklar bestätigen",
    "déterminer définir préciser confirmer décider",
    "determinare definire confermare decidere stabilire",
    "determinar definir confirmar decidir",
    "bepalen bevestigen beslissen open onduidelijk",
    "ustalenia potwierdzenia określenia uzgodnienia",
];

const POINTERS: [&str; 8] = [
    "see as same s",
    "ver véase vea como igual que",
    "siehe wie s vgl gleich",
    "voir comme idem cf ci",
    "vedi come idem",
    "ver como idem",
    "zie zoals idem hetzelfde",
    "patrz jak zob",
];

const PLACES: [&str; 8] = [
    "above before previously",
    "arriba antes",
    "oben o vorher zuvor bisher",
    "dessus avant haut",
    "sopra prima",
    "acima antes",
    "boven eerder",
    "wyżej powyżej poprzednio",
];
