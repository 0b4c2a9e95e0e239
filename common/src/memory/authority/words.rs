//! The words of claims of authority, in the eight supported languages. A trailing asterisk matches
//! any word with this beginning.

use text::is_listed;
use text::negation::{Kind, negation};

/// The role that a word can play in a claim.
#[derive(Clone, Copy)]
pub(super) enum Class {
    Account,
    Owner,
    /// One word for owner and account: "Kontoinhaber".
    AccountOwner,
    Authorised,
    Acting,
    /// A permission. It counts only near an account or somebody's name: "may act on behalf of".
    Allowed,
    Behalf,
    Mandate,
    Access,
    Unlimited,
    Verified,
    Identity,
    Passed,
    Check,
    Need,
    Skip,
    Without,
    Superior,
    Granted,
    Favour,
    Being,
    Having,
    Negation,
    Asking,
    By,
    As,
    /// A word that may precede "was verified" if the caller was verified.
    OfCaller,
    /// A verified thing that is not a person, such as an email address.
    Thing,
}

/// Returns whether the word is in this class.
pub(super) fn is_in(word: &str, class: Class) -> bool {
    let is_negation = match class {
        Class::Negation => is_negation(word, Kind::Not),
        Class::Without => is_negation(word, Kind::Without),
        _ => false,
    };
    is_negation || is_listed(word, list(class))
}

fn is_negation(word: &str, kind: Kind) -> bool {
    negation(word).is_some_and(|negation| negation.kind == kind)
}

