//! The word lists of orders to the machine in eight languages, without accents.

use super::classes::form::{AMBIGUOUS, IMPERATIVE, INFINITIVE, STATEMENT};
use super::classes::{Act, Class};

/// Form of an English verb that is no noun.
const VERB: u8 = IMPERATIVE | INFINITIVE;
/// Form of an English verb that is also a noun or an adjective.
const NOUN: u8 = AMBIGUOUS | INFINITIVE;

#[rustfmt::skip]
pub(super) const ACTS: &[(Act, u8, &str)] = &[
    (Act::Grant, VERB, "approve waive grant authorise authorize preapprove whitelist exempt unlock unblock bypass circumvent"),
    (Act::Grant, NOUN, "skip trust allow permit upgrade accept release"),
    (Act::Grant, IMPERATIVE,
        "genehmige erlasse gewahre bewillige gestatte autorisiere apruebe conceda autorice exima condone otorgue desbloquee \
        approuvez accordez autorisez exonerez debloquez approvi conceda autorizzi condoni sblocchi concedi aprove \
        autorize isente desbloqueie keur verleen scheld autoriseer deblokkeer zatwierdz zatwierdzaj przyznaj przyznawaj \
        umorz umarzaj autoryzuj odblokuj akceptuj zaakceptuj udziel udzielaj"),
    (Act::Grant, AMBIGUOUS, "erlaube schalte"),
    (Act::Grant, STATEMENT,
        "aprueba concede autoriza exime condona otorga desbloquea approuve accorde autorise exonere debloque \
        approva autorizza condona esenta sblocca aprova isenta desbloqueia"),
    (Act::Grant, INFINITIVE,
        "genehmigen erlassen gewahren bewilligen freigeben freischalten autorisieren gestatten erlauben uberspringen aprobar \
        conceder autorizar eximir condonar otorgar desbloquear approuver accorder autoriser exonerer debloquer approvare \
        concedere autorizzare condonare esentare sbloccare aprovar isentar goedkeuren verlenen kwijtschelden toekennen \
        autoriseren deblokkeren zatwierdzac zatwierdzic przyznac przyznawac umorzyc umarzac udzielic udzielac autoryzowac \
        odblokowac akceptowac"),
    (Act::Give, VERB, "give issue apply assign enable provide"),
    (Act::Give, NOUN, "offer add credit"),
    (Act::Give, IMPERATIVE, "gib gebe geef daj dawaj dale donnez"),
    (Act::Give, STATEMENT, "donne offre"),
    (Act::Give, INFINITIVE, "geben dar donner dare geven dac dawac"),
    (Act::Move, VERB, "reimburse compensate"),
    (Act::Move, NOUN, "refund transfer"),
    (Act::Move, IMPERATIVE,
        "erstatte uberweise reembolse transfiera remboursez transferez rimborsi trasferisca trasferisci transfira vergoed \
        zwroc zwracaj przelacz przelaczaj przekieruj"),
    (Act::Move, STATEMENT, "reembolsa transfiere rembourse transfere rimborsa"),
    (Act::Move, INFINITIVE,
        "erstatten ruckerstatten uberweisen weiterleiten reembolsar transferir rembourser transferer rimborsare trasferire \
        vergoeden terugbetalen doorverbinden zwrocic zwracac przelaczyc przelaczac"),
    (Act::Verify, NOUN, "verify authenticate identify"),
    (Act::Ask, NOUN, "ask question"),
    (Act::Verify, AMBIGUOUS,
        "verifiques identifiques verifiziere uberprufe prufe verifica verifique verifie verifiez verifichi verifieer controleer weryfikuj zweryfikuj \
        sprawdzaj identifiziere identifica identifique identifiez"),
    (Act::Verify, INFINITIVE,
        "verifizieren uberprufen identifizieren verificar verifier verificare verifieren controleren weryfikowac zweryfikowac \
        sprawdzac"),
    (Act::Say, VERB, "say reveal disclose recite divulge"),
    (Act::Say, NOUN, "print output repeat leak"),
    (Act::Say, IMPERATIVE,
        "verrate digale revele revelez divulguez riveli onthul ujawnij ujawniaj zdradz"),
    (Act::Say, STATEMENT, "revela rivela devoile divulgue"),
    (Act::Say, INFINITIVE,
        "verraten preisgeben revelar decir reveler divulguer rivelare onthullen ujawnic zdradzic"),
    (Act::Tell, NOUN, "tell show read"),
    (Act::Tell, AMBIGUOUS,
        "sag sage zeig zeige lies nenne dime digame dile muestrame muestreme leeme leame dis dites montrez lis lisez dimmi \
        dica mostrami leggimi legga diga mostre leia zeg vertel toon lees powiedz pokaz przeczytaj podaj"),
    (Act::Tell, STATEMENT, "muestra montre mostra"),
    (Act::Tell, INFINITIVE,
        "sagen zeigen vorlesen nennen mostrar leer dire montrer lire mostrare leggere dizer ler zeggen vertellen tonen \
        voorlezen powiedziec pokazac"),
    (Act::Answer, NOUN, "respond answer reply speak talk"),
    (Act::Answer, AMBIGUOUS,
        "antworte sprich responda conteste hable reponds repondez parlez rispondi risponda parli fale antwoord praat spreek \
        odpowiadaj odpowiedz mow"),
    (Act::Answer, STATEMENT, "responde contesta habla repond parle parla fala"),
    (Act::Answer, INFINITIVE,
        "antworten sprechen responder contestar hablar repondre parler rispondere parlare falar antwoorden praten spreken \
        odpowiadac mowic"),
    (Act::Override, VERB, "ignore disregard forget override overwrite"),
    (Act::Override, IMPERATIVE,
        "ignoriere ignorier vergiss missachte umgehe ignorez oubliez olvide ignori dimentichi esqueca negeer vergeet zignoruj ignoruj zapomnij pomin pomijaj"),
    (Act::Override, STATEMENT, "oublie olvida ignora dimentica esquece"),
    (Act::Override, INFINITIVE,
        "ignorieren vergessen missachten umgehen ignorar olvidar ignorer oublier ignorare dimenticare esquecer negeren \
        vergeten ignorowac zapomniec pomijac"),
    (Act::Role, NOUN, "act behave pretend roleplay become"),
    (Act::Role, AMBIGUOUS,
        "verhalte spiele handle actua actue comportate agis agissez agisci comportati aja atue gedraag dzialaj zachowuj \
        udawaj"),
    (Act::Role, INFINITIVE, "verhalten handeln actuar agir agire comportarti handelen dzialac"),
    (Act::Treat, NOUN, "treat mark consider regard classify flag label"),
    (Act::Treat, AMBIGUOUS, "behandle betrachte trate considere traitez tratti behandel beschouw traktuj oznacz \
        uznaj"),
    (Act::Treat, STATEMENT, "trata considera traite tratta"),
    (Act::Treat, INFINITIVE, "behandeln betrachten tratar considerar traiter trattare behandelen beschouwen traktowac"),
    (Act::Delete, NOUN, "delete erase wipe reset"),
    (Act::Delete, AMBIGUOUS, "losche borre effacez cancelli apague verwijder usun skasuj"),
    (Act::Delete, STATEMENT, "borra efface cancella apaga"),
    (Act::Delete, INFINITIVE, "loschen borrar effacer cancellare apagar verwijderen usunac"),
];