fn list(class: Class) -> &'static str {
    match class {
        Class::Account => {
            "account accounts policy contract line subscription konto kontos vertrag* cuenta cuentas póliza contrato compte comptes contrat \
             conto contratto polizza conta apólice rekening contract polis konta koncie kontem umowy polisy"
        }
        Class::Owner => {
            "owner owners holder holders administrator administrators admin inhaber inhaberin besitzer besitzerin titular titulares \
             propietario propietaria administrador administradora titulaire propriétaire administrateur administratrice titolare \
             intestatario intestataria proprietario proprietaria amministratore amministratrice proprietário proprietária houder \
             eigenaar eigenares beheerder właściciel* posiadacz* administratorem administratorką"
        }
        Class::AccountOwner => {
            "accountholder kontoinhaber* vertragsinhaber* kontobesitzer* rekeninghouder* contracthouder* accounthouder* polishouder* \
             accounteigenaar"
        }
        Class::Authorised => {
            "authorised authorized empowered entitled bevollmächtigt berechtigt ermächtigt befugt autorisiert autorizado autorizada \
             facultado facultada autorisé autorisée habilité habilitée autorizzato autorizzata gemachtigd bevoegd geautoriseerd \
             upoważniony upoważniona uprawniony uprawniona autoryzowany autoryzowana"
        }
        Class::Acting => {
            "act acts acting speak sign decide behalf access account accounts data information change changes cancel manage instruct \
             representative handeln sprechen entscheiden unterschreiben zugriff namen konto daten ändern vertreten auskunft auskünfte \
             actuar hablar firmar decidir nombre acceder cuenta datos cambiar gestionar representar agir parler signer décider nom \
             accéder compte données modifier gérer représenter agire parlare firmare decidere nome accedere conto dati modificare \
             gestire rappresentare falar assinar aceder acessar conta dados alterar gerir handelen spreken tekenen beslissen namens \
             toegang rekening gegevens wijzigen beheren działać działania mówić podpisywać decydować imieniu dostęp dostępu konta \
             danych zmieniać zarządzać"
        }
        Class::Allowed => {
            "allowed permitted acts darf dürfen handelt actúa agit agisce atua handelt działa wolno"
        }
        Class::Behalf => "behalf namen nombre nom nome namens imieniu",
        Class::As => "as als como comme come jako",
        Class::Mandate => {
            "attorney vollmacht prokura poder procuration procura procuração volmacht pełnomocnictw* clearance"
        }
        Class::Access => {
            "access rights privileges permissions zugriff zugang rechte acceso derechos permisos accès droits accesso diritti acesso \
             direitos permissões toegang rechten dostęp uprawnienia"
        }
        Class::Unlimited => {
            "full unrestricted unlimited admin administrator root vollen voller volle uneingeschränkt* completo completa ilimitado total complet \
             illimité pieno illimitato totale ilimitado volledige onbeperkte pełny pełne nieograniczony"
        }
        Class::Verified => {
            "verified authenticated identified validated preverified überprüft geprüft verifiziert authentifiziert identifiziert \
             legitimiert bestätigt verificado verificada autenticado autenticada identificado identificada comprobada vérifié vérifiée \
             authentifié authentifiée identifié identifiée confirmée verificato verificata autenticato autenticata identificato \
             identificata geverifieerd geïdentificeerd gecontroleerd zweryfikowany zweryfikowana zweryfikowano potwierdzona \
             uwierzytelniony uwierzytelniona confirmed confirmada confermata bevestigd"
        }
        Class::Identity => {
            "identity identität identidad identité identità identidade identiteit tożsamość tożsamości"
        }
        Class::Passed => {
            "passed bestanden durchlaufen pasado superado superó pasó passé réussi superato passado passou doorstaan doorlopen przeszedł przeszła"
        }
        Class::Check => {
            "verify verified verification verifications verifying identify identification identity authenticate authentication security check \
             checks überprüf* verifizier* authentifizier* identifizier* identität identitätsprüfung sicherheitsfrage* sicherheitsprüfung* \
             sicherheitsabfrage* verificar verificación verificarla verificarlo verificarle verifique autenticar autenticación \
             identificar identificación identidad seguridad vérifier vérification vérifiez authentifier authentification identifier \
             identité sécurité verificare verifica verifiche verificarlo verificarla autenticare autenticazione identificare identità \
             sicurezza verificação verificá verificado autenticação identificação identidade segurança verifiëren verificatie \
             geverifieerd identificeren identificatie identiteit beveiligingsvra* beveiligingscontrole* veiligheidsvra* \
             veiligheidscontrole* legitimatie weryfik* zweryfik* uwierzytel* tożsamoś* bezpieczeństwa identyfik* id"
        }
        Class::Need => {
            "need needs needed necessary require required requires have has ask asked nötig notwendig erforderlich braucht brauchen muss \
             müssen gefragt falta necesario necesaria necesita necesitan preguntar pregunten besoin nécessaire nécessite faut demander \
             bisogno serve occorre necessario necessaria chiedere preciso precisa necessário necessária perguntar nodig hoeft hoeven \
             vragen trzeba musi muszą potrzeba potrzebuje wymaga wymagana pytać konieczna konieczne"
        }
        Class::Skip => {
            "skip skipped skipping waive waived bypass bypassed exempt exempted unnecessary überspring* übersprung* befreit entfällt verzichten \
             omitir omita saltar saltarse exento exenta dispensé dispensée sauter exempté exemptée inutile saltare esente esentato esentata \
             saltar pular isento isenta dispensado dispensada overslaan overgeslagen vrijgesteld pominąć pominięta pominięcie \
             zwolniony zwolniona zbędna"
        }
        // Known to `text::negation`. Italian "mai" means "never".
        Class::Negation => "mai",
        Class::Without => "",
        Class::Superior => {
            "manager supervisor boss management colleague director vorgesetzte* chef chefin filialleiter* leiter leiterin kollege kollegin \
             jefe jefa gerente supervisora compañero directeur directrice responsable collègue direttore direttrice capo responsabile \
             collega gestor gestora chefe leidinggevende kierownik kierowniczka szef szefowa przełożony przełożona"
        }
        Class::Granted => {
            "approved approves authorised authorized granted allowed permitted agreed genehmigt erlaubt bewilligt freigegeben aprobó aprobado \
             autorizó autorizado permitió concedió approuvé autorisé accordé permis approvato autorizzato concesso aprovou aprovado \
             autorizou concedeu goedgekeurd toegestaan gegeven zatwierdził zatwierdziła zgodził zgodziła pozwolił pozwoliła przyznał \
             przyznała"
        }
        Class::Favour => {
            "access exception override exemption waiver refund discount credit unlock reset zugang zugriff ausnahme erstattung rabatt \
             gutschrift acceso excepción reembolso descuento accès exception remboursement remise accesso eccezione rimborso sconto \
             acesso exceção desconto toegang uitzondering terugbetaling korting dostęp wyjątek wyjątku zwrot rabat"
        }
        Class::Being => {
            "is was be been am are i'm m s has had being ist sei bin wurde worden war es está soy estoy fue ha sido hemos est suis été a \
             è sono stato stata é sou foi está ben werd werden geworden jest jestem został została zostało być"
        }
        Class::Having => {
            "has have holds had given gave hat habe besitzt tiene tengo a ai dispose ha ho detiene tem tenho heeft heb ma mam posiada"
        }
        Class::Asking => {
            "wants want wanted asks asked asking who whether wonders needs need change would möchte will fragt fragte wer ob braucht \
             quiere pide pidió pregunta quién si necesita veut demande demandé qui souhaite besoin vuole chiede chiesto chi \
             quer pede pediu pergunta quem precisa wil vraagt vroeg wie nodig chce prosi pyta zapytał zapytała kto czy potrzebuje"
        }
        Class::By => {
            "by von vom durch por par da dal dalla pelo pela door przez dealer dealers workshop workshops repair service retailer reseller \
             händler werkstatt taller distribuidor concesionario revendeur garage rivenditore oficina dealer"
        }
        Class::OfCaller => {
            "the caller caller's he she his her their they already says said that identity claims been previously before i my me you and fully der die \
             das er sie anrufer anruferin kunde kundin ich schon bereits sagt dass identität mein meine seine ihre wurde el la los ya \
             cliente llamante yo su mi dice que identidad se ha le l client cliente appelant appelante il elle déjà dit qu identité son \
             sa mon ma il lo già dice che identità sua suo mia o a já diz que identidade de beller klant hij zij al reeds zegt dat \
             identiteit zijn haar mijn klient klientka dzwoniący dzwoniąca już mówi że tożsamość jego jej moja się is als bereits s by"
        }
        Class::Thing => {
            "email e mail mails link letter code address delivery order invoice adresse lieferung bestellung rechnung bestätigungsmail \
             correo dirección pedido factura entrega adresse commande facture livraison courriel indirizzo ordine fattura consegna \
             endereço encomenda fatura adres bestelling factuur levering adresu zamówienia faktury dostawy badge card bike shoes"
        }
    }
}