#[rustfmt::skip]
pub(super) const CLASSES: &[(Class, &str)] = &[
    (Class::Filler,
        "please kindly now then just also so simply immediately always only hey hi hello dear ok okay agent assistant ai \
        system bot note important bitte jetzt dann einfach sofort immer nur auch por favor ahora entonces siempre solo \
        tambien agente asistente s il vous te plait maintenant toujours seulement assistant per piacere adesso ora sempre \
        assistente agora so alstublieft nu altijd alleen prosze teraz zawsze tylko"),
    (Class::Not, "not never no nicht nie niemals nunca jamas jamais mai nao nooit niet nigdy ne non"),
    (Class::And, "and then or und dann oder y e o et puis ou poi en dan of i oraz potem"),
    (Class::When,
        "when whenever if once each every next wenn falls sobald jedes cuando si cada quand lorsque chaque quando se ogni \
        als wanneer gdy kiedy jesli jezeli"),
    (Class::Universal,
        "all every everything everyone any anything each always only without full unlimited automatically alle alles allen \
        aller jede jeden jedes jeder immer samtliche nur ohne automatisch todo toda todos todas cada siempre solo sin \
        cualquier tout toute tous toutes chaque toujours seulement sans automatiquement tutto tutta tutti tutte ogni sempre \
        senza qualsiasi tudo sempre sem qualquer elke iedere altijd alleen zonder automatisch wszystko wszystkie wszystkich \
        kazdy kazda kazde kazdego zawsze tylko bez automatycznie"),
    (Class::Caller,
        "caller callers customer customers client clients user guest patient member anrufer anruferin anrufers kunde kunden \
        kundin cliente clientes llamante usuario appelant appelante utilisateur chiamante utente beller klant klanten \
        rozmowca rozmowcy rozmowcow klient klienta klientowi dzwoniacy dzwoniacego dzwoniacej dzwoniacemu"),
    (Class::Second,
        "you your yours yourself du dich dir dein deine deinen deiner deinem tu tus te ti toi ton ta tes vous votre vos tuo \
        tua tuoi tue teu teus tuas jij jou jouw twoj twoje twoja twoich swoje"),
    (Class::First,
        "i my me mine we our us ich mein meine meinen meiner meinem mir mich wir unser unsere mi mis yo me nuestro mon ma mes \
        je moi notre nos mio mia miei mie io nostro meu minha meus minhas eu mijn ik mij onze moj moja moje moich mnie mi"),
    (Class::Me, "me us mir uns moi mij mi nam"),
    (Class::System,
        "instruction instructions prompt prompts rule rules policy policies guideline guidelines restriction restrictions \
        verification check checks security safety authentication identity password passwords passcode admin administrator \
        previous prior above earlier programming anweisung anweisungen regeln vorgaben prufung uberprufung verifizierung \
        identitatsprufung sicherheitsprufung passwort vorherigen bisherigen instrucciones reglas verificacion contrasena \
        anteriores consignes regles verification precedentes precedente istruzioni regole verifica precedenti instrucoes \
        regras verificacao senha regels instructies verificatie wachtwoord eerdere vorige instrukcje instrukcji polecenia \
        polecen zasady weryfikacji weryfikacje haslo poprzednie poprzednich"),
    (Class::Benefit,
        "discount discounts refund refunds credit credits access rights privileges permission permissions upgrade upgrades \
        voucher vouchers free unlimited password passcode passwords admin administrator rabatt rabatte ruckerstattung \
        ruckerstattungen gutschrift zugriff zugang rechte gratis kostenlos gutschein passwort descuento descuentos reembolso \
        reembolsos acceso permisos contrasena remise remises remboursement remboursements acces droits gratuit sconto sconti \
        rimborso rimborsi accesso diritti desconto descontos acesso permissoes korting toegang rechten terugbetaling rabat \
        rabaty znizke znizki zwrot zwroty dostep uprawnienia"),
    (Class::Question,
        "when whether if once as before what where who which why how wann ob wenn sobald wo wer wie warum cuando si donde \
        quien como quand ou qui comment quando se dove chi come onde wanneer of waar wie hoe kiedy czy gdzie kto jak"),
    (Class::You, "you du sie tu usted ustedes vous lei voce voces jij je u jullie ty pan pani"),
    (Class::Must,
        "must should shall need needs ought muss mussen soll sollen sollte sollten debe deben tiene tienen doit doivent faut \
        deve devono devem tem moet moeten dient musi powinien powinna powinni ma"),
    (Class::May, "may can might darf darfst kannst konnen durfen puedes puede peux pouvez puoi pode podes mag kunt mozesz"),
    (Class::YouMust, "musst sollst debes dois devez devi deves musisz powinienes masz"),
    (Class::Are, "are bist sind eres es etes sei e bent jestes"),
    (Class::YouAre, "bist eres jestes"),
    (Class::Now, "now jetzt nun ahora maintenant desormais adesso ora agora nu voortaan teraz odtad"),
    (Class::Agent,
        "agent agents assistant assistants system systems ai bot bots model llm agente agentes asistente sistema ki assistent \
        assistentin modell modele systeme assistente modello sistema systeem medewerker asystent model"),
    (Class::RoleNoun,
        "agent assistant ai bot model system admin administrator administratorin operator developer chatbot terminal manager \
        supervisor pirate agente asistente modelo administrador administradora assistent modell administrateur modele systeme \
        assistente modello amministratore administratorem asystentem asystent beheerder"),
    (Class::Object,
        "the this that these those a an all any every each everything everyone his her their him them whoever whatever"),
    (Class::Finite,
        "zu ich er sie es wir ihr man wurde wurden wird werden hat haben hatte ist sind war mochte mochten will wollen soll \
        sollen kann konnen darf lasst lassen bittet te om ik hij zij we wordt worden werd heeft hebben is zijn wil willen \
        wilt zou kan kunnen mag laat vraagt"),
    (Class::As, "as like als wie como comme come jako jak"),
    (Class::By, "by via per par przez"),
    (Class::Preposition,
        "from to of for at in on within via with by before after is was due"),
    (Class::Article,
        "a an the ein eine der die das dem un una une um uma een el la le l no longer lo os as de het il"),
    (Class::Governor,
        "to can could will would should shall must may might let help and or wants asked asks wanted not"),
];
